// What a picture in memory is: its samples, its colours and where its planes lie. Free of
// GStreamer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace filmgate::scaler {

enum class Family { kGrey, kYuv, kRgb };

enum class ChromaSite { kLeft, kCentre, kTopLeft, kTop, kBottom };

// Code points of ITU-T H.273; 2 is "unspecified".
inline constexpr int kMatrixRgb = 0;
inline constexpr int kMatrixBt709 = 1;
inline constexpr int kMatrixBt601 = 6;
inline constexpr int kMatrixBt2020 = 9;
inline constexpr int kTransferBt709 = 1;
inline constexpr int kTransferLinear = 8;
inline constexpr int kTransferPq = 16;
inline constexpr int kTransferHlg = 18;
inline constexpr int kPrimariesBt709 = 1;
inline constexpr int kPrimariesBt470bg = 5;
inline constexpr int kPrimariesBt601 = 6;
inline constexpr int kPrimariesSmpte240m = 7;
inline constexpr int kPrimariesBt2020 = 9;

struct Colour {
  int matrix = kMatrixBt709;
  int transfer = kTransferBt709;
  int primaries = kPrimariesBt709;
  bool full_range = false;
  bool operator==(const Colour&) const = default;
  bool is_hdr() const { return transfer == kTransferPq || transfer == kTransferHlg; }
};

struct Format {
  int width = 0;
  int height = 0;
  Family family = Family::kYuv;
  int subsample_w = 1;  // log2 of the horizontal chroma subsampling
  int subsample_h = 1;
  int depth = 8;  // bits per sample; of more than 8 two bytes, native endian; 32: float
  int shift = 0;  // unused low bits of a sample (6 in P010)
  Colour colour;
  ChromaSite site = ChromaSite::kLeft;
  bool operator==(const Format&) const = default;

  int sample_bytes() const { return depth > 16 ? 4 : depth > 8 ? 2 : 1; }
  int components() const { return family == Family::kGrey ? 1 : 3; }
  int subsample_w_of(int c) const { return c > 0 && family == Family::kYuv ? subsample_w : 0; }
  int subsample_h_of(int c) const { return c > 0 && family == Family::kYuv ? subsample_h : 0; }
  int width_of(int c) const { return -(-width >> subsample_w_of(c)); }
  int height_of(int c) const { return -(-height >> subsample_h_of(c)); }
};

// One component (Y, U, V or R, G, B) of a picture: the distance between rows and between samples,
// in bytes, so that interleaved and packed layouts are the same to the reader as planar ones.
template <typename Byte>
struct BasicComponent {
  Byte* data = nullptr;
  ptrdiff_t stride = 0;
  int step = 1;
};
using Component = BasicComponent<const uint8_t>;
using MutableComponent = BasicComponent<uint8_t>;
using Picture = std::array<Component, 3>;
using MutablePicture = std::array<MutableComponent, 3>;

inline Picture as_source(const MutablePicture& picture) {
  Picture source;
  for (size_t c = 0; c < picture.size(); ++c) {
    source[c] = Component{picture[c].data, picture[c].stride, picture[c].step};
  }
  return source;
}

// The part of a picture that is shown, in pixels.
struct Region {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Region&) const = default;
};

}  // namespace filmgate::scaler
