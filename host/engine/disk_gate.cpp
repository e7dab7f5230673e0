#include "host/engine/disk_gate.h"

#include <algorithm>

namespace filmgate::engine {
namespace {

constexpr int64_t kShortestMs = 1000;   // between two uploads, just below the upper mark
constexpr int64_t kLongestMs = 10'000;  // just above the lower one

// Where a pace ends that began below `mark`; a disk that is as good as empty has room.
int64_t above(int64_t mark, const DiskSpace& disk) {
  return mark + std::clamp<int64_t>((disk.total_bytes - mark) / 2, 0, mark / 10);
}

}  // namespace

const IntakeState& DiskGate::look(const DiskSpace& disk) {
  using enum IntakePace;
  const int64_t pause = pause_below_.on(disk);
  const int64_t slow = std::max(pause, slow_below_.on(disk));
  const int64_t free = disk.free_bytes;
  const IntakePace before = state_.pace;
  state_ = {kFull, disk, 0, ""};
  if (free < pause || (before == kPaused && free < above(pause, disk))) {
    state_.pace = kPaused;
    state_.missing_bytes = above(pause, disk) - free;
    state_.detail = "uploads wait for room on the disk: " + describe_size(free) + " are free and " +
                    describe_size(state_.missing_bytes) + " are missing; what was taken in goes on";
  } else if (free < slow || (before != kFull && slow > pause && free < above(slow, disk))) {
    state_.pace = kSlow;
    const double depth = std::clamp(
        static_cast<double>(slow - free) / static_cast<double>(std::max<int64_t>(1, slow - pause)),
        0.0, 1.0);
    between_ms_ =
        kShortestMs + static_cast<int64_t>(depth * static_cast<double>(kLongestMs - kShortestMs));
    state_.detail = "the disk has little room, " + describe_size(free) +
                    ": uploads are taken in one after another, not at once";
  }
  return state_;
}

bool DiskGate::is_open(int64_t now_ms) const {
  if (state_.pace == IntakePace::kPaused) return false;
  // The clock may be set back: nothing waits for longer than it has to.
  const bool waits = now_ms >= taken_ms_ && now_ms < taken_ms_ + between_ms_;
  return state_.pace != IntakePace::kSlow || !waits;
}

}  // namespace filmgate::engine
