#include "plugins/renditionscale/settings.h"

#include <gst/gst.h>

namespace filmgate::scaler {
namespace {

enum Property {
  kPropHeight = 1,
  kPropWidth,
  kPropMethod,
  kPropUpscale,
  kPropToneMap,
  kPropThreads,
};

constexpr int kDefaultThreads = 1;
constexpr int kLargestThreads = 64;
constexpr int kLargestSide = 32768;

}  // namespace

GType method_type() {
  static const GEnumValue kValues[] = {
      {static_cast<int>(Method::kBilinear), "Bilinear: soft, cheapest", "bilinear"},
      {static_cast<int>(Method::kBicubic), "Bicubic (Mitchell-Netravali)", "bicubic"},
      {static_cast<int>(Method::kSpline36), "Spline over 36 pixels: sharp", "spline36"},
      {static_cast<int>(Method::kLanczos), "Lanczos of 3 lobes: sharpest, may ring", "lanczos"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstRenditionScaleMethod", kValues);
  return kType;
}

void install_settings(GObjectClass* object_class) {
  const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                              GST_PARAM_MUTABLE_PLAYING);
  g_object_class_install_property(
      object_class, kPropHeight,
      g_param_spec_int("height", "Height",
                       "Short side of the output in pixels, the 1080 of 1080p: the height of "
                       "landscape, the width of portrait pictures (0 = as the source)",
                       0, kLargestSide, 0, flags));
  g_object_class_install_property(
      object_class, kPropWidth,
      g_param_spec_int("width", "Width",
                       "Upper bound of the long side of the output in pixels (0 = none)", 0,
                       kLargestSide, 0, flags));
  g_object_class_install_property(
      object_class, kPropMethod,
      g_param_spec_enum("method", "Method", "How pixels are resampled", method_type(),
                        static_cast<int>(Method::kBicubic), flags));
  g_object_class_install_property(
      object_class, kPropUpscale,
      g_param_spec_boolean("upscale", "Upscale",
                           "Make a source that is smaller than asked for larger", FALSE, flags));
  g_object_class_install_property(
      object_class, kPropToneMap,
      g_param_spec_boolean("tone-map", "Tone map",
                           "Convert HDR (PQ, HLG) to SDR by ITU-R BT.2390; otherwise HDR is an "
                           "error",
                           TRUE, flags));
  g_object_class_install_property(
      object_class, kPropThreads,
      g_param_spec_int("threads", "Threads", "Number of threads that share each frame", 1,
                       kLargestThreads, kDefaultThreads, flags));
}

bool set_setting(Settings& settings, guint id, const GValue* value) {
  switch (id) {
    case kPropHeight:
      settings.size.short_side = g_value_get_int(value);
      break;
    case kPropWidth:
      settings.size.long_side = g_value_get_int(value);
      break;
    case kPropMethod:
      settings.method = static_cast<Method>(g_value_get_enum(value));
      break;
    case kPropUpscale:
      settings.size.upscale = g_value_get_boolean(value);
      break;
    case kPropToneMap:
      settings.tone_map = g_value_get_boolean(value);
      break;
    case kPropThreads:
      settings.threads = g_value_get_int(value);
      break;
    default:
      return false;
  }
  return true;
}

bool get_setting(const Settings& settings, guint id, GValue* value) {
  switch (id) {
    case kPropHeight:
      g_value_set_int(value, settings.size.short_side);
      break;
    case kPropWidth:
      g_value_set_int(value, settings.size.long_side);
      break;
    case kPropMethod:
      g_value_set_enum(value, static_cast<int>(settings.method));
      break;
    case kPropUpscale:
      g_value_set_boolean(value, settings.size.upscale);
      break;
    case kPropToneMap:
      g_value_set_boolean(value, settings.tone_map);
      break;
    case kPropThreads:
      g_value_set_int(value, settings.threads);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace filmgate::scaler
