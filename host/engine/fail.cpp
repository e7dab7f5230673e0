// What a failed attempt, a rejection or a change of mind means for an asset and its files.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/worker/protocol.h"

namespace filmgate::engine {
namespace {

constexpr size_t kNoteLog = 4096;  // bytes of the worker's words that go into the note

bool is_the_files_fault(const std::string& error_class) {
  return error_class == worker::kClassMedia || error_class == worker::kClassUnsupported;
}

std::string tail(const std::string& text) {
  if (text.size() <= kNoteLog) return text;
  size_t from = text.size() - kNoteLog;
  while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xc0) == 0x80) ++from;
  return text.substr(from);
}

}  // namespace

int64_t backoff_ms(const RetrySpec& retry, const Job& job) {
  if (retry.backoff_ms.empty()) return 0;
  const size_t step =
      std::min(static_cast<size_t>(std::max(0, job.attempt - 1)), retry.backoff_ms.size() - 1);
  const int64_t base = retry.backoff_ms[step];
  // Jobs that failed together come back spread over a fifth of the step.
  const auto spread = static_cast<int64_t>(
      std::hash<std::string>{}(job.id + "/" + std::to_string(job.attempt)) % 2001);
  return base + base * (spread - 1000) / 10'000;
}

Result<void> EngineImpl::fail_run(ActiveRun& run, const Failure& failure) {
  log(LogLevel::kDebug, "engine",
      run.run.stage + " failed: " + failure.error_class + ": " + failure.message,
      {{"asset", run.asset.id}});
  const auto done = change([&](Change& c) -> Result<void> {
    FILMGATE_TRY(close_run(
        c, run, failure.error_class == worker::kClassCrash ? "crashed" : "failed", failure));
    return fail_jobs(c, run, failure);
  });
  if (!done && done.error().code == ErrorCode::kUnavailable) return done;
  if (!done) end_later(run);
  if (!done && done.error().code != ErrorCode::kConflict) {
    // The lease runs out by itself, and the attempt counts as any other.
    log(LogLevel::kError, "engine", "cannot record a failure: " + done.error().message,
        {{"asset", run.asset.id}});
  }
  // First, for on a full disk the note beside the source needs the room.
  drop_run_folder(run, true);
  carry_out(run.asset.id);
  return {};
}

Result<void> EngineImpl::fail_jobs(Change& change, ActiveRun& run, const Failure& failure) {
  auto asset = change.need_asset(run.asset.id);
  if (!asset) return asset.error();
  const bool hopeless = is_the_files_fault(failure.error_class);
  bool dead = false;
  Note note;
  note.reasons = {failure.message};
  note.error_class = failure.error_class;
  note.log = tail(failure.log);
  for (Job job : run.jobs) {  // the run's own stay as they are, should the commit fail
    if (failure.error_class == worker::kClassCrash) ++job.crashes;
    const bool used_up = job.attempt >= job.max_attempts || job.crashes >= kMaxCrashes;
    dead = dead || used_up;
    job.error_class = failure.error_class;
    job.error = failure.message;
    job.updated_ms = change.now_ms;
    job.state = hopeless || used_up ? JobState::kDead : JobState::kReady;
    if (job.state == JobState::kReady) {
      job.run_at_ms = change.now_ms + backoff_ms(run.description->retry, job);
      note.next_ms = note.next_ms == 0 ? job.run_at_ms : std::min(note.next_ms, job.run_at_ms);
    }
    note.attempt = std::max(note.attempt, job.attempt);
    note.attempts = std::max(note.attempts, job.max_attempts);
    FILMGATE_TRY(change.tx.finish_job(job));
    Json said = Json::object({{"class", failure.error_class}, {"error", failure.message}});
    if (job.state == JobState::kReady) said.set("next", job.run_at_ms);
    FILMGATE_TRY(change.job_event(job, job.state == JobState::kDead ? "job.dead" : "job.failed",
                                  std::move(said)));
  }
  if (hopeless) return reject(change, *asset, {failure.message}, note.log);
  if (dead) {
    note.next_ms = 0;
    FILMGATE_TRY(change.call_off(*asset));
    asset->wake_ms = 0;
    FILMGATE_TRY(
        promise_into(change, *asset, kUnableToProcess, AssetState::kUnableToProcess, &note));
    return change.enter(*asset, AssetState::kUnableToProcess,
                        failure.message + " (after " + std::to_string(note.attempt) +
                            (note.attempt == 1 ? " attempt)" : " attempts)") + left_behind(*asset));
  }
  FILMGATE_TRY(promise_into(change, *asset, kFailed, AssetState::kFailed, &note));
  return change.enter(*asset, AssetState::kFailed,
                      failure.message + " (attempt " + std::to_string(note.attempt) + " of " +
                          std::to_string(note.attempts) + "; the next at " +
                          format_time(note.next_ms) + ")");
}

Result<void> EngineImpl::bury(Change& change, Asset& asset, std::vector<Job> leased,
                              const std::string& why, const char* error_class) {
  Note note;
  note.reasons = {why};
  note.error_class = error_class;
  for (Job& job : leased) {
    Attempt attempt;
    attempt.job_id = job.id;
    attempt.run_id = job.run_id;
    attempt.fence = job.fence;
    attempt.ended_ms = change.now_ms;
    attempt.outcome = "failed";
    attempt.error_class = error_class;
    attempt.error = why;
    const auto ended = change.tx.end_attempt(attempt);
    if (!ended && ended.error().code != ErrorCode::kConflict) return ended;  // ended already
    job.state = JobState::kDead;
    job.error_class = note.error_class;
    job.error = why;
    job.updated_ms = change.now_ms;
    FILMGATE_TRY(change.tx.finish_job(job));
    FILMGATE_TRY(change.job_event(job, "job.dead", Json::object({{"error", why}})));
  }
  FILMGATE_TRY(change.call_off(asset));
  FILMGATE_TRY(promise_into(change, asset, kUnableToProcess, AssetState::kUnableToProcess, &note));
  return change.enter(asset, AssetState::kUnableToProcess, why);
}

// What ran becomes ready again, and the attempt doesn't count.
Result<void> EngineImpl::hand_back_in(Change& change, ActiveRun& run, const std::string& why) {
  FILMGATE_TRY(close_run(change, run, "killed", Failure{worker::kClassCancelled, why, ""}));
  for (Job job : run.jobs) {
    job.state = JobState::kReady;
    job.attempt = std::max(0, job.attempt - 1);
    job.run_at_ms = change.now_ms;
    job.updated_ms = change.now_ms;
    FILMGATE_TRY(change.tx.finish_job(job));
    FILMGATE_TRY(change.job_event(job, "job.handed_back", Json::object({{"why", why}})));
  }
  return {};
}

void EngineImpl::hand_back(ActiveRun& run) {
  const auto done = change([&](Change& c) { return hand_back_in(c, run, "the host was stopped"); });
  if (!done && done.error().code != ErrorCode::kConflict) {
    log(LogLevel::kError, "engine", "cannot hand back a job: " + done.error().message);
  }
  drop_run_folder(run, false);
}

Result<void> EngineImpl::reject(Change& change, Asset& asset,
                                const std::vector<std::string>& reasons,
                                const std::string& log_tail) {
  Note note;
  note.reasons = reasons;
  note.log = log_tail;
  asset.wake_ms = 0;
  FILMGATE_TRY(change.call_off(asset));
  FILMGATE_TRY(promise_into(change, asset, kRejected, AssetState::kRejected, &note));
  return change.enter(asset, AssetState::kRejected, in_one_line(reasons), to_json(reasons));
}

Result<void> EngineImpl::expire(Change& change, Asset& asset, Approval approval) {
  approval.state = "expired";
  approval.decided_ms = change.now_ms;
  FILMGATE_TRY(change.tx.update_approval(approval, "pending"));
  FILMGATE_TRY(
      change.event(asset.id, "approval.expired", Json::object({{"approval", approval.id}})));
  const std::string why =
      "nobody decided until " + format_time(approval.expires_ms) + ", when the request expired";
  Note note;
  note.reasons = {why};
  asset.wake_ms = 0;
  FILMGATE_TRY(promise_into(change, asset, kRejected, AssetState::kExpired, &note));
  return change.enter(asset, AssetState::kExpired, why);
}

// The file at an asset's place is another one now. The asset ends; the file stays where it is and
// is taken in as a new upload.
Result<void> EngineImpl::supersede_in(Change& change, Asset asset, const std::string& why) {
  FILMGATE_TRY(check_not_placed(change, asset));
  FILMGATE_TRY(change.call_off(asset));
  asset.wake_ms = 0;
  asset.source.path.clear();
  asset.sidecar_path.clear();
  return change.enter(asset, AssetState::kCancelled, why);
}

Result<void> EngineImpl::supersede(const Asset& asset, const std::string& why) {
  FILMGATE_TRY(check_settled(asset));
  FILMGATE_TRY(change([&](Change& c) { return supersede_in(c, asset, why); }));
  withdraw(asset.id);
  drop_work_of(asset.id);
  return {};
}

Result<void> EngineImpl::supersede_run(ActiveRun& run, const std::string& why) {
  const auto done = change([&](Change& c) -> Result<void> {
    FILMGATE_TRY(close_run(c, run, "failed", Failure{worker::kClassIo, why, ""}));
    auto asset = c.need_asset(run.asset.id);
    if (!asset) return asset.error();
    if (is_final(asset->state)) return {};
    return supersede_in(c, std::move(*asset), why);
  });
  if (!done && done.error().code == ErrorCode::kUnavailable) return done;
  if (!done) {
    log(LogLevel::kError, "engine", "cannot call off an asset: " + done.error().message,
        {{"asset", run.asset.id}});
    end_later(run);
  }
  withdraw(run.asset.id);
  drop_work_of(run.asset.id);
  drop_run_folder(run, true);
  return {};
}

}  // namespace filmgate::engine
