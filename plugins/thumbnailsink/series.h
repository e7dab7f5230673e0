// Numbered pictures: one every interval, or so many spread over the whole.
#pragma once

#include <optional>
#include <string>

#include "plugins/thumbnailsink/frame.h"
#include "plugins/thumbnailsink/pattern.h"
#include "plugins/thumbnailsink/score.h"
#include "plugins/thumbnailsink/spread.h"

namespace filmgate::stills {

struct SeriesSettings {
  Pattern pattern;
  StillType type = StillType::kJpeg;
  scaler::Size bound;
  int quality = 85;
  uint64_t interval = 0;  // ns
  unsigned count = 0;     // 0: by the interval
};

// By interval, pictures are written as they come. By count, they are kept encoded; at the end each
// part of the video gives its best, near the middle, that doesn't show what the one before shows.
class Series {
 public:
  explicit Series(SeriesSettings settings) : settings_(std::move(settings)) {}

  Result<void> take(const Frame& frame, const Announce& announce);
  // `length` as told by the container, ns; 0 where the frames themselves tell it.
  Result<void> finish(const Announce& announce, uint64_t length);

 private:
  struct Encoded {
    std::string bytes;
    FinishedFile file;
    Impression impression;
  };
  Result<void> keep(const Frame& frame);

  SeriesSettings settings_;
  Shrinker shrinker_;
  unsigned written_ = 0;
  std::optional<uint64_t> slot_;  // of the latest picture, in intervals
  Spread<Encoded> spread_;
  uint64_t end_ = 0;  // of the latest frame
};

}  // namespace filmgate::stills
