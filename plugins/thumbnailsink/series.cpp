#include "plugins/thumbnailsink/series.h"

#include <algorithm>
#include <utility>

namespace filmgate::stills {
namespace {

constexpr size_t kLeastKept = 16;  // so that a single picture comes from the middle

}  // namespace

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
  if (!kept_.empty() && frame.time < kept_.back().time + step_) return {};
  auto still = shrinker_.still(frame, settings_.type, settings_.bound);
  if (!still) return still.error();
  auto bytes = encode(*still, settings_.type, settings_.quality);
  if (!bytes) return bytes.error();
  kept_.push_back(
      Kept{frame.time, std::move(bytes).value(),
           FinishedFile{"image", "", still->format.width, still->format.height, frame.moment}});
  if (kept_.size() >= std::max<size_t>(kLeastKept, 4 * size_t{settings_.count})) thin();
  return {};
}

void Series::thin() {
  const uint64_t spacing = (kept_.back().time - kept_.front().time) / (kept_.size() - 1);
  std::vector<Kept> fewer;
  for (size_t i = 0; i < kept_.size(); i += 2) fewer.push_back(std::move(kept_[i]));
  kept_ = std::move(fewer);
  step_ = 2 * spacing;
}

Result<void> Series::finish(const Announce& announce) {
  const size_t wanted = std::min<size_t>(settings_.count, kept_.size());
  for (size_t i = 0; i < wanted; ++i) {
    Kept& kept = kept_[(2 * i + 1) * kept_.size() / (2 * wanted)];
    kept.file.location = settings_.pattern.name(written_++);
    FILMGATE_TRY(write_whole(kept.file.location, kept.bytes));
    announce(kept.file);
  }
  kept_.clear();
  return {};
}

}  // namespace filmgate::stills
