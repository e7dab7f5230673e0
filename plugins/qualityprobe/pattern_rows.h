// The arithmetic of pattern_kernels.h in plain C++, over columns [from, to): the reference, and the
// tail of each SIMD loop.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "plugins/qualityprobe/luma_rows.h"
#include "plugins/qualityprobe/pattern_kernels.h"

namespace filmgate::quality::rows {

// What the eye makes out as an edge: two 8-bit code values. Lesser gradients are no part of a grid,
// as rounding makes them wherever a slope is gentle.
template <typename S>
inline constexpr int kLeastGradient = S::kBytes == 1 ? 2 : 8;

// The least activity a gradient is set in relation to: four 8-bit code values.
template <typename S>
inline constexpr int kLeastActivity = S::kBytes == 1 ? 4 : 16;

// Gradient from `line[3]` to `line[4]` relative to the six gradients around it, per column.
template <typename S>
uint32_t relative_gradient(const std::array<const uint8_t*, 8>& line, int x) {
  std::array<int, 7> gradient{};
  for (size_t i = 0; i < gradient.size(); ++i)
    gradient[i] = std::abs(S::at(line[i + 1], x) - S::at(line[i], x));
  if (gradient[3] < kLeastGradient<S>) return 0;
  const int around =
      gradient[0] + gradient[1] + gradient[2] + gradient[4] + gradient[5] + gradient[6];
  return static_cast<uint32_t>(gradient[3]) * kGridUnit /
         static_cast<uint32_t>(std::max(around, kLeastActivity<S>));
}

template <typename S>
void grid_columns(const std::array<const uint8_t*, 8>& line, int from, int to, uint32_t* columns) {
  for (int x = from; x < to; ++x) columns[x] += relative_gradient<S>(line, x);
}

template <typename S>
uint32_t grid_run(const std::array<const uint8_t*, 8>& line, int from, int to) {
  uint32_t sum = 0;
  for (int x = from; x < to; ++x) sum += relative_gradient<S>(line, x);
  return sum;
}

// Immerkaer's operator: the difference of two Laplacians, blind to edges along rows and columns.
// `from` >= 1 and `to` < width.
template <typename S>
uint32_t noise(const uint8_t* above, const uint8_t* row, const uint8_t* below, int from, int to) {
  const auto bend = [&](int x) { return S::at(above, x) - 2 * S::at(row, x) + S::at(below, x); };
  uint32_t sum = 0;
  for (int x = from; x < to; ++x)
    sum += static_cast<uint32_t>(std::abs(bend(x - 1) - 2 * bend(x) + bend(x + 1)));
  return sum;
}

// Four rows of each picture; the sums of the second and the third of them.
struct FieldRows {
  std::array<const uint8_t*, 4> current{};
  std::array<const uint8_t*, 4> previous{};  // null without a previous picture
};

template <typename S>
void fields(const FieldRows& at, int parity, int from, int to, FieldSums& sums) {
  const auto mean = [](const uint8_t* a, const uint8_t* b, int x) {
    return (S::at(a, x) + S::at(b, x) + 1) / 2;
  };
  const auto add = [](uint64_t& sum, int difference) {
    sum += static_cast<uint64_t>(std::abs(difference));
  };
  for (size_t i = 1; i <= 2; ++i, parity ^= 1) {
    const auto p = static_cast<size_t>(parity);
    for (int x = from; x < to; ++x) {
      const int now = S::at(at.current[i], x);
      const int now_around = mean(at.current[i - 1], at.current[i + 1], x);
      add(sums.inside, now_around - now);
      if (!at.previous[i]) continue;
      const int then = S::at(at.previous[i], x);
      add(sums.later[p], now_around - then);
      add(sums.earlier[p], mean(at.previous[i - 1], at.previous[i + 1], x) - now);
      add(sums.change[p], now - then);
    }
  }
}

// What is summed over one strip, the same for every arithmetic; `A` supplies the functions above.
template <typename A>
void add_pattern_strip(const Strip& strip, const PatternRequest& request, PatternSums& sums) {
  using S = typename A::Samples;
  const Plane& now = strip.current;
  const int width = now.width;
  const int height = now.height;
  const int step = row_step(height);
  const int first = strip.begin + (step - strip.begin % step) % step;
  for (int base = first; base < strip.end; base += step) {
    const int y = base + step / 2 - 1;  // between the corners of blocks of eight
    if (y < 1 || y + 2 >= height) continue;
    const uint8_t* row = now.row(y);
    if (request.grid && (base / step) % 2 == 0 && width > 2 * kGridReach) {
      std::array<const uint8_t*, 8> line{};
      for (int i = 0; i < 8; ++i) line[static_cast<size_t>(i)] = row + (i - 3) * S::kBytes;
      A::grid_columns(line, kGridReach - 1, width - kGridReach, sums.columns.data());
    }
    if (request.noise && width >= 3) {
      const auto line = static_cast<size_t>(base / step / kBlockRows);
      const int across = static_cast<int>(sums.noise.size() / sums.noise_rows.size());
      ++sums.noise_rows[line];
      uint32_t* blocks = sums.noise.data() + line * static_cast<size_t>(across);
      for (int i = 0; i < across; ++i) {
        const int x = 1 + i * kBlockColumns;
        blocks[i] += A::noise(now.row(y - 1), row, now.row(y + 1), x,
                              std::min(x + kBlockColumns, width - 1));
      }
    }
    if (request.fields) {
      FieldRows at;
      for (int i = 0; i < 4; ++i) {
        at.current[static_cast<size_t>(i)] = now.row(y - 1 + i);
        if (strip.previous) at.previous[static_cast<size_t>(i)] = strip.previous->row(y - 1 + i);
      }
      A::fields(at, y % 2, width, sums.fields);
    }
  }
  if (!request.grid) return;
  const int pitch = column_pitch(width);
  const int last = std::min(strip.end, height - kGridReach);
  for (int y = std::max(strip.begin, kGridReach - 1); y < last; ++y) {
    std::array<const uint8_t*, 8> line{};
    for (int i = 0; i < 8; ++i) line[static_cast<size_t>(i)] = now.row(y - 3 + i);
    uint32_t sum = 0;
    for (int x = (pitch - kRunColumns) / 2; x < width; x += pitch)
      sum += A::grid_run(line, x, std::min(x + kRunColumns, width));
    sums.rows[static_cast<size_t>(y)] = sum;
  }
}

}  // namespace filmgate::quality::rows
