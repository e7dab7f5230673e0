// What is counted over the luma samples of a frame for the elementary measures, gathered in one
// walk down the strips (strips.h). What is kept are sums; luma_measures.h turns them into figures.
// All sums but `sobel_sum` are exact integers.
//
// The walk runs on the widest SIMD the processor has; the scalar walk is the reference it is
// tested against.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "plugins/qualityprobe/picture.h"
#include "plugins/qualityprobe/strips.h"

namespace filmgate::quality {

// Which sums are wanted; thresholds in sample values of the picture's own depth.
struct LumaRequest {
  bool levels = false;    // sum, min, max and the two counts
  bool spatial = false;   // Sobel
  bool temporal = false;  // differences to the previous picture, when there is one
  bool blur = false;
  int blur_floor = 0;   // variation below this is the grain of rounding and noise, not counted
  int black_max = 0;    // counted as black when value <= black_max
  int legal_min = 0;    // counted as outside when value < legal_min
  int legal_max = 255;  // or value > legal_max
};

struct LumaSums {
  uint64_t pixels = 0;
  // levels
  uint64_t sum = 0;
  int min = std::numeric_limits<int>::max();
  int max = 0;
  uint64_t black = 0;
  uint64_t outside = 0;
  // spatial: |Sobel| and its square over the frame less a border of one pixel
  uint64_t sobel_pixels = 0;
  uint64_t sobel_square_sum = 0;
  double sobel_sum = 0;
  // temporal: what rose, what fell (sum of differences = risen - fallen), and the squares
  uint64_t risen = 0;
  uint64_t fallen = 0;
  uint64_t difference_square_sum = 0;
  // blur, per direction: the variation between neighbours from blur_floor on, and nine times the
  // part of it that is left after a nine-tap mean (never more than nine times the variation itself)
  uint64_t horizontal_variation = 0;
  uint64_t horizontal_left = 0;
  uint64_t vertical_variation = 0;
  uint64_t vertical_left = 0;
};

// `previous` may be null; it has the shape and layout of `current`. `others` are measures of other
// files that join the same walk.
LumaSums sum_luma(const Plane& current, const Plane* previous, SampleLayout samples,
                  const LumaRequest& request, std::span<StripMeasure* const> others = {});
LumaSums sum_luma_scalar(const Plane& current, const Plane* previous, SampleLayout samples,
                         const LumaRequest& request);

// For the two walks: sums of nothing yet, and one strip more in plain C++.
LumaSums empty_sums(const Plane& current, const LumaRequest& request);
void add_strip_scalar(const Strip& strip, const LumaRequest& request, LumaSums& sums);

// Sum of absolute differences of two planes of one shape, in sample values.
uint64_t sum_absolute_differences(const Plane& a, const Plane& b, SampleLayout samples);
uint64_t sum_absolute_differences_scalar(const Plane& a, const Plane& b, SampleLayout samples);

}  // namespace filmgate::quality
