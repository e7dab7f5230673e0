// The SIMD walk, compiled once per instruction set by Highway and chosen when it first runs.
#include "plugins/qualityprobe/luma_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "plugins/qualityprobe/luma_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

#include "plugins/qualityprobe/lanes-inl.h"
#include "plugins/qualityprobe/luma_rows.h"

HWY_BEFORE_NAMESPACE();
namespace filmgate::quality::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR  // a processor without any SIMD: nothing to gain over the reference

void luma(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
  add_strip_scalar(strip, request, sums);
}

uint64_t absolute(const Plane& a, const Plane& b, SampleLayout samples) {
  return sum_absolute_differences_scalar(a, b, samples);
}

#else
// The part of a loop that `keep` is told: whether the block is the last one, moved back to end with
// the row, so that its first lanes have been counted before and must not count again.
template <bool last, class V>
HWY_INLINE V keep(V v, V fresh) {
  return last ? hn::And(v, fresh) : v;
}

// Calls step<last>(x, fresh) for blocks of lanes that cover [begin, end), which is at least one
// block, and flush() after at most kSteps of them. `fresh` has all bits set in the lanes that
// count.
template <class D, class Step, class Flush>
HWY_INLINE void for_blocks(D d, int begin, int end, Step step, Flush flush) {
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto all = hn::VecFromMask(d, hn::Eq(hn::Zero(d), hn::Zero(d)));
  int x = begin;
  while (x + lanes <= end) {
    const int stop = std::min(end, x + (kSteps - 1) * lanes);
    for (; x + lanes <= stop; x += lanes) step(std::false_type(), x, all);
    if (x + lanes > end && x < end) {
      const auto seen = hn::FirstN(d, static_cast<size_t>(x + lanes - end));
      step(std::true_type(), end - lanes, hn::VecFromMask(d, hn::Not(seen)));
      x = end;
    }
    flush();
  }
}

template <typename S>
struct Simd {
  using Samples = S;
  using L = Lanes<S>;
  using Own = typename L::Own;
  using Sum = typename L::Sum;
  using Wide = hn::ScalableTag<uint64_t>;
  using T = hn::TFromD<Own>;
  static constexpr int kTop = S::kBytes == 1 ? 255 : 1023;

  static int lanes() { return static_cast<int>(hn::Lanes(Own())); }

  static void levels(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
    const Own d;
    // A threshold that no sample can meet has no lane value, and is left out at the end.
    const auto black_max = hn::Set(d, static_cast<T>(std::clamp(request.black_max, 0, kTop)));
    const int legal_min = std::clamp(request.legal_min, 0, kTop);
    const int legal_max = std::clamp(request.legal_max, 0, kTop);
    const bool any_black = request.black_max >= 0;
    const bool any_legal = request.legal_min <= kTop && request.legal_max >= 0 &&
                           request.legal_min <= request.legal_max;
    // v is legal when v - legal_min, wrapped round, is at most the span between the limits.
    const auto least = hn::Set(d, static_cast<T>(legal_min));
    const auto span = hn::Set(d, static_cast<T>(any_legal ? legal_max - legal_min : 0));
    auto min = hn::Set(d, static_cast<T>(kTop));
    auto max = hn::Zero(d);
    auto all_sum = hn::Zero(Wide());
    auto all_black = hn::Zero(Wide());
    auto all_legal = hn::Zero(Wide());
    for (int y = strip.begin; y < strip.end; ++y) {
      const uint8_t* row = strip.current.row(y);
      auto sum = hn::Zero(Sum());
      auto black = hn::Zero(d);
      auto legal = hn::Zero(d);
      for_blocks(
          d, 0, strip.current.width,
          [&](auto last, int x, hn::Vec<Own> fresh) HWY_ATTR {
            const auto v = L::load(d, row, x);
            min = hn::Min(min, v);
            max = hn::Max(max, v);
            sum = L::add(sum, keep<last>(v, fresh));
            // A mask is all ones, -1: subtracting it counts.
            const auto is_black = hn::VecFromMask(d, hn::Eq(hn::Min(v, black_max), v));
            black = hn::Sub(black, keep<last>(is_black, fresh));
            const auto above = hn::Sub(v, least);
            const auto is_legal = hn::VecFromMask(d, hn::Eq(hn::Min(above, span), above));
            legal = hn::Sub(legal, keep<last>(is_legal, fresh));
          },
          [&]() HWY_ATTR {
            all_sum = hn::Add(all_sum, L::widen(sum));
            all_black = hn::Add(all_black, L::widen_counts(black));
            all_legal = hn::Add(all_legal, L::widen_counts(legal));
            sum = hn::Zero(Sum());
            black = legal = hn::Zero(d);
          });
    }
    const auto pixels =
        static_cast<uint64_t>(strip.end - strip.begin) * static_cast<uint64_t>(strip.current.width);
    sums.sum += total(Wide(), all_sum);
    if (any_black) sums.black += total(Wide(), all_black);
    sums.outside += any_legal ? pixels - total(Wide(), all_legal) : pixels;
    HWY_ALIGN T values[hn::MaxLanes(Own())];
    hn::Store(min, d, values);
    sums.min = std::min(sums.min, static_cast<int>(*std::min_element(values, values + lanes())));
    hn::Store(max, d, values);
    sums.max = std::max(sums.max, static_cast<int>(*std::max_element(values, values + lanes())));
  }

  static void difference(const Strip& strip, LumaSums& sums) {
    const Own d;
    const hn::Repartition<int32_t, Own> d32;
    const hn::Repartition<uint32_t, Own> du32;
    auto all_risen = hn::Zero(Wide());
    auto all_fallen = hn::Zero(Wide());
    auto all_squares = hn::Zero(Wide());
    for (int y = strip.begin; y < strip.end; ++y) {
      const uint8_t* row = strip.current.row(y);
      const uint8_t* before = strip.previous->row(y);
      auto risen = hn::Zero(Sum());
      auto fallen = hn::Zero(Sum());
      auto squares0 = hn::Zero(d32);
      auto squares1 = hn::Zero(d32);
      for_blocks(
          d, 0, strip.current.width,
          [&](auto last, int x, hn::Vec<Own> fresh) HWY_ATTR {
            const auto now = L::load(d, row, x);
            const auto then = L::load(d, before, x);
            const auto up = keep<last>(hn::SaturatedSub(now, then), fresh);
            const auto down = keep<last>(hn::SaturatedSub(then, now), fresh);
            risen = L::add(risen, up);
            fallen = L::add(fallen, down);
            L::add_squares(d32, hn::Or(up, down), squares0, squares1);
          },
          [&]() HWY_ATTR {
            all_risen = hn::Add(all_risen, L::widen(risen));
            all_fallen = hn::Add(all_fallen, L::widen(fallen));
            all_squares = hn::Add(all_squares,
                                  widen32(Wide(), hn::BitCast(du32, hn::Add(squares0, squares1))));
            risen = fallen = hn::Zero(Sum());
            squares0 = squares1 = hn::Zero(d32);
          });
    }
    sums.risen += total(Wide(), all_risen);
    sums.fallen += total(Wide(), all_fallen);
    sums.difference_square_sum += total(Wide(), all_squares);
  }

  // Down a column of blocks, so that what a row gives to the three gradients it takes part in is
  // computed once and stays in registers: h, its (1 2 1) sums, and g, its (-1 0 1) differences.
  // Bytes are read as the even and the odd lanes of words, words all as `even`.
  static void sobel(const Strip& strip, LumaSums& sums) {
    const Plane& plane = strip.current;
    const int first = std::max(strip.begin, 1);
    const int last_row = std::min(strip.end, plane.height - 1);
    if (first >= last_row) return;
    const Own d;
    const hn::ScalableTag<int16_t> d16;
    const hn::ScalableTag<uint32_t> du32;
    const hn::ScalableTag<float> df;
    const hn::ScalableTag<double> dd;
    const hn::Half<decltype(df)> half;
    auto all_squares = hn::Zero(Wide());
    auto all_lengths = hn::Zero(dd);
    auto squares = hn::Zero(du32);
    auto lengths = hn::Zero(df);
    for_blocks(
        d, 1, plane.width - 1,
        [&](auto last, int x, hn::Vec<Own> fresh) HWY_ATTR {
          const auto fresh_even = L::even_mask(d16, fresh);
          const auto fresh_odd = L::odd_mask(d16, fresh);
          auto he0 = hn::Zero(d16), ho0 = hn::Zero(d16), ge0 = hn::Zero(d16), go0 = hn::Zero(d16);
          auto he1 = he0, ho1 = he0, ge1 = he0, go1 = he0, he2 = he0, ho2 = he0, ge2 = he0,
               go2 = he0;
          L::across(d16, plane.row(first - 1), x, he0, ho0, ge0, go0);
          L::across(d16, plane.row(first), x, he1, ho1, ge1, go1);
          auto te = hn::Add(ge0, ge1);
          auto to = hn::Add(go0, go1);
          squares = hn::Zero(du32);
          lengths = hn::Zero(df);
          for (int y = first; y < last_row; ++y) {
            L::across(d16, plane.row(y + 1), x, he2, ho2, ge2, go2);
            const auto ue = hn::Add(ge1, ge2);
            add_length(keep<last>(hn::Add(te, ue), fresh_even),
                       keep<last>(hn::Sub(he2, he0), fresh_even), squares, lengths);
            te = ue;
            he0 = he1;
            he1 = he2;
            ge1 = ge2;
            if constexpr (S::kBytes == 1) {
              const auto uo = hn::Add(go1, go2);
              add_length(keep<last>(hn::Add(to, uo), fresh_odd),
                         keep<last>(hn::Sub(ho2, ho0), fresh_odd), squares, lengths);
              to = uo;
              ho0 = ho1;
              ho1 = ho2;
              go1 = go2;
            }
          }
          all_squares = hn::Add(all_squares, widen32(Wide(), squares));
          all_lengths = hn::Add(all_lengths, hn::PromoteTo(dd, hn::LowerHalf(half, lengths)));
          all_lengths = hn::Add(all_lengths, hn::PromoteTo(dd, hn::UpperHalf(half, lengths)));
        },
        []() HWY_ATTR {});
    sums.sobel_square_sum += total(Wide(), all_squares);
    sums.sobel_sum += hn::GetLane(hn::SumOfLanes(dd, all_lengths));
  }

  // Adds the square of the length of (x, y) and the length.
  template <class V16, class VU32, class VF>
  static HWY_INLINE void add_length(V16 x, V16 y, VU32& squares, VF& lengths) {
    const hn::DFromV<V16> d16;
    const hn::DFromV<VU32> du32;
    const hn::DFromV<VF> df;
    const hn::RebindToSigned<decltype(du32)> d32;
#if HWY_ARCH_X86
    // Here the widening product adds neighbouring pairs, so x and y are made neighbours.
    auto unused = hn::Zero(d32);
    const auto first = hn::InterleaveLower(d16, x, y);
    const auto second = hn::InterleaveUpper(d16, x, y);
    const auto low = hn::ReorderWidenMulAccumulate(d32, first, first, hn::Zero(d32), unused);
    const auto high = hn::ReorderWidenMulAccumulate(d32, second, second, hn::Zero(d32), unused);
#else
    const hn::Half<decltype(d16)> half;
    const auto x0 = hn::PromoteTo(d32, hn::LowerHalf(half, x));
    const auto y0 = hn::PromoteTo(d32, hn::LowerHalf(half, y));
    const auto x1 = hn::PromoteTo(d32, hn::UpperHalf(half, x));
    const auto y1 = hn::PromoteTo(d32, hn::UpperHalf(half, y));
    const auto low = hn::MulAdd(x0, x0, hn::Mul(y0, y0));
    const auto high = hn::MulAdd(x1, x1, hn::Mul(y1, y1));
#endif
    squares = hn::Add(squares, hn::BitCast(du32, hn::Add(low, high)));
    lengths = hn::Add(lengths,
                      hn::Add(hn::Sqrt(hn::ConvertTo(df, low)), hn::Sqrt(hn::ConvertTo(df, high))));
  }

  static void blur(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
    const Plane& plane = strip.current;
    const int across = plane.width - rows::kReachBack - rows::kReachAhead;
    auto horizontal = hn::Zero(Wide());
    auto horizontal_left = hn::Zero(Wide());
    auto vertical = hn::Zero(Wide());
    auto vertical_left = hn::Zero(Wide());
    for (int y = strip.begin; y < strip.end; ++y) {
      const uint8_t* row = plane.row(y);
      const uint8_t* at = row + rows::kReachBack * S::kBytes;
      variation(at, at - S::kBytes, at + rows::kReachAhead * S::kBytes, row, across,
                request.blur_floor, horizontal, horizontal_left);
      if (y < rows::kReachBack || y + rows::kReachAhead >= plane.height) continue;
      variation(row, plane.row(y - 1), plane.row(y + rows::kReachAhead),
                plane.row(y - rows::kReachBack), plane.width, request.blur_floor, vertical,
                vertical_left);
    }
    sums.horizontal_variation += total(Wide(), horizontal);
    sums.horizontal_left += total(Wide(), horizontal_left);
    sums.vertical_variation += total(Wide(), vertical);
    sums.vertical_left += total(Wide(), vertical_left);
  }

  static HWY_INLINE void variation(const uint8_t* row, const uint8_t* neighbour,
                                   const uint8_t* ahead, const uint8_t* back, int width, int floor,
                                   hn::Vec<Wide>& all_variation, hn::Vec<Wide>& all_left) {
    const Own d;
    const auto least = hn::Set(d, static_cast<T>(std::clamp(floor, 0, kTop)));
    auto variation_sum = hn::Zero(Sum());
    auto left_sum = hn::Zero(Sum());
    for_blocks(
        d, 0, width,
        [&](auto last, int x, hn::Vec<Own> fresh) HWY_ATTR {
          const auto all =
              keep<last>(distance(L::load(d, row, x), L::load(d, neighbour, x)), fresh);
          const auto sharp = hn::IfThenElseZero(hn::Eq(hn::Max(all, least), all), all);
          const auto smooth = distance(L::load(d, ahead, x), L::load(d, back, x));
          variation_sum = L::add(variation_sum, sharp);
          left_sum = L::add(left_sum, hn::Min(L::nine(sharp), smooth));
        },
        [&]() HWY_ATTR {
          all_variation = hn::Add(all_variation, L::widen(variation_sum));
          all_left = hn::Add(all_left, L::widen(left_sum));
          variation_sum = left_sum = hn::Zero(Sum());
        });
  }
};

template <typename S>
uint64_t differences(const Plane& a, const Plane& b) {
  using L = Lanes<S>;
  using Sum = typename L::Sum;
  const typename L::Own d;
  const hn::ScalableTag<uint64_t> wide;
  auto all = hn::Zero(wide);
  for (int y = 0; y < a.height; ++y) {
    const uint8_t* one = a.row(y);
    const uint8_t* other = b.row(y);
    auto sum = hn::Zero(Sum());
    for_blocks(
        d, 0, a.width,
        [&](auto last, int x, hn::Vec<typename L::Own> fresh) HWY_ATTR {
          const auto apart = distance(L::load(d, one, x), L::load(d, other, x));
          sum = L::add(sum, keep<last>(apart, fresh));
        },
        [&]() HWY_ATTR {
          all = hn::Add(all, L::widen(sum));
          sum = hn::Zero(Sum());
        });
  }
  return total(wide, all);
}

// Narrower than this, a row has too few samples for the blocks.
template <typename S>
int least_width() {
  return Simd<S>::lanes() + rows::kReachBack + rows::kReachAhead;
}

template <typename S>
void add_strip(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
  if (strip.current.width < least_width<S>()) return add_strip_scalar(strip, request, sums);
  using K = Simd<S>;
  if (request.levels) K::levels(strip, request, sums);
  if (request.temporal && strip.previous) K::difference(strip, sums);
  if (request.spatial) K::sobel(strip, sums);
  if (request.blur) K::blur(strip, request, sums);
}

void luma(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
  rows::with_samples(strip.samples,
                     [&](auto as) { add_strip<decltype(as)>(strip, request, sums); });
}

uint64_t absolute(const Plane& a, const Plane& b, SampleLayout samples) {
  uint64_t sum = 0;
  rows::with_samples(samples, [&](auto as) {
    using S = decltype(as);
    sum = a.width < least_width<S>() ? sum_absolute_differences_scalar(a, b, samples)
                                     : differences<S>(a, b);
  });
  return sum;
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace filmgate::quality::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace filmgate::quality {

HWY_EXPORT(luma);
HWY_EXPORT(absolute);

LumaSums sum_luma(const Plane& current, const Plane* previous, SampleLayout samples,
                  const LumaRequest& request, std::span<StripMeasure* const> others) {
  LumaSums sums = empty_sums(current, request);
  walk_strips(current, previous, samples, [&](const Strip& strip) {
    HWY_DYNAMIC_DISPATCH(luma)(strip, request, sums);
    for (StripMeasure* other : others) other->add(strip);
  });
  return sums;
}

uint64_t sum_absolute_differences(const Plane& a, const Plane& b, SampleLayout samples) {
  return HWY_DYNAMIC_DISPATCH(absolute)(a, b, samples);
}

}  // namespace filmgate::quality
#endif
