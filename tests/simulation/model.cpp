#include "tests/simulation/model.h"

#include "host/model/event_chain.h"

namespace filmgate::test {
namespace {

constexpr int kAttempts = 3;
constexpr int64_t kLease = 30'000;
constexpr int64_t kExpiry = 3'600'000;

AssetState stage_of(JobKind kind) {
  return kind == JobKind::kInspect ? AssetState::kInspecting
         : kind == JobKind::kProbe ? AssetState::kProbing
                                   : AssetState::kTranscoding;
}

}  // namespace

Model::Model(uint64_t seed) : random_(seed) {
  reviewed_ = random(2) == 0;
  needs_sidecar_ = random(3) == 0;
  state_.rows.asset.id = "asset";
  tell(state_, "asset.received", Json::object({{"revision", 1}}));
  if (needs_sidecar_) {
    enter(state_, AssetState::kWaitingMetadata);
  } else {
    begin(state_);
  }
}

void Model::wrong(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

bool Model::transact(const char* what, const std::function<bool(State&)>& work) {
  State next = state_;
  if (!work(next)) return false;
  if (faults_ && random(20) == 0) {
    trace_.push_back(std::string(what) + ", but the host dies before it is committed");
    return false;
  }
  trace_.emplace_back(what);
  check(state_, next);
  state_ = std::move(next);
  return true;
}

void Model::check(const State& before, const State& after) {
  for (size_t i = 0; i < before.rows.jobs.size(); ++i) {
    const Job& old = before.rows.jobs[i];
    const Job& job = after.rows.jobs[i];
    if (job.fence < old.fence) wrong("a fence fell");
    if (job.state == JobState::kLeased && old.state != JobState::kLeased &&
        job.fence <= old.fence) {
      wrong("a claim has the fence of another");
    }
    if (old.state == JobState::kDone && job.state != JobState::kDone) wrong("done was left");
  }
  std::set<std::pair<int, std::string>> outputs;
  for (const Output& output : after.rows.outputs) {
    if (!outputs.emplace(output.revision, output.name).second) {
      wrong(output.name + " was published twice");
    }
  }
  if (after.events.size() < before.events.size()) wrong("an event is gone");
}

// Whatever isn't final has something that moves it: a job that is ready or will come back when its
// lease ends, a request that is open, metadata that is waited for.
void Model::check_not_stuck() {
  const Asset& asset = state_.rows.asset;
  if (is_final(asset.state) || asset.state == AssetState::kWaitingMetadata) return;
  for (const Job& job : state_.rows.jobs) {
    if (job.revision == asset.revision &&
        (job.state == JobState::kReady || job.state == JobState::kLeased)) {
      return;
    }
  }
  for (const Approval& approval : state_.rows.approvals) {
    if (approval.revision == asset.revision && approval.state == "pending") return;
  }
  wrong(std::string("it is ") + to_string(asset.state) + " and nothing will move it");
}

void Model::tell(State& state, const char* kind, Json data) {
  Event event;
  event.asset_id = state.rows.asset.id;
  event.number = static_cast<int64_t>(state.events.size()) + 1;
  event.kind = kind;
  event.at_ms = now_;
  event.data = std::move(data);
  if (!state.events.empty()) event.previous_hash = state.events.back().hash;
  event.hash = event_hash(event);
  state.events.push_back(std::move(event));
}

void Model::tell_job(State& state, const Job& job, const char* kind, const Json& more) {
  Json data = Json::object({{"job", job.id},
                            {"kind", to_string(job.kind)},
                            {"variant", job.variant},
                            {"revision", job.revision},
                            {"state", to_string(job.state)},
                            {"attempt", job.attempt},
                            {"fence", job.fence}});
  data.merge(more);
  tell(state, kind, std::move(data));
}

void Model::enter(State& state, AssetState to) {
  Asset& asset = state.rows.asset;
  // Rungs that run apart may fail one after the other.
  if (asset.state != to && !may_follow(asset.state, to)) {
    wrong(std::string("the table forbids ") + to_string(asset.state) + " -> " + to_string(to));
  }
  tell(
      state, "asset.state",
      Json::object(
          {{"from", to_string(asset.state)}, {"to", to_string(to)}, {"revision", asset.revision}}));
  asset.state = to;
}

void Model::add_job(State& state, JobKind kind, const char* variant, JobState first) {
  Job job;
  job.id = "job-" + std::to_string(++ids_);
  job.asset_id = state.rows.asset.id;
  job.revision = state.rows.asset.revision;
  job.kind = kind;
  job.variant = variant;
  job.state = first;
  job.lane = lane_of(kind);
  job.max_attempts = kAttempts;
  job.run_at_ms = now_;
  for (const Job& other : state.rows.jobs) {
    if (other.revision == job.revision && other.kind == kind && other.variant == variant &&
        !is_final(other.state)) {
      wrong(std::string("the same work is queued twice: ") + to_string(kind));
    }
  }
  tell_job(state, job, "job.created");
  state.rows.jobs.push_back(std::move(job));
}

void Model::move_job(State& state, Job& job, JobState to, const char* kind, const Json& more) {
  if (!may_follow(job.state, to)) {
    wrong(std::string("the table forbids a job ") + to_string(job.state) + " -> " + to_string(to));
  }
  if (job.state == JobState::kLeased) {
    for (Attempt& attempt : state.rows.attempts) {
      if (attempt.job_id == job.id && attempt.fence == job.fence) attempt.ended_ms = now_;
    }
  }
  if (to == JobState::kLeased) {
    Attempt attempt;
    attempt.job_id = job.id;
    attempt.fence = job.fence;
    state.rows.attempts.push_back(std::move(attempt));
  }
  job.state = to;
  tell_job(state, job, kind, more);
}

void Model::call_off(State& state) {
  for (Job& job : state.rows.jobs) {
    if (job.revision == state.rows.asset.revision && !is_final(job.state)) {
      move_job(state, job, JobState::kCancelled, "job.cancelled");
    }
  }
  for (Approval& approval : state.rows.approvals) {
    if (approval.state != "pending") continue;
    approval.state = "superseded";
    tell(state, "approval.superseded", Json::object({{"approval", approval.id}}));
  }
}

void Model::begin(State& state) {
  add_job(state, JobKind::kInspect, "", JobState::kReady);
}

// What follows when everything of a kind went well.
void Model::go_on(State& state, JobKind done) {
  if (done == JobKind::kInspect) {
    enter(state, AssetState::kProbing);
    return add_job(state, JobKind::kProbe, "", JobState::kReady);
  }
  if (done == JobKind::kProbe && reviewed_) {
    Approval approval;
    approval.id = "approval-" + std::to_string(++ids_);
    approval.revision = state.rows.asset.revision;
    approval.state = "pending";
    approval.quorum = 2;
    approval.expires_ms = now_ + kExpiry;
    approval.decisions = Json::array();
    tell(state, "approval.requested",
         Json::object({{"approval", approval.id},
                       {"quorum", approval.quorum},
                       {"expires", approval.expires_ms}}));
    state.rows.approvals.push_back(std::move(approval));
    return enter(state, AssetState::kAwaitingApproval);
  }
  if (done == JobKind::kProbe) {
    enter(state, AssetState::kTranscoding);
    for (const char* rung : {"720p", "480p"}) {
      add_job(state, JobKind::kRendition, rung, JobState::kReady);
    }
    return add_job(state, JobKind::kPublish, "", JobState::kBlocked);
  }
  if (done == JobKind::kRendition) {
    bool all = true;
    Job* publishing = nullptr;
    for (Job& job : state.rows.jobs) {
      if (job.revision != state.rows.asset.revision) continue;
      if (job.kind == JobKind::kRendition) all = all && job.state == JobState::kStaged;
      if (job.kind == JobKind::kPublish) publishing = &job;
    }
    if (all && publishing != nullptr && publishing->state == JobState::kBlocked) {
      move_job(state, *publishing, JobState::kReady, "job.ready");
    }
    return;
  }
  publish(state);
}

void Model::publish(State& state) {
  Json names = Json::array();
  for (Job& job : state.rows.jobs) {
    if (job.revision != state.rows.asset.revision || job.state != JobState::kStaged) continue;
    move_job(state, job, JobState::kDone, "job.done");
    Output output;
    output.revision = job.revision;
    output.name = job.variant;
    output.sha256 = "sha of " + job.variant;
    names.push_back(Json::object({{"name", output.name}, {"sha256", output.sha256}}));
    state.rows.outputs.push_back(std::move(output));
  }
  if (names.size() != 2) wrong("a set of " + std::to_string(names.size()) + " was published");
  tell(state, "asset.published",
       Json::object({{"revision", state.rows.asset.revision}, {"outputs", std::move(names)}}));
  enter(state, AssetState::kProcessed);
}

bool Model::holds(const State& state, const Claim& claim) {
  return std::all_of(claim.begin(), claim.end(), [&state](const Held& held) {
    const Job& job = state.rows.jobs[held.job];
    return job.state == JobState::kLeased && job.fence == held.fence;
  });
}

// The first ready job that is due; rungs together the first time, then each by itself.
void Model::claim() {
  Claim claimed;
  const bool kept = transact("a claim", [&](State& state) {
    bool together = true;
    for (size_t i = 0; i < state.rows.jobs.size(); ++i) {
      Job& job = state.rows.jobs[i];
      if (job.state != JobState::kReady || job.run_at_ms > now_) continue;
      if (!claimed.empty() && (!together || job.kind != JobKind::kRendition)) continue;
      if (claimed.empty()) together = job.kind == JobKind::kRendition && job.attempt == 0;
      ++job.attempt;
      ++job.fence;
      job.lease_until_ms = now_ + kLease;
      move_job(state, job, JobState::kLeased, "job.leased");
      claimed.push_back({i, job.fence});
    }
    if (claimed.empty()) return false;
    const AssetState stage = stage_of(state.rows.jobs[claimed.front().job].kind);
    if (state.rows.asset.state != stage) enter(state, stage);
    return true;
  });
  if (kept) claims_.push_back(std::move(claimed));
}

void Model::end_claim(size_t which, Outcome outcome) {
  const Claim claim = claims_[which];
  claims_.erase(claims_.begin() + static_cast<std::ptrdiff_t>(which));
  static constexpr const char* kNames[] = {"a run ends well", "a run finds bad media",
                                           "a run fails", "a run crashes", "a run makes one rung"};
  const bool kept = transact(kNames[static_cast<int>(outcome)], [&](State& state) {
    if (!holds(state, claim)) return false;  // a stale run changes nothing
    Claim left = claim;
    const JobKind kind = state.rows.jobs[claim.front().job].kind;
    const auto well = [&](const Held& held) {
      const bool rung = kind == JobKind::kRendition;
      move_job(state, state.rows.jobs[held.job], rung ? JobState::kStaged : JobState::kDone,
               rung ? "job.staged" : "job.done");
    };
    if (outcome == Outcome::kOk) {
      for (const Held& held : claim) well(held);
      go_on(state, kind);
      return true;
    }
    if (outcome == Outcome::kOneRung && kind == JobKind::kRendition) {
      well(left.front());
      left.erase(left.begin());
      if (left.empty()) {
        go_on(state, kind);
        return true;
      }
    }
    bool dead = outcome == Outcome::kMedia;
    for (const Held& held : left) {
      Job& job = state.rows.jobs[held.job];
      if (outcome == Outcome::kCrash) ++job.crashes;
      const bool used_up = dead || job.attempt >= job.max_attempts || job.crashes >= kAttempts;
      job.run_at_ms = now_ + 10'000 * job.attempt;
      move_job(state, job, used_up ? JobState::kDead : JobState::kReady,
               used_up ? "job.dead" : "job.failed",
               Json::object({{"class", outcome == Outcome::kCrash ? "crash" : "io"}}));
      dead = dead || used_up;
    }
    if (dead) call_off(state);
    enter(state, outcome == Outcome::kMedia ? AssetState::kRejected
                 : dead                     ? AssetState::kUnableToProcess
                                            : AssetState::kFailed);
    return true;
  });
  for (const Held& held : claim) {
    if (kept && state_.rows.jobs[held.job].fence != held.fence) wrong("a stale run changed a job");
  }
  // The host died in between; the worker's answer may still come, late.
  if (!kept && random(2) == 0 && faults_) claims_.push_back(claim);
}

// Leases that ran out, or all of them when a host begins after another's death.
void Model::take_back(bool all) {
  (void)transact(all ? "a new host takes over" : "leases run out", [&](State& state) {
    bool any = false;
    for (Job& job : state.rows.jobs) {
      if (job.state != JobState::kLeased || (!all && job.lease_until_ms > now_)) continue;
      job.attempt = all ? job.attempt - 1 : std::min(job.attempt, job.max_attempts - 1);
      job.run_at_ms = now_;
      move_job(state, job, JobState::kReady, "job.lost");
      any = true;
    }
    return any;
  });
}

void Model::decide(bool approves) {
  (void)transact(approves ? "a reviewer approves" : "a reviewer rejects", [&](State& state) {
    for (Approval& approval : state.rows.approvals) {
      if (approval.state != "pending" || approval.expires_ms <= now_) continue;
      approval.decisions.push_back(Json::object({{"decision", approves ? "approve" : "reject"}}));
      const bool decided =
          !approves || static_cast<int>(approval.decisions.size()) >= approval.quorum;
      if (decided) approval.state = approves ? "approved" : "rejected";
      tell(state, "approval.decided",
           Json::object({{"approval", approval.id},
                         {"decision", approves ? "approve" : "reject"},
                         {"decided", decided}}));
      if (!decided) return true;
      if (!approves) {
        call_off(state);
        enter(state, AssetState::kRejected);
        return true;
      }
      enter(state, AssetState::kTranscoding);
      for (const char* rung : {"720p", "480p"}) {
        add_job(state, JobKind::kRendition, rung, JobState::kReady);
      }
      add_job(state, JobKind::kPublish, "", JobState::kBlocked);
      return true;
    }
    return false;
  });
}

void Model::expire() {
  (void)transact("a request expires", [&](State& state) {
    for (Approval& approval : state.rows.approvals) {
      if (approval.state != "pending" || approval.expires_ms > now_) continue;
      approval.state = "expired";
      tell(state, "approval.expired", Json::object({{"approval", approval.id}}));
      enter(state, AssetState::kExpired);
      return true;
    }
    return false;
  });
}

void Model::cancel() {
  (void)transact("a person cancels", [&](State& state) {
    if (is_final(state.rows.asset.state)) return false;
    call_off(state);
    enter(state, AssetState::kCancelled);
    return true;
  });
}

void Model::retry() {
  (void)transact("a person asks for another try", [&](State& state) {
    const AssetState now = state.rows.asset.state;
    if (now != AssetState::kRejected && now != AssetState::kUnableToProcess) return false;
    ++state.rows.asset.revision;
    enter(state, AssetState::kReceived);
    begin(state);
    return true;
  });
}

void Model::sidecar() {
  (void)transact("its metadata comes", [&](State& state) {
    if (state.rows.asset.state != AssetState::kWaitingMetadata) return false;
    enter(state, AssetState::kReceived);
    begin(state);
    return true;
  });
}

std::string Model::step() {
  switch (random(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      claim();
      break;
    case 5:
    case 6:
    case 7:
    case 8:
      if (!claims_.empty()) {
        end_claim(random(static_cast<uint32_t>(claims_.size())),
                  random(2) == 0 ? Outcome::kOk : static_cast<Outcome>(random(5)));
      }
      break;
    case 9:
      now_ += random(20'000);
      break;
    case 10:
      now_ += random(2) == 0 ? kLease : kExpiry;
      take_back(false);
      expire();
      break;
    case 11:
      take_back(true);
      break;
    case 12:
    case 13:
      decide(random(6) != 0);
      break;
    case 14:
      sidecar();
      break;
    default:
      random(3) == 0 ? cancel() : retry();
  }
  check_not_stuck();
  return wrong_;
}

std::string Model::settle() {
  faults_ = false;
  for (int round = 0; round < 200 && wrong_.empty() && !is_final(state_.rows.asset.state);
       ++round) {
    sidecar();
    claim();
    while (!claims_.empty()) end_claim(0, Outcome::kOk);
    decide(true);
    now_ += kLease;
    take_back(false);
    expire();
    check_not_stuck();
  }
  if (!is_final(state_.rows.asset.state)) {
    wrong(std::string("it never ends; it is ") + to_string(state_.rows.asset.state));
  }
  for (const Job& job : state_.rows.jobs) {
    if (!is_final(job.state)) wrong(std::string("a job is left ") + to_string(job.state));
  }
  const Audit found = audit(state_.rows, state_.events);
  if (!found.problems.empty()) wrong(found.problems.front());
  return wrong_;
}

}  // namespace filmgate::test
