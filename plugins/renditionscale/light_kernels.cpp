// Compiled once per instruction set by Highway and chosen when it first runs.
#include "plugins/renditionscale/light_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "plugins/renditionscale/light_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace filmgate::scaler::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

HWY_INLINE Vec unit(Vec v) {  // held in 0…1; what is no number becomes 0
  const Floats d;
  return hn::Min(hn::Max(v, hn::Zero(d)), hn::Set(d, 1.0f));
}

// `position` in 0…1.
HWY_INLINE Vec look_up(const Curve& curve, Vec position) {
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const Vec place = hn::Mul(position, hn::Set(d, static_cast<float>(curve.steps)));
  const auto index = hn::ConvertTo(di, place);
  const Vec low = hn::GatherIndex(d, curve.values, index);
  const Vec high = hn::GatherIndex(d, curve.values + 1, index);
  return hn::MulAdd(hn::Sub(high, low), hn::Sub(place, hn::ConvertTo(d, index)), low);
}

// Calls change(r, g, b) on vectors of the row; the last may be short.
template <typename Change>
HWY_INLINE void walk(const LightRow& row, const Change& change) {
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  size_t x = 0;
  for (; x + lanes <= row.count; x += lanes) {
    Vec r = hn::LoadU(d, row.red + x);
    Vec g = hn::LoadU(d, row.green + x);
    Vec b = hn::LoadU(d, row.blue + x);
    change(r, g, b);
    hn::StoreU(r, d, row.red + x);
    hn::StoreU(g, d, row.green + x);
    hn::StoreU(b, d, row.blue + x);
  }
  if (x == row.count) return;
  HWY_ALIGN float rest[3][hn::MaxLanes(Floats())] = {};
  const size_t bytes = (row.count - x) * sizeof(float);
  std::memcpy(rest[0], row.red + x, bytes);
  std::memcpy(rest[1], row.green + x, bytes);
  std::memcpy(rest[2], row.blue + x, bytes);
  Vec r = hn::Load(d, rest[0]);
  Vec g = hn::Load(d, rest[1]);
  Vec b = hn::Load(d, rest[2]);
  change(r, g, b);
  hn::Store(r, d, rest[0]);
  hn::Store(g, d, rest[1]);
  hn::Store(b, d, rest[2]);
  std::memcpy(row.red + x, rest[0], bytes);
  std::memcpy(row.green + x, rest[1], bytes);
  std::memcpy(row.blue + x, rest[2], bytes);
}

void hlg(const Curve& scene, const Curve& gain, const LightRow& row) {
  const Floats d;
  const Vec red = hn::Set(d, 0.2627f);
  const Vec green = hn::Set(d, 0.6780f);
  const Vec blue = hn::Set(d, 0.0593f);
  walk(row, [&](Vec& r, Vec& g, Vec& b) HWY_ATTR {
    r = look_up(scene, unit(r));
    g = look_up(scene, unit(g));
    b = look_up(scene, unit(b));
    const Vec luminance = hn::MulAdd(red, r, hn::MulAdd(green, g, hn::Mul(blue, b)));
    const Vec factor = look_up(gain, unit(hn::Sqrt(luminance)));
    r = hn::Mul(r, factor);
    g = hn::Mul(g, factor);
    b = hn::Mul(b, factor);
  });
}

void largest(const Curve& gain, float peak, const LightRow& row) {
  const Floats d;
  const Vec limit = hn::Set(d, peak);
  const Vec white = hn::Set(d, peak * gain.values[gain.steps]);
  const Vec share = hn::Set(d, 1 / peak);
  walk(row, [&](Vec& r, Vec& g, Vec& b) HWY_ATTR {
    const Vec light = hn::Max(r, hn::Max(g, b));
    const Vec inside = look_up(gain, hn::Sqrt(unit(hn::Mul(light, share))));
    const Vec factor = hn::IfThenElse(hn::Gt(light, limit), hn::Div(white, light), inside);
    r = hn::Mul(r, factor);
    g = hn::Mul(g, factor);
    b = hn::Mul(b, factor);
  });
}

void gamut(const std::array<std::array<float, 3>, 3>& matrix, const LightRow& row) {
  const Floats d;
  Vec m[3][3];
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) m[i][j] = hn::Set(d, matrix[i][j]);
  }
  walk(row, [&](Vec& r, Vec& g, Vec& b) HWY_ATTR {
    const auto mixed = [&](size_t i) HWY_ATTR {
      return unit(hn::MulAdd(m[i][0], r, hn::MulAdd(m[i][1], g, hn::Mul(m[i][2], b))));
    };
    const Vec red = mixed(0);
    const Vec green = mixed(1);
    b = mixed(2);
    r = red;
    g = green;
  });
}

}  // namespace filmgate::scaler::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace filmgate::scaler {

HWY_EXPORT(hlg);
HWY_EXPORT(largest);
HWY_EXPORT(gamut);

void curve_hlg(const Curve& scene, const Curve& gain, const LightRow& row) {
  HWY_DYNAMIC_DISPATCH(hlg)(scene, gain, row);
}

void curve_largest(const Curve& gain, float peak, const LightRow& row) {
  HWY_DYNAMIC_DISPATCH(largest)(gain, peak, row);
}

void convert_and_clip(const std::array<std::array<float, 3>, 3>& matrix, const LightRow& row) {
  HWY_DYNAMIC_DISPATCH(gamut)(matrix, row);
}

}  // namespace filmgate::scaler
#endif
