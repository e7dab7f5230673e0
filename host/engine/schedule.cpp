// When what is done: claims while slots are free, leases, wake-ups. Between two reasons to look
// there is only one timer, so that an idle engine uses no CPU.
#include "host/base/id.h"
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/worker/protocol.h"

namespace filmgate::engine {
namespace {

constexpr size_t kWakeBatch = 200;

AssetState stage_state(JobKind kind) {
  switch (kind) {
    case JobKind::kInspect:
      return AssetState::kInspecting;
    case JobKind::kProbe:
      return AssetState::kProbing;
    default:
      return AssetState::kTranscoding;
  }
}

const char* stage_name(JobKind kind) {
  return kind == JobKind::kRendition ? "renditions" : to_string(kind);
}

}  // namespace

void EngineImpl::complain(const char* what, const Result<void>& done) {
  if (done) return;
  trouble_ = true;
  log(LogLevel::kError, "engine", std::string(what) + ": " + done.error().message);
}

void EngineImpl::kick() {
  if (!started_ || stopping_ || kicked_) return;
  kicked_ = true;
  parts_.executor.post(guarded([this] {
    kicked_ = false;
    tick();
  }));
}

void EngineImpl::tick() {
  if (stopping_) return;
  const int64_t begun_ms = parts_.clock.now_ms();
  trouble_ = false;
  renew_leases();
  end_runs();
  try_again();
  sweep();
  wake_assets();
  carry_out_all();
  claim_alone();
  for (const Lane lane : {Lane::kLight, Lane::kProbe, Lane::kEncode}) {
    if (paused_.contains(lane)) continue;
    while (!stopping_ && may_claim() && running_in(lane) < slots_of(lane) && claim_one(lane)) {
    }
  }
  note_deliveries();
  if (!paused_.contains(Lane::kLight)) pump_outbox();
  retain();
  scrub();
  arm_timer(begun_ms);
}

// Work that a host ended with runs by itself, so that only it can be blamed for another end.
bool EngineImpl::may_claim() const {
  if (waits_alone_.has_value()) return false;
  return std::none_of(runs_.begin(), runs_.end(),
                      [](const auto& entry) { return entry.second->alone; });
}

void EngineImpl::claim_alone() {
  if (!waits_alone_.has_value()) return;
  bool wants = !paused_.contains(waits_alone_->lane);
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto job = tx.job(waits_alone_->job_id);
    if (!job) return job.error();
    wants = wants && job->has_value() && (*job)->state == JobState::kReady &&
            (*job)->error_class == kClassHost;
    return {};
  });
  if (!read) return complain("cannot look for work that runs by itself", read);
  const Lane lane = waits_alone_->lane;
  if (!wants || runs_.empty()) waits_alone_.reset();
  if (wants && runs_.empty()) claim_one(lane);
}

bool EngineImpl::claim_one(Lane lane) {
  auto run = std::make_unique<ActiveRun>();
  run->run.id = new_id(parts_.clock);
  // Rungs that failed once run each by itself: what one of them does can't hurt the others again.
  bool apart = false;
  bool buried = false;
  const auto claim = [&](bool whole_ladder) {
    return change([&, whole_ladder](Change& c) -> Result<void> {
      ClaimRequest request;
      request.lane = lane;
      request.owner = options_.owner;
      request.run_id = run->run.id;
      request.now_ms = c.now_ms;
      request.lease_ms = options_.lease_ms;
      // The supervisor holds each run to its own limit; this is the outermost one of any.
      request.deadline_ms = c.now_ms + options_.limits.wall_ms +
                            static_cast<int64_t>(options_.limits.max_duration_s * 10'000);
      request.whole_ladder = whole_ladder;
      for (const auto& [name, limit] : saturated(lane)) request.except.push_back(name);
      auto jobs = c.tx.claim(request);
      if (!jobs) return jobs.error();
      if (jobs->empty()) return {};
      if (whole_ladder && jobs->size() > 1 &&
          std::any_of(jobs->begin(), jobs->end(), [](const Job& job) { return job.attempt > 1; })) {
        apart = true;
        return Error{ErrorCode::kConflict, "the rungs run apart"};
      }
      run->alone = std::any_of(jobs->begin(), jobs->end(),
                               [](const Job& job) { return job.error_class == kClassHost; });
      if (run->alone && !runs_.empty()) {
        waits_alone_ = WaitsAlone{lane, jobs->front().id};
        return Error{ErrorCode::kConflict, "it has to run alone"};
      }
      auto asset = c.need_asset(jobs->front().asset_id);
      if (!asset) return asset.error();
      auto description = c.description(*asset);
      if (!description) {
        buried = true;
        run->run.asset_id = asset->id;
        return bury(c, *asset, std::move(*jobs), description.error().message,
                    worker::kClassInternal);
      }
      run->kind = jobs->front().kind;
      run->lane = lane;
      run->description = *description;
      if (asset->state != stage_state(run->kind)) {
        FILMGATE_TRY(c.enter(*asset, stage_state(run->kind), ""));
      }
      run->run.asset_id = asset->id;
      run->run.stage = stage_name(run->kind);
      run->run.owner = options_.owner;
      run->run.boot_id = worker::boot_id();
      run->run.folder = join(kWork, run->run.id);
      run->run.started_ms = c.now_ms;
      run->asset = std::move(*asset);
      FILMGATE_TRY(c.tx.insert_run(run->run));
      for (const Job& job : *jobs) {
        FILMGATE_TRY(c.job_event(job, "job.leased", Json::object({{"run", run->run.id}})));
      }
      run->jobs = std::move(*jobs);
      return {};
    });
  };
  Result<void> done = claim(true);
  if (!done && apart) done = claim(false);
  if (waits_alone_.has_value()) return false;
  complain("cannot claim work", done);
  if (!done && done.error().code == ErrorCode::kUnavailable && !run->run.asset_id.empty()) {
    unsure_.insert(run->run.id);  // it came as far as the commit
  }
  if (done && buried) {
    carry_out(run->run.asset_id);
    return true;
  }
  if (!done || run->jobs.empty()) return false;
  begin(std::move(run));
  return true;
}

// Leases that ran out: of a run whose end could not be written, or of nobody we know. Those of what
// goes on here (the database was away, this host stood still, the clock was set forward) are taken
// up again, for nobody else has claimed their jobs.
void EngineImpl::sweep() {
  std::vector<Job> expired;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto jobs = tx.expired_leases(parts_.clock.now_ms());
    if (!jobs) return jobs.error();
    expired = std::move(*jobs);
    return {};
  });
  if (!read || expired.empty()) return complain("cannot look for expired leases", read);
  const auto done = change([&](Change& c) -> Result<void> {
    for (const Job& job : expired) {
      FILMGATE_TRY(is_held(job) ? c.tx.renew_lease(job, c.now_ms + options_.lease_ms)
                                : take_back(c, job, "its lease ran out"));
    }
    return {};
  });
  if (!done) return complain("cannot take back expired leases", done);
  for (const Job& job : expired) {
    if (!is_held(job)) stop_run(job.run_id);
  }
}

void EngineImpl::stop_run(const std::string& run_id) {
  const auto run = runs_.find(run_id);
  if (run == runs_.end()) return;
  run->second->withdrawn = true;
  if (run->second->kind == JobKind::kPublish) {
    end_later(*run->second);
    runs_.erase(run);  // it only waited for a hash
  } else {
    parts_.supervisor.cancel(run_id);
  }
}

void EngineImpl::renew_leases() {
  const int64_t now = parts_.clock.now_ms();
  if (runs_.empty() || now - renewed_ms_ < options_.renew_ms) return;
  renewed_ms_ = now;
  std::vector<std::string> lost;
  const int64_t soon_ms = now - options_.renew_ms + std::min(options_.renew_ms, kPatience);
  for (const auto& [id, run] : runs_) {
    if (run->withdrawn || run->jobs.empty()) continue;
    const auto done =
        parts_.store.transact([&, &jobs = run->jobs](Transaction& tx) -> Result<void> {
          for (const Job& job : jobs) FILMGATE_TRY(tx.renew_lease(job, now + options_.lease_ms));
          return {};
        });
    if (done) continue;
    const bool is_lost = done.error().code == ErrorCode::kConflict;
    // What it has yet to write may have been kept, and its reply lost: that looks for itself.
    if (is_lost && (!run->untold.empty() || run->again)) continue;
    complain("cannot renew a lease", done);
    if (is_lost) lost.push_back(id);
    if (done.error().code == ErrorCode::kUnavailable) {
      renewed_ms_ = soon_ms;  // as soon as the database answers
      break;
    }
  }
  for (const std::string& id : lost) stop_run(id);
}

// A reminder waits no longer than its description says, though the clock was set back meanwhile. A
// request for approval ends at the time that the reviewers were told.
Result<void> EngineImpl::shorten_waits() {
  AssetQuery query;
  query.state = AssetState::kWaitingMetadata;
  do {
    auto page = assets(query);
    if (!page) return page.error();
    query.before = static_cast<int>(page->size()) < query.limit ? "" : page->back().id;
    FILMGATE_TRY(change([&](Change& c) -> Result<void> {
      for (Asset& asset : *page) {
        auto description = c.description(asset);
        if (!description) continue;
        const int64_t latest = c.now_ms + (*description)->accept.grace_ms;
        if (asset.wake_ms <= latest) continue;
        asset.wake_ms = latest;
        FILMGATE_TRY(c.edit(asset));
      }
      return {};
    }));
  } while (!query.before.empty());
  return {};
}

void EngineImpl::wake_assets() {
  const int64_t now = parts_.clock.now_ms();
  const Result<void> shortened =
      looked_ms_ == 0 || now < looked_ms_ ? shorten_waits() : Result<void>();
  complain("cannot look for reminders", shortened);
  if (shortened) looked_ms_ = now;
  std::vector<Asset> due;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto assets = tx.assets_to_wake(now, static_cast<int>(kWakeBatch));
    if (!assets) return assets.error();
    due = std::move(*assets);
    return {};
  });
  complain("cannot look for assets that are due", read);
  for (const Asset& asset : due) {
    complain("cannot wake an asset", change([&](Change& c) { return wake_asset(c, asset); }));
    carry_out(asset.id);
  }
  if (due.size() == kWakeBatch && !trouble_) kick();
}

Result<void> EngineImpl::wake_asset(Change& change, Asset asset) {
  asset.wake_ms = 0;
  if (asset.state == AssetState::kWaitingMetadata) {
    FILMGATE_TRY(change.edit(asset));
    FILMGATE_TRY(
        change.event(asset.id, "asset.reminded", Json::object({{"detail", asset.detail}})));
    return change.notify(asset, AssetState::kWaitingMetadata, {});
  }
  if (asset.state == AssetState::kAwaitingApproval) {
    auto approval = change.tx.approval_of(asset.id, asset.revision);
    if (!approval) return approval.error();
    if (approval->has_value() && (*approval)->state == "pending" && (*approval)->expires_ms > 0) {
      if ((*approval)->expires_ms > change.now_ms) {
        asset.wake_ms = (*approval)->expires_ms;
      } else {
        return expire(change, asset, **approval);
      }
    }
  }
  return change.edit(asset);
}

// What became due while the engine was looking (since `begun_ms`) may have come too late for it.
void EngineImpl::arm_timer(int64_t begun_ms) {
  renew_leases();
  const int64_t now = parts_.clock.now_ms();
  std::optional<int64_t> next;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto wake = tx.next_wake_ms(begun_ms);
    if (!wake) return wake.error();
    next = *wake;
    return {};
  });
  complain("cannot ask for the next time to look", read);
  int64_t delay = -1;
  if (next.has_value()) delay = std::max<int64_t>(1, *next - now);
  if (trouble_ || !leaving_.empty()) delay = delay < 0 ? kPatience : std::min(delay, kPatience);
  if (!runs_.empty()) {
    const int64_t renewal = std::max<int64_t>(1, renewed_ms_ + options_.renew_ms - now);
    delay = delay < 0 ? renewal : std::min(delay, renewal);
  }
  const int64_t duty = std::max<int64_t>(1, retain_ms_ - now);
  delay = delay < 0 ? duty : std::min(delay, duty);
  timer_.reset();
  timer_ = parts_.executor.after(delay, guarded([this] { tick(); }));
}

}  // namespace filmgate::engine
