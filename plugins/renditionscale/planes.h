// Moving samples: from any layout into aligned rows, and turning planes.
#pragma once

#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// Copies `count` samples of one or two bytes that lie `step` bytes apart, shifted right by `shift`.
void gather_row(const uint8_t* source, int step, int sample_bytes, int shift, int count,
                uint8_t* target);

// Turns a plane of bytes; `width` and `height` are those of the source plane.
void turn_plane(const uint8_t* source, ptrdiff_t source_stride, int width, int height,
                Orientation orientation, uint8_t* target, ptrdiff_t target_stride);

}  // namespace filmgate::scaler
