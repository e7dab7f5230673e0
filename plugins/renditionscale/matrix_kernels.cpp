// The walk over the samples, compiled once per instruction set by Highway and chosen when it first
// runs. Samples are held in 16 bits with 7 of them behind the point, factors in 15: an error of at
// most a few hundredths of a step, and saturation where a clamp is due anyway.
#include "plugins/renditionscale/matrix_change.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "plugins/renditionscale/matrix_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace filmgate::scaler::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Words = hn::ScalableTag<int16_t>;
using Bytes = hn::Rebind<uint8_t, Words>;
using Vec = hn::Vec<Words>;

// A factor of at most 1 in size. Those above are written as 1 + factor(rest).
HWY_INLINE Vec factor(double value) {
  return hn::Set(Words(),
                 static_cast<int16_t>(std::lround(std::clamp(value, -1.0, 0.99996) * 32768)));
}

// A vector of samples; the last of a row may be short and must not be read or written past its end.
HWY_INLINE Vec load(const uint8_t* row, int x, int count) {
  const int lanes = static_cast<int>(hn::Lanes(Words()));
  if (x + lanes <= count) return hn::PromoteTo(Words(), hn::LoadU(Bytes(), row + x));
  HWY_ALIGN uint8_t rest[hn::MaxLanes(Words())] = {};
  std::memcpy(rest, row + x, static_cast<size_t>(count - x));
  return hn::PromoteTo(Words(), hn::Load(Bytes(), rest));
}

HWY_INLINE void store(Vec v, uint8_t* row, int x, int count) {
  const int lanes = static_cast<int>(hn::Lanes(Words()));
  const auto bytes = hn::DemoteTo(Bytes(), v);
  if (x + lanes <= count) {
    hn::StoreU(bytes, Bytes(), row + x);
    return;
  }
  HWY_ALIGN uint8_t rest[hn::MaxLanes(Words())];
  hn::Store(bytes, Bytes(), rest);
  std::memcpy(row + x, rest, static_cast<size_t>(count - x));
}

// What luma gets of two rows of chroma, three parts of the near one to one of the far one.
HWY_INLINE void mix_chroma(const uint8_t* const near[2], const uint8_t* const far[2], Vec cb,
                           Vec cr, int count, int16_t* mixed) {
  const Words d;
  const auto grey = hn::Set(d, 4 * 128);
  const auto centred = [&](int c, int x) HWY_ATTR {
    const Vec sample = load(near[c], x, count);
    const Vec sum = hn::Add(hn::Add(sample, hn::Add(sample, sample)), load(far[c], x, count));
    return hn::ShiftLeft<5>(hn::Sub(sum, grey));
  };
  for (int x = 0; x < count; x += static_cast<int>(hn::Lanes(d))) {
    const Vec sum =
        hn::Add(hn::MulFixedPoint15(centred(0, x), cb), hn::MulFixedPoint15(centred(1, x), cr));
    hn::StoreU(sum, d, mixed + x);
  }
  mixed[-1] = mixed[0];
  mixed[count] = mixed[count - 1];
}

// From `count` samples of chroma to twice as many beneath the samples of luma.
HWY_INLINE void widen(const int16_t* mixed, ChromaSite site, int count, int16_t* wide) {
  const Words d;
  for (int x = 0; x < count; x += static_cast<int>(hn::Lanes(d))) {
    const Vec here = hn::LoadU(d, mixed + x);
    const Vec after = hn::Sub(hn::LoadU(d, mixed + x + 1), here);
    if (site == ChromaSite::kLeft) {
      hn::StoreInterleaved2(here, hn::Add(here, hn::ShiftRight<1>(after)), d, wide + 2 * x);
    } else {
      const Vec before = hn::Sub(hn::LoadU(d, mixed + x - 1), here);
      hn::StoreInterleaved2(hn::Add(here, hn::ShiftRight<2>(before)),
                            hn::Add(here, hn::ShiftRight<2>(after)), d, wide + 2 * x);
    }
  }
}

void luma(const MatrixChange& change, ChromaSite site, const Picture& source, int width, int height,
          int top, int bottom, const MutablePicture& target) {
  const Words d;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const int count = width / 2;
  // A vector of room before and behind, for neighbours and for whole vectors over short ends.
  const auto room = static_cast<size_t>(count + 3 * lanes);
  std::vector<int16_t> memory(3 * room);
  int16_t* mixed = memory.data() + lanes;
  int16_t* wide = memory.data() + room;
  const Vec gain = factor(change.luma - 1);
  const Vec cb = factor(change.luma_cb);
  const Vec cr = factor(change.luma_cr);
  const auto black_in = hn::Set(d, static_cast<int16_t>(change.black_in));
  const auto black_out = hn::Set(d, static_cast<int16_t>((change.black_out << 7) + 64));
  for (int y = top; y < bottom; ++y) {
    const ptrdiff_t near_row = y / 2;
    const ptrdiff_t far_row = std::clamp(y % 2 == 0 ? y / 2 - 1 : y / 2 + 1, 0, height / 2 - 1);
    const uint8_t* near[2];
    const uint8_t* far[2];
    for (size_t c = 0; c < 2; ++c) {
      near[c] = source[c + 1].data + near_row * source[c + 1].stride;
      far[c] = source[c + 1].data + far_row * source[c + 1].stride;
    }
    mix_chroma(near, far, cb, cr, count, mixed);
    widen(mixed, site, count, wide);
    const uint8_t* from = source[0].data + y * source[0].stride;
    uint8_t* to = target[0].data + y * target[0].stride;
    for (int x = 0; x < width; x += lanes) {
      const Vec light = hn::ShiftLeft<7>(hn::Sub(load(from, x, width), black_in));
      Vec sum = hn::SaturatedAdd(light, hn::MulFixedPoint15(light, gain));
      sum = hn::SaturatedAdd(sum, hn::LoadU(d, wide + x));
      store(hn::ShiftRight<7>(hn::SaturatedAdd(sum, black_out)), to, x, width);
    }
  }
}

void chroma(const MatrixChange& change, const Picture& source, int width, int top, int bottom,
            const MutablePicture& target) {
  const Words d;
  const Vec cb_cb = factor(change.cb_cb - 1);
  const Vec cb_cr = factor(change.cb_cr);
  const Vec cr_cb = factor(change.cr_cb);
  const Vec cr_cr = factor(change.cr_cr - 1);
  const auto grey = hn::Set(d, 128);
  const auto grey_out = hn::Set(d, (128 << 7) + 64);
  const auto mixed = [&](Vec own, Vec own_factor, Vec other, Vec other_factor) HWY_ATTR {
    const Vec sum = hn::SaturatedAdd(hn::SaturatedAdd(own, hn::MulFixedPoint15(own, own_factor)),
                                     hn::MulFixedPoint15(other, other_factor));
    return hn::ShiftRight<7>(hn::SaturatedAdd(sum, grey_out));
  };
  for (int y = top; y < bottom; ++y) {
    const uint8_t* from_cb = source[1].data + y * source[1].stride;
    const uint8_t* from_cr = source[2].data + y * source[2].stride;
    uint8_t* to_cb = target[1].data + y * target[1].stride;
    uint8_t* to_cr = target[2].data + y * target[2].stride;
    for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d))) {
      const Vec cb = hn::ShiftLeft<7>(hn::Sub(load(from_cb, x, width), grey));
      const Vec cr = hn::ShiftLeft<7>(hn::Sub(load(from_cr, x, width), grey));
      store(mixed(cb, cb_cb, cr, cb_cr), to_cb, x, width);
      store(mixed(cr, cr_cr, cb, cr_cb), to_cr, x, width);
    }
  }
}

}  // namespace filmgate::scaler::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace filmgate::scaler {

HWY_EXPORT(luma);
HWY_EXPORT(chroma);

void change_luma(const MatrixChange& change, ChromaSite site, const Picture& source, int width,
                 int height, int top, int bottom, const MutablePicture& target) {
  HWY_DYNAMIC_DISPATCH(luma)(change, site, source, width, height, top, bottom, target);
}

void change_chroma(const MatrixChange& change, const Picture& source, int width, int top,
                   int bottom, const MutablePicture& target) {
  HWY_DYNAMIC_DISPATCH(chroma)(change, source, width, top, bottom, target);
}

}  // namespace filmgate::scaler
#endif
