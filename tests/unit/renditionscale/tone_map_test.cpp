#include "plugins/renditionscale/tone_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace filmgate::scaler {
namespace {

// SDR light (1.0 is white) of a grey of so many cd/m².
float mapped(double nits, double peak = 1000) {
  float r = static_cast<float>(nits / 100);
  float g = r;
  float b = r;
  ToneMap(peak).apply(&r, &g, &b, 1);
  EXPECT_FLOAT_EQ(r, g);
  EXPECT_FLOAT_EQ(r, b);
  return r;
}

TEST(Pq, MeetsTheStandardsValues) {
  EXPECT_NEAR(pq_encode(100), 0.5081, 0.0001);   // ST 2084: 100 cd/m² is 50.8 %
  EXPECT_NEAR(pq_encode(1000), 0.7518, 0.0001);  // 1000 cd/m² is 75.2 %
  EXPECT_NEAR(pq_encode(203), 0.5807, 0.0001);   // BT.2408: graphics white is 58 %
  EXPECT_NEAR(pq_encode(10000), 1.0, 1e-9);
  for (double nits : {0.01, 1.0, 203.0, 4000.0}) {
    EXPECT_NEAR(pq_decode(pq_encode(nits)) / nits, 1, 1e-6);
  }
}

TEST(ToneMap, DarkLightIsKeptAndThePeakBecomesWhite) {
  EXPECT_NEAR(mapped(10), 10 / 203.0, 0.0005);
  EXPECT_NEAR(mapped(1000), 1.0, 0.001);
  EXPECT_NEAR(mapped(4000, 4000), 1.0, 0.001);
  EXPECT_NEAR(mapped(5000), 1.0, 0.001);  // beyond the stated peak: white, not more
  EXPECT_EQ(mapped(0), 0);
}

TEST(ToneMap, RisesThroughout) {
  float before = 0;
  for (double nits = 1; nits <= 1000; nits *= 1.1) {
    const float now = mapped(nits);
    EXPECT_GT(now, before) << nits;
    before = now;
  }
}

TEST(ToneMap, KeepsTheHue) {
  float r = 8;
  float g = 4;
  float b = 1;
  ToneMap().apply(&r, &g, &b, 1);
  EXPECT_NEAR(r / g, 2, 1e-5);
  EXPECT_NEAR(g / b, 4, 1e-5);
  EXPECT_LE(r, 1);
}

}  // namespace
}  // namespace filmgate::scaler
