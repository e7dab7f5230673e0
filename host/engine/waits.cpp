// What an asset or a job waits for, in words for a person. Each reads on after "waits for".
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

constexpr const char* kFiles = "its files to be moved to where they belong";

std::string several(int64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string decision_words(const Approval& approval) {
  std::string words = "a person's decision";
  for (size_t i = 0; i < approval.reviewers.size(); ++i) {
    words += (i == 0 ? " (" : ", ") + approval.reviewers[i];
  }
  if (!approval.reviewers.empty()) words += ")";
  if (approval.quorum > 1) {
    words += ", " + std::to_string(approval.decisions.size()) + " of " +
             several(approval.quorum, "approval", "approvals") + " so far";
  }
  if (approval.expires_ms > 0) words += ", until " + format_time(approval.expires_ms);
  return words;
}

std::string rungs_words(const std::vector<Job>& jobs) {
  std::string names;
  for (const Job& job : jobs) {
    if (job.kind != JobKind::kRendition || job.state == JobState::kStaged || is_final(job.state)) {
      continue;
    }
    names += (names.empty() ? "" : ", ") + job.variant;
  }
  return names.empty() ? "its renditions" : "the renditions " + names;
}

}  // namespace

Result<std::string> EngineImpl::slot_waits_for(Transaction& tx, const Job& job, bool count) {
  const std::string lane = to_string(job.lane);
  std::string holders;
  int shown = 0;
  for (const auto& [id, run] : runs_) {
    if (run->lane != job.lane || ++shown > 3) continue;
    holders += (holders.empty() ? "" : ", ") + run->asset.name;
  }
  if (shown > 3) holders += " and " + several(shown - 3, "other", "others");
  std::string words = "a slot of the " + lane + " lane";
  if (!holders.empty()) words += ", where " + holders + (shown == 1 ? " runs" : " run");
  if (!count) return words;
  auto before = tx.count_due(job.lane, parts_.clock.now_ms(), &job);
  if (!before) return before.error();
  if (*before > 0) words += "; " + several(*before, "job goes", "jobs go") + " before it";
  return words;
}

Result<std::string> EngineImpl::job_waits_for(Transaction& tx, const Job& job,
                                              const AssetView& view, bool count) {
  if (job.state == JobState::kBlocked) return rungs_words(view.jobs);
  if (job.state == JobState::kStaged) {
    return std::string("the publishing of all that belongs to it");
  }
  if (job.state == JobState::kLeased && waits_for_hash_.contains(job.asset_id)) {
    return std::string("the checksum of its source, which is being read");
  }
  if (job.state == JobState::kLeased && !runs_.contains(job.run_id)) {
    return "the end of its lease at " + format_time(job.lease_until_ms) +
           ", for how its run ended could not be kept";
  }
  if (job.state != JobState::kReady) return std::string();
  if (job.run_at_ms > parts_.clock.now_ms()) {
    return "its next attempt (" + std::to_string(job.attempt + 1) + " of " +
           std::to_string(job.max_attempts) + ") at " + format_time(job.run_at_ms) +
           (job.error.empty() ? "" : ", for the last one failed: " + job.error);
  }
  // A row that was read for a list has no moves; those that fail for long are known all the same.
  if (view.asset.moves.size() > 0 || leaving_.contains(job.asset_id)) return std::string(kFiles);
  const std::string lane = to_string(job.lane);
  if (paused_.contains(job.lane)) return "the " + lane + " lane, which is paused";
  const std::map<std::string, int> full = saturated(job.lane);
  if (const auto filled = full.find(job.description); filled != full.end()) {
    return "another asset of the description " + job.description + ", which may have " +
           several(filled->second, "run", "runs") + " in the " + lane + " lane at once";
  }
  if (waits_alone_.has_value() && waits_alone_->job_id == job.id) {
    return std::string("the end of all that runs, because hosts ended while it ran before");
  }
  if (!may_claim()) {
    return std::string("work that runs by itself, because hosts ended while it ran before");
  }
  return slot_waits_for(tx, job, count);
}

Result<void> EngineImpl::say_waits(Transaction& tx, AssetView& view, bool count) {
  const Asset& asset = view.asset;
  view.jobs_wait_for.clear();
  bool runs = false;
  std::string by_ready, by_others;
  for (const Job& job : view.jobs) {
    auto words = job_waits_for(tx, job, view, count);
    if (!words) return words.error();
    runs = runs || (job.state == JobState::kLeased && words->empty());
    std::string& first = job.state == JobState::kReady ? by_ready : by_others;
    if (first.empty()) first = *words;
    view.jobs_wait_for.push_back(*std::move(words));
  }
  if (is_final(asset.state)) {
    view.waits_for = asset.moves.size() > 0 ? kFiles : "";
  } else if (asset.state == AssetState::kWaitingMetadata) {
    view.waits_for = asset.wake_ms > 0 ? "its metadata, until " + format_time(asset.wake_ms) +
                                             ", when somebody is told"
                                       : "its metadata; somebody has been told";
  } else if (asset.state == AssetState::kAwaitingApproval) {
    view.waits_for = view.approval ? decision_words(*view.approval) : "a person's decision";
  } else {
    view.waits_for = runs ? "" : by_ready.empty() ? by_others : by_ready;
  }
  return {};
}

Result<std::vector<std::string>> EngineImpl::waits_for(std::span<const Asset> assets) {
  std::vector<std::string> words;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    for (const Asset& asset : assets) {
      AssetView view;
      view.asset = asset;
      if (asset.state == AssetState::kAwaitingApproval) {
        auto approval = tx.approval_of(asset.id, asset.revision);
        if (!approval) return approval.error();
        view.approval = std::move(*approval);
      } else if (!is_final(asset.state) && asset.state != AssetState::kWaitingMetadata) {
        auto jobs = tx.jobs_of(asset.id, asset.revision);
        if (!jobs) return jobs.error();
        view.jobs = std::move(*jobs);
      }
      FILMGATE_TRY(say_waits(tx, view, false));
      words.push_back(std::move(view.waits_for));
    }
    return {};
  }));
  return words;
}

}  // namespace filmgate::engine
