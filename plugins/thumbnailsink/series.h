// Numbered pictures: one every interval, or so many spread over the whole.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/thumbnailsink/frame.h"
#include "plugins/thumbnailsink/pattern.h"

namespace filmgate::stills {

struct SeriesSettings {
  Pattern pattern;
  StillType type = StillType::kJpeg;
  scaler::Size bound;
  int quality = 85;
  uint64_t interval = 0;  // ns
  unsigned count = 0;     // 0: by the interval
};

// By interval, pictures are written as they come. By count, the length of the video isn't known
// (and headers lie), so up to twice as many are kept, encoded; when that is full every second one
// goes and from then on frames are taken half as often. At the end `count` of them are written.
class Series {
 public:
  explicit Series(SeriesSettings settings) : settings_(std::move(settings)) {}

  Result<void> take(const Frame& frame, const Announce& announce);
  Result<void> finish(const Announce& announce);

 private:
  struct Kept {
    uint64_t time = 0;
    std::string bytes;
    FinishedFile file;
  };
  Result<void> keep(const Frame& frame);
  void thin();

  SeriesSettings settings_;
  Shrinker shrinker_;
  unsigned written_ = 0;
  std::optional<uint64_t> slot_;  // of the latest picture, in intervals
  std::vector<Kept> kept_;
  uint64_t step_ = 0;
};

}  // namespace filmgate::stills
