// Colours against their definitions, in double precision and by other ways than the scaler's: the
// matrixes of ITU-T H.273, primaries by their chromaticities, PQ and HLG of ITU-R BT.2100, and the
// tone curve of ITU-R BT.2390-10 §5.4.1. Where a picture is needed, zimg's own conversion is the
// reference.
#include <gtest/gtest.h>

#include <vector>

#include "plugins/renditionscale/zimg_graph.h"
#include "tests/unit/renditionscale/pictures.h"

namespace filmgate::scaler {
namespace {

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

Triple times(const Matrix& m, const Triple& v) {
  Triple out{};
  for (size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

Matrix times(const Matrix& a, const Matrix& b) {
  Matrix out{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      for (size_t k = 0; k < 3; ++k) out[i][j] += a[i][k] * b[k][j];
    }
  }
  return out;
}

Matrix inverse(const Matrix& m) {
  Matrix out{};
  double determinant = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      const size_t a = (j + 1) % 3;
      const size_t b = (j + 2) % 3;
      const size_t c = (i + 1) % 3;
      const size_t d = (i + 2) % 3;
      out[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
    }
    determinant += m[0][i] * out[i][0];
  }
  for (auto& row : out) {
    for (double& value : row) value /= determinant;
  }
  return out;
}

// From linear R, G, B to X, Y, Z; white is D65.
Matrix to_xyz(const std::array<std::array<double, 2>, 3>& xy) {
  Matrix columns{};
  for (size_t c = 0; c < 3; ++c) {
    columns[0][c] = xy[c][0] / xy[c][1];
    columns[1][c] = 1;
    columns[2][c] = (1 - xy[c][0] - xy[c][1]) / xy[c][1];
  }
  const Triple white{0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290};
  const Triple scale = times(inverse(columns), white);
  for (auto& row : columns) {
    for (size_t c = 0; c < 3; ++c) row[c] *= scale[c];
  }
  return columns;
}

Matrix bt2020_to_bt709() {
  const Matrix wide = to_xyz({{{0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}}});
  const Matrix narrow = to_xyz({{{0.64, 0.33}, {0.30, 0.60}, {0.15, 0.06}}});
  return times(inverse(narrow), wide);
}

struct Weights {
  double red;
  double blue;
};

Weights weights_of(int matrix) {
  if (matrix == kMatrixBt709) return {0.2126, 0.0722};
  if (matrix == kMatrixBt2020) return {0.2627, 0.0593};
  return {0.299, 0.114};
}

// Code values of `depth` bits to R', G', B' in 0…1, and back to 8 bits.
Triple decode(std::array<int, 3> code, const Colour& colour, int depth) {
  const double unit = 1 << (depth - 8);
  const double luma_range = colour.full_range ? (1 << depth) - 1 : 219 * unit;
  const double chroma_range = colour.full_range ? (1 << depth) - 1 : 224 * unit;
  const double y = (code[0] - (colour.full_range ? 0 : 16 * unit)) / luma_range;
  const double cb = (code[1] - 128 * unit) / chroma_range;
  const double cr = (code[2] - 128 * unit) / chroma_range;
  const Weights w = weights_of(colour.matrix);
  const double r = y + 2 * (1 - w.red) * cr;
  const double b = y + 2 * (1 - w.blue) * cb;
  return {r, (y - w.red * r - w.blue * b) / (1 - w.red - w.blue), b};
}

Triple encode(const Triple& rgb, const Colour& colour) {
  const Weights w = weights_of(colour.matrix);
  const double y = w.red * rgb[0] + (1 - w.red - w.blue) * rgb[1] + w.blue * rgb[2];
  const double cb = (rgb[2] - y) / (2 * (1 - w.blue));
  const double cr = (rgb[0] - y) / (2 * (1 - w.red));
  const double luma = colour.full_range ? 255 : 219;
  const double chroma = colour.full_range ? 255 : 224;
  return {luma * y + (colour.full_range ? 0 : 16), chroma * cb + 128, chroma * cr + 128};
}

Triple each(const Triple& in, double (*f)(double)) {
  return {f(in[0]), f(in[1]), f(in[2])};
}

// BT.1886 with black at 0.
double to_light(double signal) {
  return std::pow(std::clamp(signal, 0.0, 1.0), 2.4);
}
double to_signal(double light) {
  return std::pow(std::clamp(light, 0.0, 1.0), 1 / 2.4);
}

double pq_to_nits(double signal) {
  const double n = std::pow(std::clamp(signal, 0.0, 1.0), 32.0 / 2523);
  return 10000 * std::pow(std::max(n - 0.8359375, 0.0) / (18.8515625 - 18.6875 * n), 8192.0 / 1305);
}
double nits_to_pq(double nits) {
  const double y = std::pow(nits / 10000, 1305.0 / 8192);
  return std::pow((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y), 2523.0 / 32);
}

// BT.2100, on a display of 1000 cd/m²: inverse OETF, then the OOTF with gamma 1.2.
Triple hlg_to_nits(const Triple& signal) {
  const Triple scene = each(signal, [](double e) {
    e = std::clamp(e, 0.0, 1.0);
    if (e <= 0.5) return e * e / 3;
    return (std::exp((e - 0.55991073) / 0.17883277) + 0.28466892) / 12;
  });
  const double luminance = 0.2627 * scene[0] + 0.6780 * scene[1] + 0.0593 * scene[2];
  const double gain = 1000 * std::pow(luminance, 0.2);
  return {gain * scene[0], gain * scene[1], gain * scene[2]};
}

// The EETF of BT.2390 from a display of `peak` to one of 203 cd/m², both black at 0.
double eetf(double nits, double peak) {
  const double source = nits_to_pq(peak);
  const double max_lum = nits_to_pq(203) / source;
  const double ks = 1.5 * max_lum - 0.5;
  const double e1 = std::min(nits_to_pq(nits) / source, 1.0);
  if (e1 < ks) return nits;
  const double t = (e1 - ks) / (1 - ks);
  const double p = (2 * t * t * t - 3 * t * t + 1) * ks + (t * t * t - 2 * t * t + t) * (1 - ks) +
                   (-2 * t * t * t + 3 * t * t) * max_lum;
  return pq_to_nits(p * source);
}

Triple tone_mapped(const Triple& nits, double peak) {
  const double largest = std::max({nits[0], nits[1], nits[2]});
  const double gain = largest > 0 ? eetf(largest, peak) / largest / 203 : 0;
  const Triple wide{nits[0] * gain, nits[1] * gain, nits[2] * gain};
  return encode(each(times(bt2020_to_bt709(), wide), to_signal), {});
}

// One colour after another through the same scaler.
class Patches {
 public:
  Patches(const Format& in, const Format& out, Options options = {}) : in_(in), out_(out) {
    auto made = Scaler::create(in, whole(in), out, options);
    EXPECT_TRUE(made.ok());
    if (made) scaler_ = std::move(made).value();
  }

  void expect(std::array<int, 3> code, const Triple& expected) {
    ASSERT_TRUE(scaler_);
    const OwnedPicture target(out_);
    ASSERT_TRUE(scaler_->process(flat(in_, code).view(), target.components()).ok());
    for (size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(at(target, static_cast<int>(c), 8, 8), std::clamp(expected[c], 0.0, 255.0), 2)
          << "component " << c << " of patch " << code[0] << ' ' << code[1] << ' ' << code[2];
    }
  }

 private:
  Format in_;
  Format out_;
  std::unique_ptr<Scaler> scaler_;
};

// Y, Cb, Cr of colours from all over the cube; none leaves it.
std::vector<std::array<int, 3>> patches(const Colour& colour) {
  std::vector<std::array<int, 3>> found;
  for (double r : {0.0, 0.18, 0.5, 1.0}) {
    for (double g : {0.0, 0.35, 0.75, 1.0}) {
      for (double b : {0.0, 0.25, 0.6, 1.0}) {
        const Triple code = encode({r, g, b}, colour);
        const auto whole_code = [](double value) {
          return static_cast<int>(std::lround(std::clamp(value, 0.0, 255.0)));
        };
        found.push_back({whole_code(code[0]), whole_code(code[1]), whole_code(code[2])});
      }
    }
  }
  return found;
}

TEST(Colour, MatrixesAndRangesMeetTheirDefinitions) {
  for (int from : {kMatrixBt601, kMatrixBt709, kMatrixBt2020}) {
    for (int to : {kMatrixBt601, kMatrixBt709, kMatrixBt2020}) {
      for (bool full_in : {false, true}) {
        for (bool full_out : {false, true}) {
          const Format in = yuv420(32, 32, {from, 1, 1, full_in});
          const Format out = yuv420(32, 32, {to, 1, 1, full_out});
          SCOPED_TRACE(std::to_string(from) + (full_in ? " full" : "") + " to " +
                       std::to_string(to) + (full_out ? " full" : ""));
          Patches through(in, out);
          for (const auto& patch : patches(in.colour)) {
            through.expect(patch, encode(decode(patch, in.colour, 8), out.colour));
          }
        }
      }
    }
  }
}

TEST(Colour, WidePrimariesAreConvertedInLight) {
  const Format in = yuv420(32, 32, {kMatrixBt2020, kTransferBt709, kPrimariesBt2020, false});
  const Format out = yuv420(32, 32);
  Patches through(in, out);
  for (const auto& patch : patches(in.colour)) {
    const Triple light = each(decode(patch, in.colour, 8), to_light);
    const Triple narrow = each(times(bt2020_to_bt709(), light), to_signal);
    through.expect(patch, encode(narrow, out.colour));
  }
}

TEST(Colour, PqMeetsBt2390) {
  Format in = yuv420(32, 32, {kMatrixBt2020, kTransferPq, kPrimariesBt2020, false});
  in.depth = 10;
  const Format out = yuv420(32, 32);
  for (double peak : {1000.0, 4000.0}) {
    Patches through(in, out, {.source_peak = peak});
    for (double nits : {0.0, 1.0, 10.0, 59.0, 203.0, 500.0, 900.0}) {
      const double grey = nits_to_pq(nits);
      for (const Triple& tint :
           {Triple{1, 1, 1}, Triple{1, 0.9, 0.85}, Triple{0.8, 1, 0.7}, Triple{0.9, 0.8, 1}}) {
        const Triple code = encode({grey * tint[0], grey * tint[1], grey * tint[2]}, in.colour);
        const std::array<int, 3> deep{static_cast<int>(std::lround(code[0] * 4)),
                                      static_cast<int>(std::lround(code[1] * 4)),
                                      static_cast<int>(std::lround(code[2] * 4))};
        const Triple light = each(decode(deep, in.colour, 10), pq_to_nits);
        through.expect(deep, tone_mapped(light, peak));
      }
    }
  }
}

TEST(Colour, HlgMeetsBt2100AndBt2390) {
  Format in = yuv420(32, 32, {kMatrixBt2020, kTransferHlg, kPrimariesBt2020, false});
  in.depth = 10;
  const Format out = yuv420(32, 32);
  Patches through(in, out);
  for (double grey : {0.0, 0.1, 0.3, 0.5, 0.75, 0.95, 1.0}) {
    for (const Triple& tint : {Triple{1, 1, 1}, Triple{1, 0.9, 0.85}, Triple{0.8, 1, 0.7}}) {
      const Triple code = encode({grey * tint[0], grey * tint[1], grey * tint[2]}, in.colour);
      const std::array<int, 3> deep{static_cast<int>(std::lround(code[0] * 4)),
                                    static_cast<int>(std::lround(code[1] * 4)),
                                    static_cast<int>(std::lround(code[2] * 4))};
      through.expect(deep, tone_mapped(hlg_to_nits(decode(deep, in.colour, 10)), 1000));
    }
  }
}

// Detail in luma and soft colours, as in footage.
OwnedPicture scene(const Format& format) {
  OwnedPicture picture(format);
  uint32_t noise = 1;
  fill(picture, format, [&](int c, int x, int y) {
    noise = noise * 1664525 + 1013904223;
    const double u = static_cast<double>(x) / format.width_of(c);
    const double v = static_cast<double>(y) / format.height_of(c);
    if (c > 0) return static_cast<int>(128 + 70 * std::sin(7 * u + 3 * c) * std::cos(5 * v));
    return static_cast<int>(120 + 80 * std::sin(40 * u * v) + static_cast<double>(noise >> 28));
  });
  return picture;
}

OwnedPicture by_zimg(const OwnedPicture& source, const Format& in, const Format& out) {
  OwnedPicture target(out);
  zimg_graph_builder_params params;
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  params.resample_filter = params.resample_filter_uv = ZIMG_RESIZE_BICUBIC;
  ZimgGraph graph;
  EXPECT_TRUE(graph.build(zimg_format(in), zimg_format(out), params).ok());
  zimg_image_buffer buffer{ZIMG_API_VERSION, {}};
  for (size_t c = 0; c < 3; ++c) {
    const auto& plane = target.components()[c];
    buffer.plane[c] = {plane.data, plane.stride, ZIMG_BUFFER_MAX};
  }
  ZimgScratch scratch;
  EXPECT_TRUE(graph.run(in, source.view(), buffer, scratch));
  return target;
}

double psnr(const OwnedPicture& a, const OwnedPicture& b, const Format& format, int c) {
  double sum = 0;
  for (int y = 0; y < format.height_of(c); ++y) {
    for (int x = 0; x < format.width_of(c); ++x) {
      const double difference = at(a, c, x, y) - at(b, c, x, y);
      sum += difference * difference;
    }
  }
  if (sum == 0) return 99;
  return 10 * std::log10(255.0 * 255 * format.width_of(c) * format.height_of(c) / sum);
}

// Every way that our own change of matrix is reached, against zimg's through R'G'B'.
TEST(Colour, ChangedMatrixesLookAsZimgMakesThem) {
  for (ChromaSite site : {ChromaSite::kLeft, ChromaSite::kCentre}) {
    for (const Size size : {Size{322, 182}, Size{214, 122}}) {
      for (int threads : {1, 3}) {
        Format in = yuv420(322, 182, {kMatrixBt601, 1, 1, true});
        Format out = yuv420(size.width, size.height);
        in.site = out.site = site;
        const OwnedPicture source = scene(in);
        const OwnedPicture ours = scaled(source, in, out, {.threads = threads});
        const OwnedPicture reference = by_zimg(source, in, out);
        for (int c = 0; c < 3; ++c) {
          EXPECT_GE(psnr(ours, reference, out, c), 50)
              << "component " << c << ", " << threads << " threads, " << size.width << " wide";
        }
      }
    }
  }
}

}  // namespace
}  // namespace filmgate::scaler
