// Moving samples: from any layout into aligned rows, and turning planes.
#pragma once

#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// Copies `count` samples of one or two bytes that lie `step` bytes apart, shifted right by `shift`.
void gather_row(const uint8_t* source, int step, int sample_bytes, int shift, int count,
                uint8_t* target);

// Turns a plane of `width` by `height` packed samples: bytes into bytes, or words into words that
// lie beside each other or in turn with another component's (P010), shifted left by `shift`.
void turn_plane(const MutableComponent& source, int width, int height, Orientation orientation,
                int shift, const MutableComponent& target);

}  // namespace filmgate::scaler
