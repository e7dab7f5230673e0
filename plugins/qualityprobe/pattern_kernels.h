// What the neighbours of a sample show: the grid of a block coder, noise, and the combs that two
// fields of different moments make. Sums over a sample of the rows and columns, gathered in the
// walk of strips.h; pattern_measures.h turns them into figures. All sums are exact integers.
//
// Everything here is sampled, because the figures are means over the frame: `row_step(height)` rows
// apart two neighbouring rows are looked at, for the grid across every second time, and for the
// grid down the picture one run of kRunColumns columns in `column_pitch(width)`.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "plugins/qualityprobe/strips.h"

namespace filmgate::quality {

struct PatternRequest {
  bool grid = false;
  bool noise = false;
  bool fields = false;  // needs a previous picture but for `inside`
  bool operator==(const PatternRequest&) const = default;
};

// A gradient relative to its six neighbours is counted in this unit.
inline constexpr uint32_t kGridUnit = 1024;
inline constexpr int kGridReach = 4;  // the six neighbours end this far from a sample
inline constexpr int kRunColumns = 32;
inline constexpr int kBlockColumns = 64;  // width of a block of the noise measure, in samples
inline constexpr int kBlockRows = 8;      // its height, in rows looked at

int row_step(int height);     // a power of two; from 256 rows on it leaves 128 to 255 places
int column_pitch(int width);  // the same; from 256 columns on it leaves about 128 to 255 of them

// Sums over rows by their parity: [0] even. A row is compared with the mean of its neighbours above
// and below, which belong to the other field: sums of the magnitude of the difference.
struct FieldSums {
  std::array<uint64_t, 2> later{};    // the previous picture's row, the current one's neighbours
  std::array<uint64_t, 2> earlier{};  // the current picture's row, the previous one's neighbours
  std::array<uint64_t, 2> change{};   // both pictures' rows, no neighbours
  uint64_t inside = 0;                // the current picture's row and its own neighbours
  bool operator==(const FieldSums&) const = default;
};

struct PatternSums {
  // The relative gradient towards the next column and row, in kGridUnit, summed along the line.
  std::vector<uint32_t> columns;
  std::vector<uint32_t> rows;
  // Per block of kBlockColumns x kBlockRows, magnitude of Immerkaer's Laplacian, in sample values.
  std::vector<uint32_t> noise;
  std::vector<uint32_t> noise_rows;  // rows looked at in each line of blocks
  FieldSums fields;
  bool operator==(const PatternSums&) const = default;
};

// One frame's sums; the memory is kept from frame to frame.
class PatternMeasure : public StripMeasure {
 public:
  void begin(const Plane& luma, const PatternRequest& request);
  void add(const Strip& strip) override;
  void add_scalar(const Strip& strip);  // the reference
  const PatternSums& sums() const { return sums_; }
  const PatternRequest& request() const { return request_; }

 private:
  PatternRequest request_;
  PatternSums sums_;
};

// For the search of bars: the sum of a row, and those of up to kRunColumns columns beginning at x.
uint64_t sum_row(const Plane& luma, SampleLayout samples, int y);
uint64_t sum_row_scalar(const Plane& luma, SampleLayout samples, int y);
using ColumnSums = std::array<uint32_t, kRunColumns>;
ColumnSums sum_columns(const Plane& luma, SampleLayout samples, int x);
ColumnSums sum_columns_scalar(const Plane& luma, SampleLayout samples, int x);

}  // namespace filmgate::quality
