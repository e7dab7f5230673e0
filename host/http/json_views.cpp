#include "host/http/json_views.h"

#include "host/base/clock.h"
#include "host/model/personal.h"

namespace filmgate::http {
namespace {

void set_time(Json& to, const char* key, int64_t ms) {
  if (ms > 0) to.set(key, format_time(ms));
}

void set_text(Json& to, const char* key, const std::string& text) {
  if (!text.empty()) to.set(key, text);
}

Json job_view(const Job& job) {
  Json view = Json::object({{"id", job.id}, {"kind", to_string(job.kind)}});
  set_text(view, "variant", job.variant);
  view.set("state", to_string(job.state));
  view.set("attempt", job.attempt);
  view.set("max_attempts", job.max_attempts);
  set_time(view, "run_at", job.state == JobState::kReady ? job.run_at_ms : 0);
  set_text(view, "error_class", job.error_class);
  set_text(view, "error", job.error);
  set_time(view, "updated", job.updated_ms);
  return view;
}

Json output_view(const Output& output) {
  Json view = Json::object({{"name", output.name},
                            {"path", output.path},
                            {"media_type", output.media_type},
                            {"size", output.size},
                            {"sha256", output.sha256},
                            {"url", "/v1/assets/" + output.asset_id + "/outputs/" + output.name}});
  if (output.info.is_object()) view.set("info", output.info);
  return view;
}

Json approval_view(const Approval& approval, const std::string& review_url) {
  Json view =
      Json::object({{"id", approval.id}, {"state", approval.state}, {"quorum", approval.quorum}});
  Json reviewers = Json::array();
  for (const std::string& reviewer : approval.reviewers) reviewers.push_back(reviewer);
  view.set("reviewers", std::move(reviewers));
  set_time(view, "created", approval.created_ms);
  set_time(view, "expires", approval.expires_ms);
  set_time(view, "decided", approval.decided_ms);
  set_text(view, "review_url", approval.state == "pending" ? review_url : "");
  return view;
}

}  // namespace

Json asset_summary(const AssetSummary& summary) {
  Json view = Json::object({{"id", summary.id},
                            {"revision", summary.revision},
                            {"name", summary.name},
                            {"state", to_string(summary.state)}});
  set_text(view, "detail", summary.detail);
  set_text(view, "description", summary.description);
  set_text(view, "title", summary.title);
  view.set("size", summary.size);
  set_text(view, "output_path", summary.output_path);
  set_time(view, "created", summary.created_ms);
  set_time(view, "updated", summary.updated_ms);
  return view;
}

Json asset_details(const AssetView& view, const std::string& review_url) {
  Json details = asset_summary(summary_of(view.asset));
  set_text(details, "waits_for", view.waits_for);
  details.set("priority", view.asset.priority);
  details.set("description_sha256", view.asset.description_sha256);
  details.set("source", Json::object({{"path", view.asset.source.path},
                                      {"size", view.asset.source.size},
                                      {"sha256", view.asset.source.sha256}}));
  if (view.asset.facts.is_object()) details.set("facts", view.asset.facts);
  Json jobs = Json::array();
  for (size_t i = 0; i < view.jobs.size(); ++i) {
    Json job = job_view(view.jobs[i]);
    if (i < view.jobs_wait_for.size()) set_text(job, "waits_for", view.jobs_wait_for[i]);
    jobs.push_back(std::move(job));
  }
  details.set("jobs", std::move(jobs));
  Json outputs = Json::array();
  for (const Output& output : view.outputs) outputs.push_back(output_view(output));
  details.set("outputs", std::move(outputs));
  if (view.approval) details.set("approval", approval_view(*view.approval, review_url));
  return details;
}

Json intake_view(const IntakeState& intake) {
  static constexpr const char* kPaces[] = {"full", "slow", "paused"};
  Json view = Json::object({{"pace", kPaces[static_cast<int>(intake.pace)]},
                            {"free_bytes", intake.disk.free_bytes},
                            {"total_bytes", intake.disk.total_bytes},
                            {"missing_bytes", intake.missing_bytes}});
  set_text(view, "detail", intake.detail);
  return view;
}

Json event_view(const Event& event) {
  return Json::object({{"seq", event.seq},
                       {"number", event.number},
                       {"kind", event.kind},
                       {"at", format_time(event.at_ms)},
                       {"data", told(event)},
                       {"hash", event.hash}});
}

}  // namespace filmgate::http
