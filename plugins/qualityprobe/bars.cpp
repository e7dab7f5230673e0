#include "plugins/qualityprobe/bars.h"

#include <algorithm>

#include "plugins/qualityprobe/luma_rows.h"

namespace filmgate::quality {
namespace {

constexpr int kLeastStep = 6;         // 8-bit code values from the bar to the picture
constexpr int kPlacesLookedAt = 256;  // along a border, about
constexpr int kReach = 2;  // lines to either side of the border that may be between the two

// One way to look at a picture: along its rows, or along its columns, from `from` to `to`.
struct Lines {
  const Plane& luma;
  SampleLayout samples;
  bool columns;
  int from, to;

  int count() const { return columns ? luma.width : luma.height; }

  // Whether the picture is brighter than the bar at more than half of the places along a border.
  bool step_up(int bar, int picture) const {
    const int step = std::max(1, (to - from + 1) / kPlacesLookedAt);
    const int least = samples.depth == 8 ? kLeastStep : kLeastStep * 4;
    int places = 0;
    int brighter = 0;
    rows::with_samples(samples, [&](auto s) {
      for (int i = from + step / 2; i <= to; i += step, ++places) {
        const int outside = columns ? s.at(luma.row(i), bar) : s.at(luma.row(bar), i);
        const int inside = columns ? s.at(luma.row(i), picture) : s.at(luma.row(picture), i);
        brighter += inside - outside >= least;
      }
    });
    return 2 * brighter > places;
  }
  bool begins_at(int first) const {
    return first > 0 &&
           step_up(std::max(0, first - kReach), std::min(first + kReach - 1, count() - 1));
  }
  bool ends_at(int last) const {
    return last < count() - 1 &&
           step_up(std::min(last + kReach, count() - 1), std::max(0, last - kReach + 1));
  }
};

void follow(const Lines& lines, const Extent::Range& seen, std::optional<Extent::Range>& known) {
  if (known) {
    const bool first_fits = seen.first >= known->first;
    const bool last_fits = seen.last <= known->last;
    if (first_fits && last_fits) return;
    if (first_fits && lines.begins_at(known->first)) return;
    if (last_fits && lines.ends_at(known->last)) return;
    known.reset();
  }
  if (lines.begins_at(seen.first) && lines.ends_at(seen.last)) known = seen;
}

}  // namespace

bool BarJudge::judge(const Plane& luma, SampleLayout samples, const Extent& extent, double least) {
  if (luma.width != width_ || luma.height != height_) {
    reset();
    width_ = luma.width;
    height_ = luma.height;
  }
  if (extent.rows && extent.columns) {  // a black picture says nothing about bars
    const Extent::Range& rows = *extent.rows;
    const Extent::Range& columns = *extent.columns;
    follow({luma, samples, false, columns.first, columns.last}, rows, rows_);
    follow({luma, samples, true, rows.first, rows.last}, columns, columns_);
  }
  const auto share = [](const Range& range, int size) {
    return range ? static_cast<double>(size - (range->last - range->first + 1)) / size : 0.0;
  };
  const double bars = std::max(share(rows_, height_), share(columns_, width_));
  return bars > 0 && bars >= least;
}

}  // namespace filmgate::quality
