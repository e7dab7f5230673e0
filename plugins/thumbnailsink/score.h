// How good a poster a frame would make, from a few thousand of its luma samples.
#pragma once

#include <array>
#include <cstdint>

#include "plugins/renditionscale/picture.h"

namespace filmgate::stills {

// A frame's luma on a coarse grid (0…255, full range), and what the frame alone says.
struct Impression {
  static constexpr int kColumns = 64;
  static constexpr int kRows = 36;
  std::array<uint8_t, kColumns * kRows> grid{};
  double mean = 0;       // 0…255
  double deviation = 0;  // of the grid
  double entropy = 0;    // 0…1 of the most a histogram of 32 bins can hold
  double sharpness =
      0;  // mean difference of neighbouring pixels where the picture has edges, 0…255
};

// Reads a fixed number of samples, whatever the size of the frame.
Impression look_at(const scaler::Picture& picture, const scaler::Format& format,
                   const scaler::Region& region);

// 0…1: near 0 for black, white, flat or blurred frames.
double merit(const Impression& impression);

// 0…1: how much of its merit a frame keeps beside its neighbours; less in cuts and fast fades.
double steadiness(const Impression& frame, const Impression* before, const Impression* after);

// 0…1: how much it keeps between them; less in dissolves and fades however slow, which are the mean
// of what is before and after them, as no moving picture is.
double purity(const Impression& frame, const Impression& before, const Impression& after);

// 0…1: near 0 where a frame shows what another one shows.
double novelty(const Impression& frame, const Impression& other);

}  // namespace filmgate::stills
