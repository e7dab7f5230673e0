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

LumaSums sum_luma_scalar(const Plane& current, const Plane* previous, SampleLayout samples,
                         const LumaRequest& request) {
  if (samples.depth == 8) return rows::walk<Scalar<rows::Bytes>>(current, previous, request);
  if (samples.shift == 6) return rows::walk<Scalar<rows::Words<6>>>(current, previous, request);
  return rows::walk<Scalar<rows::Words<0>>>(current, previous, request);
}

uint64_t sum_absolute_differences_scalar(const Plane& a, const Plane& b, SampleLayout samples) {
  if (samples.depth == 8) return differences<rows::Bytes>(a, b);
  if (samples.shift == 6) return differences<rows::Words<6>>(a, b);
  return differences<rows::Words<0>>(a, b);
}

}  // namespace filmgate::quality
