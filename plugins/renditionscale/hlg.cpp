#include "plugins/renditionscale/hlg.h"

#include <algorithm>
#include <cmath>

#include "plugins/renditionscale/light_kernels.h"

namespace filmgate::scaler {
namespace {

constexpr int kSteps = 4096;

double inverse_oetf(double signal) {
  constexpr double kA = 0.17883277;
  constexpr double kB = 1 - 4 * kA;
  constexpr double kC = 0.55991073;
  if (signal <= 0.5) return signal * signal / 3;
  return (std::exp((signal - kC) / kA) + kB) / 12;
}

}  // namespace

Hlg::Hlg() : scene_(kSteps + 2), gain_(kSteps + 2) {
  for (size_t i = 0; i < scene_.size(); ++i) {
    const double position = std::min(1.0, static_cast<double>(i) / kSteps);
    scene_[i] = static_cast<float>(inverse_oetf(position));
    gain_[i] = static_cast<float>(kHlgPeak / 100 * std::pow(position * position, 1.2 - 1));
  }
}

void Hlg::to_light(float* red, float* green, float* blue, size_t count) const {
  curve_hlg({scene_.data(), kSteps}, {gain_.data(), kSteps}, {red, green, blue, count});
}

}  // namespace filmgate::scaler
