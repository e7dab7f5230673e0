// Which size a rendition gets, and the eight ways a picture can lie.
#pragma once

namespace filmgate::scaler {

inline constexpr int kLargestSide = 32768;  // of any picture, in pixels

// What must be done to a decoded picture to show it upright; the names follow GStreamer's
// image-orientation tag. Rotations are clockwise; a mirroring comes before the rotation.
enum class Orientation {
  kRotate0,
  kRotate90,
  kRotate180,
  kRotate270,
  kFlipRotate0,    // left and right exchanged
  kFlipRotate90,   // mirrored along the upper-right to lower-left diagonal
  kFlipRotate180,  // top and bottom exchanged
  kFlipRotate270,  // rows become columns: mirrored along the other diagonal
};

// True where the orientation turns rows into columns.
bool swaps_sides(Orientation orientation);

struct Size {
  int width = 0;
  int height = 0;
  bool operator==(const Size&) const = default;
};

struct SizeRequest {
  int short_side =
      0;              // the "1080" of 1080p: upright height of landscape, width of portrait; 0: any
  int long_side = 0;  // upper bound of the other side; 0: none
  bool upscale = false;  // false: never larger than the source is shown
};

// The upright, square-pixel, even size of a picture of `coded` pixels with the given pixel aspect
// ratio. Keeps the height of the source and stretches its width, as players do; sides are rounded
// to the nearest even number (161 becomes 160), at least 2.
Size plan_size(Size coded, int par_n, int par_d, Orientation orientation,
               const SizeRequest& request);

// The size in which a picture of `coded` pixels is shown, rounded to whole pixels.
Size display_size(Size coded, int par_n, int par_d, Orientation orientation);

}  // namespace filmgate::scaler
