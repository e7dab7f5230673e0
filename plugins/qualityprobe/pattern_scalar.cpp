#include <bit>

#include "plugins/qualityprobe/pattern_kernels.h"
#include "plugins/qualityprobe/pattern_rows.h"

namespace filmgate::quality {
namespace {

template <typename S>
struct ScalarPattern {
  using Samples = S;
  using Line = std::array<const uint8_t*, 8>;
  static void grid_columns(const Line& line, int from, int to, uint32_t* columns) {
    rows::grid_columns<S>(line, from, to, columns);
  }
  static uint32_t grid_run(const Line& line, int from, int to) {
    return rows::grid_run<S>(line, from, to);
  }
  static uint32_t noise(const uint8_t* above, const uint8_t* row, const uint8_t* below, int from,
                        int to) {
    return rows::noise<S>(above, row, below, from, to);
  }
  static void fields(const rows::FieldRows& at, int parity, int width, FieldSums& sums) {
    rows::fields<S>(at, parity, 0, width, sums);
  }
};

int power_of_two_below(int value) {
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(std::max(value, 1))));
}

}  // namespace

int row_step(int height) {
  // A strip and its halo hold the rows that a step of 32 looks at, no more.
  return std::clamp(power_of_two_below(height / 128), 2, 2 * kStripRows);
}

int column_pitch(int width) {
  return kRunColumns * power_of_two_below(width / 128);
}

void PatternMeasure::begin(const Plane& luma, const PatternRequest& request) {
  request_ = request;
  const auto width = static_cast<size_t>(luma.width);
  const auto height = static_cast<size_t>(luma.height);
  sums_.columns.assign(request.grid ? width : 0, 0);
  sums_.rows.assign(request.grid ? height : 0, 0);
  const int lines = luma.height / row_step(luma.height) / kBlockRows + 1;
  const int across = std::max(1, (luma.width - 2) / kBlockColumns);
  sums_.noise_rows.assign(request.noise ? static_cast<size_t>(lines) : 0, 0);
  sums_.noise.assign(request.noise ? static_cast<size_t>(lines * across) : 0, 0);
  sums_.fields = {};
}

void PatternMeasure::add_scalar(const Strip& strip) {
  rows::with_samples(strip.samples, [&](auto samples) {
    rows::add_pattern_strip<ScalarPattern<decltype(samples)>>(strip, request_, sums_);
  });
}

uint64_t sum_row_scalar(const Plane& luma, SampleLayout samples, int y) {
  uint64_t sum = 0;
  rows::with_samples(samples, [&](auto s) {
    for (int x = 0; x < luma.width; ++x) sum += static_cast<uint64_t>(s.at(luma.row(y), x));
  });
  return sum;
}

ColumnSums sum_columns_scalar(const Plane& luma, SampleLayout samples, int x) {
  ColumnSums sums{};
  const int end = std::min(x + kRunColumns, luma.width);
  rows::with_samples(samples, [&](auto s) {
    for (int y = 0; y < luma.height; ++y)
      for (int at = x; at < end; ++at)
        sums[static_cast<size_t>(at - x)] += static_cast<uint32_t>(s.at(luma.row(y), at));
  });
  return sums;
}

}  // namespace filmgate::quality
