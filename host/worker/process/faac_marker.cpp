#include "host/worker/process/faac_marker.h"

#include <cstring>
#include <string_view>

#include "host/worker/process/every_element.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

// libfaac pads the fill element so that its name begins at a whole byte.
constexpr std::string_view kMarker = "libfaac ";

gsize find_marker(GstBuffer* packet) {
  GstMapInfo map;
  if (!gst_buffer_map(packet, &map, GST_MAP_READ)) return std::string_view::npos;
  const std::string_view bytes(reinterpret_cast<const char*>(map.data), map.size);
  const gsize at = bytes.find(kMarker);
  gst_buffer_unmap(packet, &map);
  return at;
}

GstPadProbeReturn hide_marker(GstPad*, GstPadProbeInfo* info, gpointer) {
  GstBuffer* packet = GST_PAD_PROBE_INFO_BUFFER(info);
  const gsize at = find_marker(packet);
  if (at == std::string_view::npos) return GST_PAD_PROBE_OK;
  // The memory may belong to a larger buffer of the demuxer's, or to a tee's other branch.
  GstBuffer* changed = gst_buffer_copy_deep(packet);
  gst_buffer_memset(changed, at, 0, kMarker.size());
  gst_buffer_unref(packet);
  GST_PAD_PROBE_INFO_DATA(info) = changed;
  return GST_PAD_PROBE_OK;
}

void attach(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  if (!factory ||
      std::strcmp(gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(factory)), "avdec_aac") != 0) {
    return;
  }
  auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, hide_marker, nullptr, nullptr);
}

}  // namespace

void hide_faac_markers(GstElement* pipeline) {
  on_every_element(pipeline, attach);
}

}  // namespace filmgate::worker
