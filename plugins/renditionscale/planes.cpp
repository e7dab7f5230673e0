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

constexpr int kBlock = 32;  // a source block of this side and its turned copy stay in the L1 cache

// target(x, y) = source(y, x), with either source axis run backwards.
void transpose(const uint8_t* source, ptrdiff_t source_stride, int width, int height,
               bool columns_backwards, bool rows_backwards, uint8_t* target,
               ptrdiff_t target_stride) {
  for (int by = 0; by < width; by += kBlock) {
    const int y_end = std::min(by + kBlock, width);
    for (int bx = 0; bx < height; bx += kBlock) {
      const int x_end = std::min(bx + kBlock, height);
      for (int y = by; y < y_end; ++y) {
        const int column = columns_backwards ? width - 1 - y : y;
        uint8_t* out = target + y * target_stride;
        for (int x = bx; x < x_end; ++x) {
          const int row = rows_backwards ? height - 1 - x : x;
          out[x] = source[row * source_stride + column];
        }
      }
    }
  }
}

void mirror_rows(const uint8_t* source, ptrdiff_t source_stride, int width, int height,
                 bool upside_down, uint8_t* target, ptrdiff_t target_stride) {
  for (int y = 0; y < height; ++y) {
    const uint8_t* row = source + (upside_down ? height - 1 - y : y) * source_stride;
    std::reverse_copy(row, row + width, target + y * target_stride);
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

void turn_plane(const uint8_t* source, ptrdiff_t source_stride, int width, int height,
                Orientation orientation, uint8_t* target, ptrdiff_t target_stride) {
  switch (orientation) {
    case Orientation::kRotate0:
    case Orientation::kFlipRotate180:
      for (int y = 0; y < height; ++y) {
        const int row = orientation == Orientation::kRotate0 ? y : height - 1 - y;
        std::memcpy(target + y * target_stride, source + row * source_stride,
                    static_cast<size_t>(width));
      }
      break;
    case Orientation::kFlipRotate0:
      mirror_rows(source, source_stride, width, height, false, target, target_stride);
      break;
    case Orientation::kRotate180:
      mirror_rows(source, source_stride, width, height, true, target, target_stride);
      break;
    case Orientation::kRotate90:
      transpose(source, source_stride, width, height, false, true, target, target_stride);
      break;
    case Orientation::kRotate270:
      transpose(source, source_stride, width, height, true, false, target, target_stride);
      break;
    case Orientation::kFlipRotate270:
      transpose(source, source_stride, width, height, false, false, target, target_stride);
      break;
    case Orientation::kFlipRotate90:
      transpose(source, source_stride, width, height, true, true, target, target_stride);
      break;
  }
}

}  // namespace filmgate::scaler
