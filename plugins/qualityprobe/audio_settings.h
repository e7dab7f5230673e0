// What a stream of audio is, and what is asked of it.
#pragma once

#include <ebur128.h>

#include <limits>
#include <type_traits>
#include <vector>

#include "plugins/qualityprobe/interval_tracker.h"

namespace filmgate::quality {

enum class SampleType { kS16, kS32, kF32 };  // native byte order

struct AudioFormat {
  SampleType type = SampleType::kS16;
  int rate = 0;
  std::vector<int> channels;  // `enum channel` of libebur128, one for each channel
  bool operator==(const AudioFormat&) const = default;
  int bytes_per_frame() const {
    return (type == SampleType::kS16 ? 2 : 4) * static_cast<int>(channels.size());
  }
};

struct AudioSettings {
  bool loudness = true;
  bool true_peak = true;
  bool silence = true;
  bool clipping = true;
  bool dc_offset = true;
  bool phase = true;
  bool dropout = true;

  double silence_threshold = -60;  // dB of full scale
  Time silence_duration = 2'000'000'000;
  int clipping_run = 3;        // full-scale samples in a row
  double dc_threshold = 0.01;  // share of full scale
  Time dc_duration = 2'000'000'000;
  double phase_threshold = -0.1;  // correlation, -1 to 1
  Time phase_duration = 2'000'000'000;
  Time dropout_duration = 2'000'000'000;
};

// Full scale in the sample's own unit.
template <typename T>
constexpr double unit() {
  if constexpr (std::is_floating_point_v<T>) return 1.0;
  return -static_cast<double>(std::numeric_limits<T>::min());
}

}  // namespace filmgate::quality
