// Pictures in memory for the tests of the measures.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "plugins/qualityprobe/picture.h"

namespace filmgate::quality {

// Owns exactly the bytes that its planes name, so that a sanitizer sees each read beyond them.
class TestPicture : public Picture {
 public:
  TestPicture(int width, int height, SampleLayout layout = {}, int padding = 0,
              bool bottom_up = false) {
    samples = layout;
    plane_count = 1;
    const int bytes = layout.depth > 8 ? 2 : 1;
    const size_t row = static_cast<size_t>(width * bytes + padding);
    bytes_.assign(row * static_cast<size_t>(height - 1) + static_cast<size_t>(width * bytes), 0xEE);
    planes[0] = {bytes_.data(), static_cast<std::ptrdiff_t>(row), width, height};
    if (bottom_up) {
      planes[0].data += row * static_cast<size_t>(height - 1);
      planes[0].stride = -planes[0].stride;
    }
  }

  // As it stands in memory: at ten bits the layout's shift is applied.
  void set(int x, int y, int value) {
    auto* row = const_cast<uint8_t*>(luma().row(y));
    if (samples.depth == 8) {
      row[x] = static_cast<uint8_t>(value);
      return;
    }
    const auto word = static_cast<uint16_t>(value << samples.shift);
    std::memcpy(row + 2 * x, &word, 2);
  }

  template <typename F>
  void fill(F value_at) {
    for (int y = 0; y < luma().height; ++y)
      for (int x = 0; x < luma().width; ++x) set(x, y, value_at(x, y));
  }

  void fill_noise(unsigned seed) {
    std::mt19937 random(seed);
    for (uint8_t& byte : bytes_) byte = static_cast<uint8_t>(random());
  }

 private:
  std::vector<uint8_t> bytes_;
};

inline std::shared_ptr<TestPicture> flat_picture(int value, int width = 64, int height = 36) {
  auto picture = std::make_shared<TestPicture>(width, height);
  picture->fill([value](int, int) { return value; });
  return picture;
}

inline std::shared_ptr<TestPicture> noise_picture(unsigned seed, int width = 64, int height = 36) {
  auto picture = std::make_shared<TestPicture>(width, height);
  std::mt19937 random(seed);
  picture->fill([&random](int, int) { return 16 + static_cast<int>(random() % 220); });
  return picture;
}

}  // namespace filmgate::quality
