// Sizes of pictures, as renditionscale reckons them; the ladder is planned with the same numbers.
#pragma once

#include "plugins/core/json.h"

namespace filmgate {

// The source as it is shown: upright, with square pixels, not rounded.
struct Picture {
  double width = 0, height = 0;
};

struct PictureSize {
  int width = 0, height = 0;
  bool operator==(const PictureSize&) const = default;
};

// Zero when the facts have no picture.
Picture picture_of(const Json& facts);
double short_side(const Picture& picture);

// Even, never larger than `from`; `height` is the short side, `width` the bound of the long side,
// 0 = none. The same as renditionscale with these properties.
PictureSize scaled_size(const Picture& from, int height, int width);

}  // namespace filmgate
