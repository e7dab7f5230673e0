#include "plugins/renditionscale/settings.h"

#include <gst/gst.h>

#include "plugins/common/property_table.h"

namespace filmgate::scaler {
namespace {

constexpr int kMostThreads = 64;

PropertyTable<Settings> make_table() {
  PropertyTable<Settings> table(static_cast<int>(G_PARAM_READWRITE) |
                                static_cast<int>(G_PARAM_STATIC_STRINGS) |
                                GST_PARAM_MUTABLE_PLAYING);
  table.number(
      "height", "Height",
      "Short side of the output in pixels, the 1080 of 1080p: the height of landscape, "
      "the width of portrait pictures (0 = as the source)",
      0, kLargestSide, [](auto& s) -> auto& { return s.request.size.short_side; });
  table.number(
      "width", "Width", "Upper bound of the long side of the output in pixels (0 = none)", 0,
      kLargestSide, [](auto& s) -> auto& { return s.request.size.long_side; });
  table.choice(
      "method", "Method", "How pixels are resampled", method_type,
      [](auto& s) -> auto& { return s.method; });
  table.truth(
      "upscale", "Upscale", "Make a source that is smaller than asked for larger",
      [](auto& s) -> auto& { return s.request.size.upscale; });
  table.truth(
      "tone-map", "Tone map",
      "Convert HDR (PQ, HLG) to SDR by ITU-R BT.2390; otherwise HDR is an error, unless it "
      "is kept",
      [](auto& s) -> auto& { return s.tone_map; });
  table.truth(
      "keep-hdr", "Keep HDR",
      "Leave HDR (PQ, HLG) as it is, in 10 bits, with its colorimetry and light levels in "
      "the caps",
      [](auto& s) -> auto& { return s.request.keep_hdr; });
  table.number(
      "threads", "Threads", "Number of threads that share each frame", 1, kMostThreads,
      [](auto& s) -> auto& { return s.threads; });
  return table;
}

const PropertyTable<Settings>& table() {
  static const PropertyTable<Settings> kTable = make_table();
  return kTable;
}

}  // namespace

GType method_type() {
  static const GEnumValue kValues[] = {
      {static_cast<int>(Method::kBilinear), "Bilinear: soft, cheapest", "bilinear"},
      {static_cast<int>(Method::kBicubic), "Bicubic (Catmull-Rom)", "bicubic"},
      {static_cast<int>(Method::kSpline36), "Spline over 36 pixels: sharp", "spline36"},
      {static_cast<int>(Method::kLanczos), "Lanczos of 3 lobes: sharpest, may ring", "lanczos"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstRenditionScaleMethod", kValues);
  return kType;
}

void install_settings(GObjectClass* object_class) {
  table().install(object_class);
}

bool set_setting(Settings& settings, guint id, const GValue* value) {
  return table().set(settings, id, value);
}

bool get_setting(const Settings& settings, guint id, GValue* value) {
  return table().get(settings, id, value);
}

}  // namespace filmgate::scaler
