// The row arithmetic in plain C++, over columns [from, to): the reference, and the tail of each
// SIMD loop.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "plugins/qualityprobe/luma_kernels.h"

namespace filmgate::quality::rows {

static_assert(std::endian::native == std::endian::little, "10-bit samples are read as they stand");

// One way to read a row: bytes, ten bits low, ten bits high. Bits that a broken producer left above
// the tenth are clamped, so that no sum can overflow.
struct Bytes {
  static constexpr int kBytes = 1;
  static constexpr int kShift = 0;
  static int at(const uint8_t* row, int x) { return row[x]; }
};
template <int shift>
struct Words {
  static constexpr int kBytes = 2;
  static constexpr int kShift = shift;
  static int at(const uint8_t* row, int x) {
    uint16_t value;
    std::memcpy(&value, row + 2 * static_cast<ptrdiff_t>(x), 2);
    return std::min(value >> shift, 1023);
  }
};

// Calls `f` with the way of reading as its argument.
template <typename F>
void with_samples(SampleLayout samples, F f) {
  if (samples.depth == 8)
    f(Bytes());
  else if (samples.shift == 6)
    f(Words<6>());
  else
    f(Words<0>());
}

// The blur measure compares each sample with its neighbour and the ends of the nine-tap mean.
inline constexpr int kReachBack = 5;
inline constexpr int kReachAhead = 4;

template <typename S>
void levels(const uint8_t* row, int from, int to, const LumaRequest& request, LumaSums& sums) {
  for (int x = from; x < to; ++x) {
    const int value = S::at(row, x);
    sums.sum += static_cast<uint64_t>(value);
    sums.min = std::min(sums.min, value);
    sums.max = std::max(sums.max, value);
    sums.black += value <= request.black_max;
    sums.outside += value < request.legal_min || value > request.legal_max;
  }
}

template <typename S>
void difference(const uint8_t* row, const uint8_t* before, int from, int to, LumaSums& sums) {
  for (int x = from; x < to; ++x) {
    const int change = S::at(row, x) - S::at(before, x);
    (change > 0 ? sums.risen : sums.fallen) += static_cast<uint64_t>(std::abs(change));
    sums.difference_square_sum += static_cast<uint64_t>(change * change);
  }
}

// `from` >= 1 and `to` < width: the border has no gradient.
template <typename S>
void sobel(const uint8_t* above, const uint8_t* row, const uint8_t* below, int from, int to,
           LumaSums& sums) {
  for (int x = from; x < to; ++x) {
    const int left = S::at(above, x - 1) + 2 * S::at(row, x - 1) + S::at(below, x - 1);
    const int right = S::at(above, x + 1) + 2 * S::at(row, x + 1) + S::at(below, x + 1);
    const int top = S::at(above, x - 1) + 2 * S::at(above, x) + S::at(above, x + 1);
    const int bottom = S::at(below, x - 1) + 2 * S::at(below, x) + S::at(below, x + 1);
    const int square = (right - left) * (right - left) + (bottom - top) * (bottom - top);
    sums.sobel_square_sum += static_cast<uint64_t>(square);
    sums.sobel_sum += std::sqrt(static_cast<float>(square));
  }
}

// Variation between `row` and `neighbour`, and what a nine-tap mean would leave of it: the mean
// changes by a ninth of the change between what enters it (`ahead`) and what leaves it (`back`).
template <typename S>
void variation(const uint8_t* row, const uint8_t* neighbour, const uint8_t* ahead,
               const uint8_t* back, int from, int to, int floor, uint64_t& total, uint64_t& left) {
  for (int x = from; x < to; ++x) {
    const int sharp = std::abs(S::at(row, x) - S::at(neighbour, x));
    if (sharp < floor) continue;
    const int smooth = std::abs(S::at(ahead, x) - S::at(back, x));
    total += static_cast<uint64_t>(sharp);
    left += static_cast<uint64_t>(std::min(9 * sharp, smooth));
  }
}

template <typename S>
uint64_t absolute_differences(const uint8_t* a, const uint8_t* b, int from, int to) {
  uint64_t sum = 0;
  for (int x = from; x < to; ++x) sum += static_cast<uint64_t>(std::abs(S::at(a, x) - S::at(b, x)));
  return sum;
}

// What is counted over one strip, the same for every arithmetic; `A` supplies the row functions
// above for whole rows.
template <typename A>
void add_strip(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
  const Plane& current = strip.current;
  const int width = current.width;
  const int height = current.height;
  const ptrdiff_t sample = A::Samples::kBytes;
  const int across = width - kReachBack - kReachAhead;  // columns that have all their neighbours
  for (int y = strip.begin; y < strip.end; ++y) {
    const uint8_t* row = current.row(y);
    if (request.levels) A::levels(row, width, request, sums);
    if (request.temporal && strip.previous) A::difference(row, strip.previous->row(y), width, sums);
    if (request.spatial && width >= 3 && y >= 1 && y + 1 < height)
      A::sobel(current.row(y - 1), row, current.row(y + 1), width, sums);
    if (request.blur && across > 0) {
      const uint8_t* at = row + kReachBack * sample;
      A::variation(at, at - sample, at + kReachAhead * sample, row, across, request.blur_floor,
                   sums.horizontal_variation, sums.horizontal_left);
    }
    if (request.blur && y >= kReachBack && y + kReachAhead < height) {
      A::variation(row, current.row(y - 1), current.row(y + kReachAhead),
                   current.row(y - kReachBack), width, request.blur_floor, sums.vertical_variation,
                   sums.vertical_left);
    }
  }
}

}  // namespace filmgate::quality::rows
