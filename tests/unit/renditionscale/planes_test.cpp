#include "plugins/renditionscale/planes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace filmgate::scaler {
namespace {

// Turns the letters of a 3x2 picture, rows joined.
std::string turned(Orientation orientation) {
  std::string source = "abcdef";
  const int width = swaps_sides(orientation) ? 2 : 3;
  std::string target(6, '?');
  turn_plane({reinterpret_cast<uint8_t*>(source.data()), 3, 1}, 3, 2, orientation, 0,
             {reinterpret_cast<uint8_t*>(target.data()), width, 1});
  return target;
}

TEST(TurnPlane, EveryOrientation) {
  // abc
  // def
  EXPECT_EQ(turned(Orientation::kRotate0), "abcdef");
  EXPECT_EQ(turned(Orientation::kRotate90), "daebfc");
  EXPECT_EQ(turned(Orientation::kRotate180), "fedcba");
  EXPECT_EQ(turned(Orientation::kRotate270), "cfbead");
  EXPECT_EQ(turned(Orientation::kFlipRotate0), "cbafed");
  EXPECT_EQ(turned(Orientation::kFlipRotate90), "fcebda");
  EXPECT_EQ(turned(Orientation::kFlipRotate180), "defabc");
  EXPECT_EQ(turned(Orientation::kFlipRotate270), "adbecf");
}

TEST(TurnPlane, LargerThanABlock) {
  constexpr int kWidth = 77;
  constexpr int kHeight = 101;
  std::vector<uint8_t> source(kWidth * kHeight);
  for (size_t i = 0; i < source.size(); ++i) source[i] = static_cast<uint8_t>(i * 31 >> 3);
  std::vector<uint8_t> target(kWidth * kHeight);
  turn_plane({source.data(), kWidth, 1}, kWidth, kHeight, Orientation::kRotate90, 0,
             {target.data(), kHeight, 1});
  for (int y = 0; y < kWidth; ++y) {
    for (int x = 0; x < kHeight; ++x) {
      ASSERT_EQ(target[static_cast<size_t>(y * kHeight + x)],
                source[static_cast<size_t>((kHeight - 1 - x) * kWidth + y)]);
    }
  }
}

TEST(TurnPlane, WordsGoBetweenThoseOfAnotherComponent) {
  std::vector<uint16_t> source{1, 2, 3, 4};  // 2x2
  std::vector<uint16_t> target(8, 7);
  turn_plane({reinterpret_cast<uint8_t*>(source.data()), 4, 2}, 2, 2, Orientation::kRotate90, 6,
             {reinterpret_cast<uint8_t*>(target.data()), 8, 4});
  EXPECT_EQ(target, (std::vector<uint16_t>{3 << 6, 7, 1 << 6, 7, 4 << 6, 7, 2 << 6, 7}));
}

TEST(GatherRow, InterleavedAndShiftedSamples) {
  const std::vector<uint8_t> nv{1, 9, 2, 9, 3, 9};
  std::vector<uint8_t> row(3);
  gather_row(nv.data(), 2, 1, 0, 3, row.data());
  EXPECT_EQ(row, (std::vector<uint8_t>{1, 2, 3}));

  const std::vector<uint16_t> p010{64, 128, 1023 << 6};
  std::vector<uint16_t> words(3);
  gather_row(reinterpret_cast<const uint8_t*>(p010.data()), 2, 2, 6, 3,
             reinterpret_cast<uint8_t*>(words.data()));
  EXPECT_EQ(words, (std::vector<uint16_t>{1, 2, 1023}));
}

}  // namespace
}  // namespace filmgate::scaler
