// The work on rows of linear light, a vector at a time. All in place on `count` pixels.
#pragma once

#include <array>
#include <cstddef>

namespace filmgate::scaler {

struct LightRow {
  float* red;
  float* green;
  float* blue;
  size_t count;
};

// A function over 0…1 in `steps` straight pieces: steps + 2 values, the last one twice.
struct Curve {
  const float* values;
  int steps;
};

// Hybrid Log-Gamma: `scene` over the signal; then times `gain` over the root of the luminance.
void curve_hlg(const Curve& scene, const Curve& gain, const LightRow& row);

// Times `gain` over the root of (the largest of the three / `peak`); beyond the peak, what brings
// the largest down to what the peak becomes.
void curve_largest(const Curve& gain, float peak, const LightRow& row);

// Times the matrix, held in 0…1.
void convert_and_clip(const std::array<std::array<float, 3>, 3>& matrix, const LightRow& row);

}  // namespace filmgate::scaler
