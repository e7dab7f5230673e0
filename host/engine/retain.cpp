// What is kept no longer than it is of use. A duty that is a leased row, so that one host does it,
// in steps that hold nothing up.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

constexpr const char* kDuty = "retention";
constexpr int64_t kPeriodMs = 6LL * 3'600'000;
constexpr int64_t kFirstMs = 300'000;  // after the start, when there is more urgent work
constexpr int64_t kPauseMs = 1000;     // between two steps
constexpr int kStep = 500;             // rows of each kind

}  // namespace

void EngineImpl::retain() {
  const int64_t now = parts_.clock.now_ms();
  if (retain_ms_ == 0) retain_ms_ = now + kFirstMs;
  retain_ms_ = std::min(retain_ms_, now + kPeriodMs);  // the clock was set back
  if (now < retain_ms_) return;
  retain_ms_ = now + kPauseMs;  // when it can't be done now
  bool ours = false;
  const auto claimed = parts_.store.transact([&](Transaction& tx) -> Result<void> {
    auto taken = tx.claim_duty(kDuty, options_.owner, now, options_.lease_ms, kPeriodMs);
    if (!taken) return taken.error();
    ours = *taken;
    return {};
  });
  if (!claimed) return complain("cannot look for a duty", claimed);
  if (!ours) {
    retain_ms_ = now + options_.lease_ms;
    return;
  }
  int64_t most = 0;
  const auto done = parts_.store.transact([&](Transaction& tx) -> Result<void> {
    for (const auto& [what, before] :
         {std::pair(Kept::kJobs, now - options_.keep_jobs_ms),
          std::pair(Kept::kRuns, now - options_.keep_jobs_ms),
          std::pair(Kept::kMessages, now - options_.keep_messages_ms)}) {
      auto removed = tx.prune(what, before, kStep);
      if (!removed) return removed.error();
      most = std::max(most, *removed);
    }
    return tx.end_duty(kDuty, options_.owner, now + (most < kStep ? kPeriodMs : kPauseMs));
  });
  if (done) retain_ms_ = now + (most < kStep ? kPeriodMs : kPauseMs);
  complain("cannot remove what is kept no longer", done);
  if (done && most < kStep && !options_.keep_work) {
    complain("cannot look for work folders that nobody needs", remove_leftovers());
  }
}

// Rows may lie in the log of changes as they were before an erasure, also one that was carried out
// by a host that ended since.
void EngineImpl::scrub() {
  if (!scrub_due_ || !leaving_.empty()) return;
  const Result<void> done = parts_.store.scrub();
  scrub_due_ = !done.ok();
  if (!done && done.error().code != ErrorCode::kUnavailable) {
    complain("cannot overwrite what was erased", done);
  }
}

}  // namespace filmgate::engine
