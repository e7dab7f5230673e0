// Finds the bars around a picture: the definition of FFmpeg's cropdetect. A row or column belongs
// to a bar while its mean luma is not above the limit.
#pragma once

#include <optional>

#include "plugins/qualityprobe/picture.h"

namespace filmgate::quality {

struct CropSettings {
  double limit = 24.0 / 255;  // share of the sample range
  int round = 16;             // width and height of the rectangle are multiples of it
  int reset = 0;              // begin anew after this many pictures; 0 = never
};

struct Rectangle {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Rectangle&) const = default;
};

// First and last row and column that are no bar; absent where all are.
struct Extent {
  struct Range {
    int first;
    int last;
  };
  std::optional<Range> rows;
  std::optional<Range> columns;
};

Extent find_extent(const Plane& luma, SampleLayout samples, double limit);

// The rectangle that holds all pictures so far.
class CropFinder {
 public:
  // All pictures have one size until `reset`.
  void add(const Extent& extent, int width, int height, const CropSettings& settings);
  void reset() { *this = CropFinder(); }
  // Even in position and size, as chroma wants it. Absent before the third picture, because the
  // first two may be empty, and while all were black.
  std::optional<Rectangle> rectangle(const CropSettings& settings) const;

 private:
  int frames_ = -2;
  int x1_ = 0, y1_ = 0, x2_ = 0, y2_ = 0;
};

}  // namespace filmgate::quality
