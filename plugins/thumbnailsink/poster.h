// Chooses the frame that stands for a video: not black, blurred or flat, and not in a transition.
#pragma once

#include <optional>
#include <string>

#include "plugins/thumbnailsink/frame.h"
#include "plugins/thumbnailsink/score.h"

namespace filmgate::stills {

struct PosterSettings {
  std::string location;
  StillType type = StillType::kJpeg;
  scaler::Size bound;
  int quality = 85;
};

// Looks at a few frames of each second and keeps two scaled pictures at most: the best so far, and
// the latest, whose worth is known only when the frame after it shows whether it stands still.
class Poster {
 public:
  explicit Poster(PosterSettings settings) : settings_(std::move(settings)) {}

  Result<void> take(const Frame& frame);
  // The stream is interrupted: the next frame is no neighbour of the last.
  void interrupt();
  Result<void> finish(const Announce& announce);

 private:
  struct Candidate {
    std::optional<Still> still;  // absent where it could not become the best anyhow
    Impression impression;
    Moment moment;
    double score = 0;                  // merit by itself and beside the frame before
    std::optional<Impression> before;  // what that frame looked like
  };
  void settle(const Impression* after);

  PosterSettings settings_;
  Shrinker shrinker_;
  std::optional<Candidate> latest_;
  std::optional<Candidate> best_;
  std::optional<uint64_t> looked_at_;
};

}  // namespace filmgate::stills
