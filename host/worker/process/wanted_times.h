// Which moments of a video a thumbnailsink needs, where only a few of its frames are decoded.
#pragma once

#include <cstdint>
#include <vector>

namespace filmgate::worker {

// What the properties of the element ask for; times in ns.
struct WantedStills {
  bool poster = false;
  uint64_t picture_interval = 0;  // of numbered pictures; 0 = none
  unsigned picture_count = 0;     // instead of the interval
  uint64_t tile_interval = 0;     // of sprites; 0 = none
  unsigned tile_count = 0;        // instead of the interval
};

// In rising order, each once: the middle of every interval (or of every equal part), and a few
// moments for the poster where that gives it too little to choose from. Empty when nothing is
// wanted, and when so much is that decoding everything is the better way.
std::vector<uint64_t> wanted_times(const WantedStills& wanted, uint64_t duration);

}  // namespace filmgate::worker
