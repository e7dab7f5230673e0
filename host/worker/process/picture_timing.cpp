#include "host/worker/process/picture_timing.h"

#include <string_view>

#include "host/worker/process/every_element.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

// Of one pad; used by its streaming thread alone.
struct Timing {
  bool encoded = false;
  bool variable = false;
  GstClockTime last = GST_CLOCK_TIME_NONE;
};

// Some writers give the ticks of their clock (90,000 a second) for the rate of pictures. 0/1 is
// GStreamer's word for a variable rate.
bool believable(int n, int d) {
  constexpr int kHighestRate = 300;  // as metadatagate
  return n > 0 && d > 0 && n / d <= kHighestRate;
}

void take_caps(Timing& timing, GstPadProbeInfo* info) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  timing.variable = false;
  if (!g_str_has_prefix(gst_structure_get_name(structure), "video/")) return;
  int n = 0, d = 1;
  gst_structure_get_fraction(structure, "framerate", &n, &d);
  timing.variable = !believable(n, d);
  if (timing.encoded || !timing.variable || n == 0) return;
  auto honest = Ref<GstCaps>::adopt(gst_caps_copy(caps));
  gst_caps_set_simple(honest.get(), "framerate", GST_TYPE_FRACTION, 0, 1, nullptr);
  GstEvent* changed = gst_event_new_caps(honest.get());
  gst_event_set_seqnum(changed, gst_event_get_seqnum(event));
  gst_event_unref(event);
  GST_PAD_PROBE_INFO_DATA(info) = changed;
}

void take_picture(Timing& timing, GstPadProbeInfo* info) {
  GstBuffer* picture = GST_PAD_PROBE_INFO_BUFFER(info);
  // Encoded pictures come in the order of their decoding.
  const GstClockTime now =
      timing.encoded ? GST_BUFFER_DTS_OR_PTS(picture) : GST_BUFFER_PTS(picture);
  if (!timing.variable || !GST_CLOCK_TIME_IS_VALID(now)) return;
  if (GST_CLOCK_TIME_IS_VALID(timing.last) && now > timing.last) {
    picture = gst_buffer_make_writable(picture);
    GST_BUFFER_DURATION(picture) = now - timing.last;
    GST_PAD_PROBE_INFO_DATA(info) = picture;
  }
  timing.last = now;
}

GstPadProbeReturn look(GstPad*, GstPadProbeInfo* info, gpointer user) {
  auto& timing = *static_cast<Timing*>(user);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    take_picture(timing, info);
  } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS) {
    take_caps(timing, info);
  } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_SEGMENT) {
    timing.last = GST_CLOCK_TIME_NONE;  // times before and after it don't compare
  }
  return GST_PAD_PROBE_OK;
}

void attach(GstPad* pad, bool encoded) {
  gst_pad_add_probe(
      pad,
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      look, new Timing{.encoded = encoded},
      [](gpointer user) { delete static_cast<Timing*>(user); });
}

void attach(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (!factory) return;
  if (gst_element_factory_list_is_type(
          factory, GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO)) {
    if (auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "src"))) {
      attach(pad.get(), false);
    }
  } else if (gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_MUXER)) {
    const auto visit = [](GstElement*, GstPad* pad, gpointer) -> gboolean {
      attach(pad, true);
      return TRUE;
    };
    gst_element_foreach_sink_pad(element, visit, nullptr);
  }
}

}  // namespace

void time_pictures(GstElement* pipeline) {
  on_every_element(pipeline, attach);
}

}  // namespace filmgate::worker
