#include "plugins/qualityprobe/pattern_measures.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace filmgate::quality {
namespace {

constexpr int kLeastPeriod = 3;
constexpr int kGreatestPeriod = 24;

// Added to the means that are compared, as a share of the gradients around: next to nothing on the
// lines must not be many times nothing between them.
constexpr double kFloor = 0.05;

// How many times steeper the picture is at a grid's lines than between them, for the grid that is
// the strongest; 0 where nothing is steep. `samples` were summed for each line.
double grid_strength(const std::vector<uint32_t>& line, int samples) {
  const int first = kGridReach - 1;
  const int last = static_cast<int>(line.size()) - kGridReach;  // exclusive
  if (last <= first || samples <= 0) return 0;
  // A line through the whole picture, as the edge of a bar is, counts as one whose gradients are as
  // steep as the six around each together, no more: few lines of a grid are steeper than that.
  const uint64_t most = uint64_t{kGridUnit} * static_cast<uint64_t>(samples);
  const auto at = [&](int i) { return std::min<uint64_t>(line[static_cast<size_t>(i)], most); };
  uint64_t all = 0;
  for (int i = first; i < last; ++i) all += at(i);
  if (all == 0) return 0;
  const double floor = kFloor * kGridUnit * samples;
  double strength = 0;
  std::vector<uint64_t> edges;
  for (int period = kLeastPeriod; period <= kGreatestPeriod; ++period) {
    uint64_t on_grid = 0;
    edges.clear();
    for (int i = first + (2 * period - 1 - first % period) % period; i < last; i += period) {
      on_grid += at(i);
      edges.push_back(std::max({at(i - 1), at(i), at(i + 1)}));
    }
    const int others = last - first - static_cast<int>(edges.size());
    if (edges.empty() || others <= 0) continue;
    // The steepest quarter of the lines is left out: a drawn picture has a few long straight edges
    // that happen to lie on some grid, a coder leaves all of them.
    const auto counted = static_cast<std::ptrdiff_t>(edges.size() - (edges.size() + 3) / 4);
    if (counted == 0) continue;
    std::nth_element(edges.begin(), edges.begin() + counted, edges.end());
    const uint64_t sum = std::accumulate(edges.begin(), edges.begin() + counted, uint64_t{0});
    const double between = static_cast<double>(all - on_grid) / others;
    strength =
        std::max(strength, (static_cast<double>(sum) / static_cast<double>(counted) + floor) /
                               (between + floor));
  }
  return strength;
}

}  // namespace

std::optional<double> blockiness_of(const PatternSums& sums) {
  const int width = static_cast<int>(sums.columns.size());
  const int height = static_cast<int>(sums.rows.size());
  const double strength =
      std::max(grid_strength(sums.columns, height / row_step(height) / 2),
               grid_strength(sums.rows, width / column_pitch(width) * kRunColumns));
  return strength > 0 ? std::optional(strength) : std::nullopt;
}

std::optional<double> noise_of(const PatternSums& sums, int width, SampleLayout samples) {
  if (sums.noise_rows.empty() || width < 3) return std::nullopt;
  const uint32_t rows = *std::max_element(sums.noise_rows.begin(), sums.noise_rows.end());
  if (rows == 0) return std::nullopt;
  const size_t across = sums.noise.size() / sums.noise_rows.size();
  std::vector<uint32_t> blocks;
  blocks.reserve(sums.noise.size());
  for (size_t line = 0; line < sums.noise_rows.size(); ++line) {
    if (sums.noise_rows[line] < rows) continue;  // the rest at the lower edge
    for (size_t i = 0; i < across; ++i)
      if (const uint32_t sum = sums.noise[line * across + i]; sum > 0) blocks.push_back(sum);
  }
  if (blocks.empty()) return 0.0;
  const auto quarter = blocks.begin() + static_cast<std::ptrdiff_t>(blocks.size() / 4);
  std::nth_element(blocks.begin(), quarter, blocks.end());
  const double count = static_cast<double>(rows) * std::min(kBlockColumns, width - 2);
  const double unit = samples.depth == 8 ? 1.0 : 4.0;
  // The operator multiplies a Gaussian's deviation by 6; its mean magnitude is sqrt(2/pi) of that.
  return std::sqrt(std::numbers::pi / 2) / 6 * *quarter / count / unit;
}

}  // namespace filmgate::quality
