// Polyphase resampling of 8-bit rows with tables made for one geometry: first across, from bytes to
// 16 bits with 6 of them behind the point, then down, from such rows to bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/renditionscale/polyphase.h"

namespace filmgate::scaler {

inline constexpr int kRowsAtOnce = 2;    // rows that share a load of the weights
inline constexpr int kChunk = 16;        // new samples that tables and rows are padded to
inline constexpr int kWindow = 16;       // bytes of the source that one block looks at
inline constexpr int kAcrossOne = 2048;  // the sum of the weights across
inline constexpr int kFineBits = 5;      // a weight across is coarse * 32 + fine, a byte each
inline constexpr int kWidestStep = 4;    // samples of one step for a new one
inline constexpr int kMostSteps = 4;     // 16 bits hold two bytes of each times fine weights
inline constexpr int kAcrossMost = 255 << 6;
inline constexpr int kDownOne = 16384;  // the sum of the weights down; at edges one may be larger

// A block makes kWindow / step new samples of a window into the source row: it picks `step` source
// bytes for each, multiplies them, moves `step` bytes on, and so `steps` times. The more samples
// are dropped, the further apart those of one block lie, and the fewer fit into a window.
struct AcrossTable {
  int step = 0;  // 2 or 4
  int steps = 0;
  int target = 0;               // new samples
  std::vector<int32_t> start;   // of each block in the source row
  std::vector<uint8_t> pick;    // kWindow for each block: places in the window
  std::vector<int8_t> weights;  // as weight_at() says

  int chunks() const { return (target + kChunk - 1) / kChunk; }
  int blocks_of_chunk() const { return step; }
  // Where a step's coarse weights begin, one for each place of the window; the fine ones lie
  // 2 * kWindow behind. Two blocks lie side by side.
  size_t weight_at(int block, int step_index) const {
    return static_cast<size_t>(((block / 2 * steps + step_index) * 4 + block % 2) * kWindow);
  }
};

// Nothing where windows or sums would have to be wider: from more than 16 samples to one, which
// bicubic is from 4 to 1 on.
std::optional<AcrossTable> across_table(const Taps& taps);

struct DownTable {
  int count = 0;
  std::vector<int> first;
  std::vector<int16_t> weight;  // `count` for each new row
};
DownTable down_table(const Taps& taps);

// Makes the chunks [from, to) of two rows. rows[i][x] is sample offset + x; windows are read whole.
void resample_across(const AcrossTable& table, const std::array<const uint8_t*, kRowsAtOnce>& rows,
                     int offset, int from, int to, const std::array<int16_t*, kRowsAtOnce>& made);

// Mixes `count` rows into `width` bytes. Rows have kDownRoom readable samples behind their end.
inline constexpr int kDownRoom = 64;
void resample_down(const int16_t* const* rows, const int16_t* weights, int count, int width,
                   uint8_t* made);

}  // namespace filmgate::scaler
