#include "plugins/renditionscale/gamut.h"

#include "plugins/renditionscale/light_kernels.h"

namespace filmgate::scaler {
namespace {

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

struct Chromaticities {
  double red_x, red_y, green_x, green_y, blue_x, blue_y;
};

std::optional<Chromaticities> chromaticities(int primaries) {
  switch (primaries) {
    case 1:  // BT.709
      return Chromaticities{0.640, 0.330, 0.300, 0.600, 0.150, 0.060};
    case 5:  // BT.601, 625 lines
      return Chromaticities{0.640, 0.330, 0.290, 0.600, 0.150, 0.060};
    case 6:  // BT.601, 525 lines
    case 7:  // SMPTE 240M
      return Chromaticities{0.630, 0.340, 0.310, 0.595, 0.155, 0.070};
    case 9:  // BT.2020
      return Chromaticities{0.708, 0.292, 0.170, 0.797, 0.131, 0.046};
    case 12:  // P3 with D65
      return Chromaticities{0.680, 0.320, 0.265, 0.690, 0.150, 0.060};
    case 22:  // EBU Tech 3213
      return Chromaticities{0.630, 0.340, 0.295, 0.605, 0.155, 0.077};
    default:
      return std::nullopt;
  }
}

Triple product(const Matrix& m, const Triple& v) {
  Triple out{};
  for (size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

Matrix inverse(const Matrix& m) {
  Matrix out{};
  double determinant = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      // The cofactor of (j, i): cyclic indices carry its sign.
      out[i][j] = m[(j + 1) % 3][(i + 1) % 3] * m[(j + 2) % 3][(i + 2) % 3] -
                  m[(j + 1) % 3][(i + 2) % 3] * m[(j + 2) % 3][(i + 1) % 3];
    }
    determinant += m[0][i] * out[i][0];
  }
  for (auto& row : out) {
    for (double& value : row) value /= determinant;
  }
  return out;
}

// From linear R, G, B to X, Y, Z with the white of D65 (SMPTE RP 177).
Matrix to_xyz(const Chromaticities& p) {
  const Triple x{p.red_x, p.green_x, p.blue_x};
  const Triple y{p.red_y, p.green_y, p.blue_y};
  Matrix matrix{};
  for (size_t c = 0; c < 3; ++c) {
    matrix[0][c] = x[c] / y[c];
    matrix[1][c] = 1;
    matrix[2][c] = (1 - x[c] - y[c]) / y[c];
  }
  constexpr double kWhiteX = 0.3127;
  constexpr double kWhiteY = 0.3290;
  const Triple scale =
      product(inverse(matrix), Triple{kWhiteX / kWhiteY, 1, (1 - kWhiteX - kWhiteY) / kWhiteY});
  for (auto& row : matrix) {
    for (size_t c = 0; c < 3; ++c) row[c] *= scale[c];
  }
  return matrix;
}

}  // namespace

std::optional<Gamut> Gamut::to_bt709(int primaries) {
  const auto source = chromaticities(primaries);
  if (!source) return std::nullopt;
  const Matrix wide = to_xyz(*source);
  const Matrix narrow = inverse(to_xyz(*chromaticities(1)));
  Gamut gamut;
  for (size_t column = 0; column < 3; ++column) {
    const Triple out = product(narrow, {wide[0][column], wide[1][column], wide[2][column]});
    for (size_t row = 0; row < 3; ++row) gamut.matrix_[row][column] = static_cast<float>(out[row]);
  }
  return gamut;
}

void Gamut::apply(float* red, float* green, float* blue, size_t count) const {
  convert_and_clip(matrix_, {red, green, blue, count});
}

}  // namespace filmgate::scaler
