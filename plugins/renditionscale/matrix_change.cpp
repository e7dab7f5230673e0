#include "plugins/renditionscale/matrix_change.h"

#include <cmath>

namespace filmgate::scaler {
namespace {

struct Weights {
  double red;
  double blue;
  double green() const { return 1 - red - blue; }
};

std::optional<Weights> weights_of(int matrix) {
  switch (matrix) {
    case kMatrixBt709:
      return Weights{0.2126, 0.0722};
    case 4:  // FCC
      return Weights{0.30, 0.11};
    case 5:
    case kMatrixBt601:
      return Weights{0.299, 0.114};
    case 7:  // SMPTE 240M
      return Weights{0.212, 0.087};
    case kMatrixBt2020:
      return Weights{0.2627, 0.0593};
    default:
      return std::nullopt;
  }
}

double luma_steps(bool full_range) {
  return full_range ? 255 : 219;
}
double chroma_steps(bool full_range) {
  return full_range ? 255 : 224;
}

}  // namespace

std::optional<MatrixChange> matrix_change(const Colour& from, const Colour& to) {
  const auto in = weights_of(from.matrix);
  const auto out = weights_of(to.matrix);
  if (!in || !out || from.transfer != to.transfer || from.primaries != to.primaries) {
    return std::nullopt;
  }
  // R, G and B less luma, as multiples of Cb and Cr of the source.
  const double red_cr = 2 * (1 - in->red);
  const double blue_cb = 2 * (1 - in->blue);
  const double green_cb = -blue_cb * in->blue / in->green();
  const double green_cr = -red_cr * in->red / in->green();
  // The new luma less the old one, likewise.
  const double luma_cb = out->blue * blue_cb + out->green() * green_cb;
  const double luma_cr = out->red * red_cr + out->green() * green_cr;

  const double luma = luma_steps(to.full_range) / luma_steps(from.full_range);
  const double cross = luma_steps(to.full_range) / chroma_steps(from.full_range);
  const double chroma = chroma_steps(to.full_range) / chroma_steps(from.full_range);
  MatrixChange change;
  change.luma = luma;
  change.luma_cb = cross * luma_cb;
  change.luma_cr = cross * luma_cr;
  change.cb_cb = chroma * (blue_cb - luma_cb) / (2 * (1 - out->blue));
  change.cb_cr = chroma * -luma_cr / (2 * (1 - out->blue));
  change.cr_cb = chroma * -luma_cb / (2 * (1 - out->red));
  change.cr_cr = chroma * (red_cr - luma_cr) / (2 * (1 - out->red));
  change.black_in = from.full_range ? 0 : 16;
  change.black_out = to.full_range ? 0 : 16;
  return change;
}

}  // namespace filmgate::scaler
