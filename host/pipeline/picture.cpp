#include "host/pipeline/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace filmgate {
namespace {

// Halves round down, so that an odd source loses its last line rather than gains one.
int nearest_even(double side) {
  return std::max(2, static_cast<int>(std::ceil(side / 2 - 0.5)) * 2);
}

double ratio_of(const std::string& text) {  // "64:45"
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return 0;
  const double n = std::atof(text.c_str());
  const double d = std::atof(text.c_str() + colon + 1);
  return n > 0 && d > 0 ? n / d : 0;
}

}  // namespace

Picture picture_of(const Json& facts) {
  const Json* video = facts.find_path("media.video");
  if (video == nullptr) return {};
  Picture shown{video->get("width").number_or(0), video->get("height").number_or(0)};
  // The facts are rounded to whole pixels; what they were reckoned from is exact.
  const double aspect = ratio_of(video->get("pixel_aspect_ratio").string_or("1:1"));
  Picture exact{video->get("coded_width").number_or(0) * aspect,
                video->get("coded_height").number_or(0)};
  const std::string orientation = video->get("orientation").string_or("rotate-0");
  if (orientation.ends_with("rotate-90") || orientation.ends_with("rotate-270"))
    std::swap(exact.width, exact.height);
  const bool agree =
      std::abs(exact.width - shown.width) <= 1 && std::abs(exact.height - shown.height) <= 1;
  return agree ? exact : shown;
}

double short_side(const Picture& picture) {
  return std::min(picture.width, picture.height);
}

PictureSize scaled_size(const Picture& from, int height, int width) {
  const double shorter = short_side(from);
  const double longer = std::max(from.width, from.height);
  double factor = 1;
  if (height > 0) factor = std::min(factor, height / shorter);
  if (width > 0) factor = std::min(factor, width / longer);
  PictureSize size{nearest_even(from.width * factor), nearest_even(from.height * factor)};
  if (width > 1) {
    int& side = from.width >= from.height ? size.width : size.height;
    side = std::min(side, std::max(2, width & ~1));
  }
  return size;
}

}  // namespace filmgate
