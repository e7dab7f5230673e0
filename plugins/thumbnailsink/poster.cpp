#include "plugins/thumbnailsink/poster.h"

#include <utility>

namespace filmgate::stills {
namespace {

// Often enough to see a cut on either side of a candidate, seldom enough to cost little.
constexpr uint64_t kLookEvery = 200'000'000;
// Frames further apart (a stream of key frames only) say nothing of each other.
constexpr uint64_t kNeighbours = 1'000'000'000;

}  // namespace

Result<void> Poster::take(const Frame& frame) {
  if (looked_at_ && frame.time >= *looked_at_ && frame.time - *looked_at_ < kLookEvery) return {};
  if (looked_at_ && (frame.time < *looked_at_ || frame.time - *looked_at_ > kNeighbours)) {
    interrupt();
  }
  looked_at_ = frame.time;
  Candidate candidate;
  candidate.impression = look_at(frame.picture, frame.format, frame.region);
  candidate.moment = frame.moment;
  candidate.score =
      merit(candidate.impression) *
      steadiness(candidate.impression, latest_ ? &latest_->impression : nullptr, nullptr);
  if (latest_) candidate.before = latest_->impression;
  settle(&candidate.impression);
  // A later neighbour can only lower the score. Without any best yet even a black frame is kept, so
  // that a black video has a poster too.
  if (!best_ || candidate.score > best_->score) {
    auto still = shrinker_.still(frame, settings_.type, settings_.bound);
    if (!still) return still.error();
    candidate.still = std::move(still).value();
  }
  latest_ = std::move(candidate);
  return {};
}

void Poster::settle(const Impression* after) {
  if (!latest_ || !latest_->still) return;
  if (after) {
    latest_->score *= steadiness(latest_->impression, nullptr, after);
    if (latest_->before) {
      latest_->score *= purity(latest_->impression, *latest_->before, *after);
    }
  }
  if (!best_ || latest_->score > best_->score) {
    best_.emplace();
    best_->still = std::move(latest_->still);
    best_->moment = latest_->moment;
    best_->score = latest_->score;
  }
  latest_->still.reset();
}

void Poster::interrupt() {
  settle(nullptr);
  latest_.reset();
  looked_at_.reset();
}

Result<void> Poster::finish(const Announce& announce) {
  settle(nullptr);
  if (!best_) return {};
  return publish(*best_->still, settings_.type, settings_.quality, settings_.location, "poster",
                 best_->moment, announce);
}

}  // namespace filmgate::stills
