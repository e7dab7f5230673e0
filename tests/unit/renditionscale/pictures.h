// Pictures for the tests of the scaler.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "plugins/renditionscale/scaler.h"

namespace filmgate::scaler {

inline Format yuv420(int width, int height, Colour colour = {}) {
  Format format;
  format.width = width;
  format.height = height;
  format.colour = colour;
  return format;
}

inline Region whole(const Format& format) {
  return Region{0, 0, format.width, format.height};
}

template <typename Value>
void fill(const OwnedPicture& picture, const Format& format, Value value) {
  for (int c = 0; c < format.components(); ++c) {
    const auto& plane = picture.components()[static_cast<size_t>(c)];
    for (int y = 0; y < format.height_of(c); ++y) {
      for (int x = 0; x < format.width_of(c); ++x) {
        uint8_t* sample = plane.data + y * plane.stride + x * plane.step;
        const int number = value(c, x, y);
        if (format.depth > 8) {
          const auto word = static_cast<uint16_t>(number << format.shift);
          std::memcpy(sample, &word, 2);
        } else {
          *sample = static_cast<uint8_t>(number);
        }
      }
    }
  }
}

inline OwnedPicture flat(const Format& format, std::array<int, 3> colour) {
  OwnedPicture picture(format);
  fill(picture, format, [&](int c, int, int) { return colour[static_cast<size_t>(c)]; });
  return picture;
}

inline int at(const OwnedPicture& picture, int c, int x, int y) {
  const auto& plane = picture.components()[static_cast<size_t>(c)];
  const uint8_t* sample = plane.data + y * plane.stride + x * plane.step;
  if (plane.step == 1) return *sample;
  uint16_t word = 0;
  std::memcpy(&word, sample, 2);
  return word;
}

inline OwnedPicture scaled(const OwnedPicture& source, const Format& in, const Format& out,
                           Options options = {}) {
  OwnedPicture target(out);
  auto scaler = Scaler::create(in, whole(in), out, options);
  EXPECT_TRUE(scaler.ok()) << scaler.error().message;
  if (scaler) {
    EXPECT_TRUE((*scaler)->process(source.view(), target.components()).ok());
  }
  return target;
}

}  // namespace filmgate::scaler
