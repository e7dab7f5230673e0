// What people decide: approve, reject, cancel, try again.
#include "host/base/hash.h"
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

// One person with a link and a token, or two names, would be several of a quorum.
Result<void> check_counts(const Asset& asset, const Approval& approval,
                          const std::string& reviewer) {
  const std::vector<std::string>& listed = approval.reviewers;
  if (approval.quorum <= 1) return {};
  if (listed.empty() ? !reviewer.empty()
                     : std::find(listed.begin(), listed.end(), reviewer) != listed.end()) {
    return {};
  }
  const std::string needs = asset.name + " needs " + std::to_string(approval.quorum);
  if (listed.empty()) {
    return Error{ErrorCode::kPermission,
                 needs +
                     " approvals of different people, and this one doesn't say whose it is: "
                     "approve it with a token that names you"};
  }
  return Error{ErrorCode::kPermission,
               needs + " of its reviewers, and " + (reviewer.empty() ? "whoever asks" : reviewer) +
                   " is none of them: approve it by the link that a reviewer was sent"};
}

}  // namespace

Result<DecisionOutcome> EngineImpl::decide(const DecisionRequest& request) {
  DecisionOutcome outcome;
  bool expired = false;
  std::string asset_id;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto found = c.tx.approval(request.approval_id);
    if (!found) return found.error();
    if (!found->has_value()) {
      return Error{ErrorCode::kNotFound, "there is no such request for approval"};
    }
    Approval& approval = **found;
    asset_id = approval.asset_id;
    outcome.approval = approval;
    const bool approves = request.decision == Decision::kApprove;
    const std::string wanted = approves ? "approved" : "rejected";
    if (approval.state == "expired") {
      expired = true;
      return {};
    }
    if (approval.state == wanted) {
      outcome.repeated = true;
      return {};
    }
    if (approval.state != "pending") {
      return Error{ErrorCode::kConflict, "this request was already " + approval.state};
    }
    auto asset = c.need_asset(approval.asset_id);
    if (!asset) return asset.error();
    if (asset->state != AssetState::kAwaitingApproval || asset->revision != approval.revision) {
      return Error{ErrorCode::kConflict,
                   asset->name + " has moved on since; it is " + to_string(asset->state)};
    }
    if (approval.expires_ms > 0 && approval.expires_ms <= c.now_ms) {
      expired = true;
      return expire(c, *asset, approval);
    }
    if (approves) FILMGATE_TRY(check_counts(*asset, approval, request.reviewer));
    if (const Json::Array* earlier = approval.decisions.if_array()) {
      for (const Json& decision : *earlier) {
        // Pending with a decision of this reviewer: it was an approval, and others are waited for.
        if (decision.get("reviewer").string_or("") == request.reviewer && approves) {
          outcome.repeated = true;
          return {};
        }
      }
    }
    approval.decisions.push_back(Json::object({{"reviewer", request.reviewer},
                                               {"decision", approves ? "approve" : "reject"},
                                               {"reason", request.reason},
                                               {"at", c.now_ms}}));
    int approvals = 0;
    for (const Json& decision : *approval.decisions.if_array()) {
      approvals += decision.get("decision").string_or("") == "approve" ? 1 : 0;
    }
    const bool decided = !approves || approvals >= approval.quorum;
    if (decided) {
      approval.state = wanted;
      approval.decided_ms = c.now_ms;
    }
    FILMGATE_TRY(c.tx.update_approval(approval, "pending"));
    FILMGATE_TRY(c.event(asset->id, "approval.decided",
                         Json::object({{"approval", approval.id},
                                       {"decision", approves ? "approve" : "reject"},
                                       {"reviewer", request.reviewer},
                                       {"reason", request.reason},
                                       {"approvals", approvals},
                                       {"quorum", approval.quorum},
                                       {"decided", decided}})));
    outcome.approval = approval;
    if (!decided) return {};
    asset->wake_ms = 0;
    if (!approves) {
      return reject(c, *asset,
                    {request.reason.empty() ? "a reviewer rejected it"
                                            : "a reviewer rejected it: " + request.reason});
    }
    auto description = c.description(*asset);
    if (!description) return description.error();
    return go_transcode(c, *asset, **description);
  }));
  carry_out(asset_id);
  if (expired) {
    return Error{ErrorCode::kTimeout,
                 "this request expired at " + format_time(outcome.approval.expires_ms)};
  }
  return outcome;
}

Result<void> EngineImpl::cancel(const std::string& asset_id) {
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    if (asset->state == AssetState::kCancelled) return {};
    if (is_final(asset->state)) {
      return Error{ErrorCode::kConflict,
                   asset->name + " is " + to_string(asset->state) + " and can't be cancelled"};
    }
    FILMGATE_TRY(check_not_placed(c, *asset));
    Note note;
    note.reasons = {"a person cancelled it"};
    asset->wake_ms = 0;
    FILMGATE_TRY(c.call_off(*asset));
    FILMGATE_TRY(promise_into(c, *asset, kRejected, AssetState::kCancelled, &note));
    return c.enter(*asset, AssetState::kCancelled, "a person cancelled it" + left_behind(*asset));
  }));
  withdraw(asset_id);
  carry_out(asset_id);
  return {};
}

Result<void> EngineImpl::retry(const std::string& asset_id) {
  bool anew = false;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    if (asset->state == AssetState::kFailed) {
      auto jobs = c.tx.jobs_of(asset->id, asset->revision);
      if (!jobs) return jobs.error();
      for (Job& job : *jobs) {
        if (job.state != JobState::kReady) continue;
        job.run_at_ms = c.now_ms;
        job.updated_ms = c.now_ms;
        FILMGATE_TRY(c.tx.update_job(job, JobState::kReady));
      }
      return c.event(asset->id, "asset.retry", Json::object());
    }
    if (asset->state != AssetState::kUnableToProcess && asset->state != AssetState::kRejected) {
      return Error{ErrorCode::kConflict, asset->name + " is " + to_string(asset->state) +
                                             "; only what is failed, " +
                                             "unable_to_process or rejected can be tried again"};
    }
    FILMGATE_TRY(check_settled(*asset));
    if (asset->source.path.empty()) {
      return Error{ErrorCode::kConflict, "the source of " + asset->name +
                                             " was overwritten before it was filed; upload it "
                                             "once more"};
    }
    auto there = parts_.library.stat(asset->source.path);
    if (!there) return there.error();
    const auto taken = is_anothers(c, *asset, asset->source.path);
    if (!taken) return taken.error();
    if (*taken) {
      return Error{ErrorCode::kConflict, "another asset's file lies at " + asset->source.path +
                                             " now; upload " + asset->name + " once more"};
    }
    auto description = c.description(*asset);
    if (!description) return description.error();
    auto pairing = asset->sidecar_path.empty()
                       ? find_sidecar(asset->source.path, (*description)->accept.sidecar)
                       : read_sidecar(asset->sidecar_path);
    if (!pairing) return pairing.error();
    if (!pairing->broken.empty()) return Error{ErrorCode::kInvalidInput, pairing->broken};
    FILMGATE_TRY(take_key(c, *asset, **description, pairing->metadata));
    // The next revision of the asset begins; jobs and decisions of the old one stay as they are.
    ++asset->revision;
    asset->facts = Json();
    asset->source.size = there->size;
    asset->source.mtime_ns = there->mtime_ns;
    asset->source.inode = there->inode;
    asset->source.sha256.clear();
    FILMGATE_TRY(promise_into(c, *asset, kUploads, AssetState::kReceived, nullptr));
    if (!asset->sidecar_path.empty()) pairing->path = asset->sidecar_path;
    pair(*asset, *pairing);
    FILMGATE_TRY(c.enter(*asset, AssetState::kReceived, "a person asked to try it again"));
    FILMGATE_TRY(c.event(asset->id, "asset.retry", Json::object({{"size", asset->source.size}})));
    anew = true;
    return enter_way(c, {*asset, **description, *pairing});
  }));
  carry_out(asset_id);
  if (anew) hash_source(asset_id);
  return {};
}

}  // namespace filmgate::engine
