// Compiled once per instruction set by Highway and chosen when it first runs. All of them make the
// same samples.
#include "plugins/renditionscale/resample_kernels.h"

// Windows are of a fixed size: NEON does for the processors that have vectors of any.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "plugins/renditionscale/resample_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace filmgate::scaler::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR  // the definition of what all others make

int16_t mix_across(const AcrossTable& table, const uint8_t* row, int offset, int x) {
  const int block = x * table.step / kWindow;
  const int slot = x * table.step % kWindow;
  const uint8_t* window = row + (table.start[static_cast<size_t>(block)] - offset);
  const uint8_t* pick = table.pick.data() + static_cast<ptrdiff_t>(block) * kWindow + slot;
  int sum = 0;
  for (int pair = 0; pair < table.step; pair += 2) {
    int coarse = 0;
    int fine = 0;
    for (int s = 0; s < table.steps; ++s) {
      for (int t = pair; t < pair + 2; ++t) {
        const int sample = window[s * table.step + pick[t]];
        const size_t weight = table.weight_at(block, s) + static_cast<size_t>(slot + t);
        coarse += sample * table.weights[weight];
        fine += sample * table.weights[weight + 2 * kWindow];
      }
    }
    sum += coarse + ((fine + (1 << (kFineBits - 1))) >> kFineBits);
  }
  return static_cast<int16_t>(std::clamp(sum, 0, kAcrossMost));
}

void across(const AcrossTable& table, const uint8_t* const* rows, int offset, int from, int to,
            int16_t* const* made) {
  for (int i = 0; i < kRowsAtOnce; ++i) {
    for (int x = from * kChunk; x < to * kChunk; ++x) {
      made[i][x] = mix_across(table, rows[i], offset, x);
    }
  }
}

#else

// Windows are blocks of 128 bits; wider vectors hold two of them.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
constexpr int kBlocks = 2;
#else
constexpr int kBlocks = 1;
#endif
using Bytes = hn::FixedTag<uint8_t, kBlocks * kWindow>;
using Signed = hn::FixedTag<int8_t, kBlocks * kWindow>;
using Words = hn::FixedTag<int16_t, kBlocks * kWindow / 2>;
using Window = hn::FixedTag<uint8_t, kWindow>;
using Sums = hn::Vec<Words>;

// samples[2i] * weights[2i] + samples[2i + 1] * weights[2i + 1], where that fits into 16 bits.
HWY_INLINE Sums pair_products(hn::Vec<Bytes> samples, hn::Vec<Signed> weights) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return Sums{_mm256_maddubs_epi16(samples.raw, weights.raw)};
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  return Sums{_mm_maddubs_epi16(samples.raw, weights.raw)};
#else
  const Words d;
  const auto sample = hn::BitCast(d, samples);
  const auto weight = hn::BitCast(d, weights);
  const auto even =
      hn::Mul(hn::And(sample, hn::Set(d, 0xFF)), hn::ShiftRight<8>(hn::ShiftLeft<8>(weight)));
  const hn::RebindToUnsigned<Words> du;
  const auto high = hn::BitCast(d, hn::ShiftRight<8>(hn::BitCast(du, samples)));
  return hn::Add(even, hn::Mul(high, hn::ShiftRight<8>(weight)));
#endif
}

// The windows of a vector of blocks.
HWY_INLINE hn::Vec<Bytes> load_windows(const uint8_t* first, const uint8_t* last) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return hn::Combine(Bytes(), hn::LoadU(Window(), last), hn::LoadU(Window(), first));
#else
  (void)last;
  return hn::LoadU(Window(), first);
#endif
}

// The sums of neighbours in `low`, then in `high`.
HWY_INLINE Sums add_neighbours(Sums high, Sums low) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
  return Sums{_mm256_permute4x64_epi64(_mm256_hadd_epi16(low.raw, high.raw), 0xD8)};
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_SSSE3
  return Sums{_mm_hadd_epi16(low.raw, high.raw)};
#else
  const Words d;
  return hn::Add(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
#endif
}

// Held in the range of samples, as rounding to bytes between the passes would do.
HWY_INLINE Sums in_range(Sums sums) {
  const Words d;
  return hn::Min(hn::Max(sums, hn::Zero(d)), hn::Set(d, kAcrossMost));
}

template <int kStep, int kSteps>
void across_by(const AcrossTable& table, const uint8_t* const* rows, int offset, int from, int to,
               int16_t* const* made) {
  const Words d;
  constexpr int kParts = kStep / 2;  // sums that make one vector of new samples
  constexpr int kLanes = kBlocks * kWindow / 2;
  const uint8_t* const row0 = rows[0];
  const uint8_t* const row1 = rows[1];
  const int32_t* start = table.start.data();
  const uint8_t* picks = table.pick.data();
  const int8_t* weights = table.weights.data();
  int block = from * table.blocks_of_chunk();
  for (int x = from * kChunk; x < to * kChunk; x += kLanes) {
    Sums parts0[kParts];
    Sums parts1[kParts];
    for (int part = 0; part < kParts; ++part, block += kBlocks) {
      const ptrdiff_t first = start[block] - offset;
      const ptrdiff_t last = start[block + kBlocks - 1] - offset;
      const auto pick = hn::LoadU(Bytes(), picks + block * kWindow);
      const int8_t* by = weights + (block / 2 * kSteps * 4 + block % 2) * kWindow;
      Sums coarse0 = hn::Zero(d);
      Sums coarse1 = hn::Zero(d);
      Sums fine0 = hn::Set(d, 1 << (kFineBits - 1));
      Sums fine1 = fine0;
      HWY_UNROLL(4)
      for (int s = 0; s < kSteps; ++s) {
        const auto coarse = hn::LoadU(Signed(), by + 4 * s * kWindow);
        const auto fine = hn::LoadU(Signed(), by + (4 * s + 2) * kWindow);
        const uint8_t* at0 = row0 + s * kStep;
        const uint8_t* at1 = row1 + s * kStep;
        const auto picked0 = hn::TableLookupBytes(load_windows(at0 + first, at0 + last), pick);
        const auto picked1 = hn::TableLookupBytes(load_windows(at1 + first, at1 + last), pick);
        coarse0 = hn::Add(coarse0, pair_products(picked0, coarse));
        coarse1 = hn::Add(coarse1, pair_products(picked1, coarse));
        fine0 = hn::Add(fine0, pair_products(picked0, fine));
        fine1 = hn::Add(fine1, pair_products(picked1, fine));
      }
      parts0[part] = hn::Add(coarse0, hn::ShiftRight<kFineBits>(fine0));
      parts1[part] = hn::Add(coarse1, hn::ShiftRight<kFineBits>(fine1));
    }
    if constexpr (kParts == 2) {
      parts0[0] = add_neighbours(parts0[1], parts0[0]);
      parts1[0] = add_neighbours(parts1[1], parts1[0]);
    }
    hn::StoreU(in_range(parts0[0]), d, made[0] + x);
    hn::StoreU(in_range(parts1[0]), d, made[1] + x);
  }
}

template <int kStep>
void across_in(const AcrossTable& table, const uint8_t* const* rows, int offset, int from, int to,
               int16_t* const* made) {
  switch (table.steps) {
    case 1:
      return across_by<kStep, 1>(table, rows, offset, from, to, made);
    case 2:
      return across_by<kStep, 2>(table, rows, offset, from, to, made);
    case 3:
      return across_by<kStep, 3>(table, rows, offset, from, to, made);
    default:
      return across_by<kStep, kMostSteps>(table, rows, offset, from, to, made);
  }
}

void across(const AcrossTable& table, const uint8_t* const* rows, int offset, int from, int to,
            int16_t* const* made) {
  if (table.step == 2) {
    across_in<2>(table, rows, offset, from, to, made);
  } else {
    across_in<kWidestStep>(table, rows, offset, from, to, made);
  }
}

#endif

using Wide = hn::ScalableTag<int16_t>;
using Narrow = hn::Rebind<uint8_t, Wide>;

// Four vectors at a time hide how long a multiplication takes.
template <int kVectors>
HWY_INLINE void mix_down(const int16_t* const* rows, const int16_t* weights, int count, int x,
                         uint8_t* made) {
  const Wide d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto half = hn::Set(d, 16);
  auto sum0 = half;
  auto sum1 = half;
  auto sum2 = half;
  auto sum3 = half;
  for (int t = 0; t < count; ++t) {
    const auto weight = hn::Set(d, weights[t]);
    const int16_t* row = rows[t] + x;
    sum0 = hn::SaturatedAdd(sum0, hn::MulFixedPoint15(hn::LoadU(d, row), weight));
    if constexpr (kVectors == 4) {
      sum1 = hn::SaturatedAdd(sum1, hn::MulFixedPoint15(hn::LoadU(d, row + lanes), weight));
      sum2 = hn::SaturatedAdd(sum2, hn::MulFixedPoint15(hn::LoadU(d, row + 2 * lanes), weight));
      sum3 = hn::SaturatedAdd(sum3, hn::MulFixedPoint15(hn::LoadU(d, row + 3 * lanes), weight));
    }
  }
  const auto store = [&](auto sum, int i) HWY_ATTR {
    hn::StoreU(hn::DemoteTo(Narrow(), hn::ShiftRight<5>(sum)), Narrow(), made + i * lanes);
  };
  store(sum0, 0);
  if constexpr (kVectors == 4) {
    store(sum1, 1);
    store(sum2, 2);
    store(sum3, 3);
  }
}

void down(const int16_t* const* rows, const int16_t* weights, int count, int width, uint8_t* made) {
  const int lanes = static_cast<int>(hn::Lanes(Wide()));
  int x = 0;
  for (; x + 4 * lanes <= width; x += 4 * lanes) {
    mix_down<4>(rows, weights, count, x, made + x);
  }
  for (; x + lanes <= width; x += lanes) mix_down<1>(rows, weights, count, x, made + x);
  if (x == width) return;
  HWY_ALIGN uint8_t rest[hn::MaxLanes(Wide())];
  mix_down<1>(rows, weights, count, x, rest);
  std::memcpy(made + x, rest, static_cast<size_t>(width - x));
}

}  // namespace filmgate::scaler::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace filmgate::scaler {

HWY_EXPORT(across);
HWY_EXPORT(down);

void resample_across(const AcrossTable& table, const std::array<const uint8_t*, kRowsAtOnce>& rows,
                     int offset, int from, int to, const std::array<int16_t*, kRowsAtOnce>& made) {
  HWY_DYNAMIC_DISPATCH(across)(table, rows.data(), offset, from, to, made.data());
}

void resample_down(const int16_t* const* rows, const int16_t* weights, int count, int width,
                   uint8_t* made) {
  HWY_DYNAMIC_DISPATCH(down)(rows, weights, count, width, made);
}

}  // namespace filmgate::scaler
#endif
