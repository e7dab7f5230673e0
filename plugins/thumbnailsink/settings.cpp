#include "plugins/thumbnailsink/settings.h"

#include <gst/gst.h>

#include "plugins/common/property_table.h"

namespace filmgate::stills {
namespace {

constexpr int kMostTiles = 100;  // in a row or a column
constexpr unsigned kMostPictures = 1000;

constexpr uint64_t kLeastTime = GST_MSECOND;
constexpr uint64_t kMostTime = G_MAXINT64;

PropertyTable<Settings> make_table() {
  PropertyTable<Settings> table(static_cast<int>(G_PARAM_READWRITE) |
                                static_cast<int>(G_PARAM_STATIC_STRINGS) | GST_PARAM_MUTABLE_READY);
  table.text(
      "poster-location", "Poster location",
      "File for the frame that stands for the video: not black, blurred or in a "
      "transition",
      [](auto& s) -> auto& { return s.poster_location; });
  table.text(
      "location", "Location", "Pattern of file names for numbered pictures, like thumb-%05d.jpg",
      [](auto& s) -> auto& { return s.location; });
  table.number(
      "interval", "Interval", "Time between numbered pictures in nanoseconds; not used with count",
      kLeastTime, kMostTime, [](auto& s) -> auto& { return s.interval; });
  table.number(
      "count", "Count",
      "Number of numbered pictures, spread over the whole and written at its end "
      "(0 = by the interval)",
      0u, kMostPictures, [](auto& s) -> auto& { return s.count; });
  table.number(
      "width", "Width",
      "Upper bound of the width of poster and numbered pictures in pixels (0 = none)", 0,
      kLargestSide, [](auto& s) -> auto& { return s.width; });
  table.number(
      "height", "Height",
      "Upper bound of the height of poster and numbered pictures in pixels (0 = none)", 0,
      kLargestSide, [](auto& s) -> auto& { return s.height; });
  table.choice(
      "format", "Format", "Kind of picture", format_type,
      [](auto& s) -> auto& { return s.format; });
  table.number(
      "quality", "Quality", "Quality of JPEG and WebP, from 1 (small) to 100 (good)", 1, 100,
      [](auto& s) -> auto& { return s.quality; });
  table.text(
      "sprite-location", "Sprite location",
      "File for sheets of tiles; further sheets get -2, -3… or the number in a pattern "
      "like sprite-%02d.jpg",
      [](auto& s) -> auto& { return s.sprite_location; });
  table.text(
      "vtt-location", "VTT location", "File for the WebVTT that says which tile shows which moment",
      [](auto& s) -> auto& { return s.vtt_location; });
  table.number(
      "sprite-interval", "Sprite interval",
      "Time between tiles in nanoseconds; not used with sprite-count", kLeastTime, kMostTime,
      [](auto& s) -> auto& { return s.sprite_interval; });
  table.number(
      "sprite-count", "Sprite count",
      "Number of tiles, spread over the whole and written at its end (0 = by the interval)", 0u,
      kMostPictures, [](auto& s) -> auto& { return s.sprite_count; });
  table.number(
      "sprite-columns", "Sprite columns", "Number of tiles in a row of a sheet", 1, kMostTiles,
      [](auto& s) -> auto& { return s.sprite_columns; });
  table.number(
      "sprite-rows", "Sprite rows", "Number of rows of a sheet", 1, kMostTiles,
      [](auto& s) -> auto& { return s.sprite_rows; });
  table.number(
      "sprite-width", "Sprite width", "Upper bound of the width of a tile in pixels (0 = none)", 0,
      kLargestSide, [](auto& s) -> auto& { return s.sprite_width; });
  table.number(
      "sprite-height", "Sprite height", "Upper bound of the height of a tile in pixels (0 = none)",
      0, kLargestSide, [](auto& s) -> auto& { return s.sprite_height; });
  return table;
}

const PropertyTable<Settings>& table() {
  static const PropertyTable<Settings> kTable = make_table();
  return kTable;
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
  table().install(object_class);
}

bool set_setting(Settings& settings, guint id, const GValue* value) {
  return table().set(settings, id, value);
}

bool get_setting(const Settings& settings, guint id, GValue* value) {
  return table().get(settings, id, value);
}

}  // namespace filmgate::stills
