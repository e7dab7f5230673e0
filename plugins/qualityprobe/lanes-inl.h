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

// The sums of neighbouring pairs of narrower lanes, as the wider lanes they fill.
template <class D64>
HWY_INLINE hn::Vec<D64> widen32(D64 d, hn::Vec<hn::Repartition<uint32_t, D64> > v) {
  const auto pairs = hn::BitCast(d, v);
  return hn::Add(hn::And(pairs, hn::Set(d, 0xFFFFFFFFu)), hn::ShiftRight<32>(pairs));
}
template <class D64>
HWY_INLINE hn::Vec<D64> widen16(D64 d, hn::Vec<hn::Repartition<uint16_t, D64> > v) {
  const hn::Repartition<uint32_t, D64> d32;
  const auto pairs = hn::BitCast(d32, v);
  return widen32(d, hn::Add(hn::And(pairs, hn::Set(d32, 0xFFFFu)), hn::ShiftRight<16>(pairs)));
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
  using Wide = hn::ScalableTag<uint64_t>;
  static hn::Vec<Own> load(Own d, const uint8_t* row, int x) { return hn::LoadU(d, row + x); }
  template <class D16>
  static hn::Vec<D16> load16(D16 d, const uint8_t* row, int x) {
    return hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint8_t, D16>(), row + x));
  }
  static hn::Vec<Sum> add(hn::Vec<Sum> sum, hn::Vec<Own> v) { return hn::Add(sum, hn::SumsOf8(v)); }
  static uint64_t count(Own, hn::Vec<Own> counts) { return total(Sum(), hn::SumsOf8(counts)); }
  static hn::Vec<Wide> widen(hn::Vec<Sum> sum) { return sum; }
  static hn::Vec<Wide> widen_counts(hn::Vec<Own> counts) { return hn::SumsOf8(counts); }
  // What a row gives to the Sobel gradients at columns x, x + 1, …, in 16 signed bits: its (1 2 1)
  // sums and its (-1 0 1) differences, those of x, x + 2, … in `even` and the others in `odd`. Two
  // loads serve both.
  template <class D16>
  static HWY_INLINE void across(D16 d16, const uint8_t* row, int x, hn::Vec<D16>& even_sums,
                                hn::Vec<D16>& odd_sums, hn::Vec<D16>& even_differences,
                                hn::Vec<D16>& odd_differences) {
    const Own d;
    const hn::RebindToUnsigned<D16> du16;
    const auto low = hn::Set(du16, 0xFF);
    const auto left = hn::BitCast(du16, hn::LoadU(d, row + x - 1));
    const auto right = hn::BitCast(du16, hn::LoadU(d, row + x + 1));
    const auto a = hn::BitCast(d16, hn::And(left, low));  // x - 1, x + 1, …
    const auto b = hn::BitCast(d16, hn::ShiftRight<8>(left));
    const auto c = hn::BitCast(d16, hn::And(right, low));
    const auto e = hn::BitCast(d16, hn::ShiftRight<8>(right));
    const auto middle = hn::Add(b, c);
    even_sums = hn::Add(hn::Add(a, b), middle);
    odd_sums = hn::Add(middle, hn::Add(c, e));
    even_differences = hn::Sub(c, a);
    odd_differences = hn::Sub(e, b);
  }
  template <class D16>  // the lanes of a mask of bytes that belong to the even and the odd columns
  static hn::Vec<D16> even_mask(D16 d16, hn::Vec<Own> mask) {
    return hn::ShiftRight<8>(hn::ShiftLeft<8>(hn::BitCast(d16, mask)));
  }
  template <class D16>
  static hn::Vec<D16> odd_mask(D16 d16, hn::Vec<Own> mask) {
    return hn::ShiftRight<8>(hn::BitCast(d16, mask));
  }
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
  using Wide = hn::ScalableTag<uint64_t>;
  template <class D>
  static hn::Vec<D> load(D d, const uint8_t* row, int x) {
    // Rows of 16-bit samples may start at odd addresses; an unaligned load of bytes is sound there.
    const hn::Repartition<uint8_t, D> bytes;
    auto v = hn::BitCast(d, hn::LoadU(bytes, row + 2 * static_cast<ptrdiff_t>(x)));
    if constexpr (shift > 0) v = hn::ShiftRight<shift>(v);
    return hn::Min(v, hn::Set(d, 1023));
  }
  template <class D16>
  static hn::Vec<D16> load16(D16 d, const uint8_t* row, int x) {
    return hn::BitCast(d, load(hn::RebindToUnsigned<D16>(), row, x));
  }
  static hn::Vec<Sum> add(hn::Vec<Sum> sum, hn::Vec<Own> v) { return hn::Add(sum, v); }
  static uint64_t count(Own d, hn::Vec<Own> counts) { return total(d, counts); }
  static hn::Vec<Wide> widen(hn::Vec<Sum> sum) { return widen16(Wide(), sum); }
  static hn::Vec<Wide> widen_counts(hn::Vec<Own> counts) { return widen16(Wide(), counts); }
  template <class D16>  // all columns are in `even`
  static HWY_INLINE void across(D16 d16, const uint8_t* row, int x, hn::Vec<D16>& even_sums,
                                hn::Vec<D16>&, hn::Vec<D16>& even_differences, hn::Vec<D16>&) {
    const auto left = load16(d16, row, x - 1);
    const auto middle = load16(d16, row, x);
    const auto right = load16(d16, row, x + 1);
    even_sums = hn::Add(hn::Add(left, right), hn::Add(middle, middle));
    even_differences = hn::Sub(right, left);
  }
  template <class D16>
  static hn::Vec<D16> even_mask(D16 d16, hn::Vec<Own> mask) {
    return hn::BitCast(d16, mask);
  }
  template <class D16>
  static hn::Vec<D16> odd_mask(D16 d16, hn::Vec<Own> mask) {
    return hn::BitCast(d16, mask);
  }
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
