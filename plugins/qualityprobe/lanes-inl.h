// Reading samples as SIMD lanes, for whoever writes a kernel over rows. Included once per
// instruction set, after luma_rows.h and highway.h; the first lines keep it from being skipped
// then.
#if defined(FILMGATE_QUALITYPROBE_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef FILMGATE_QUALITYPROBE_LANES_INL_H
#undef FILMGATE_QUALITYPROBE_LANES_INL_H
#else
#define FILMGATE_QUALITYPROBE_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "plugins/qualityprobe/luma_rows.h"

HWY_BEFORE_NAMESPACE();
namespace filmgate::quality::HWY_NAMESPACE {
#if HWY_TARGET != HWY_SCALAR
namespace hn = hwy::HWY_NAMESPACE;

// Sums are kept in narrow lanes for at most this many steps, then moved to 64 bits: 64 * 1023 fits
// 16 unsigned bits, 64 counts fit a byte, and 64 * 2 * (4 * 1023)^2 fits 32 unsigned bits.
constexpr int kSteps = 64;

template <class D>
uint64_t total(D d, hn::Vec<D> v) {
  HWY_ALIGN hn::TFromD<D> lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  uint64_t sum = 0;
  for (size_t i = 0; i < hn::Lanes(d); ++i) sum += static_cast<uint64_t>(lanes[i]);
  return sum;
}

template <class V>
HWY_INLINE V distance(V a, V b) {  // |a - b| of unsigned lanes
  return hn::Or(hn::SaturatedSub(a, b), hn::SaturatedSub(b, a));
}

// How the lanes of a row are read, per layout: unsigned lanes of the sample's own size (Own), or
// all layouts as 16 signed bits for arithmetic that needs them.
template <typename S>
struct Lanes;

template <>
struct Lanes<rows::Bytes> {
  using Own = hn::ScalableTag<uint8_t>;
  using Sum = hn::ScalableTag<uint64_t>;
  static hn::Vec<Own> load(Own d, const uint8_t* row, int x) { return hn::LoadU(d, row + x); }
  template <class D16>
  static hn::Vec<D16> load16(D16 d, const uint8_t* row, int x) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint8_t, D16>(), row + x));
  }
  static hn::Vec<Sum> add(hn::Vec<Sum> sum, hn::Vec<Own> v) { return hn::Add(sum, hn::SumsOf8(v)); }
  static uint64_t count(Own, hn::Vec<Own> counts) { return total(Sum(), hn::SumsOf8(counts)); }
  // 9 * a, held at 255: as good as exact where the result is compared with at most 255.
  static hn::Vec<Own> nine(hn::Vec<Own> a) {
    auto eight = hn::SaturatedAdd(a, a);
    eight = hn::SaturatedAdd(eight, eight);
    eight = hn::SaturatedAdd(eight, eight);
    return hn::SaturatedAdd(eight, a);
  }
  template <class D32>
  static void add_squares(D32 d32, hn::Vec<Own> a, hn::Vec<D32>& s0, hn::Vec<D32>& s1) {
    const hn::Repartition<uint16_t, Own> wide;
    const hn::Repartition<int16_t, Own> d16;
    const auto zero = hn::Zero(Own());
    const auto low = hn::BitCast(d16, hn::ZipLower(wide, a, zero));
    const auto high = hn::BitCast(d16, hn::ZipUpper(wide, a, zero));
    s0 = hn::ReorderWidenMulAccumulate(d32, low, low, s0, s1);
    s0 = hn::ReorderWidenMulAccumulate(d32, high, high, s0, s1);
  }
};

template <int shift>
struct Lanes<rows::Words<shift> > {
  using Own = hn::ScalableTag<uint16_t>;
  using Sum = hn::ScalableTag<uint16_t>;
  static hn::Vec<Own> load(Own d, const uint8_t* row, int x) {
    // Rows of 16-bit samples may start at odd addresses; an unaligned load of bytes is sound there.
    const hn::Repartition<uint8_t, Own> bytes;
    auto v = hn::BitCast(d, hn::LoadU(bytes, row + 2 * static_cast<ptrdiff_t>(x)));
    if constexpr (shift > 0) v = hn::ShiftRight<shift>(v);
    return hn::Min(v, hn::Set(d, 1023));
  }
  template <class D16>
  static hn::Vec<D16> load16(D16 d, const uint8_t* row, int x) {
    return hn::BitCast(d, load(Own(), row, x));
  }
  static hn::Vec<Sum> add(hn::Vec<Sum> sum, hn::Vec<Own> v) { return hn::Add(sum, v); }
  static uint64_t count(Own d, hn::Vec<Own> counts) { return total(d, counts); }
  static hn::Vec<Own> nine(hn::Vec<Own> a) { return hn::Add(hn::ShiftLeft<3>(a), a); }
  template <class D32>
  static void add_squares(D32 d32, hn::Vec<Own> a, hn::Vec<D32>& s0, hn::Vec<D32>& s1) {
    const auto v = hn::BitCast(hn::Repartition<int16_t, Own>(), a);
    s0 = hn::ReorderWidenMulAccumulate(d32, v, v, s0, s1);
  }
};

#endif  // HWY_TARGET != HWY_SCALAR
}  // namespace filmgate::quality::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif  // per-target include guard
