#include "plugins/renditionscale/resampler.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "plugins/renditionscale/planes.h"

namespace filmgate::scaler {
namespace {

constexpr size_t round_up(size_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

// What a run keeps in its scratch memory.
struct Resampler::Work {
  std::array<uint8_t*, kRowsAtOnce> edges{};     // ends of rows, or rows that had to be gathered
  std::array<uint8_t*, kRowsAtOnce> gathered{};  // null where samples lie beside each other
  int16_t* ring = nullptr;  // rows after the first pass: row y at slot y % slots
  ptrdiff_t ring_stride = 0;
  int slots = 0;

  int16_t* ring_row(int row) const { return ring + (row % slots) * ring_stride; }
};

std::optional<Resampler> Resampler::create(Method method, const Axis& across, const Axis& down) {
  Resampler resampler;
  resampler.across_ = across;
  resampler.down_ = down;
  resampler.copies_ = across.copies() && down.copies();
  if (resampler.copies_) return resampler;
  auto table = across_table(make_taps(method, across));
  if (!table) return std::nullopt;
  const int reach = (table->steps - 1) * table->step + kWindow;
  const auto beyond = std::find_if(table->start.begin(), table->start.end(),
                                   [&](int start) { return start + reach > across.source; });
  const auto blocks = static_cast<int>(beyond - table->start.begin());
  resampler.edge_chunk_ = blocks / table->blocks_of_chunk();
  if (beyond != table->start.end()) {
    const auto edge = table->start.begin() +
                      static_cast<ptrdiff_t>(resampler.edge_chunk_) * table->blocks_of_chunk();
    const auto [least, most] = std::minmax_element(edge, table->start.end());
    resampler.edge_start_ = *least;
    resampler.edge_size_ = *most - *least + reach;
  }
  resampler.across_table_ = *std::move(table);
  resampler.down_table_ = down_table(make_taps(method, down));
  return resampler;
}

bool Resampler::run(const Component& source, const MutableComponent& target, int top, int bottom,
                    Block& scratch) const {
  if (copies_) {
    copy(source, target, top, bottom);
    return true;
  }
  Work work;
  work.slots = down_table_.count + kRowsAtOnce - 1;
  const size_t edge = round_up(static_cast<size_t>(edge_size_));
  const size_t row = source.step == 1 ? 0 : round_up(static_cast<size_t>(across_.source));
  const size_t made =
      round_up(static_cast<size_t>(across_table_.chunks() * kChunk + kDownRoom) * sizeof(int16_t));
  const size_t size = kRowsAtOnce * (edge + row) + static_cast<size_t>(work.slots) * made;
  uint8_t* memory = scratch.need(size);
  if (!memory) return false;
  std::memset(memory, 0, size);  // what lies behind the ends is read, if not used
  for (size_t i = 0; i < kRowsAtOnce; ++i) {
    work.edges[i] = memory + i * edge;
    work.gathered[i] = row ? memory + kRowsAtOnce * edge + i * row : nullptr;
  }
  work.ring = reinterpret_cast<int16_t*>(memory + kRowsAtOnce * (edge + row));
  work.ring_stride = static_cast<ptrdiff_t>(made / sizeof(int16_t));

  int next = 0;  // the first row of the source that isn't in the ring
  std::vector<const int16_t*> mixed(static_cast<size_t>(down_table_.count));
  for (int y = top; y < bottom; ++y) {
    const int first = down_table_.first[static_cast<size_t>(y)];
    for (next = std::max(next, first); next < first + down_table_.count; next += kRowsAtOnce) {
      make_rows(source, next, work);
    }
    for (int t = 0; t < down_table_.count; ++t) {
      mixed[static_cast<size_t>(t)] = work.ring_row(first + t);
    }
    resample_down(mixed.data(),
                  down_table_.weight.data() + static_cast<ptrdiff_t>(y) * down_table_.count,
                  down_table_.count, across_.target, target.data + y * target.stride);
  }
  return true;
}

// The rows from `row` on; behind the last of the source it is made again, and not used.
void Resampler::make_rows(const Component& source, int row, Work& work) const {
  std::array<const uint8_t*, kRowsAtOnce> rows{};
  std::array<const uint8_t*, kRowsAtOnce> edges{};
  std::array<int16_t*, kRowsAtOnce> made{};
  for (int i = 0; i < kRowsAtOnce; ++i) {
    const auto n = static_cast<size_t>(i);
    rows[n] = source.data + std::min(row + i, down_.source - 1) * source.stride;
    if (work.gathered[n]) {
      gather_row(rows[n], source.step, 1, 0, across_.source, work.gathered[n]);
      rows[n] = work.gathered[n];
    }
    const int rest = std::min(across_.source - edge_start_, edge_size_);
    std::memcpy(work.edges[n], rows[n] + edge_start_, static_cast<size_t>(rest));
    edges[n] = work.edges[n];
    made[n] = work.ring_row(row + i);
  }
  const int chunks = across_table_.chunks();
  resample_across(across_table_, rows, 0, 0, edge_chunk_, made);
  resample_across(across_table_, edges, edge_start_, edge_chunk_, chunks, made);
}

void Resampler::copy(const Component& source, const MutableComponent& target, int top,
                     int bottom) const {
  const auto left = static_cast<ptrdiff_t>(std::lround(across_.start));
  const auto above = static_cast<ptrdiff_t>(std::lround(down_.start));
  for (int y = top; y < bottom; ++y) {
    gather_row(source.data + (above + y) * source.stride + left * source.step, source.step, 1, 0,
               across_.target, target.data + y * target.stride);
  }
}

}  // namespace filmgate::scaler
