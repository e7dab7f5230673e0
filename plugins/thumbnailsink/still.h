// Pictures as files: in which samples each format wants them, encoding.
#pragma once

#include <string>
#include <string_view>

#include "plugins/core/result.h"
#include "plugins/core/whole_file.h"
#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/owned_picture.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::stills {

enum class StillType { kAuto, kJpeg, kPng, kWebp };

// The longest side of a picture: what WebP can hold; JPEG can a little more.
inline constexpr int kLargestSide = 16383;

// The type that `location` names by its extension, unless `asked` says it.
// kInvalidInput where neither does.
Result<StillType> type_of(const std::string& location, StillType asked);

// The samples that an encoder takes as they are: JPEG is 4:2:0 BT.601 full range, WebP 4:2:0
// BT.601 limited range, PNG is RGB. `source` says which primaries stay.
scaler::Format still_format(StillType type, scaler::Size size, const scaler::Colour& source);

// A picture of still_format() with memory to it.
struct Still {
  scaler::Format format;
  scaler::OwnedPicture picture;

  Still() = default;
  explicit Still(const scaler::Format& samples) : format(samples), picture(samples) {}
};

void fill_black(const Still& still);

// The bytes of a file. `quality` is 1…100; PNG ignores it.
Result<std::string> encode(const Still& still, StillType type, int quality);

// Whether a file could be made at this location: its folder exists and may be written to.
Result<void> check_folder(const std::string& location);

}  // namespace filmgate::stills
