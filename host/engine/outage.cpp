// While the database can't be reached nothing can be written, and leases run out. What runs goes
// on: its leases are renewed, and what it came to is written, as soon as the database answers. Only
// its fence decides whether that is still wanted.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"

namespace filmgate::engine {

// Until its end is written a run keeps its slot, its leases and its folder.
void EngineImpl::end_run(const std::string& run_id, Ending ending) {
  const auto found = runs_.find(run_id);
  if (found == runs_.end()) return;
  auto run = std::move(found->second);
  runs_.erase(found);
  const Result<void> done = ending(*run);
  if (done) return;
  if (stopping_) {
    // The next start takes its jobs back, as from any host that ended.
    log(LogLevel::kError, "engine", "cannot write how a run ended: " + done.error().message,
        {{"asset", run->asset.id}});
    return;
  }
  trouble_ = true;
  run->again = [this, run_id, ending = std::move(ending)] { end_run(run_id, ending); };
  runs_[run_id] = std::move(run);
}

// Claims whose reply was lost: what they leased, if they were kept, nobody has begun.
void EngineImpl::hand_back_unsure() {
  if (unsure_.empty()) return;
  const auto done = change([&](Change& c) -> Result<void> {
    auto open = c.tx.open_runs();
    if (!open) return open.error();
    auto leased = c.tx.leased_jobs();
    if (!leased) return leased.error();
    for (const Run& each : *open) {
      if (!unsure_.contains(each.id)) continue;
      ActiveRun run;
      run.run = each;
      std::copy_if(leased->begin(), leased->end(), std::back_inserter(run.jobs),
                   [&each](const Job& job) { return job.run_id == each.id; });
      FILMGATE_TRY(hand_back_in(c, run, "the database did not say whether it was claimed"));
    }
    return {};
  });
  complain("cannot hand back a claim", done);
  if (done) unsure_.clear();
}

void EngineImpl::try_again() {
  hand_back_unsure();
  std::vector<std::function<void()>> waiting;
  for (const auto& [id, run] : runs_) {
    if (run->again) waiting.push_back(std::exchange(run->again, nullptr));
  }
  for (const std::function<void()>& again : waiting) again();
  for (const auto& [id, run] : runs_) {
    if (!run->untold.empty() && !run->again && !tell_outputs(*run)) trouble_ = true;
  }
}

// A claim by anybody else gives the job another run.
bool EngineImpl::is_held(const Job& job) const {
  return runs_.contains(job.run_id);
}

}  // namespace filmgate::engine
