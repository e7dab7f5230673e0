// Hybrid Log-Gamma of ITU-R BT.2100 as a display of 1000 cd/m² shows it: the inverse OETF, then the
// OOTF with a system gamma of 1.2 on the luminance, which keeps hues. (zimg applies its gamma to
// each of R, G and B, which doesn't.)
#pragma once

#include <cstddef>
#include <vector>

namespace filmgate::scaler {

inline constexpr double kHlgPeak = 1000;  // cd/m²

class Hlg {
 public:
  Hlg();

  // R', G', B' of BT.2020 primaries in 0…1, in place, to light in units of 100 cd/m².
  void to_light(float* red, float* green, float* blue, size_t count) const;

 private:
  std::vector<float> scene_;  // the inverse OETF, over the signal
  std::vector<float> gain_;   // display light over scene light, over the root of the luminance
};

}  // namespace filmgate::scaler
