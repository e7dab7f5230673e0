// From HDR light to SDR light: the electro-electrical transfer function of ITU-R BT.2390 §5.4.1,
// applied to the largest of R, G and B so that hues stay. SDR white is put at 203 cd/m², the
// reference level of HDR graphics white in ITU-R BT.2408.
#pragma once

#include <cstddef>
#include <vector>

namespace filmgate::scaler {

class ToneMap {
 public:
  // `source_peak` in cd/m²: the brightest light the source is expected to hold.
  explicit ToneMap(double source_peak = 1000);

  // Linear light in place: in, 1.0 is 100 cd/m²; out, 1.0 is SDR white.
  void apply(float* red, float* green, float* blue, size_t count) const;

 private:
  float peak_;               // in units of 100 cd/m²
  std::vector<float> gain_;  // over sqrt(light / peak)
};

// SMPTE ST 2084: cd/m² to the signal 0…1.
double pq_encode(double nits);
// The signal 0…1 to cd/m².
double pq_decode(double signal);

}  // namespace filmgate::scaler
