// What an asset's facts mean for its way: on to the next stage, to a person, or out.
#include "host/base/id.h"
#include "host/engine/engine_impl.h"
#include "host/model/replay.h"

namespace filmgate::engine {
namespace {

constexpr std::string_view kDuration = "media.duration";

std::vector<std::string> messages_of(const std::vector<Reason>& reasons) {
  std::vector<std::string> messages;
  for (const Reason& reason : reasons) messages.push_back(reason.message);
  return messages;
}

// A header's duration is a claim, and some headers make none; it is judged after decoding.
void drop_provisional(std::vector<std::string>& messages) {
  std::erase_if(messages, [](const std::string& message) {
    return message.find(kDuration) != std::string::npos;
  });
}

// Where the tracks themselves are wrong, rules about their details only repeat it.
void drop_media_rules(std::vector<std::string>& messages) {
  std::erase_if(messages, [](const std::string& message) {
    return message.find("media.video.") != std::string::npos ||
           message.find("media.audio.") != std::string::npos;
  });
}

// What was decoded is the truth about how long the asset is.
void keep_decoded_duration(Json& facts) {
  double decoded = 0;
  for (const char* path : {"quality.video.duration", "quality.audio.duration"}) {
    if (const Json* value = facts.find_path(path)) decoded = std::max(decoded, value->number_or(0));
  }
  if (decoded > 0) facts.set_path(kDuration, decoded);
}

bool has_sound(const Json& facts) {
  return facts.find_path("media.audio") != nullptr;
}

// What was found of it; the documents themselves stand in the row.
Json digests_of(const Json& facts) {
  return Json::object({{"facts_sha256", facts_digest(facts)},
                       {"metadata_sha256", document_digest(facts.get("metadata"))}});
}

// What will be made of it, or why nothing can be: that is a verdict on the upload, for the next
// attempt would say the same.
Result<Plan> plan_for(const Description& description, const Asset& asset) {
  const Json values = template_values(asset);
  if (auto folder = expand_template(description.folder, values); !folder) {
    return Error{ErrorCode::kUnsupported,
                 "its output folder has no name: " + folder.error().message};
  }
  return plan_renditions(description, asset.facts, values);
}

}  // namespace

Result<void> EngineImpl::inspected(Change& change, ActiveRun& run) {
  auto asset = change.need_asset(run.asset.id);
  if (!asset) return asset.error();
  Json metadata =
      run.facts.get("metadata").is_object() ? run.facts.get("metadata") : Json::object();
  if (asset->metadata.is_object()) metadata.merge(asset->metadata);
  asset->facts = run.facts.is_object() ? run.facts : Json::object();
  asset->facts.set("metadata", std::move(metadata));

  FILMGATE_TRY(close_run(change, run, "ok", {}));
  for (Job job : run.jobs) {  // the run's own stay as they are, should the commit fail
    job.state = JobState::kDone;
    job.updated_ms = change.now_ms;
    FILMGATE_TRY(change.tx.finish_job(job));
    FILMGATE_TRY(change.job_event(job, "job.done", digests_of(asset->facts)));
  }
  std::vector<std::string> against = messages_of(run.description->gate.violations(asset->facts));
  drop_provisional(against);
  if (against.empty() && run.gate_said_reject) {
    against = run.gate_reasons;
    drop_provisional(against);
  }
  if (auto tracks = check_tracks(*run.description, asset->facts); !tracks) {
    drop_media_rules(against);
    against.insert(against.begin(), tracks.error().message);
  }
  if (!against.empty()) return reject(change, *asset, against);
  const auto plan = plan_for(*run.description, *asset);
  if (!plan) return reject(change, *asset, {plan.error().message});
  FILMGATE_TRY(change.enter(*asset, AssetState::kProbing, ""));
  return change.insert_job(
      change.new_job(*asset, *run.description, JobKind::kProbe, "", JobState::kReady));
}

Result<void> EngineImpl::probed(Change& change, ActiveRun& run) {
  auto asset = change.need_asset(run.asset.id);
  if (!asset) return asset.error();
  const bool sound_known = has_sound(asset->facts);
  asset->facts.merge(run.facts);
  keep_decoded_duration(asset->facts);
  // Sound that only decoding showed hasn't been measured: once more, with what is known now.
  const bool again = !sound_known && has_sound(asset->facts);

  FILMGATE_TRY(close_run(change, run, "ok", {}));
  for (Job job : run.jobs) {  // the run's own stay as they are, should the commit fail
    job.state = JobState::kDone;
    job.updated_ms = change.now_ms;
    if (!again) job.staged = Json::object({{"files", run.files}});
    FILMGATE_TRY(change.tx.finish_job(job));
    FILMGATE_TRY(change.job_event(job, "job.done", digests_of(asset->facts)));
  }
  const Description& description = *run.description;
  if (again) {
    FILMGATE_TRY(change.edit(*asset));
    return change.insert_job(
        change.new_job(*asset, description, JobKind::kProbe, "", JobState::kReady));
  }
  std::vector<std::string> against = messages_of(description.gate.violations(asset->facts));
  for (const Reason& reason : description.probe.reject.triggers(asset->facts)) {
    against.push_back(reason.message);
  }
  if (!against.empty()) return reject(change, *asset, against);
  const auto plan = plan_for(description, *asset);
  if (!plan) return reject(change, *asset, {plan.error().message});
  const auto hold = messages_of(description.probe.hold.triggers(asset->facts));
  if (description.approval.required || !hold.empty()) {
    return ask_approval(change, *asset, description, hold);
  }
  return go_transcode(change, *asset, description);
}

Result<void> EngineImpl::ask_approval(Change& change, Asset& asset, const Description& description,
                                      const std::vector<std::string>& reasons) {
  Approval approval;
  approval.id = new_id(parts_.clock);
  approval.asset_id = asset.id;
  approval.revision = asset.revision;
  approval.state = "pending";
  approval.quorum = std::max(1, description.approval.quorum);
  approval.reviewers = description.approval.reviewers;
  approval.created_ms = change.now_ms;
  if (description.approval.expires_ms > 0) {
    approval.expires_ms = change.now_ms + description.approval.expires_ms;
  }
  approval.decisions = Json::array();
  asset.wake_ms = approval.expires_ms;
  FILMGATE_TRY(change.tx.insert_approval(approval));
  FILMGATE_TRY(change.event(asset.id, "approval.requested",
                            Json::object({{"approval", approval.id},
                                          {"quorum", approval.quorum},
                                          {"expires", approval.expires_ms}})));
  return change.enter(asset, AssetState::kAwaitingApproval,
                      reasons.empty() ? "waits for a person's decision"
                                      : "a person must look: " + in_one_line(reasons),
                      to_json(reasons));
}

Result<void> EngineImpl::go_transcode(Change& change, Asset& asset,
                                      const Description& description) {
  auto plan = plan_for(description, asset);
  if (!plan) return reject(change, asset, {plan.error().message});
  std::vector<std::string> names;
  std::vector<Job> jobs;
  for (const Rung& rung : plan->rungs) {
    if (!rung.chosen) continue;
    names.push_back(rung.name);
    jobs.push_back(
        change.new_job(asset, description, JobKind::kRendition, rung.name, JobState::kReady));
  }
  jobs.push_back(change.new_job(asset, description, JobKind::kPublish, "",
                                names.empty() ? JobState::kReady : JobState::kBlocked));
  FILMGATE_TRY(change.insert_jobs(jobs));
  std::string detail;
  for (const std::string& name : names) detail += (detail.empty() ? "makes " : ", ") + name;
  return change.enter(asset, AssetState::kTranscoding, detail);
}

Result<void> EngineImpl::rendered(Change& change, ActiveRun& run) {
  if (run.jobs.empty()) return close_run(change, run, "ok", {});
  std::string names;
  for (const Job& job : run.jobs) names += (names.empty() ? "" : ", ") + job.variant;
  return Error{ErrorCode::kInternal, "the worker ended without handing over " + names};
}

Result<void> EngineImpl::ready_publish(Change& change, const std::string& asset_id, int revision) {
  auto jobs = change.tx.jobs_of(asset_id, revision);
  if (!jobs) return jobs.error();
  Job* publish = nullptr;
  for (Job& job : *jobs) {
    if (job.kind == JobKind::kPublish && job.state == JobState::kBlocked) publish = &job;
    if (job.kind == JobKind::kRendition && job.state != JobState::kStaged) return {};
  }
  if (publish == nullptr) return {};
  publish->state = JobState::kReady;
  publish->run_at_ms = change.now_ms;
  publish->updated_ms = change.now_ms;
  FILMGATE_TRY(change.tx.update_job(*publish, JobState::kBlocked));
  return change.job_event(*publish, "job.ready");
}

}  // namespace filmgate::engine
