// The walk over a frame's luma that all measures share. The frame is cut into strips of
// kStripRows rows; each measure is given the strip while its rows, those of the previous frame and
// kHaloRows rows above and below are still in the cache, so that however many measures there are,
// memory is read once.
//
// To join the walk, derive from StripMeasure and pass the object to sum_luma (luma_kernels.h). A
// measure
//  - accumulates over the rows [strip.begin, strip.end), each row of the frame exactly once, top
//    down, and may read any row up to kHaloRows away that lies in the picture (clip to
//    [0, strip.current.height) itself: nothing is padded);
//  - may do arithmetic on the previous frame only where strip.previous isn't null;
//  - reads no byte beyond a row's `width` samples: rows are followed by whatever the stride leaves,
//    and the last row by nothing;
//  - holds its own sums, in integers wherever it can, and scales at the end: the scale to 8-bit or
//    full-range values is a constant factor;
//  - does the work of a whole strip in one call of a Highway kernel (HWY_DYNAMIC_DISPATCH in
//    add(), never per row), with a scalar reference that tests hold equal. lanes-inl.h has the
//    loads and sums for the three layouts of samples, luma_rows.h the scalar reading.
#pragma once

#include <algorithm>
#include <span>

#include "plugins/qualityprobe/picture.h"

namespace filmgate::quality {

inline constexpr int kStripRows = 16;  // strips begin at multiples of this; the last may be shorter
inline constexpr int kHaloRows = 8;

struct Strip {
  const Plane& current;
  const Plane* previous;  // null when there is none; the same shape and layout as `current`
  SampleLayout samples;
  int begin;  // rows, [begin, end)
  int end;
};

class StripMeasure {
 public:
  virtual ~StripMeasure() = default;
  virtual void add(const Strip& strip) = 0;
};

// Calls add(strip) for every strip, top down.
template <typename F>
void walk_strips(const Plane& current, const Plane* previous, SampleLayout samples, F add) {
  for (int begin = 0; begin < current.height; begin += kStripRows)
    add(Strip{current, previous, samples, begin, std::min(begin + kStripRows, current.height)});
}

}  // namespace filmgate::quality
