#include <algorithm>
#include <cstddef>

#include "plugins/renditionscale/resample_kernels.h"

namespace filmgate::scaler {
namespace {

struct Block {
  int begin = 0;  // its new samples, [begin, end)
  int end = 0;
  int start = 0;  // of its window
};

// The blocks of a row, padded to whole chunks with blocks that make nothing.
std::vector<Block> blocks_of(const Taps& taps, int step) {
  const int target = static_cast<int>(taps.first.size());
  const int padded = (target + kChunk - 1) / kChunk * kChunk;
  std::vector<Block> blocks;
  for (int begin = 0; begin < padded; begin += kWindow / step) {
    Block block{std::min(begin, target), std::min(begin + kWindow / step, target), 0};
    const auto first = taps.first.begin();
    block.start = block.begin < block.end
                      ? *std::min_element(first + block.begin, first + block.end)
                      : blocks.back().start;
    blocks.push_back(block);
  }
  return blocks;
}

bool fits(const Taps& taps, int step, const std::vector<Block>& blocks) {
  if (taps.count > step * kMostSteps) return false;
  for (const Block& block : blocks) {
    for (int i = block.begin; i < block.end; ++i) {
      if (taps.first[static_cast<size_t>(i)] - block.start + step > kWindow) return false;
    }
  }
  return true;
}

void fill(const Taps& taps, const Block& block, int index, AcrossTable& table) {
  uint8_t* pick = table.pick.data() + static_cast<ptrdiff_t>(index) * kWindow;
  for (int i = block.begin; i < block.end; ++i) {
    const int slot = (i - block.begin) * table.step;
    const std::vector<int> weights = whole_weights(taps, i, kAcrossOne);
    for (int t = 0; t < table.step; ++t) {
      pick[slot + t] = static_cast<uint8_t>(taps.first[static_cast<size_t>(i)] - block.start + t);
    }
    for (int t = 0; t < taps.count; ++t) {
      const int weight = weights[static_cast<size_t>(t)];
      const int coarse = (weight + (1 << (kFineBits - 1))) >> kFineBits;
      const size_t at =
          table.weight_at(index, t / table.step) + static_cast<size_t>(slot + t % table.step);
      table.weights[at] = static_cast<int8_t>(coarse);
      table.weights[at + 2 * kWindow] = static_cast<int8_t>(weight - (coarse << kFineBits));
    }
  }
}

}  // namespace

std::optional<AcrossTable> across_table(const Taps& taps) {
  for (int step = 2; step <= kWidestStep; step *= 2) {
    const std::vector<Block> blocks = blocks_of(taps, step);
    if (!fits(taps, step, blocks)) continue;
    AcrossTable table;
    table.step = step;
    table.steps = (taps.count + step - 1) / step;
    table.target = static_cast<int>(taps.first.size());
    const size_t bytes = blocks.size() * kWindow;
    table.pick.resize(bytes);
    table.weights.resize(2 * bytes * static_cast<size_t>(table.steps));
    for (size_t b = 0; b < blocks.size(); ++b) {
      table.start.push_back(blocks[b].start);
      fill(taps, blocks[b], static_cast<int>(b), table);
    }
    return table;
  }
  return std::nullopt;
}

DownTable down_table(const Taps& taps) {
  DownTable table{taps.count, taps.first, {}};
  for (int i = 0; i < static_cast<int>(taps.first.size()); ++i) {
    for (const int weight : whole_weights(taps, i, kDownOne)) {
      table.weight.push_back(static_cast<int16_t>(weight));
    }
  }
  return table;
}

}  // namespace filmgate::scaler
