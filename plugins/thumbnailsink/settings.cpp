#include "plugins/thumbnailsink/settings.h"

#include <gst/gst.h>

namespace filmgate::stills {
namespace {

enum Property {
  kPropPosterLocation = 1,
  kPropLocation,
  kPropInterval,
  kPropCount,
  kPropWidth,
  kPropHeight,
  kPropFormat,
  kPropQuality,
  kPropSpriteLocation,
  kPropVttLocation,
  kPropSpriteInterval,
  kPropSpriteColumns,
  kPropSpriteRows,
  kPropSpriteWidth,
  kPropSpriteHeight,
};

constexpr int kMostTiles = 100;  // in a row or a column
constexpr unsigned kMostPictures = 1000;

constexpr auto kFlags =
    static_cast<GParamFlags>(static_cast<int>(G_PARAM_READWRITE) |
                             static_cast<int>(G_PARAM_STATIC_STRINGS) | GST_PARAM_MUTABLE_READY);

void install_string(GObjectClass* object_class, guint id, const char* name, const char* nick,
                    const char* blurb) {
  g_object_class_install_property(object_class, id,
                                  g_param_spec_string(name, nick, blurb, nullptr, kFlags));
}

void install_int(GObjectClass* object_class, guint id, const char* name, const char* nick,
                 const char* blurb, int least, int most, int usual) {
  g_object_class_install_property(object_class, id,
                                  g_param_spec_int(name, nick, blurb, least, most, usual, kFlags));
}

void install_time(GObjectClass* object_class, guint id, const char* name, const char* nick,
                  const char* blurb, uint64_t usual) {
  g_object_class_install_property(
      object_class, id,
      g_param_spec_uint64(name, nick, blurb, GST_MSECOND, G_MAXINT64, usual, kFlags));
}

std::string text_of(const GValue* value) {
  const char* text = g_value_get_string(value);
  return text ? text : "";
}

void put_text(GValue* value, const std::string& text) {
  g_value_set_string(value, text.empty() ? nullptr : text.c_str());
}

}  // namespace

GType format_type() {
  static const GEnumValue kValues[] = {
      {static_cast<int>(StillType::kAuto), "By the extension of each location", "auto"},
      {static_cast<int>(StillType::kJpeg), "JPEG", "jpeg"},
      {static_cast<int>(StillType::kPng), "PNG", "png"},
      {static_cast<int>(StillType::kWebp), "WebP", "webp"},
      {0, nullptr, nullptr}};
  static const GType kType = g_enum_register_static("GstThumbnailSinkFormat", kValues);
  return kType;
}

void install_settings(GObjectClass* object_class) {
  const Settings usual;
  install_string(object_class, kPropPosterLocation, "poster-location", "Poster location",
                 "File for the frame that stands for the video: not black, blurred or in a "
                 "transition");
  install_string(object_class, kPropLocation, "location", "Location",
                 "Pattern of file names for numbered pictures, like thumb-%05d.jpg");
  install_time(object_class, kPropInterval, "interval", "Interval",
               "Time between numbered pictures in nanoseconds; not used with count",
               usual.interval);
  g_object_class_install_property(
      object_class, kPropCount,
      g_param_spec_uint("count", "Count",
                        "Number of numbered pictures, spread over the whole and written at its end "
                        "(0 = by the interval)",
                        0, kMostPictures, usual.count, kFlags));
  install_int(object_class, kPropWidth, "width", "Width",
              "Upper bound of the width of poster and numbered pictures in pixels (0 = none)", 0,
              kLargestSide, usual.width);
  install_int(object_class, kPropHeight, "height", "Height",
              "Upper bound of the height of poster and numbered pictures in pixels (0 = none)", 0,
              kLargestSide, usual.height);
  g_object_class_install_property(
      object_class, kPropFormat,
      g_param_spec_enum("format", "Format", "Kind of picture", format_type(),
                        static_cast<int>(usual.format), kFlags));
  install_int(object_class, kPropQuality, "quality", "Quality",
              "Quality of JPEG and WebP, from 1 (small) to 100 (good)", 1, 100, usual.quality);
  install_string(object_class, kPropSpriteLocation, "sprite-location", "Sprite location",
                 "File for sheets of tiles; further sheets get -2, -3… or the number in a pattern "
                 "like sprite-%02d.jpg");
  install_string(object_class, kPropVttLocation, "vtt-location", "VTT location",
                 "File for the WebVTT that says which tile shows which moment");
  install_time(object_class, kPropSpriteInterval, "sprite-interval", "Sprite interval",
               "Time between tiles in nanoseconds", usual.sprite_interval);
  install_int(object_class, kPropSpriteColumns, "sprite-columns", "Sprite columns",
              "Number of tiles in a row of a sheet", 1, kMostTiles, usual.sprite_columns);
  install_int(object_class, kPropSpriteRows, "sprite-rows", "Sprite rows",
              "Number of rows of a sheet", 1, kMostTiles, usual.sprite_rows);
  install_int(object_class, kPropSpriteWidth, "sprite-width", "Sprite width",
              "Upper bound of the width of a tile in pixels (0 = none)", 0, kLargestSide,
              usual.sprite_width);
  install_int(object_class, kPropSpriteHeight, "sprite-height", "Sprite height",
              "Upper bound of the height of a tile in pixels (0 = none)", 0, kLargestSide,
              usual.sprite_height);
}

bool set_setting(Settings& settings, guint id, const GValue* value) {
  switch (id) {
    case kPropPosterLocation:
      settings.poster_location = text_of(value);
      break;
    case kPropLocation:
      settings.location = text_of(value);
      break;
    case kPropInterval:
      settings.interval = g_value_get_uint64(value);
      break;
    case kPropCount:
      settings.count = g_value_get_uint(value);
      break;
    case kPropWidth:
      settings.width = g_value_get_int(value);
      break;
    case kPropHeight:
      settings.height = g_value_get_int(value);
      break;
    case kPropFormat:
      settings.format = static_cast<StillType>(g_value_get_enum(value));
      break;
    case kPropQuality:
      settings.quality = g_value_get_int(value);
      break;
    case kPropSpriteLocation:
      settings.sprite_location = text_of(value);
      break;
    case kPropVttLocation:
      settings.vtt_location = text_of(value);
      break;
    case kPropSpriteInterval:
      settings.sprite_interval = g_value_get_uint64(value);
      break;
    case kPropSpriteColumns:
      settings.sprite_columns = g_value_get_int(value);
      break;
    case kPropSpriteRows:
      settings.sprite_rows = g_value_get_int(value);
      break;
    case kPropSpriteWidth:
      settings.sprite_width = g_value_get_int(value);
      break;
    case kPropSpriteHeight:
      settings.sprite_height = g_value_get_int(value);
      break;
    default:
      return false;
  }
  return true;
}

bool get_setting(const Settings& settings, guint id, GValue* value) {
  switch (id) {
    case kPropPosterLocation:
      put_text(value, settings.poster_location);
      break;
    case kPropLocation:
      put_text(value, settings.location);
      break;
    case kPropInterval:
      g_value_set_uint64(value, settings.interval);
      break;
    case kPropCount:
      g_value_set_uint(value, settings.count);
      break;
    case kPropWidth:
      g_value_set_int(value, settings.width);
      break;
    case kPropHeight:
      g_value_set_int(value, settings.height);
      break;
    case kPropFormat:
      g_value_set_enum(value, static_cast<int>(settings.format));
      break;
    case kPropQuality:
      g_value_set_int(value, settings.quality);
      break;
    case kPropSpriteLocation:
      put_text(value, settings.sprite_location);
      break;
    case kPropVttLocation:
      put_text(value, settings.vtt_location);
      break;
    case kPropSpriteInterval:
      g_value_set_uint64(value, settings.sprite_interval);
      break;
    case kPropSpriteColumns:
      g_value_set_int(value, settings.sprite_columns);
      break;
    case kPropSpriteRows:
      g_value_set_int(value, settings.sprite_rows);
      break;
    case kPropSpriteWidth:
      g_value_set_int(value, settings.sprite_width);
      break;
    case kPropSpriteHeight:
      g_value_set_int(value, settings.sprite_height);
      break;
    default:
      return false;
  }
  return true;
}

}  // namespace filmgate::stills
