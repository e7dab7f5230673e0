// Figures of one frame, made from the sums over its luma samples.
#pragma once

#include <optional>

#include "plugins/qualityprobe/luma_kernels.h"

namespace filmgate::quality {

// Luma in this project's figures is in 8-bit code values as they are stored: 16 is black and 235
// white at limited range; 10-bit samples are divided by four.
struct LumaLevels {
  double mean = 0;
  double min = 0;
  double max = 0;
  double black_ratio = 0;    // share of samples at or below the black threshold
  double outside_ratio = 0;  // share of samples outside the legal range
};

LumaLevels levels_of(const LumaSums& sums, SampleLayout samples);

// Spatial and temporal information, ITU-T P.910 §7.7–7.8 (the edition of 2008): the population
// standard deviation of the Sobel magnitude, and of the difference to the previous frame. Luma is
// expanded to 0–255 without rounding or clipping when it is of limited range, which is what VQEG's
// reference implementation calls its legacy mode. SI is absent below 3x3 samples.
std::optional<double> spatial_information(const LumaSums& sums, SampleLayout samples,
                                          bool full_range);
double temporal_information(const LumaSums& sums, SampleLayout samples, bool full_range);

// Perceptual blur after Crété, Dolmiere, Ladret and Nicolas, "The blur effect: perception and
// estimation with a new no-reference perceptual blur metric", SPIE 6492 (2007): how much of the
// variation between neighbours a nine-tap mean leaves, in the worse direction. 0 = everything is
// lost (sharp), 1 = nothing is (blurred).
// Unlike the paper's, it leaves out variation of less than two 8-bit code values: in a strongly
// blurred picture nearly all slopes are so gentle that rounding makes stairs of them, and stairs
// look sharp. Measured on real clips under a Gaussian of sigma 8, that raises 0.35 to 0.85.
// Absent where there is no variation to judge by.
std::optional<double> blur_of(const LumaSums& sums);

// The least variation that counts, in sample values.
int blur_floor(SampleLayout samples);

// A threshold given as a share of the luma range, as the greatest sample value that meets it
// (FFmpeg's blackdetect, pixel_black_th).
int black_threshold(double share, SampleLayout samples, bool full_range);

// A level given in 8-bit code values of limited range, in sample values: 5 is 20 at ten bits, and
// lies below anything a full-range sample can say.
double level_threshold(double code, SampleLayout samples, bool full_range);

}  // namespace filmgate::quality
