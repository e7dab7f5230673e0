// Figures of one frame, made from the sums of pattern_kernels.h.
#pragma once

#include <optional>

#include "plugins/qualityprobe/pattern_kernels.h"

namespace filmgate::quality {

// How much steeper the picture is at the lines of a regular grid than between them, after Muijs and
// Kirenko, "A no-reference blocking artifact measure for adaptive video processing" (EUSIPCO 2005),
// with the search of FFmpeg's blockdetect for the grid: periods of 3 to 24 samples from the edge of
// the picture, a line and its two neighbours as one, the worse direction. Unlike these it counts
// only gradients that can be seen, leaves out the steepest lines, and adds a floor to both means,
// because fades and drawn pictures have few gradients and all of them somewhere on a grid. A clean
// picture has about 1, at most 2. Absent where nothing is steep, or the picture is too small.
std::optional<double> blockiness_of(const PatternSums& sums);

// Standard deviation of the noise, in 8-bit code values, after Immerkær, "Fast noise variance
// estimation" (Computer Vision and Image Understanding 64, 1996), over blocks of 64 columns; of the
// blocks with any variation the one that a quarter lies below, so that texture counts as little as
// it can. 0 where nothing varies; absent below 3x4 samples.
std::optional<double> noise_of(const PatternSums& sums, int width, SampleLayout samples);

}  // namespace filmgate::quality
