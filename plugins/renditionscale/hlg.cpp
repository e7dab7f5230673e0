#include "plugins/renditionscale/hlg.h"

#include <algorithm>
#include <cmath>

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

// `position` in 0…1.
float look_up(const std::vector<float>& table, float position) {
  const float place = std::clamp(position, 0.0f, 1.0f) * kSteps;
  const auto index = static_cast<size_t>(place);
  return table[index] + (table[index + 1] - table[index]) * (place - static_cast<float>(index));
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
  for (size_t i = 0; i < count; ++i) {
    const float r = look_up(scene_, red[i]);
    const float g = look_up(scene_, green[i]);
    const float b = look_up(scene_, blue[i]);
    const float luminance = 0.2627f * r + 0.6780f * g + 0.0593f * b;
    const float gain = look_up(gain_, std::sqrt(luminance));
    red[i] = r * gain;
    green[i] = g * gain;
    blue[i] = b * gain;
  }
}

}  // namespace filmgate::scaler
