#include "host/engine/change.h"

#include "host/base/id.h"
#include "host/model/personal.h"

namespace filmgate::engine {

Result<const Description*> Descriptions::of(Transaction& tx, const Asset& asset) {
  const Description* loaded = router_.find(asset.description);
  if (loaded != nullptr && loaded->sha256 == asset.description_sha256) return loaded;
  if (auto found = older_.find(asset.description_sha256); found != older_.end()) {
    return found->second.get();
  }
  auto text = tx.description_text(asset.description_sha256);
  if (!text) return text.error();
  if (!text->has_value()) {
    return Error{ErrorCode::kInternal, "the description " + asset.description + " that " +
                                           asset.name + " began with is not in the store"};
  }
  // What presets brought in is part of the kept text, so there is nothing to look up.
  auto parsed = parse_description(**text, asset.description, [](const std::string& name) {
    return Result<std::string>(
        Error{ErrorCode::kNotFound, "the kept description names the preset " + name});
  });
  if (!parsed) return parsed.error();
  auto& kept = older_[asset.description_sha256];
  kept = std::make_unique<Description>(std::move(parsed).value());
  return kept.get();
}

Result<void> Change::event(const std::string& asset_id, const char* kind, Json data) {
  Event event;
  event.asset_id = asset_id;
  event.kind = kind;
  event.at_ms = now_ms;
  event.data = std::move(data);
  set_apart(event);
  events_.push_back(std::move(event));
  return {};
}

Result<void> Change::job_event(const Job& job, const char* kind, Json more) {
  Json data = Json::object({{"job", job.id}, {"kind", to_string(job.kind)}});
  if (!job.variant.empty()) data.set("variant", job.variant);
  data.set("state", to_string(job.state));
  data.set("attempt", job.attempt);
  data.set("fence", job.fence);
  data.merge(more);
  return event(job.asset_id, kind, std::move(data));
}

Result<void> Change::enter(Asset& asset, AssetState to, std::string detail, Json reasons) {
  if (asset.moves.size() > 0) promised_.insert(asset.id);
  const AssetState from = asset.state;
  asset.state = to;
  asset.detail = std::move(detail);
  asset.updated_ms = now_ms;
  FILMGATE_TRY(tx.update_asset(asset, from));
  Json data =
      Json::object({{"from", to_string(from)}, {"to", to_string(to)}, {"detail", asset.detail}});
  data.set("revision", asset.revision);
  // Where its files are, or will be when the moves that the row promises are done.
  if (asset.moves.size() > 0 || asset.source.path.empty()) {
    data.set("path", asset.source.path);
    data.set("sidecar", asset.sidecar_path);
  }
  if (reasons.size() > 0) data.set("reasons", reasons);
  FILMGATE_TRY(event(asset.id, "asset.state", std::move(data)));
  // Somebody is told of missing metadata only after the grace time.
  if (to == AssetState::kWaitingMetadata) return {};
  return notify(asset, to, reasons);
}

Result<void> Change::edit(Asset& asset) {
  if (asset.moves.size() > 0) promised_.insert(asset.id);
  asset.updated_ms = now_ms;
  return tx.update_asset(asset, asset.state);
}

Result<void> Change::edit(std::span<Asset> assets) {
  for (Asset& asset : assets) asset.updated_ms = now_ms;
  return tx.edit_assets(assets);
}

Result<void> Change::notify(const Asset& asset, AssetState as, const Json& reasons) {
  auto described = description(asset);
  if (!described)
    return {};  // whoever should be told stands in it; the asset's state says the rest
  const std::string state = to_string(as);
  for (const NotifySpec& spec : (*described)->notify) {
    if (std::find(spec.on.begin(), spec.on.end(), state) == spec.on.end()) continue;
    OutboxMessage message;
    message.id = new_id(clock_);
    message.endpoint = spec.to;
    message.topic = "asset." + state;
    message.asset_id = asset.id;
    message.state = "waiting";
    message.created_ms = now_ms;
    message.body = Json::object({{"asset", asset.id},
                                 {"revision", asset.revision},
                                 {"name", asset.name},
                                 {"state", state},
                                 {"detail", asset.detail},
                                 {"at", format_time(now_ms)}});
    if (reasons.size() > 0) message.body.set("reasons", reasons);
    if (!asset.output_path.empty()) message.body.set("output", asset.output_path);
    messages_.push_back(std::move(message));
  }
  return {};
}

Result<Asset> Change::need_asset(const std::string& id) {
  auto asset = tx.asset(id);
  if (!asset) return asset.error();
  if (!asset->has_value()) return Error{ErrorCode::kNotFound, "there is no asset " + id};
  return std::move(**asset);
}

Job Change::new_job(const Asset& asset, const Description& description, JobKind kind,
                    const std::string& variant, JobState state) const {
  Job job;
  job.id = new_id(clock_);
  job.asset_id = asset.id;
  job.revision = asset.revision;
  job.kind = kind;
  job.variant = variant;
  job.state = state;
  job.lane = lane_of(kind);
  job.priority = asset.priority;
  job.description = description.name;
  job.max_attempts = std::max(1, description.retry.attempts);
  job.run_at_ms = now_ms;
  job.created_ms = now_ms;
  job.updated_ms = now_ms;
  return job;
}

Result<void> Change::insert_jobs(std::span<const Job> jobs) {
  FILMGATE_TRY(tx.insert_jobs(jobs));
  for (const Job& job : jobs) {
    FILMGATE_TRY(job_event(job, "job.created", Json::object({{"revision", job.revision}})));
  }
  return {};
}

Result<void> Change::write() {
  FILMGATE_TRY(tx.append_events(events_));
  return tx.enqueue(messages_);
}

Result<void> Change::call_off(const Asset& asset) {
  auto jobs = tx.jobs_of(asset.id, asset.revision);
  if (!jobs) return jobs.error();
  for (Job& job : *jobs) {
    if (is_final(job.state)) continue;
    const JobState from = job.state;
    if (from == JobState::kLeased) {
      Attempt attempt;
      attempt.job_id = job.id;
      attempt.run_id = job.run_id;
      attempt.fence = job.fence;
      attempt.ended_ms = now_ms;
      attempt.outcome = "cancelled";
      const auto ended = tx.end_attempt(attempt);
      if (!ended && ended.error().code != ErrorCode::kConflict) return ended;  // ended already
    }
    job.state = JobState::kCancelled;
    job.updated_ms = now_ms;
    FILMGATE_TRY(tx.update_job(job, from));
    FILMGATE_TRY(job_event(job, "job.cancelled"));
  }
  auto approval = tx.approval_of(asset.id, asset.revision);
  if (!approval) return approval.error();
  if (approval->has_value() && (*approval)->state == "pending") {
    (*approval)->state = "superseded";
    (*approval)->decided_ms = now_ms;
    FILMGATE_TRY(tx.update_approval(**approval, "pending"));
    FILMGATE_TRY(
        event(asset.id, "approval.superseded", Json::object({{"approval", (*approval)->id}})));
  }
  return {};
}

}  // namespace filmgate::engine
