#include "host/worker/process/coded_colours.h"

#include <gst/video/video.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "host/worker/process/every_element.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

constexpr const char* kField = "colorimetry";

// What the container says to one parser. Both pads' probes own a part of it.
struct Said {
  std::mutex mutex;
  std::string colorimetry;
};
using SaidPtr = std::shared_ptr<Said>;

std::string colorimetry_of(GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  const char* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), kField);
  return text ? text : "";
}

// Puts an event with another colorimetry ("" = none) in the place of the one that passes.
void replace(GstPadProbeInfo* info, const std::string& colorimetry) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  auto changed = Ref<GstCaps>::adopt(gst_caps_copy(caps));
  GstStructure* structure = gst_caps_get_structure(changed.get(), 0);
  if (colorimetry.empty())
    gst_structure_remove_field(structure, kField);
  else
    gst_structure_set(structure, kField, G_TYPE_STRING, colorimetry.c_str(), nullptr);
  GstEvent* other = gst_event_new_caps(changed.get());
  gst_event_set_seqnum(other, gst_event_get_seqnum(event));
  gst_event_unref(event);
  GST_PAD_PROBE_INFO_DATA(info) = other;
}

std::string merge(const std::string& coded, const std::string& container) {
  GstVideoColorimetry first, second;
  if (coded.empty() || !gst_video_colorimetry_from_string(&first, coded.c_str())) return container;
  if (container.empty() || !gst_video_colorimetry_from_string(&second, container.c_str()))
    return coded;
  if (first.range == GST_VIDEO_COLOR_RANGE_UNKNOWN) first.range = second.range;
  if (first.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN) first.matrix = second.matrix;
  if (first.transfer == GST_VIDEO_TRANSFER_UNKNOWN) first.transfer = second.transfer;
  if (first.primaries == GST_VIDEO_COLOR_PRIMARIES_UNKNOWN) first.primaries = second.primaries;
  const GString8 text(gst_video_colorimetry_to_string(&first));
  return text ? text.get() : coded;
}

GstPadProbeReturn before(GstPad*, GstPadProbeInfo* info, gpointer data) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  Said& said = **static_cast<SaidPtr*>(data);
  const std::string colorimetry = colorimetry_of(GST_PAD_PROBE_INFO_EVENT(info));
  {
    const std::lock_guard lock(said.mutex);
    said.colorimetry = colorimetry;
  }
  if (!colorimetry.empty()) replace(info, "");
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn behind(GstPad*, GstPadProbeInfo* info, gpointer data) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS) return GST_PAD_PROBE_OK;
  Said& said = **static_cast<SaidPtr*>(data);
  const std::string coded = colorimetry_of(GST_PAD_PROBE_INFO_EVENT(info));
  const std::lock_guard lock(said.mutex);
  const std::string merged = merge(coded, said.colorimetry);
  if (merged != coded) replace(info, merged);
  return GST_PAD_PROBE_OK;
}

void add_probe(GstElement* element, const char* name, GstPadProbeCallback probe,
               const SaidPtr& said) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, name));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, probe, new SaidPtr(said),
                    [](gpointer data) { delete static_cast<SaidPtr*>(data); });
}

void attach(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (!factory) return;
  const std::string_view name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(factory));
  if (name != "h264parse" && name != "h265parse") return;
  const auto said = std::make_shared<Said>();
  add_probe(element, "sink", before, said);
  add_probe(element, "src", behind, said);
}

}  // namespace

void prefer_coded_colours(GstElement* pipeline) {
  on_every_element(pipeline, attach);
}

}  // namespace filmgate::worker
