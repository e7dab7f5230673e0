// Which samples of a row or a column each new sample is mixed of, and how much of each: the
// geometry and the filters of resampling, in numbers that kernels multiply by.
#pragma once

#include <vector>

namespace filmgate::scaler {

enum class Method { kBilinear, kBicubic, kSpline36, kLanczos };

// `target` samples are to cover the part [start, start + length) of `source` samples; sample i
// covers [i, i + 1).
struct Axis {
  int source = 0;
  int target = 0;
  double start = 0;
  double length = 0;

  // True where each new sample is an old one, and nothing is to be computed.
  bool copies() const;
};

struct Taps {
  int count = 0;               // how many samples each new one is mixed of
  std::vector<int> first;      // where they begin, never falling; all of them are in the source
  std::vector<double> weight;  // `count` for each new sample; their sum is 1
};

// A filter of `method`, as wide as its support where samples are added and widened by the ratio
// where samples are dropped. What would lie outside of the source is mirrored at its edge.
Taps make_taps(Method method, const Axis& axis);

// The weights of new sample i as whole numbers whose sum is `one`.
std::vector<int> whole_weights(const Taps& taps, int i, int one);

}  // namespace filmgate::scaler
