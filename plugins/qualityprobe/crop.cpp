#include "plugins/qualityprobe/crop.h"

#include <algorithm>
#include <cmath>

#include "plugins/qualityprobe/pattern_kernels.h"

namespace filmgate::quality {
namespace {

// Asks for sums of columns in runs of kRunColumns, each only once in a row.
class Columns {
 public:
  Columns(const Plane& luma, SampleLayout samples) : luma_(luma), samples_(samples) {}
  uint64_t operator()(int x) {
    const int begin = x / kRunColumns * kRunColumns;
    if (begin != begin_) sums_ = sum_columns(luma_, samples_, begin_ = begin);
    return sums_[static_cast<size_t>(x - begin)];
  }

 private:
  const Plane& luma_;
  SampleLayout samples_;
  int begin_ = -1;
  ColumnSums sums_{};
};

template <typename F>
std::optional<Extent::Range> find_range(int count, F is_bar) {
  int first = 0;
  while (first < count && is_bar(first)) ++first;
  if (first == count) return std::nullopt;
  int last = count - 1;
  while (last > first && is_bar(last)) --last;
  return Extent::Range{first, last};
}

// Shrinks [begin, end] to a multiple of `round`, from both sides, and leaves `begin` even.
bool fit(int first, int last, int round, int& begin, int& length) {
  begin = (first + 1) / 2 * 2;
  length = last - begin + 1;
  if (length <= 0) return false;
  const int excess = length % round;
  length -= excess;
  begin += (excess / 2 + 1) / 2 * 2;
  return length > 0;
}

}  // namespace

Extent find_extent(const Plane& luma, SampleLayout samples, double limit) {
  const auto code = static_cast<uint64_t>(std::lround(limit * ((1 << samples.depth) - 1)));
  // The mean is cut off to a whole number: it is above the limit from the next number on.
  const auto bright = [code](uint64_t sum, int count) {
    return sum >= (code + 1) * static_cast<uint64_t>(count);
  };
  Columns columns(luma, samples);
  return {find_range(luma.height,
                     [&](int y) { return !bright(sum_row(luma, samples, y), luma.width); }),
          find_range(luma.width, [&](int x) { return !bright(columns(x), luma.height); })};
}

void CropFinder::add(const Extent& extent, int width, int height, const CropSettings& settings) {
  if (++frames_ <= 0) return;
  if (frames_ == 1 || (settings.reset > 0 && frames_ > settings.reset)) {
    x1_ = width - 1;
    y1_ = height - 1;
    x2_ = y2_ = 0;
    frames_ = 1;
  }
  const auto widen = [](const std::optional<Extent::Range>& range, int& first, int& last) {
    if (!range) return;
    first = std::min(first, range->first);
    if (range->last > first) last = std::max(last, range->last);
  };
  widen(extent.rows, y1_, y2_);
  widen(extent.columns, x1_, x2_);
}

std::optional<Rectangle> CropFinder::rectangle(const CropSettings& settings) const {
  if (frames_ <= 0) return std::nullopt;
  int round = settings.round <= 1 ? 16 : settings.round;
  if (round % 2 != 0) round *= 2;
  Rectangle rectangle;
  if (!fit(x1_, x2_, round, rectangle.x, rectangle.width) ||
      !fit(y1_, y2_, round, rectangle.y, rectangle.height))
    return std::nullopt;
  return rectangle;
}

}  // namespace filmgate::quality
