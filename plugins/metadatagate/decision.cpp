#include "plugins/metadatagate/decision.h"

#include <utility>

namespace filmgate {

void Decision::reset(bool wanted) {
  const std::lock_guard<std::mutex> locked(lock_);
  wanted_ = wanted;
  outcome_.reset();
  deadline_.reset();
  reason_.clear();
}

bool Decision::answer(Outcome outcome, std::string reason) {
  {
    const std::lock_guard<std::mutex> locked(lock_);
    if (!wanted_ || outcome_) return false;
    outcome_ = outcome;
    reason_ = std::move(reason);
  }
  changed_.notify_all();
  return true;
}

bool Decision::approve() {
  return answer(Outcome::kApproved, "");
}

bool Decision::reject(std::string reason) {
  return answer(Outcome::kRejected, std::move(reason));
}

Decision::Outcome Decision::wait(std::optional<std::chrono::nanoseconds> timeout) {
  std::unique_lock<std::mutex> locked(lock_);
  const auto ready = [this] { return interrupted_ || outcome_.has_value(); };
  // Longer than a year is for ever, and adding it to the clock could overflow.
  constexpr auto kForEver = std::chrono::hours(24 * 365);
  if (!timeout || *timeout > kForEver) {
    changed_.wait(locked, ready);
  } else {
    if (!deadline_) deadline_ = Clock::now() + *timeout;
    if (!changed_.wait_until(locked, *deadline_, ready)) outcome_ = Outcome::kTimedOut;
  }
  return interrupted_ ? Outcome::kInterrupted : *outcome_;
}

void Decision::set_interrupted(bool interrupted) {
  {
    const std::lock_guard<std::mutex> locked(lock_);
    interrupted_ = interrupted;
  }
  changed_.notify_all();
}

std::string Decision::reject_reason() const {
  const std::lock_guard<std::mutex> locked(lock_);
  return reason_;
}

}  // namespace filmgate
