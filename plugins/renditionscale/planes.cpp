#include "plugins/renditionscale/planes.h"

#include <algorithm>
#include <cstring>

namespace filmgate::scaler {
namespace {

// The step is a template argument where it is common, so that the compiler can vectorise.
template <typename Sample, int kStep>
void gather(const uint8_t* source, int step, int shift, int count, uint8_t* target) {
  const int distance = kStep > 0 ? kStep : step;
  for (int x = 0; x < count; ++x) {
    Sample sample;
    std::memcpy(&sample, source + static_cast<ptrdiff_t>(x) * distance, sizeof sample);
    sample = static_cast<Sample>(sample >> shift);
    std::memcpy(target + static_cast<ptrdiff_t>(x) * static_cast<ptrdiff_t>(sizeof sample), &sample,
                sizeof sample);
  }
}

template <typename Sample>
Sample load(const uint8_t* address) {
  Sample sample;
  std::memcpy(&sample, address, sizeof sample);
  return sample;
}

// Where turned samples go: `kStep` bytes apart, shifted left (0 for bytes).
template <typename Sample, int kStep>
struct Target {
  const MutableComponent& plane;
  int shift;

  void put(uint8_t* row, int x, Sample sample) const {
    if constexpr (sizeof(Sample) > 1) sample = static_cast<Sample>(sample << shift);
    std::memcpy(row + static_cast<ptrdiff_t>(x) * kStep, &sample, sizeof sample);
  }
};

constexpr int kBlock = 32;  // a source block of this side and its turned copy stay in the L1 cache

// target(x, y) = source(y, x), with either source axis run backwards.
template <typename Sample, int kStep>
void transpose(const MutableComponent& source, int width, int height, bool columns_backwards,
               bool rows_backwards, const Target<Sample, kStep>& target) {
  for (int by = 0; by < width; by += kBlock) {
    const int y_end = std::min(by + kBlock, width);
    for (int bx = 0; bx < height; bx += kBlock) {
      const int x_end = std::min(bx + kBlock, height);
      for (int y = by; y < y_end; ++y) {
        const ptrdiff_t column = columns_backwards ? width - 1 - y : y;
        const uint8_t* from = source.data + column * static_cast<ptrdiff_t>(sizeof(Sample));
        uint8_t* row = target.plane.data + y * target.plane.stride;
        for (int x = bx; x < x_end; ++x) {
          const int source_row = rows_backwards ? height - 1 - x : x;
          target.put(row, x, load<Sample>(from + source_row * source.stride));
        }
      }
    }
  }
}

template <typename Sample, int kStep>
void copy_rows(const MutableComponent& source, int width, int height, bool mirrored,
               bool upside_down, const Target<Sample, kStep>& target) {
  constexpr auto kBytes = static_cast<ptrdiff_t>(sizeof(Sample));
  for (int y = 0; y < height; ++y) {
    const uint8_t* from = source.data + (upside_down ? height - 1 - y : y) * source.stride;
    uint8_t* row = target.plane.data + y * target.plane.stride;
    if (kStep == kBytes && target.shift == 0 && !mirrored) {
      std::memcpy(row, from, static_cast<size_t>(width * kBytes));
    } else if (mirrored) {
      for (int x = 0; x < width; ++x) {
        target.put(row, x, load<Sample>(from + (width - 1 - x) * kBytes));
      }
    } else {
      for (int x = 0; x < width; ++x) target.put(row, x, load<Sample>(from + x * kBytes));
    }
  }
}

template <typename Sample, int kStep>
void turn(const MutableComponent& source, int width, int height, Orientation orientation,
          const Target<Sample, kStep>& target) {
  switch (orientation) {
    case Orientation::kRotate0:
      return copy_rows(source, width, height, false, false, target);
    case Orientation::kFlipRotate180:
      return copy_rows(source, width, height, false, true, target);
    case Orientation::kFlipRotate0:
      return copy_rows(source, width, height, true, false, target);
    case Orientation::kRotate180:
      return copy_rows(source, width, height, true, true, target);
    case Orientation::kRotate90:
      return transpose(source, width, height, false, true, target);
    case Orientation::kRotate270:
      return transpose(source, width, height, true, false, target);
    case Orientation::kFlipRotate270:
      return transpose(source, width, height, false, false, target);
    case Orientation::kFlipRotate90:
      return transpose(source, width, height, true, true, target);
  }
}

}  // namespace

void gather_row(const uint8_t* source, int step, int sample_bytes, int shift, int count,
                uint8_t* target) {
  if (step == sample_bytes && shift == 0) {
    std::memcpy(target, source, static_cast<size_t>(count) * static_cast<size_t>(sample_bytes));
  } else if (sample_bytes == 1) {
    if (step == 2) {
      gather<uint8_t, 2>(source, step, shift, count, target);
    } else if (step == 4) {
      gather<uint8_t, 4>(source, step, shift, count, target);
    } else {
      gather<uint8_t, 0>(source, step, shift, count, target);
    }
  } else if (step == 2) {
    gather<uint16_t, 2>(source, step, shift, count, target);
  } else if (step == 4) {
    gather<uint16_t, 4>(source, step, shift, count, target);
  } else {
    gather<uint16_t, 0>(source, step, shift, count, target);
  }
}

void turn_plane(const MutableComponent& source, int width, int height, Orientation orientation,
                int shift, const MutableComponent& target) {
  if (source.step == 1) {
    turn(source, width, height, orientation, Target<uint8_t, 1>{target, 0});
  } else if (target.step == 2) {
    turn(source, width, height, orientation, Target<uint16_t, 2>{target, shift});
  } else {
    turn(source, width, height, orientation, Target<uint16_t, 4>{target, shift});
  }
}

}  // namespace filmgate::scaler
