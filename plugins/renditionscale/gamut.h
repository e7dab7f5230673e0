// From the primaries of a wide gamut to BT.709's, in linear light. What doesn't fit is clipped to
// the cube, so that no sample of a rendition leaves the legal range.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

namespace filmgate::scaler {

class Gamut {
 public:
  // From the primaries of ITU-T H.273 §8.1 with this code point; nothing for those without a D65
  // white, which are another matter.
  static std::optional<Gamut> to_bt709(int primaries);

  // Linear light in place, 1.0 is white; what leaves is in 0…1.
  void apply(float* red, float* green, float* blue, size_t count) const;

 private:
  std::array<std::array<float, 3>, 3> matrix_{};
};

}  // namespace filmgate::scaler
