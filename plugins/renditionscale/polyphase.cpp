#include "plugins/renditionscale/polyphase.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace filmgate::scaler {
namespace {

constexpr double kNothing = 1e-7;  // a smaller weight or shift is an error of rounding

double support(Method method) {
  switch (method) {
    case Method::kBilinear:
      return 1;
    case Method::kBicubic:
      return 2;
    default:
      return 3;
  }
}

// Keys's cubic with a = -1/2, also known as Catmull and Rom's ("Cubic Convolution Interpolation for
// Digital Image Processing", 1981).
double keys(double x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

// The natural cubic spline through 6 points, as pieces over [0, 1), [1, 2), [2, 3).
double spline36(double x) {
  if (x < 1) return ((13.0 / 11 * x - 453.0 / 209) * x - 3.0 / 209) * x + 1;
  if (x < 2) {
    x -= 1;
    return ((-6.0 / 11 * x + 270.0 / 209) * x - 156.0 / 209) * x;
  }
  x -= 2;
  return ((1.0 / 11 * x - 45.0 / 209) * x + 26.0 / 209) * x;
}

double sinc(double x) {
  const double angle = x * std::numbers::pi;
  return x < kNothing ? 1 : std::sin(angle) / angle;
}

double filter(Method method, double distance) {
  const double x = std::abs(distance);
  if (x >= support(method)) return 0;
  switch (method) {
    case Method::kBilinear:
      return 1 - x;
    case Method::kBicubic:
      return keys(x);
    case Method::kSpline36:
      return spline36(x);
    case Method::kLanczos:
      break;
  }
  return sinc(x) * sinc(x / 3);
}

int mirrored(int sample, int count) {
  if (sample < 0) sample = -1 - sample;
  if (sample >= count) sample = 2 * count - 1 - sample;
  return std::clamp(sample, 0, count - 1);
}

struct Mix {
  int first = 0;
  std::vector<double> weight;
};

Mix mix_at(Method method, double centre, double stretch, int source) {
  const double radius = support(method) * stretch;
  // Samples just at the ends of the filter count for nothing. So `from` never falls from one new
  // sample to the next, which a reader of rows relies on.
  const int from = static_cast<int>(std::floor(centre - radius - 0.5 + kNothing)) + 1;
  const int to = static_cast<int>(std::ceil(centre + radius - 0.5 - kNothing)) - 1;
  int low = source - 1;
  int high = 0;
  for (int sample = from; sample <= to; ++sample) {
    low = std::min(low, mirrored(sample, source));
    high = std::max(high, mirrored(sample, source));
  }
  std::vector<double> weight(static_cast<size_t>(high - low + 1));
  double sum = 0;
  for (int sample = from; sample <= to; ++sample) {
    const double part = filter(method, (sample + 0.5 - centre) / stretch);
    weight[static_cast<size_t>(mirrored(sample, source) - low)] += part;
    sum += part;
  }
  for (double& part : weight) part /= sum;
  return {low, std::move(weight)};
}

}  // namespace

bool Axis::copies() const {
  return std::abs(length - target) < kNothing && std::abs(start - std::round(start)) < kNothing &&
         start > -0.5 && start + length < source + 0.5;
}

Taps make_taps(Method method, const Axis& axis) {
  const double scale = axis.length / axis.target;
  std::vector<Mix> mixes(static_cast<size_t>(axis.target));
  size_t count = 1;
  for (int i = 0; i < axis.target; ++i) {
    Mix& mix = mixes[static_cast<size_t>(i)];
    if (axis.copies()) {
      mix = {static_cast<int>(std::lround(axis.start)) + i, {1}};
    } else {
      mix = mix_at(method, axis.start + (i + 0.5) * scale, std::max(scale, 1.0), axis.source);
    }
    count = std::max(count, mix.weight.size());
  }
  Taps taps;
  taps.count = static_cast<int>(count);
  taps.weight.resize(mixes.size() * count);
  auto to = taps.weight.begin();
  for (const Mix& mix : mixes) {
    const int first = std::min(mix.first, axis.source - taps.count);
    taps.first.push_back(first);
    std::copy(mix.weight.begin(), mix.weight.end(), to + (mix.first - first));
    to += static_cast<ptrdiff_t>(count);
  }
  return taps;
}

std::vector<int> whole_weights(const Taps& taps, int i, int one) {
  const auto count = static_cast<size_t>(taps.count);
  const double* weight = taps.weight.data() + static_cast<size_t>(i) * count;
  std::vector<int> whole(count);
  int left = one;
  for (size_t t = 0; t < count; ++t) {
    whole[t] = static_cast<int>(std::lround(weight[t] * one));
    left -= whole[t];
  }
  // What rounding lost goes where it was largest.
  for (; left != 0; left -= left > 0 ? 1 : -1) {
    const double sign = left > 0 ? 1 : -1;
    size_t most = 0;
    const auto lost = [&](size_t t) { return sign * (weight[t] * one - whole[t]); };
    for (size_t t = 1; t < count; ++t) {
      if (lost(t) > lost(most)) most = t;
    }
    whole[most] += left > 0 ? 1 : -1;
  }
  return whole;
}

}  // namespace filmgate::scaler
