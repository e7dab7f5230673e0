// Says whether pictures are made of two fields of different moments, and which comes first: the
// definition and the thresholds of FFmpeg's idet. Where that compares a picture with the one before
// and the one after it, this compares two pictures both ways, so that none has to be waited for;
// and a picture whose own rows fit each other best is progressive here even where one order fits
// better than the other, as it does when the camera moves up or down.
#pragma once

#include <array>
#include <optional>

#include "plugins/qualityprobe/pattern_kernels.h"

namespace filmgate::quality {

enum class FieldOrder { kUndetermined, kProgressive, kTopFirst, kBottomFirst };
enum class RepeatedField { kNeither, kTop, kBottom };

struct FieldThresholds {
  double interlaced = 1.04;  // one order of the fields fits so many times worse than the other
  double progressive = 1.5;  // both fit so many times worse than the picture's own rows
  double repeated = 3.0;     // one field changes so many times more than the other
};

struct FieldFigures {
  FieldOrder order = FieldOrder::kUndetermined;  // as the last few pictures have it
  RepeatedField repeated = RepeatedField::kNeither;
  // How much better one order of the fields fits than the other: 0 = alike, towards 1 = combed.
  // Absent where neither can be told.
  std::optional<double> comb_ratio;
};

class FieldJudge {
 public:
  // `sums` are those of a picture and the previous one.
  FieldFigures judge(const FieldSums& sums, const FieldThresholds& thresholds);
  // A picture without a previous one.
  void begin(const FieldSums& sums);

 private:
  FieldOrder settle(FieldOrder order);

  double inside_before_ = 0;
  std::array<FieldOrder, 4> history_{};  // of single pictures, the latest first
  FieldOrder last_ = FieldOrder::kUndetermined;
};

}  // namespace filmgate::quality
