#include "plugins/thumbnailsink/score.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace filmgate::stills {
namespace {

using scaler::Component;
using scaler::Format;

// Reads samples as 8 bit, full range.
class Luma {
 public:
  Luma(const Component& plane, const Format& format)
      : plane_(plane),
        shift_(format.shift + std::max(0, format.depth - 8)),
        wide_(format.depth > 8),
        limited_(!format.colour.full_range) {}

  int at(int x, int y) const {
    const uint8_t* sample =
        plane_.data + y * plane_.stride + static_cast<ptrdiff_t>(x) * plane_.step;
    int value = *sample;
    if (wide_) {
      uint16_t word;
      std::memcpy(&word, sample, sizeof word);
      value = word >> shift_;
    }
    return limited_ ? std::clamp((value - 16) * 255 / 219, 0, 255) : std::min(value, 255);
  }

 private:
  const Component& plane_;
  int shift_;
  bool wide_;
  bool limited_;
};

double ramp(double value, double low, double high) {
  return std::clamp((value - low) / (high - low), 0.0, 1.0);
}

double difference(const Impression& a, const Impression& b) {
  int sum = 0;
  for (size_t i = 0; i < a.grid.size(); ++i) sum += std::abs(a.grid[i] - b.grid[i]);
  return static_cast<double>(sum) / static_cast<double>(a.grid.size());
}

}  // namespace

Impression look_at(const scaler::Picture& picture, const Format& format,
                   const scaler::Region& region) {
  // Of RGB, green stands for luma.
  const Luma luma(picture[format.family == scaler::Family::kRgb ? 1 : 0], format);
  Impression impression;
  std::array<int, 32> histogram{};
  double sum = 0;
  double squares = 0;
  double close = 0;
  double wide = 0;
  const int reach = std::max(1, region.width / 960);  // large frames are softer by the pixel
  const int right = region.left + region.width - 1;
  for (int row = 0; row < Impression::kRows; ++row) {
    const int y = region.top + (2 * row + 1) * region.height / (2 * Impression::kRows);
    for (int column = 0; column < Impression::kColumns; ++column) {
      const int x = region.left + (2 * column + 1) * region.width / (2 * Impression::kColumns);
      const int value = luma.at(x, y);
      impression.grid[static_cast<size_t>(row * Impression::kColumns + column)] =
          static_cast<uint8_t>(value);
      ++histogram[static_cast<size_t>(value / 8)];
      sum += value;
      squares += static_cast<double>(value) * value;
      // A sharp edge rises at once, a blurred one over many pixels: the energy of close differences
      // beside that of wide ones tells them apart, whatever the contrast.
      const int near = luma.at(std::min(x + reach, right), y) - value;
      const int far = luma.at(std::min(x + 8 * reach, right), y) - value;
      close += near * near;
      wide += far * far;
    }
  }
  const auto count = static_cast<double>(impression.grid.size());
  impression.mean = sum / count;
  impression.deviation =
      std::sqrt(std::max(0.0, squares / count - impression.mean * impression.mean));
  for (int bin : histogram) {
    if (bin == 0) continue;
    const double share = bin / count;
    impression.entropy -= share * std::log2(share) / 5;
  }
  if (wide > 0) impression.sharpness = std::min(1.0, close / wide);
  return impression;
}

double merit(const Impression& impression) {
  const double light = ramp(impression.mean, 12, 60) * (1 - ramp(impression.mean, 215, 245));
  const double contrast = ramp(impression.deviation, 4, 48);
  const double detail = 0.2 + 0.8 * ramp(impression.sharpness, 0.015, 0.1);
  return light * contrast * detail * (0.4 + 0.6 * impression.entropy);
}

double steadiness(const Impression& frame, const Impression* before, const Impression* after) {
  double change = 0;
  if (before) change = std::max(change, difference(frame, *before));
  if (after) change = std::max(change, difference(frame, *after));
  const double shaken = change / 30;
  return 1 / (1 + shaken * shaken);
}

double purity(const Impression& frame, const Impression& before, const Impression& after) {
  constexpr double kStill = 2;    // noise and compression change as much
  constexpr double kMoved = 6;    // out of 255, over the time between the neighbours
  constexpr double kWorst = 0.2;  // what a frame in the middle of a dissolve keeps
  const double change = difference(before, after);
  if (change <= kStill) return 1;
  double off = 0;
  for (size_t i = 0; i < frame.grid.size(); ++i) {
    off += std::abs(frame.grid[i] - (before.grid[i] + after.grid[i]) / 2.0);
  }
  off /= static_cast<double>(frame.grid.size());
  // The mean of two pictures is 0 off; what moves on is about half of the change off.
  const double mixed = (1 - ramp(off / change, 0.1, 0.35)) * ramp(change, kStill, kMoved);
  return 1 - (1 - kWorst) * mixed;
}

double novelty(const Impression& frame, const Impression& other) {
  return ramp(difference(frame, other), 1, 8);
}

}  // namespace filmgate::stills
