// The SIMD walk, compiled once per instruction set by Highway and chosen when it first runs.
#include "plugins/qualityprobe/luma_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "plugins/qualityprobe/luma_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

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
// x * x + y * y of 16-bit lanes as 32-bit lanes, in any order.
template <class D16, class D32>
HWY_INLINE void squared_length(D16 d16, D32 d32, hn::Vec<D16> x, hn::Vec<D16> y, hn::Vec<D32>& low,
                               hn::Vec<D32>& high) {
#if HWY_ARCH_X86
  // Here the widening product adds neighbouring pairs, so x and y are made neighbours.
  auto unused = hn::Zero(d32);
  const auto first = hn::InterleaveLower(d16, x, y);
  const auto second = hn::InterleaveUpper(d16, x, y);
  low = hn::ReorderWidenMulAccumulate(d32, first, first, hn::Zero(d32), unused);
  high = hn::ReorderWidenMulAccumulate(d32, second, second, hn::Zero(d32), unused);
#else
  const auto x0 = hn::PromoteTo(d32, hn::LowerHalf(x));
  const auto y0 = hn::PromoteTo(d32, hn::LowerHalf(y));
  const hn::Half<D16> half;
  const auto x1 = hn::PromoteTo(d32, hn::UpperHalf(half, x));
  const auto y1 = hn::PromoteTo(d32, hn::UpperHalf(half, y));
  low = hn::Add(hn::Mul(x0, x0), hn::Mul(y0, y0));
  high = hn::Add(hn::Mul(x1, x1), hn::Mul(y1, y1));
#endif
}

template <typename S>
struct Simd {
  using Samples = S;
  using L = Lanes<S>;
  using Own = typename L::Own;
  using Sum = typename L::Sum;

  static void levels(const uint8_t* row, int width, const LumaRequest& request, LumaSums& sums) {
    const Own d;
    using T = hn::TFromD<Own>;
    const int lanes = static_cast<int>(hn::Lanes(d));
    // Thresholds beyond what a lane holds are never met; black_max < 0 has no lane value either.
    constexpr int kTop = S::kBytes == 1 ? 255 : 1023;
    const auto black_max = hn::Set(d, static_cast<T>(std::clamp(request.black_max, 0, kTop)));
    const bool any_black = request.black_max >= 0;
    const auto legal_min = hn::Set(d, static_cast<T>(std::clamp(request.legal_min, 0, kTop)));
    const auto legal_max = hn::Set(d, static_cast<T>(std::clamp(request.legal_max, 0, kTop)));
    auto min = hn::Set(d, static_cast<T>(kTop));
    auto max = hn::Zero(d);
    int x = 0;
    while (x + lanes <= width) {
      const int end = std::min(width, x + kSteps * lanes);
      auto sum = hn::Zero(Sum());
      auto black = hn::Zero(d);
      auto not_below = hn::Zero(d);
      auto not_above = hn::Zero(d);
      const int begin = x;
      for (; x + lanes <= end; x += lanes) {
        const auto v = L::load(d, row, x);
        sum = L::add(sum, v);
        min = hn::Min(min, v);
        max = hn::Max(max, v);
        // A mask is all ones, -1: subtracting it counts.
        black = hn::Sub(black, hn::VecFromMask(d, hn::Eq(hn::Min(v, black_max), v)));
        not_below = hn::Sub(not_below, hn::VecFromMask(d, hn::Eq(hn::Max(v, legal_min), v)));
        not_above = hn::Sub(not_above, hn::VecFromMask(d, hn::Eq(hn::Min(v, legal_max), v)));
      }
      const auto done = static_cast<uint64_t>(x - begin);
      sums.sum += total(Sum(), sum);
      if (any_black) sums.black += L::count(d, black);
      sums.below += done - L::count(d, not_below);
      sums.above += request.legal_max < 0 ? done : done - L::count(d, not_above);
    }
    if (x > 0) {
      HWY_ALIGN T values[hn::MaxLanes(Own())];
      hn::Store(min, d, values);
      sums.min = std::min(sums.min, static_cast<int>(*std::min_element(values, values + lanes)));
      hn::Store(max, d, values);
      sums.max = std::max(sums.max, static_cast<int>(*std::max_element(values, values + lanes)));
    }
    rows::levels<S>(row, x, width, request, sums);
  }

  static void difference(const uint8_t* row, const uint8_t* before, int width, LumaSums& sums) {
    const Own d;
    const hn::Repartition<int32_t, Own> d32;
    const int lanes = static_cast<int>(hn::Lanes(d));
    int x = 0;
    while (x + lanes <= width) {
      const int end = std::min(width, x + kSteps * lanes);
      auto risen = hn::Zero(Sum());
      auto fallen = hn::Zero(Sum());
      auto squares0 = hn::Zero(d32);
      auto squares1 = hn::Zero(d32);
      for (; x + lanes <= end; x += lanes) {
        const auto now = L::load(d, row, x);
        const auto then = L::load(d, before, x);
        const auto up = hn::SaturatedSub(now, then);
        const auto down = hn::SaturatedSub(then, now);
        risen = L::add(risen, up);
        fallen = L::add(fallen, down);
        L::add_squares(d32, hn::Or(up, down), squares0, squares1);
      }
      sums.risen += total(Sum(), risen);
      sums.fallen += total(Sum(), fallen);
      sums.difference_square_sum += total(d32, squares0) + total(d32, squares1);
    }
    rows::difference<S>(row, before, x, width, sums);
  }

  static void sobel(const uint8_t* above, const uint8_t* row, const uint8_t* below, int width,
                    LumaSums& sums) {
    const hn::ScalableTag<int16_t> d16;
    const hn::ScalableTag<int32_t> d32;
    const hn::ScalableTag<uint32_t> du32;
    const hn::ScalableTag<float> df;
    const int lanes = static_cast<int>(hn::Lanes(d16));
    int x = 1;
    while (x + lanes <= width - 1) {
      const int end = std::min(width - 1, x + kSteps * lanes);
      auto squares = hn::Zero(du32);
      auto squares_high = hn::Zero(du32);
      auto lengths = hn::Zero(df);
      auto lengths_high = hn::Zero(df);
      for (; x + lanes <= end; x += lanes) {
        const auto a0 = L::load16(d16, above, x - 1);
        const auto a1 = L::load16(d16, above, x);
        const auto a2 = L::load16(d16, above, x + 1);
        const auto b0 = L::load16(d16, row, x - 1);
        const auto b2 = L::load16(d16, row, x + 1);
        const auto c0 = L::load16(d16, below, x - 1);
        const auto c1 = L::load16(d16, below, x);
        const auto c2 = L::load16(d16, below, x + 1);
        const auto falling = hn::Sub(c2, a0);  // the diagonals serve both directions
        const auto rising = hn::Sub(a2, c0);
        const auto middle_x = hn::Sub(b2, b0);
        const auto middle_y = hn::Sub(c1, a1);
        const auto gx = hn::Add(hn::Add(falling, rising), hn::Add(middle_x, middle_x));
        const auto gy = hn::Add(hn::Sub(falling, rising), hn::Add(middle_y, middle_y));
        auto low = hn::Zero(d32);
        auto high = hn::Zero(d32);
        squared_length(d16, d32, gx, gy, low, high);
        squares = hn::Add(squares, hn::BitCast(du32, low));
        squares_high = hn::Add(squares_high, hn::BitCast(du32, high));
        lengths = hn::Add(lengths, hn::Sqrt(hn::ConvertTo(df, low)));
        lengths_high = hn::Add(lengths_high, hn::Sqrt(hn::ConvertTo(df, high)));
      }
      sums.sobel_square_sum += total(du32, squares) + total(du32, squares_high);
      sums.sobel_sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(df, lengths))) +
                        static_cast<double>(hn::GetLane(hn::SumOfLanes(df, lengths_high)));
    }
    rows::sobel<S>(above, row, below, x, width - 1, sums);
  }

  static void variation(const uint8_t* row, const uint8_t* neighbour, const uint8_t* ahead,
                        const uint8_t* back, int width, int floor, uint64_t& total_variation,
                        uint64_t& left_over) {
    const Own d;
    const auto least = hn::Set(d, static_cast<hn::TFromD<Own> >(std::clamp(floor, 0, 255)));
    const int lanes = static_cast<int>(hn::Lanes(d));
    int x = 0;
    while (x + lanes <= width) {
      const int end = std::min(width, x + kSteps * lanes);
      auto variation_sum = hn::Zero(Sum());
      auto left_sum = hn::Zero(Sum());
      for (; x + lanes <= end; x += lanes) {
        const auto all = distance(L::load(d, row, x), L::load(d, neighbour, x));
        const auto sharp = hn::IfThenElseZero(hn::Eq(hn::Max(all, least), all), all);
        const auto smooth = distance(L::load(d, ahead, x), L::load(d, back, x));
        variation_sum = L::add(variation_sum, sharp);
        left_sum = L::add(left_sum, hn::Min(L::nine(sharp), smooth));
      }
      total_variation += total(Sum(), variation_sum);
      left_over += total(Sum(), left_sum);
    }
    rows::variation<S>(row, neighbour, ahead, back, x, width, floor, total_variation, left_over);
  }
};

template <typename S>
uint64_t differences(const Plane& a, const Plane& b) {
  using L = Lanes<S>;
  const typename L::Own d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  uint64_t sum = 0;
  for (int y = 0; y < a.height; ++y) {
    const uint8_t* one = a.row(y);
    const uint8_t* other = b.row(y);
    int x = 0;
    while (x + lanes <= a.width) {
      const int end = std::min(a.width, x + kSteps * lanes);
      auto part = hn::Zero(typename L::Sum());
      for (; x + lanes <= end; x += lanes)
        part = L::add(part, distance(L::load(d, one, x), L::load(d, other, x)));
      sum += total(typename L::Sum(), part);
    }
    sum += rows::absolute_differences<S>(one, other, x, a.width);
  }
  return sum;
}

void luma(const Strip& strip, const LumaRequest& request, LumaSums& sums) {
  rows::with_samples(strip.samples, [&](auto samples) {
    rows::add_strip<Simd<decltype(samples)> >(strip, request, sums);
  });
}

uint64_t absolute(const Plane& a, const Plane& b, SampleLayout samples) {
  uint64_t sum = 0;
  rows::with_samples(samples, [&](auto as) { sum = differences<decltype(as)>(a, b); });
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
