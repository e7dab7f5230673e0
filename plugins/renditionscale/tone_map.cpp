#include "plugins/renditionscale/tone_map.h"

#include <algorithm>
#include <cmath>

#include "plugins/renditionscale/light_kernels.h"

namespace filmgate::scaler {
namespace {

constexpr double kM1 = 2610.0 / 16384;
constexpr double kM2 = 2523.0 / 4096 * 128;
constexpr double kC1 = 3424.0 / 4096;
constexpr double kC2 = 2413.0 / 4096 * 32;
constexpr double kC3 = 2392.0 / 4096 * 32;

constexpr double kSdrWhite = 203;
constexpr int kSteps = 2048;

// BT.2390 with black at 0: light below the knee is kept, light above it is bent towards white.
double bend(double nits, double source_peak) {
  const double source_white = pq_encode(source_peak);
  const double target_white = pq_encode(kSdrWhite) / source_white;
  const double knee = 1.5 * target_white - 0.5;
  const double e1 = pq_encode(nits) / source_white;
  double e2 = e1;
  if (e1 > knee) {
    const double t = (e1 - knee) / (1 - knee);
    const double t2 = t * t;
    const double t3 = t2 * t;
    e2 = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) +
         (-2 * t3 + 3 * t2) * target_white;
  }
  return pq_decode(e2 * source_white);
}

}  // namespace

double pq_encode(double nits) {
  const double y = std::pow(std::clamp(nits / 10000, 0.0, 1.0), kM1);
  return std::pow((kC1 + kC2 * y) / (1 + kC3 * y), kM2);
}

double pq_decode(double signal) {
  const double e = std::pow(std::clamp(signal, 0.0, 1.0), 1 / kM2);
  return 10000 * std::pow(std::max(e - kC1, 0.0) / (kC2 - kC3 * e), 1 / kM1);
}

ToneMap::ToneMap(double source_peak) : peak_(0), gain_(kSteps + 2) {
  source_peak = std::max(source_peak, kSdrWhite);
  peak_ = static_cast<float>(source_peak / 100);
  for (int i = 1; i <= kSteps; ++i) {
    const double root = static_cast<double>(i) / kSteps;
    const double nits = root * root * source_peak;
    gain_[static_cast<size_t>(i)] = static_cast<float>(bend(nits, source_peak) / kSdrWhite / nits);
    gain_[static_cast<size_t>(i)] *= 100;  // the input counts in units of 100 cd/m²
  }
  gain_[0] = gain_[1];
  gain_[kSteps + 1] = gain_[kSteps];
}

void ToneMap::apply(float* red, float* green, float* blue, size_t count) const {
  curve_largest({gain_.data(), kSteps}, peak_, {red, green, blue, count});
}

}  // namespace filmgate::scaler
