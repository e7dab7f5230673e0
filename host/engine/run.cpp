// One run from its start to its end: what the worker is asked, what it reports, how it ends.
#include <thread>

#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/worker/protocol.h"

namespace filmgate::engine {
namespace {

// What a byte is worth in time when the header doesn't say: 1 MB/s is rich, 50 kB/s is poor.
constexpr double kRichBytesPerSecond = 1e6;
constexpr double kPoorBytesPerSecond = 5e4;

worker::Limits scaled(worker::Limits limits, double factor, double seconds) {
  limits.wall_ms +=
      static_cast<int64_t>(factor * std::clamp(seconds, 0.0, limits.max_duration_s) * 1000);
  return limits;
}

}  // namespace

const char* class_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnsupported:
      return worker::kClassUnsupported;
    case ErrorCode::kLimit:
    case ErrorCode::kTimeout:
      return worker::kClassLimit;
    case ErrorCode::kInternal:
    case ErrorCode::kInvalidInput:
      return worker::kClassInternal;
    default:
      return worker::kClassIo;
  }
}

Result<void> EngineImpl::check_source(const Asset& asset) {
  auto there = parts_.library.stat(asset.source.path);
  if (!there && there.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, asset.source.path + " is gone; put it back, or cancel"};
  }
  if (!there) return there.error();
  if (!same_file(asset.source, *there)) {
    return Error{ErrorCode::kConflict, asset.source.path + " changed while it was processed"};
  }
  return {};
}

// Where the source lies by now: a rung that ran apart from this one may have failed meanwhile, and
// moved it. While it is on its way nobody can tell; the publishing looks again.
Result<void> EngineImpl::check_source_of(const ActiveRun& run) {
  std::optional<Asset> now;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto found = tx.asset(run.asset.id);
    if (!found) return found.error();
    now = std::move(*found);
    return {};
  }));
  if (!now.has_value() || now->revision != run.asset.revision || now->moves.size() > 0) return {};
  return check_source(*now);
}

// A header may say nothing, or lie; the size of the file keeps the guess within reason.
worker::Limits EngineImpl::limits_for(const ActiveRun& run) const {
  const auto size = static_cast<double>(run.asset.source.size);
  const Json* stated = run.asset.facts.find_path("media.duration");
  const double seconds = stated != nullptr
                             ? std::max(stated->number_or(0), size / kRichBytesPerSecond)
                             : size / kPoorBytesPerSecond;
  switch (run.kind) {
    case JobKind::kProbe:
      return scaled(options_.limits, 2, seconds);
    case JobKind::kRendition:
      return scaled(options_.limits, 10, seconds);
    default:
      return options_.limits;
  }
}

void EngineImpl::begin(std::unique_ptr<ActiveRun> started) {
  ActiveRun& run = *started;
  const std::string id = run.run.id;
  runs_[id] = std::move(started);
  if (run.kind == JobKind::kPublish) {
    publish(run);
    return;
  }
  if (const auto done = start_worker(run); !done) {
    end_run(id, [this, error = done.error()](ActiveRun& failed) {
      if (error.code == ErrorCode::kConflict) {
        return supersede_run(failed, error.message + "; it is taken in anew");
      }
      return fail_run(failed, Failure{class_of(error.code), error.message, ""});
    });
  }
}

Result<void> EngineImpl::start_worker(ActiveRun& run) {
  FILMGATE_TRY(check_source(run.asset));
  const Description& description = *run.description;
  StageIo io;
  io.source = "fdsrc fd=" + std::to_string(worker::kInputFd);
  if (run.asset.metadata.is_object()) io.sidecar = to_text(run.asset.metadata);
  io.cores = static_cast<int>(std::thread::hardware_concurrency()) / options_.slots.encode;

  std::string launch;
  Json verify = Json::array();
  if (run.kind == JobKind::kInspect) {
    launch = inspect_launch(description, io);
  } else if (run.kind == JobKind::kProbe) {
    launch = probe_launch(description, run.asset.facts, io);
  } else {
    auto plan = plan_renditions(description, run.asset.facts, template_values(run.asset));
    if (!plan) return plan.error();
    std::vector<std::string> only;
    for (const Job& job : run.jobs) only.push_back(job.variant);
    launch = renditions_launch(description, *plan, run.asset.facts, io, only);
    for (const Rung& rung : plan->rungs) {
      if (!rung.chosen || std::find(only.begin(), only.end(), rung.name) == only.end()) continue;
      verify.push_back(Json::object({{"name", rung.name},
                                     {"file", rung.file},
                                     {"media_type", rung.media_type},
                                     {"video", rung.video},
                                     {"audio", rung.audio},
                                     {"width", rung.width},
                                     {"height", rung.height}}));
    }
  }

  auto folder = parts_.library.make_run_folder(run.run.id);
  if (!folder) return folder.error();
  for (const Json& file : *verify.if_array()) {
    const std::string sub = folder_of(file.get("file").string_or(""));
    if (!sub.empty()) FILMGATE_TRY(make_folders(join(parts_.library.absolute(*folder), sub)));
  }

  std::vector<std::string> elements = elements_of(description);
  elements.insert(elements.end(), launch_elements().begin(), launch_elements().end());
  worker::RunRequest request;
  request.run_id = run.run.id;
  request.request = Json::object({{"stage", run.run.stage},
                                  {"launch", launch},
                                  {"name", run.asset.name},
                                  {"elements", to_json(elements)}});
  if (run.kind == JobKind::kRendition) request.request.set("verify", verify);
  request.input = parts_.library.absolute(run.asset.source.path);
  request.folder = parts_.library.absolute(*folder);
  request.limits = limits_for(run);
  const std::string id = run.run.id;
  auto started = parts_.supervisor.start(
      request,
      [this, alive = alive_, id](const Json& report) {
        if (*alive) on_report(id, report);
      },
      [this, alive = alive_, id](const worker::RunOutcome& outcome) {
        if (*alive) on_exit(id, outcome);
      });
  if (!started) return started.error();
  run.run.pid = started->pid;
  run.run.pid_start = started->pid_start;
  // Failing to note the process isn't fatal: after a crash of ours it ends with its host.
  const auto noted = parts_.store.transact([&](Transaction& tx) { return tx.update_run(run.run); });
  if (!noted) log(LogLevel::kError, "engine", "cannot note a run: " + noted.error().message);
  return {};
}

void EngineImpl::on_report(const std::string& run_id, const Json& report) {
  const auto found = runs_.find(run_id);
  if (found == runs_.end() || found->second->withdrawn) return;
  ActiveRun& run = *found->second;
  const std::string type = report.get("type").string_or("");
  if (type == "facts") {
    run.facts.merge(report.get("facts"));
  } else if (type == "verdict") {
    run.gate_said_reject = report.get("verdict").string_or("") == "reject";
    run.gate_reasons.clear();
    if (const Json::Array* reasons = report.get("reasons").if_array()) {
      for (const Json& reason : *reasons) run.gate_reasons.push_back(reason.string_or(""));
    }
  } else if (type == "output") {
    on_output(run, report);
  } else if (type == "picture") {
    const int64_t took_ms = parts_.clock.now_ms() - run.run.started_ms;
    tell_progress(run, Json::object({{"first_picture_ms", took_ms}}));
  } else if (type == "progress") {
    const double duration = report.get("duration").number_or(0);
    const double part = report.get("position").number_or(0) / std::max(duration, 1e-9);
    Json how = Json::object();
    if (duration > 0) how.set("fraction", std::clamp(part, 0.0, 1.0));
    tell_progress(run, how);
  }
}

// It passes: no row keeps it.
void EngineImpl::tell_progress(const ActiveRun& run, const Json& how) {
  Event passing;
  passing.asset_id = run.asset.id;
  passing.kind = "run.progress";
  passing.at_ms = parts_.clock.now_ms();
  passing.data = Json::object({{"asset", run.asset.id}, {"stage", run.run.stage}});
  passing.data.merge(how);
  announce(passing);
}

// A verified file. A rung becomes staged at once, so that only what is missing runs again.
void EngineImpl::on_output(ActiveRun& run, const Json& report) {
  run.untold.push_back(report);
  (void)tell_outputs(run);  // else later
}

Result<void> EngineImpl::tell_outputs(ActiveRun& run) {
  while (!run.untold.empty()) {
    const Result<void> kept = keep_output(run, run.untold.front());
    if (!kept && kept.error().code == ErrorCode::kUnavailable) return kept;
    if (!kept && kept.error().code == ErrorCode::kConflict) {
      run.untold.clear();
      run.withdrawn = true;
      stop_run(run.run.id);
      return {};
    }
    if (!kept) {
      // The rung stays leased; when the run ends it counts as one that was not made.
      log(LogLevel::kError, "engine", "cannot keep a finished rendition: " + kept.error().message,
          {{"asset", run.asset.id}});
    }
    run.untold.erase(run.untold.begin());
  }
  return {};
}

Result<void> EngineImpl::keep_output(ActiveRun& run, const Json& report) {
  const std::string name = report.get("name").string_or("");
  const std::string file = report.get("file").string_or("");
  if (!is_safe_relative(file)) return {};
  Json staged = Json::object({{"path", join(run.run.folder, file)},
                              {"file", file},
                              {"name", name},
                              {"media_type", report.get("media_type").string_or("")},
                              {"size", report.get("size").integer_or(0)},
                              {"sha256", report.get("sha256").string_or("")},
                              {"info", report.get("info")}});
  const auto job = std::find_if(run.jobs.begin(), run.jobs.end(), [&](const Job& each) {
    return each.kind == JobKind::kRendition && each.variant == name;
  });
  if (job == run.jobs.end()) {
    if (run.kind == JobKind::kProbe) keep_still(run, std::move(staged));
    return {};
  }
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto row = c.tx.job(job->id);
    if (!row) return row.error();
    if (row->has_value() && (*row)->fence == job->fence && (*row)->state == JobState::kStaged &&
        (*row)->staged.get("sha256") == staged.get("sha256")) {
      return {};  // that was kept, and its reply lost
    }
    Job next = *job;
    next.state = JobState::kStaged;
    next.staged = staged;
    next.error.clear();
    next.error_class.clear();
    next.updated_ms = c.now_ms;
    FILMGATE_TRY(c.tx.finish_job(next));
    Attempt attempt;
    attempt.job_id = next.id;
    attempt.run_id = run.run.id;
    attempt.fence = next.fence;
    attempt.ended_ms = c.now_ms;
    attempt.outcome = "ok";
    FILMGATE_TRY(c.tx.end_attempt(attempt));
    FILMGATE_TRY(ready_publish(c, next.asset_id, next.revision));
    return c.job_event(
        next, "job.staged",
        Json::object({{"size", staged.get("size")}, {"sha256", staged.get("sha256")}}));
  }));
  run.jobs.erase(job);
  return {};
}

// Several sheets of one sprite are "sprite", "sprite-2"…
void EngineImpl::keep_still(ActiveRun& run, Json still) {
  const std::string name = still.get("name").string_or("");
  const Json::Array& kept = *run.files.if_array();
  const auto same = [&name](const Json& each) {
    const std::string other = each.get("name").string_or("");
    return other == name || other.starts_with(name + "-");
  };
  const auto count = std::count_if(kept.begin(), kept.end(), same);
  if (count > 0) still.set("name", name + "-" + std::to_string(count + 1));
  run.files.push_back(std::move(still));
}

void EngineImpl::on_exit(const std::string& run_id, const worker::RunOutcome& outcome) {
  end_run(run_id, [this, outcome](ActiveRun& run) { return finish(run, outcome); });
  if (stopping_ && runs_.empty() && stopped_) {
    parts_.executor.post(guarded(std::exchange(stopped_, nullptr)));
  }
  kick();
}

Result<void> EngineImpl::finish(ActiveRun& run, const worker::RunOutcome& outcome) {
  if (!run.withdrawn) FILMGATE_TRY(tell_outputs(run));
  const Failure failure{outcome.error_class, outcome.message,
                        outcome.detail.empty() ? outcome.log : outcome.detail + "\n" + outcome.log};
  if (run.withdrawn) {
    const auto closed = change([&](Change& c) -> Result<void> {
      run.jobs.clear();
      return close_run(c, run, "killed", failure);
    });
    if (!closed) {
      log(LogLevel::kError, "engine", "cannot end a run: " + closed.error().message);
      end_later(run);
    }
    drop_run_folder(run, true);
    return {};
  }
  if (!outcome.ok && outcome.error_class == worker::kClassCancelled && stopping_) {
    hand_back(run);
    return {};
  }
  const auto same = check_source_of(run);
  if (!same && same.error().code == ErrorCode::kUnavailable) return same;
  if (!same && same.error().code == ErrorCode::kConflict) {
    return supersede_run(run, same.error().message + "; it is taken in anew");
  }
  // metadatagate may end its stream when it rejects; its judgement counts, not how the run ended.
  // All rungs are staged: however the worker ended, nothing is missing.
  const bool complete = run.kind == JobKind::kRendition && run.jobs.empty();
  const bool judged = run.kind == JobKind::kInspect && run.gate_said_reject;
  if (!outcome.ok && !judged && !complete) return fail_run(run, failure);
  const auto done = change([&](Change& c) -> Result<void> {
    if (run.kind == JobKind::kInspect) return inspected(c, run);
    if (run.kind == JobKind::kProbe) return probed(c, run);
    return rendered(c, run);
  });
  if (done) {
    carry_out(run.asset.id);
    drop_run_folder(run, false);
    return {};
  }
  if (done.error().code == ErrorCode::kUnavailable) return done;
  if (done.error().code == ErrorCode::kConflict) {
    end_later(run);
    drop_run_folder(run, true);
    return {};  // a stale run: others have gone on with its jobs
  }
  if (complete) {
    end_later(run, "ok");
    return {};
  }
  return fail_run(run, Failure{class_of(done.error().code), done.error().message, outcome.log});
}

Result<void> EngineImpl::close_run(Change& change, ActiveRun& run, const std::string& outcome,
                                   const Failure& failure) {
  run.run.ended_ms = change.now_ms;
  run.run.outcome = outcome;
  FILMGATE_TRY(change.tx.update_run(run.run));
  for (const Job& job : run.jobs) {
    Attempt attempt;
    attempt.job_id = job.id;
    attempt.run_id = run.run.id;
    attempt.fence = job.fence;
    attempt.ended_ms = change.now_ms;
    attempt.outcome = outcome;
    attempt.error_class = failure.error_class;
    attempt.error = failure.message;
    attempt.log = failure.log;
    FILMGATE_TRY(change.tx.end_attempt(attempt));
  }
  return {};
}

void EngineImpl::end_later(const ActiveRun& run, const char* outcome) {
  unended_.push_back(run.run);
  unended_.back().outcome = outcome;
  kick();
}

void EngineImpl::end_runs() {
  if (unended_.empty()) return;
  const auto ended = change([&](Change& c) -> Result<void> {
    auto open = c.tx.open_runs();  // where only the reply was lost the row says how it ended
    if (!open) return open.error();
    for (Run run : unended_) {
      const auto is_open = [&run](const Run& each) { return each.id == run.id; };
      if (std::none_of(open->begin(), open->end(), is_open)) continue;
      run.ended_ms = c.now_ms;
      FILMGATE_TRY(c.tx.update_run(run));
    }
    return {};
  });
  complain("cannot end a run", ended);
  if (ended) unended_.clear();
}

// Stops what runs for an asset that somebody took off its way.
void EngineImpl::withdraw(const std::string& asset_id) {
  std::vector<std::string> ids;
  for (const auto& [id, run] : runs_) {
    if (run->asset.id == asset_id) ids.push_back(id);
  }
  for (const std::string& id : ids) stop_run(id);
}

// What a run staged stays until it is published; anything else goes.
void EngineImpl::drop_run_folder(const ActiveRun& run, bool failed) {
  if (failed && options_.keep_work) return;
  const auto kept = kept_folders(run.asset.id);
  if (!kept || kept->contains(run.run.id)) return;
  const auto removed = parts_.library.remove_run_folder(run.run.id);
  if (!removed) {
    log(LogLevel::kWarning, "engine", "cannot clean up after a run: " + removed.error().message);
  }
}

}  // namespace filmgate::engine
