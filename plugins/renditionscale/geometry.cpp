#include "plugins/renditionscale/geometry.h"

#include <algorithm>
#include <cmath>

namespace filmgate::scaler {
namespace {

struct Extent {
  double width;
  double height;
};

Extent shown(Size coded, int par_n, int par_d, Orientation orientation) {
  double aspect = par_n > 0 && par_d > 0 ? static_cast<double>(par_n) / par_d : 1.0;
  Extent extent{coded.width * aspect, static_cast<double>(coded.height)};
  if (swaps_sides(orientation)) std::swap(extent.width, extent.height);
  return extent;
}

// Halves round down, so that an odd source loses its last line rather than gains one.
int nearest_even(double side) {
  double even = std::ceil(side / 2 - 0.5) * 2;
  return static_cast<int>(std::clamp(even, 2.0, double{kLargestSide}));
}

}  // namespace

bool swaps_sides(Orientation orientation) {
  switch (orientation) {
    case Orientation::kRotate90:
    case Orientation::kRotate270:
    case Orientation::kFlipRotate90:
    case Orientation::kFlipRotate270:
      return true;
    default:
      return false;
  }
}

Size plan_size(Size coded, int par_n, int par_d, Orientation orientation,
               const SizeRequest& request) {
  Extent extent = shown(coded, par_n, par_d, orientation);
  double shorter = std::min(extent.width, extent.height);
  double longer = std::max(extent.width, extent.height);
  double factor = 1;
  if (request.short_side > 0) {
    factor = request.short_side / shorter;
  } else if (request.long_side > 0) {
    factor = request.long_side / longer;
  }
  if (request.long_side > 0) factor = std::min(factor, request.long_side / longer);
  if (!request.upscale) factor = std::min(factor, 1.0);
  Size size{nearest_even(extent.width * factor), nearest_even(extent.height * factor)};
  // An odd bound stays a bound: the nearest even number above it would break it.
  if (request.long_side > 1) {
    int& side = extent.width >= extent.height ? size.width : size.height;
    side = std::min(side, std::max(2, request.long_side & ~1));
  }
  return size;
}

Size display_size(Size coded, int par_n, int par_d, Orientation orientation) {
  Extent extent = shown(coded, par_n, par_d, orientation);
  auto whole = [](double side) {
    return static_cast<int>(std::clamp(std::round(side), 1.0, double{kLargestSide}));
  };
  return Size{whole(extent.width), whole(extent.height)};
}

}  // namespace filmgate::scaler
