#include "host/worker/process/picture_timing.h"

#include <algorithm>
#include <string_view>

#include "host/worker/process/every_element.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

// Of one pad; used by its streaming thread alone.
struct Timing {
  bool encoded = false;
  bool ends_with_last = false;  // the muxer takes the track to end with its last sample
  bool variable = false;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstClockTime first_pts = GST_CLOCK_TIME_NONE, first_dts = GST_CLOCK_TIME_NONE;
  GstClockTime end = 0;  // of what was shown so far
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

// Samples of an MP4 last until the next one is decoded, and the track as long as they do together.
// Where a first picture was cut short, that is less than until the last one was shown, and the edit
// list would leave it out. The muxer heeds a buffer's own length only at the end; until then this
// does nothing.
void stretch_to_end(Timing& timing, GstPadProbeInfo* info) {
  GstBuffer* picture = GST_PAD_PROBE_INFO_BUFFER(info);
  const GstClockTime pts = GST_BUFFER_PTS(picture), dts = GST_BUFFER_DTS(picture);
  if (!GST_CLOCK_TIME_IS_VALID(pts) || !GST_CLOCK_TIME_IS_VALID(dts)) return;
  if (!GST_CLOCK_TIME_IS_VALID(timing.first_pts)) {
    timing.first_pts = pts;
    timing.first_dts = dts;
  }
  const GstClockTime length =
      GST_BUFFER_DURATION_IS_VALID(picture) ? GST_BUFFER_DURATION(picture) : 0;
  timing.end = std::max(timing.end, pts + length);
  if (timing.end < timing.first_pts || dts < timing.first_dts) return;
  const GstClockTime shown = timing.end - timing.first_pts, decoded = dts - timing.first_dts;
  if (shown <= decoded + length) return;
  picture = gst_buffer_make_writable(picture);
  GST_BUFFER_DURATION(picture) = shown - decoded;
  GST_PAD_PROBE_INFO_DATA(info) = picture;
}

GstPadProbeReturn look(GstPad*, GstPadProbeInfo* info, gpointer user) {
  auto& timing = *static_cast<Timing*>(user);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    take_picture(timing, info);
    if (timing.ends_with_last) stretch_to_end(timing, info);
  } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_CAPS) {
    take_caps(timing, info);
  } else if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_SEGMENT) {
    timing.last = GST_CLOCK_TIME_NONE;  // times before and after it don't compare
    timing.first_pts = timing.first_dts = GST_CLOCK_TIME_NONE;
    timing.end = 0;
  }
  return GST_PAD_PROBE_OK;
}

void attach(GstPad* pad, Timing timing) {
  gst_pad_add_probe(
      pad,
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
      look, new Timing(timing), [](gpointer user) { delete static_cast<Timing*>(user); });
}

void attach(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (!factory) return;
  if (gst_element_factory_list_is_type(
          factory, GST_ELEMENT_FACTORY_TYPE_DECODER | GST_ELEMENT_FACTORY_TYPE_MEDIA_VIDEO)) {
    if (auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "src"))) {
      attach(pad.get(), {});
    }
  } else if (gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_MUXER)) {
    const auto visit = [](GstElement* muxer, GstPad* pad, gpointer) -> gboolean {
      const char* plugin =
          gst_plugin_feature_get_plugin_name(GST_PLUGIN_FEATURE(gst_element_get_factory(muxer)));
      attach(pad, {.encoded = true,
                   .ends_with_last = std::string_view(plugin ? plugin : "") == "isomp4" &&
                                     g_str_has_prefix(GST_PAD_NAME(pad), "video_")});
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
