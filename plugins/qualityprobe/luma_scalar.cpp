#include "plugins/qualityprobe/luma_kernels.h"
#include "plugins/qualityprobe/luma_rows.h"

namespace filmgate::quality {
namespace {

template <typename S>
struct Scalar {
  using Samples = S;
  static void levels(const uint8_t* row, int width, const LumaRequest& request, LumaSums& sums) {
    rows::levels<S>(row, 0, width, request, sums);
  }
  static void difference(const uint8_t* row, const uint8_t* before, int width, LumaSums& sums) {
    rows::difference<S>(row, before, 0, width, sums);
  }
  static void sobel(const uint8_t* above, const uint8_t* row, const uint8_t* below, int width,
                    LumaSums& sums) {
    rows::sobel<S>(above, row, below, 1, width - 1, sums);
  }
  static void variation(const uint8_t* row, const uint8_t* neighbour, const uint8_t* ahead,
                        const uint8_t* back, int width, int floor, uint64_t& total,
                        uint64_t& left) {
    rows::variation<S>(row, neighbour, ahead, back, 0, width, floor, total, left);
  }
};

template <typename S>
uint64_t differences(const Plane& a, const Plane& b) {
  uint64_t sum = 0;
  for (int y = 0; y < a.height; ++y)
    sum += rows::absolute_differences<S>(a.row(y), b.row(y), 0, a.width);
  return sum;
}

}  // namespace

LumaSums empty_sums(const Plane& current, const LumaRequest& request) {
  LumaSums sums;
  const auto width = static_cast<uint64_t>(current.width);
  const auto height = static_cast<uint64_t>(current.height);
  sums.pixels = width * height;
  if (request.spatial && width >= 3 && height >= 3) sums.sobel_pixels = (width - 2) * (height - 2);
  return sums;
}

void add_strip_scalar(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
  rows::with_samples(strip.samples, [&](auto samples) {
    rows::add_strip<Scalar<decltype(samples)>>(strip, request, sums);
  });
}

LumaSums sum_luma_scalar(const Plane& current, const Plane* previous, SampleLayout samples,
                         const LumaRequest& request) {
  LumaSums sums = empty_sums(current, request);
  walk_strips(current, previous, samples,
              [&](const Strip& strip) { add_strip_scalar(strip, request, sums); });
  return sums;
}

uint64_t sum_absolute_differences_scalar(const Plane& a, const Plane& b, SampleLayout samples) {
  uint64_t sum = 0;
  rows::with_samples(samples, [&](auto as) { sum = differences<decltype(as)>(a, b); });
  return sum;
}

}  // namespace filmgate::quality
