#include "plugins/qualityprobe/luma_measures.h"

#include <algorithm>
#include <cmath>

namespace filmgate::quality {
namespace {

double share(uint64_t part, uint64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0;
}

// From sample values to the 0–255 scale on which SI and TI are stated.
double expansion(SampleLayout samples, bool full_range) {
  const double unit = samples.depth == 8 ? 1.0 : 4.0;
  return full_range ? 255.0 / (samples.depth == 8 ? 255.0 : 1023.0) : 255.0 / (219.0 * unit);
}

double deviation(double mean, double mean_square) {
  return std::sqrt(std::max(0.0, mean_square - mean * mean));
}

}  // namespace

LumaLevels levels_of(const LumaSums& sums, SampleLayout samples) {
  LumaLevels levels;
  if (sums.pixels == 0) return levels;
  const double unit = samples.depth == 8 ? 1.0 : 4.0;
  levels.mean = share(sums.sum, sums.pixels) / unit;
  levels.min = sums.min / unit;
  levels.max = sums.max / unit;
  levels.black_ratio = share(sums.black, sums.pixels);
  levels.outside_ratio = share(sums.outside, sums.pixels);
  return levels;
}

std::optional<double> spatial_information(const LumaSums& sums, SampleLayout samples,
                                          bool full_range) {
  if (sums.sobel_pixels == 0) return std::nullopt;
  const auto pixels = static_cast<double>(sums.sobel_pixels);
  return expansion(samples, full_range) *
         deviation(sums.sobel_sum / pixels, static_cast<double>(sums.sobel_square_sum) / pixels);
}

double temporal_information(const LumaSums& sums, SampleLayout samples, bool full_range) {
  if (sums.pixels == 0) return 0;
  const auto pixels = static_cast<double>(sums.pixels);
  const double mean = (static_cast<double>(sums.risen) - static_cast<double>(sums.fallen)) / pixels;
  return expansion(samples, full_range) *
         deviation(mean, static_cast<double>(sums.difference_square_sum) / pixels);
}

std::optional<double> blur_of(const LumaSums& sums) {
  std::optional<double> blur;
  if (sums.horizontal_variation > 0)
    blur = share(sums.horizontal_left, 9 * sums.horizontal_variation);
  if (sums.vertical_variation > 0)
    blur = std::max(blur.value_or(0), share(sums.vertical_left, 9 * sums.vertical_variation));
  return blur;
}

int blur_floor(SampleLayout samples) {
  return samples.depth == 8 ? 2 : 8;
}

int black_threshold(double share_of_range, SampleLayout samples, bool full_range) {
  const double unit = samples.depth == 8 ? 1.0 : 4.0;
  if (full_range) return static_cast<int>(share_of_range * (samples.depth == 8 ? 255.0 : 1023.0));
  return static_cast<int>((16 + share_of_range * 219) * unit);
}

double level_threshold(double code, SampleLayout samples, bool full_range) {
  const double unit = samples.depth == 8 ? 1.0 : 4.0;
  if (!full_range) return code * unit;
  return (code - 16) / 219 * (samples.depth == 8 ? 255.0 : 1023.0);
}

}  // namespace filmgate::quality
