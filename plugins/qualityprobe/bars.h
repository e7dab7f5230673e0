// Says whether the picture stands between bars. A dark scene has dark edges as well, so bars count
// only once their border has been seen: a straight line along which the picture begins. From then
// on they stay for as long as the picture keeps within them, because a scene may be too dark to
// show its borders, or goes beyond one of them while the other one is to be seen, because a
// subtitle may stand in a bar.
#pragma once

#include <optional>

#include "plugins/qualityprobe/crop.h"

namespace filmgate::quality {

class BarJudge {
 public:
  // Whether bars above and below together, or left and right, take `least` of the picture's height
  // or width. `extent` is that of `luma`. Pictures of another size begin anew.
  bool judge(const Plane& luma, SampleLayout samples, const Extent& extent, double least);
  void reset() { *this = BarJudge(); }

 private:
  using Range = std::optional<Extent::Range>;

  int width_ = 0;
  int height_ = 0;
  Range rows_, columns_;  // where the picture stands between bars
};

}  // namespace filmgate::quality
