#include "plugins/thumbnailsink/series.h"

#include <algorithm>
#include <utility>

namespace filmgate::stills {

Result<void> Series::take(const Frame& frame, const Announce& announce) {
  if (settings_.count > 0) return keep(frame);
  const uint64_t slot = frame.time / settings_.interval;
  if (slot_ && slot <= *slot_) return {};
  slot_ = slot;
  auto still = shrinker_.still(frame, settings_.type, settings_.bound);
  if (!still) return still.error();
  return publish(*still, settings_.type, settings_.quality, settings_.pattern.name(written_++),
                 "image", frame.moment, announce);
}

Result<void> Series::keep(const Frame& frame) {
  end_ = std::max(end_, frame.time + frame.duration);
  if (!spread_.wants(frame.time)) return {};
  auto still = shrinker_.still(frame, settings_.type, settings_.bound);
  if (!still) return still.error();
  auto bytes = encode(*still, settings_.type, settings_.quality);
  if (!bytes) return bytes.error();
  spread_.add(
      frame.time,
      Encoded{std::move(bytes).value(),
              FinishedFile{"image", "", still->format.width, still->format.height, frame.moment},
              look_at(frame.picture, frame.format, frame.region)},
      settings_.count);
  return {};
}

Result<void> Series::finish(const Announce& announce, uint64_t length) {
  const uint64_t end = std::max(end_, length);
  const uint64_t part = std::max<uint64_t>(1, end / std::max(1u, settings_.count));
  using Kept = Spread<Encoded>::Kept;
  // Half of the weight is what the picture is worth, half is where it lies in its part.
  const auto badness = [part](const Kept& kept, uint64_t middle, const Kept* before) {
    const Impression& seen = kept.picture.impression;
    double worth = merit(seen);
    if (before) worth *= novelty(seen, before->picture.impression);
    return static_cast<double>(away(kept.time, middle)) / static_cast<double>(part) - worth;
  };
  for (Kept* kept : spread_.choose(settings_.count, end, badness)) {
    Encoded& picture = kept->picture;
    picture.file.location = settings_.pattern.name(written_++);
    FILMGATE_TRY(write_whole(picture.file.location, picture.bytes));
    announce(picture.file);
  }
  spread_.clear();
  return {};
}

}  // namespace filmgate::stills
