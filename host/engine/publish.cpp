// One asset's whole set appears at once: prepared in .work/, announced in the row (the intent), put
// in place by one rename, and made true by a second transaction. From the intent on, recovery only
// rolls forward.
#include "host/base/hash.h"
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/storage/names.h"
#include "host/worker/protocol.h"

namespace filmgate::engine {
namespace {

constexpr const char* kReport = "quality.json";

// Where the source lies in the published folder.
std::string source_file(const Asset& asset) {
  return join("source", base_name(fitting_name(asset.name)));
}

// What becomes an output's row, and its entry in the manifest.
Json entry_of(const Json& staged, const std::string& file) {
  Json entry = Json::object({{"name", staged.get("name")},
                             {"path", file},
                             {"media_type", staged.get("media_type")},
                             {"size", staged.get("size")},
                             {"sha256", staged.get("sha256")}});
  if (staged.get("info").is_object()) entry.merge(staged.get("info"));
  return entry;
}

Output output_of(const Asset& asset, const Json& entry, const std::string& folder) {
  Output output;
  output.asset_id = asset.id;
  output.revision = asset.revision;
  output.name = entry.get("name").string_or("");
  output.path = join(folder, entry.get("path").string_or(""));
  output.media_type = entry.get("media_type").string_or("");
  output.size = entry.get("size").integer_or(0);
  output.sha256 = entry.get("sha256").string_or("");
  output.info = Json::object();
  for (const Json::Member& member : *entry.if_object()) {
    static const std::set<std::string> kColumns = {"name", "path", "media_type", "size", "sha256"};
    if (!kColumns.contains(member.key)) output.info.set(member.key, member.value);
  }
  return output;
}

Json text_entry(const char* name, const char* file, const std::string& text) {
  return Json::object({{"name", name},
                       {"path", file},
                       {"media_type", "application/json"},
                       {"size", static_cast<int64_t>(text.size())},
                       {"sha256", filmgate::to_hex(filmgate::sha256(text))}});
}

}  // namespace

Json template_values(const Asset& asset) {
  Json values = Json::object({{"stem", stem_of(asset.name)},
                              {"asset", asset.id},
                              {"date", format_time(asset.created_ms).substr(0, 10)}});
  for (const char* key : {"owner", "project", "step"}) {
    const std::string value = asset.metadata.get(key).string_or("");
    if (!value.empty()) values.set(key, value);
  }
  return values;
}

void EngineImpl::publish(ActiveRun& run) {
  const std::string id = run.run.id;
  const auto outcome = [&]() -> Result<bool> {
    std::optional<Asset> asset;
    std::vector<Job> jobs;
    FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
      auto found = tx.asset(run.asset.id);
      if (!found) return found.error();
      asset = std::move(*found);
      auto all = tx.jobs_of(run.asset.id, run.asset.revision);
      if (!all) return all.error();
      jobs = std::move(*all);
      return {};
    }));
    if (!asset.has_value()) return Error{ErrorCode::kNotFound, "the asset is gone"};
    Job& own = run.jobs.front();
    const auto row = std::find_if(jobs.begin(), jobs.end(), [&own](const Job& job) {
      return job.id == own.id && job.fence == own.fence;
    });
    // What was kept although its reply was lost.
    if (row != jobs.end() && row->state == JobState::kDone) return true;
    if (row == jobs.end() || row->state != JobState::kLeased) {  // called off
      end_later(run);
      return true;
    }
    own.staged = row->staged;
    if (const Json intent = run.jobs.front().staged; intent.is_object()) {
      const auto placed = place(intent);
      if (placed) {
        FILMGATE_TRY(commit_published(run, intent));
        return true;
      }
      // What was prepared is gone, or its place was taken: everything is still staged, so prepare
      // it again.
      if (placed.error().code != ErrorCode::kNotFound &&
          placed.error().code != ErrorCode::kConflict) {
        return placed.error();
      }
      const std::string prepared = folder_of(intent.get("from").string_or(""));
      FILMGATE_TRY(parts_.library.remove_run_folder(base_name(prepared)));
    }
    FILMGATE_TRY(check_source(*asset));
    std::vector<Job> lost;
    for (const Job& job : jobs) {
      const bool made = job.kind == JobKind::kRendition && job.state == JobState::kStaged;
      if (made && job.attempt < job.max_attempts && !is_whole(job.staged)) lost.push_back(job);
    }
    if (!lost.empty()) {
      FILMGATE_TRY(redo_rungs(run, lost));
      return true;
    }
    if (asset->source.sha256.empty()) {
      waits_for_hash_[asset->id] = id;
      hash_source(*asset);
      return false;
    }
    auto intent = prepare_set(run, *asset, jobs);
    if (!intent) return intent.error();
    FILMGATE_TRY(record_intent(run, *intent));
    const Json& recorded = run.jobs.front().staged;
    FILMGATE_TRY(place(recorded));
    FILMGATE_TRY(commit_published(run, recorded));
    return true;
  }();
  if (outcome && !*outcome) return;  // goes on when the source is hashed
  if (!outcome && outcome.error().code == ErrorCode::kUnavailable && !stopping_) {
    trouble_ = true;
    run.again = [this, id] {
      if (const auto found = runs_.find(id); found != runs_.end()) publish(*found->second);
    };
    return;
  }
  waits_for_hash_.erase(run.asset.id);
  end_run(id, [this, outcome](ActiveRun& ended) -> Result<void> {
    if (outcome) {
      carry_out(ended.asset.id);
      return {};
    }
    const Error& error = outcome.error();
    if (error.code == ErrorCode::kUnavailable) return error;  // the host stops: the next goes on
    if (check_source(ended.asset).ok() || error.code != ErrorCode::kConflict) {
      return fail_run(ended, Failure{class_of(error.code), error.message, ""});
    }
    return supersede_run(ended, error.message + "; it is taken in anew");
  });
}

// Builds the set under .work/<run>/set. The staged files keep their own names as well, so that a
// failure at any point leaves them to the next attempt.
Result<Json> EngineImpl::prepare_set(ActiveRun& run, const Asset& asset,
                                     const std::vector<Job>& jobs) {
  auto folder = parts_.library.make_run_folder(run.run.id);
  if (!folder) return folder.error();
  const std::string set = join(*folder, "set");
  FILMGATE_TRY(remove_tree(parts_.library.absolute(set)));
  FILMGATE_TRY(make_folders(parts_.library.absolute(set)));

  Json entries = Json::array();
  const auto add = [&](const Json& staged, const std::string& file) -> Result<void> {
    const std::string path = staged.get("path").string_or("");
    if (!is_whole(staged)) {
      return Error{ErrorCode::kIo,
                   "the finished file " + path + " is no longer there as it was made"};
    }
    FILMGATE_TRY(parts_.library.add_name(path, join(set, file)));
    entries.push_back(entry_of(staged, file));
    return {};
  };
  for (const RenditionSpec& spec : run.description->renditions) {
    for (const Job& job : jobs) {
      if (job.kind != JobKind::kRendition || job.variant != spec.name) continue;
      if (job.state != JobState::kStaged) {
        return Error{ErrorCode::kIo,
                     "the rendition " + job.variant + " is not ready to be published"};
      }
      FILMGATE_TRY(add(job.staged, job.staged.get("file").string_or("")));
    }
  }
  for (const Job& job : jobs) {
    if (job.kind != JobKind::kProbe || job.state != JobState::kDone) continue;
    const Json::Array* files = job.staged.get("files").if_array();
    if (files == nullptr) continue;
    for (const Json& file : *files) FILMGATE_TRY(add(file, file.get("file").string_or("")));
  }

  Json report = Json::object({{"asset", asset.id}, {"name", asset.name}});
  report.set("media", asset.facts.get("media"));
  report.set("quality", asset.facts.get("quality"));
  const std::string report_text = to_text(report, 2) + "\n";
  FILMGATE_TRY(write_file_durably(parts_.library.absolute(join(set, kReport)), report_text));
  entries.push_back(text_entry("report", kReport, report_text));

  Json source = Json::object(
      {{"path", source_file(asset)}, {"size", asset.source.size}, {"sha256", asset.source.sha256}});
  Json manifest = Json::object(
      {{"asset", asset.id},
       {"revision", asset.revision},
       {"name", asset.name},
       {"description",
        Json::object({{"name", asset.description}, {"sha256", asset.description_sha256}})},
       {"published", format_time(parts_.clock.now_ms())},
       {"source", std::move(source)},
       {"files", entries}});
  if (asset.metadata.is_object()) manifest.set("metadata", asset.metadata);
  const std::string manifest_text = to_text(manifest, 2) + "\n";
  FILMGATE_TRY(write_file_durably(parts_.library.absolute(join(set, kManifest)), manifest_text));
  entries.push_back(text_entry("manifest", kManifest, manifest_text));
  FILMGATE_TRY(parts_.library.sync_folders(set));
  return Json::object({{"from", set}, {"outputs", std::move(entries)}});
}

bool EngineImpl::is_whole(const Json& staged) const {
  const auto there = parts_.library.stat(staged.get("path").string_or(""));
  return there.ok() && there->size == staged.get("size").integer_or(0);
}

// Finished files got lost: their rungs are made again, as often as they have attempts. The
// publishing waits for them as it did before; it did nothing wrong, so its attempt doesn't count.
Result<void> EngineImpl::redo_rungs(ActiveRun& run, const std::vector<Job>& lost) {
  return change([&](Change& c) -> Result<void> {
    std::string why;
    for (const Job& rung : lost) why += (why.empty() ? "" : ", ") + rung.variant;
    why = "the finished file of " + why + " is no longer there as it was made";
    FILMGATE_TRY(close_run(c, run, "lost", Failure{worker::kClassIo, why, ""}));
    Job publish = run.jobs.front();
    publish.state = JobState::kBlocked;
    publish.attempt = std::max(0, publish.attempt - 1);
    publish.staged = Json();
    publish.error = why;
    publish.updated_ms = c.now_ms;
    FILMGATE_TRY(c.tx.finish_job(publish));
    FILMGATE_TRY(c.job_event(publish, "job.handed_back", Json::object({{"why", why}})));
    for (Job again : lost) {
      again.state = JobState::kReady;
      again.staged = Json();
      again.run_at_ms = c.now_ms;
      again.updated_ms = c.now_ms;
      FILMGATE_TRY(c.tx.update_job(again, JobState::kStaged));
      FILMGATE_TRY(
          c.job_event(again, "job.lost", Json::object({{"why", "its finished file is gone"}})));
    }
    return {};
  });
}

Result<std::string> EngineImpl::reserve_folder(Change& change, const Asset& asset,
                                               const Description& description) {
  auto expanded = expand_template(description.folder, template_values(asset));
  if (!expanded) return expanded.error();
  const std::string whole = join(join(kProcessed, folder_of(asset.name)), *expanded);
  const std::string wanted =
      fitting_name(join(parts_.library.open_folder(folder_of(whole)), base_name(whole)));
  for (int number = 1;; ++number) {
    const std::string path = number == 1 ? wanted : wanted + "-" + std::to_string(number);
    if (exists(parts_.library.absolute(path))) continue;
    auto ours = change.tx.reserve_output(path, asset.id);
    if (!ours) return ours.error();
    if (*ours) return path;
  }
}

Result<void> EngineImpl::record_intent(ActiveRun& run, Json intent) {
  auto inode = parts_.library.folder_inode(intent.get("from").string_or(""));
  if (!inode) return inode.error();
  intent.set("inode", static_cast<int64_t>(*inode));
  Job job = run.jobs.front();
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(run.asset.id);
    if (!asset) return asset.error();
    FILMGATE_TRY(make_way(c, *asset, intent));
    if (intent.find("to") == nullptr) {
      auto to = reserve_folder(c, *asset, *run.description);
      if (!to) return to.error();
      intent.set("to", *to);
    }
    job.staged = intent;
    job.updated_ms = c.now_ms;
    FILMGATE_TRY(c.tx.edit_claim(job));
    return c.job_event(job, "job.intent", Json::object({{"to", intent.get("to")}}));
  }));
  run.jobs.front() = std::move(job);  // not sooner: nothing is placed that no row knows of
  return {};
}

Result<void> EngineImpl::make_way(Change& change, const Asset& asset, Json& intent) {
  if (asset.output_path.empty() || !exists(parts_.library.absolute(asset.output_path))) return {};
  auto outputs = change.tx.all_outputs_of(asset.id);
  if (!outputs) return outputs.error();
  if (outputs->empty()) return {};
  const int published = outputs->back().revision;
  const std::string wanted = fitting_name(asset.output_path + ".r" + std::to_string(published));
  for (int number = 1;; ++number) {
    const std::string former = number == 1 ? wanted : wanted + "-" + std::to_string(number);
    if (exists(parts_.library.absolute(former))) continue;
    auto ours = change.tx.reserve_output(former, asset.id);
    if (!ours) return ours.error();
    if (!*ours) continue;
    intent.set("to", asset.output_path);
    intent.set("former", former);
    intent.set("former_revision", published);
    return {};
  }
}

Result<void> EngineImpl::place(const Json& intent) {
  const std::string from = intent.get("from").string_or("");
  const std::string to = intent.get("to").string_or("");
  const std::string former = intent.get("former").string_or("");
  const auto inode = static_cast<uint64_t>(intent.get("inode").integer_or(0));
  if (former.empty()) {
    // A set that was put there since has closed the folder to all others.
    const std::string folder = folder_of(to);
    if (!exists(parts_.library.absolute(to)) && parts_.library.open_folder(folder) != folder) {
      return Error{ErrorCode::kConflict, "cannot publish " + to + ": its folder is another's"};
    }
    return parts_.library.publish(from, to, inode);
  }
  return parts_.library.replace(from, to, former, inode);
}

Result<void> EngineImpl::check_not_placed(Change& change, const Asset& asset) {
  auto jobs = change.tx.jobs_of(asset.id, asset.revision);
  if (!jobs) return jobs.error();
  for (const Job& job : *jobs) {
    if (job.kind != JobKind::kPublish || is_final(job.state) || !job.staged.is_object()) continue;
    const auto inode = static_cast<uint64_t>(job.staged.get("inode").integer_or(0));
    for (const char* place : {"to", "former"}) {
      const std::string folder = job.staged.get(place).string_or("");
      if (folder.empty()) continue;
      const auto there = parts_.library.folder_inode(folder);
      if (there ? *there != inode : there.error().code == ErrorCode::kNotFound) continue;
      return Error{ErrorCode::kConflict, asset.name + " is being published right now"};
    }
  }
  return {};
}

// The rows of the set that made way follow it.
Result<void> EngineImpl::move_former_outputs(Change& change, const Asset& asset,
                                             const Json& intent) {
  const std::string former = intent.get("former").string_or("");
  if (former.empty()) return {};
  auto outputs =
      change.tx.outputs_of(asset.id, static_cast<int>(intent.get("former_revision").integer_or(0)));
  if (!outputs) return outputs.error();
  for (Output& output : *outputs) {
    output.path = former + output.path.substr(asset.output_path.size());
    FILMGATE_TRY(change.tx.insert_output(output));
  }
  return {};
}

Result<void> EngineImpl::commit_published(ActiveRun& run, const Json& intent) {
  return change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(run.asset.id);
    if (!asset) return asset.error();
    auto jobs = c.tx.jobs_of(asset->id, asset->revision);
    if (!jobs) return jobs.error();
    Job publish = run.jobs.front();
    publish.state = JobState::kDone;
    publish.updated_ms = c.now_ms;
    FILMGATE_TRY(c.tx.finish_job(publish));
    FILMGATE_TRY(c.job_event(publish, "job.done"));
    for (Job& job : *jobs) {
      if (job.state != JobState::kStaged) continue;
      job.state = JobState::kDone;
      job.updated_ms = c.now_ms;
      FILMGATE_TRY(c.tx.update_job(job, JobState::kStaged));
      FILMGATE_TRY(c.job_event(job, "job.done"));
    }
    FILMGATE_TRY(close_run(c, run, "ok", {}));

    asset->output_path = intent.get("to").string_or("");
    FILMGATE_TRY(move_former_outputs(c, *asset, intent));
    Json published = Json::array();
    Json paths = Json::object();
    for (const Json& entry : *intent.get("outputs").if_array()) {
      const Output output = output_of(*asset, entry, asset->output_path);
      FILMGATE_TRY(c.tx.insert_output(output));
      published.push_back(
          Json::object({{"name", output.name}, {"size", output.size}, {"sha256", output.sha256}}));
      paths.set(output.name, output.path);
    }
    Json said = Json::object({{"revision", asset->revision},
                              {"output_path", asset->output_path},
                              {"outputs", std::move(published)},
                              {"paths", std::move(paths)}});
    if (intent.find("former") != nullptr) {
      said.set("former", intent.get("former"));
      said.set("former_revision", intent.get("former_revision"));
    }
    FILMGATE_TRY(c.event(asset->id, "asset.published", std::move(said)));
    FILMGATE_TRY(promise_source(c, *asset, join(asset->output_path, source_file(*asset))));
    asset->wake_ms = 0;
    return c.enter(*asset, AssetState::kProcessed, "published in " + asset->output_path);
  });
}

}  // namespace filmgate::engine
