// The SIMD sums, compiled once per instruction set by Highway and chosen when they first run.
#include "plugins/qualityprobe/pattern_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "plugins/qualityprobe/pattern_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "plugins/qualityprobe/lanes-inl.h"
#include "plugins/qualityprobe/pattern_rows.h"

HWY_BEFORE_NAMESPACE();
namespace filmgate::quality::HWY_NAMESPACE {
#if HWY_TARGET == HWY_SCALAR  // a processor without any SIMD: nothing to gain over the reference

void pattern(const Strip& strip, const PatternRequest&, PatternMeasure& measure, PatternSums&) {
  measure.add_scalar(strip);
}
uint64_t row_sum(const Plane& luma, SampleLayout samples, int y) {
  return sum_row_scalar(luma, samples, y);
}
ColumnSums column_sums(const Plane& luma, SampleLayout samples, int x) {
  return sum_columns_scalar(luma, samples, x);
}

#else

template <typename S>
struct SimdPattern {
  using Samples = S;
  using L = Lanes<S>;
  using Line = std::array<const uint8_t*, 8>;
  using D16 = hn::CappedTag<int16_t, 16>;
  using D32 = hn::Repartition<int32_t, D16>;

  // a * kGridUnit / b of 32-bit lanes. Exact: a * kGridUnit < 2^24, so the rounded quotient is
  // never taken over the next whole number.
  static hn::Vec<D32> share(hn::Vec<D32> a, hn::Vec<D32> b) {
    const hn::Repartition<float, D32> df;
    static_assert(kGridUnit == 1 << 10);
    return hn::ConvertTo(D32(),
                         hn::Div(hn::ConvertTo(df, hn::ShiftLeft<10>(a)), hn::ConvertTo(df, b)));
  }

  // The relative gradients of columns [x, x + lanes), as two halves.
  static HWY_INLINE void gradients(const Line& line, int x, hn::Vec<D32>& low, hn::Vec<D32>& high) {
    const D16 d;
    const auto a = L::load16(d, line[0], x);
    const auto b = L::load16(d, line[1], x);
    const auto c = L::load16(d, line[2], x);
    const auto e = L::load16(d, line[3], x);
    const auto f = L::load16(d, line[4], x);
    const auto g = L::load16(d, line[5], x);
    const auto h = L::load16(d, line[6], x);
    const auto i = L::load16(d, line[7], x);
    const auto step = [](auto from, auto to) { return hn::Abs(hn::Sub(to, from)); };
    auto around = hn::Add(hn::Add(step(a, b), step(b, c)), hn::Add(step(c, e), step(f, g)));
    around = hn::Add(around, hn::Add(step(g, h), step(h, i)));
    around = hn::Max(around, hn::Set(d, static_cast<int16_t>(rows::kLeastActivity<S>)));
    const auto least = hn::Set(d, static_cast<int16_t>(rows::kLeastGradient<S>));
    auto here = step(e, f);
    here = hn::IfThenZeroElse(hn::Lt(here, least), here);
    const hn::Half<D16> half;
    low = share(hn::PromoteTo(D32(), hn::LowerHalf(half, here)),
                hn::PromoteTo(D32(), hn::LowerHalf(half, around)));
    high = share(hn::PromoteTo(D32(), hn::UpperHalf(half, here)),
                 hn::PromoteTo(D32(), hn::UpperHalf(half, around)));
  }

  static void grid_columns(const Line& line, int from, int to, uint32_t* columns) {
    const hn::Repartition<uint32_t, D32> du;
    const int lanes = static_cast<int>(hn::Lanes(D16()));
    int x = from;
    for (; x + lanes <= to; x += lanes) {
      auto low = hn::Zero(D32());
      auto high = hn::Zero(D32());
      gradients(line, x, low, high);
      hn::StoreU(hn::Add(hn::LoadU(du, columns + x), hn::BitCast(du, low)), du, columns + x);
      uint32_t* rest = columns + x + lanes / 2;
      hn::StoreU(hn::Add(hn::LoadU(du, rest), hn::BitCast(du, high)), du, rest);
    }
    rows::grid_columns<S>(line, x, to, columns);
  }

  static uint32_t grid_run(const Line& line, int from, int to) {
    const int lanes = static_cast<int>(hn::Lanes(D16()));
    auto sum = hn::Zero(D32());
    int x = from;
    for (; x + lanes <= to; x += lanes) {
      auto low = hn::Zero(D32());
      auto high = hn::Zero(D32());
      gradients(line, x, low, high);
      sum = hn::Add(sum, hn::Add(low, high));
    }
    return static_cast<uint32_t>(hn::GetLane(hn::SumOfLanes(D32(), sum))) +
           rows::grid_run<S>(line, x, to);
  }

  static uint32_t noise(const uint8_t* above, const uint8_t* row, const uint8_t* below, int from,
                        int to) {
    const D16 d;
    const hn::Repartition<uint32_t, D16> pairs;
    const int lanes = static_cast<int>(hn::Lanes(d));
    const auto bend = [&](int x) {
      const auto middle = L::load16(d, row, x);
      return hn::Sub(hn::Add(L::load16(d, above, x), L::load16(d, below, x)),
                     hn::Add(middle, middle));
    };
    // At most eight steps of 8 * 1023 at most fit 16 unsigned bits.
    static_assert(kBlockColumns <= 64);
    auto sum = hn::Zero(d);
    int x = from;
    for (; x + lanes <= to; x += lanes) {
      const auto middle = bend(x);
      const auto bent = hn::Sub(hn::Add(bend(x - 1), bend(x + 1)), hn::Add(middle, middle));
      sum = hn::Add(sum, hn::Abs(bent));
    }
    const auto both = hn::BitCast(pairs, sum);
    const auto wide = hn::Add(hn::And(both, hn::Set(pairs, 0xFFFF)), hn::ShiftRight<16>(both));
    return hn::GetLane(hn::SumOfLanes(pairs, wide)) + rows::noise<S>(above, row, below, x, to);
  }

  static void fields(const rows::FieldRows& at, int parity, int width, FieldSums& sums) {
    int x = 0;
    for (size_t i = 1; i <= 2; ++i)
      x = field_row(at, i, static_cast<size_t>(parity) ^ (i - 1), width, sums);
    rows::fields<S>(at, parity, x, width, sums);
  }

  // Adds whole vectors of row `i`; returns where they end.
  static int field_row(const rows::FieldRows& at, size_t i, size_t parity, int width,
                       FieldSums& sums) {
    const typename L::Own d;
    const int lanes = static_cast<int>(hn::Lanes(d));
    const bool pair = at.previous[i] != nullptr;
    int x = 0;
    while (x + lanes <= width) {
      const int end = std::min(width, x + kSteps * lanes);
      auto inside = hn::Zero(typename L::Sum());
      auto later = inside;
      auto earlier = inside;
      auto change = inside;
      for (; x + lanes <= end; x += lanes) {
        const auto now = L::load(d, at.current[i], x);
        const auto now_around =
            hn::AverageRound(L::load(d, at.current[i - 1], x), L::load(d, at.current[i + 1], x));
        inside = L::add(inside, distance(now, now_around));
        if (!pair) continue;
        const auto then = L::load(d, at.previous[i], x);
        const auto then_around =
            hn::AverageRound(L::load(d, at.previous[i - 1], x), L::load(d, at.previous[i + 1], x));
        later = L::add(later, distance(now_around, then));
        earlier = L::add(earlier, distance(then_around, now));
        change = L::add(change, distance(now, then));
      }
      sums.inside += total(typename L::Sum(), inside);
      sums.later[parity] += total(typename L::Sum(), later);
      sums.earlier[parity] += total(typename L::Sum(), earlier);
      sums.change[parity] += total(typename L::Sum(), change);
    }
    return x;
  }
};

void pattern(const Strip& strip, const PatternRequest& request, PatternMeasure&,
             PatternSums& sums) {
  rows::with_samples(strip.samples, [&](auto samples) {
    rows::add_pattern_strip<SimdPattern<decltype(samples)> >(strip, request, sums);
  });
}

template <typename S>
uint64_t row_sum_of(const uint8_t* row, int width) {
  using L = Lanes<S>;
  const typename L::Own d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  uint64_t sum = 0;
  int x = 0;
  while (x + lanes <= width) {
    const int end = std::min(width, x + kSteps * lanes);
    auto part = hn::Zero(typename L::Sum());
    for (; x + lanes <= end; x += lanes) part = L::add(part, L::load(d, row, x));
    sum += total(typename L::Sum(), part);
  }
  for (; x < width; ++x) sum += static_cast<uint64_t>(S::at(row, x));
  return sum;
}

uint64_t row_sum(const Plane& luma, SampleLayout samples, int y) {
  uint64_t sum = 0;
  rows::with_samples(samples,
                     [&](auto s) { sum = row_sum_of<decltype(s)>(luma.row(y), luma.width); });
  return sum;
}

template <typename S>
void column_sums_of(const Plane& luma, int x, ColumnSums& sums) {
  const hn::CappedTag<int16_t, 16> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  constexpr size_t kMost = hn::MaxLanes(decltype(d)());
  HWY_ALIGN uint16_t part[kMost];
  for (size_t at = 0; at < sums.size(); at += hn::Lanes(d)) {
    for (int y = 0; y < luma.height;) {
      const int end = std::min(luma.height, y + kSteps);  // 64 * 1023 fits 16 unsigned bits
      auto sum = hn::Zero(d);
      for (; y < end; ++y)
        sum = hn::Add(sum, Lanes<S>::load16(d, luma.row(y), x + static_cast<int>(at)));
      hn::Store(hn::BitCast(du, sum), du, part);
      for (size_t i = 0; i < hn::Lanes(d); ++i) sums[at + i] += part[i];
    }
  }
}

ColumnSums column_sums(const Plane& luma, SampleLayout samples, int x) {
  if (x + kRunColumns > luma.width) return sum_columns_scalar(luma, samples, x);
  ColumnSums sums{};
  rows::with_samples(samples, [&](auto s) { column_sums_of<decltype(s)>(luma, x, sums); });
  return sums;
}

#endif  // HWY_TARGET == HWY_SCALAR
}  // namespace filmgate::quality::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace filmgate::quality {

HWY_EXPORT(pattern);
HWY_EXPORT(row_sum);
HWY_EXPORT(column_sums);

void PatternMeasure::add(const Strip& strip) {
  HWY_DYNAMIC_DISPATCH(pattern)(strip, request_, *this, sums_);
}

uint64_t sum_row(const Plane& luma, SampleLayout samples, int y) {
  return HWY_DYNAMIC_DISPATCH(row_sum)(luma, samples, y);
}

ColumnSums sum_columns(const Plane& luma, SampleLayout samples, int x) {
  return HWY_DYNAMIC_DISPATCH(column_sums)(luma, samples, x);
}

}  // namespace filmgate::quality
#endif
