#include "plugins/qualityprobe/field_order.h"

#include <algorithm>

namespace filmgate::quality {

void FieldJudge::begin(const FieldSums& sums) {
  *this = FieldJudge();
  inside_before_ = static_cast<double>(sums.inside);
}

FieldFigures FieldJudge::judge(const FieldSums& sums, const FieldThresholds& thresholds) {
  // With the top field first, the bottom field of the previous picture is the moment next to the
  // top field of this one, and the other two are three fields apart.
  const auto far_if_top_first = static_cast<double>(sums.later[0] + sums.earlier[1]);
  const auto far_if_bottom_first = static_cast<double>(sums.later[1] + sums.earlier[0]);
  const auto inside = static_cast<double>(sums.inside);
  const double own = (inside + inside_before_) / 2;
  inside_before_ = inside;

  FieldOrder order = FieldOrder::kUndetermined;
  if (std::min(far_if_top_first, far_if_bottom_first) > thresholds.progressive * own)
    order = FieldOrder::kProgressive;
  else if (far_if_top_first > thresholds.interlaced * far_if_bottom_first)
    order = FieldOrder::kTopFirst;
  else if (far_if_bottom_first > thresholds.interlaced * far_if_top_first)
    order = FieldOrder::kBottomFirst;

  FieldFigures figures;
  figures.order = settle(order);
  const auto even = static_cast<double>(sums.change[0]);
  const auto odd = static_cast<double>(sums.change[1]);
  if (odd > thresholds.repeated * even)
    figures.repeated = RepeatedField::kTop;
  else if (even > thresholds.repeated * odd)
    figures.repeated = RepeatedField::kBottom;
  const double worse = std::max(far_if_top_first, far_if_bottom_first);
  if (worse > 0) figures.comb_ratio = 1 - std::min(far_if_top_first, far_if_bottom_first) / worse;
  return figures;
}

// A verdict stands until three pictures running agree on another; the first picture with any
// verdict makes the first.
FieldOrder FieldJudge::settle(FieldOrder order) {
  std::rotate(history_.begin(), history_.end() - 1, history_.end());
  history_.front() = order;
  FieldOrder candidate = FieldOrder::kUndetermined;
  int agreed = 0;
  for (const FieldOrder past : history_) {
    if (past == FieldOrder::kUndetermined) continue;
    if (candidate == FieldOrder::kUndetermined) candidate = past;
    if (past != candidate) {
      agreed = 0;
      break;
    }
    ++agreed;
  }
  const int needed = last_ == FieldOrder::kUndetermined ? 1 : 3;
  if (agreed >= needed) last_ = candidate;
  return last_;
}

}  // namespace filmgate::quality
