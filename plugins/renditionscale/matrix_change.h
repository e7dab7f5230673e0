// From one Y'CbCr to another of the same transfer and primaries: other coefficients (BT.601,
// BT.709, BT.2020 …), another range. That is linear in the samples, so nothing has to be brought to
// RGB or linear light, and chroma stays at its own resolution. Coefficients: ITU-T H.273 §8.3.
#pragma once

#include <cstddef>
#include <optional>

#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// 8-bit code values: y' = (y - black) * luma + (cb - 128) * luma_cb + (cr - 128) * luma_cr +
// black', and cb', cr' from cb and cr alone, since greys stay grey.
struct MatrixChange {
  double luma = 1;
  double luma_cb = 0;
  double luma_cr = 0;
  double cb_cb = 1;
  double cb_cr = 0;
  double cr_cb = 0;
  double cr_cr = 1;
  int black_in = 16;
  int black_out = 16;
};

// Nothing where transfer or primaries differ, or one of the matrixes isn't of the Kr, Kb kind.
std::optional<MatrixChange> matrix_change(const Colour& from, const Colour& to);

// Changes the 8-bit 4:2:0 luma rows [top, bottom) of a picture of even sides; `site` is kLeft or
// kCentre. Reads all of `source`'s chroma near these rows, so in place luma comes first.
void change_luma(const MatrixChange& change, ChromaSite site, const Picture& source, int width,
                 int height, int top, int bottom, const MutablePicture& target);

// Changes the chroma rows [top, bottom), `width` samples each; `target` may be `source`.
void change_chroma(const MatrixChange& change, const Picture& source, int width, int top,
                   int bottom, const MutablePicture& target);

}  // namespace filmgate::scaler
