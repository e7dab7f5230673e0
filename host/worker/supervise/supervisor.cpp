#include "host/worker/supervise/supervisor.h"

#include <fcntl.h>
#include <unistd.h>

#include <optional>

#include "host/worker/protocol.h"
#include "host/worker/supervise/registry.h"
#include "host/worker/supervise/run.h"
#include "host/worker/supervise/spares.h"

namespace filmgate::worker {

namespace {

class ProcessSupervisor final : public Supervisor {
 public:
  ProcessSupervisor(Executor& executor, SupervisorOptions options)
      : executor_(executor),
        options_(std::move(options)),
        spares_(executor, options_.spares, options_.spare_idle_ms) {}

  Result<StartedRun> start(const RunRequest& request, OnReport on_report, OnExit on_exit) override;
  void cancel(const std::string& run_id, int64_t grace_ms) override;
  int running() const override { return static_cast<int>(runs_.size()); }

 private:
  Result<void> prepare_registry();
  std::vector<std::string> worker_arguments() const;
  Result<JobFiles> open_job(const RunRequest& request) const;
  Result<StartedRun> start_fresh(const RunRequest& request, const JobFiles& job,
                                 const OnReport& on_report, const OnExit& on_exit);
  Result<StartedRun> start_again(const RunRequest& request, const OnReport& on_report,
                                 const OnExit& on_exit);
  StartedRun begin(const RunRequest& request, Process process, const OnReport& on_report,
                   const OnExit& on_exit);

  Executor& executor_;
  const SupervisorOptions options_;
  std::string registry_;  // "" until it was brought up to date
  std::map<std::string, std::unique_ptr<Run>> runs_;
  Spares spares_;
};

Result<void> ProcessSupervisor::prepare_registry() {
  // Somebody may have emptied the cache folder meanwhile.
  if (!registry_.empty() && exists(registry_)) return {};
  spares_.end_all();  // they have loaded what the old one said
  const Result<std::string> path = registry_path(options_.plugin_folder, options_.cache_folder);
  if (!path) return path.error();
  // Packages may have changed since the cache was written, and workers take it as it is.
  if (exists(*path + kLibraryListSuffix) &&
      registry_is_current(*path, {FILMGATE_GST_PLUGIN_FOLDER, options_.plugin_folder})) {
    registry_ = *path;
    return {};
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const Result<std::string> catalogue =
      introspect(options_.worker_program, options_.plugin_folder, options_.cache_folder);
  if (!catalogue) return catalogue.error();
  if (!exists(*path)) {
    return Error{ErrorCode::kIo,
                 "GStreamer's registry " + *path +
                     " can't be written; is its disk full or its folder read-only?"};
  }
  FILMGATE_TRY(mark_registry(*path, now));
  registry_ = *path;
  return {};
}

std::vector<std::string> ProcessSupervisor::worker_arguments() const {
  std::vector<std::string> arguments{options_.worker_program, "--registry", registry_, "--parent",
                                     std::to_string(getpid())};
  if (!options_.plugin_folder.empty()) {
    arguments.push_back("--plugins");
    arguments.push_back(options_.plugin_folder);
  }
  return arguments;
}

Result<JobFiles> ProcessSupervisor::open_job(const RunRequest& request) const {
  Result<Fd> input = open_untrusted(request.input);
  if (!input) return input.error();
  Result<Fd> folder = open_file(request.folder, O_RDONLY | O_DIRECTORY);
  if (!folder) return folder.error();
  Json document = request.request;
  document.set("limits", to_json(request.limits));
  document.set("insecure", options_.insecure);
  Result<Fd> text = file_in_memory(to_text(document), "filmgate-request");
  if (!text) return text.error();
  return JobFiles{*std::move(text), *std::move(input), *std::move(folder)};
}

Result<StartedRun> ProcessSupervisor::start(const RunRequest& request, OnReport on_report,
                                            OnExit on_exit) {
  if (runs_.contains(request.run_id)) {
    return Error{ErrorCode::kConflict, "the run " + request.run_id + " has been started already"};
  }
  FILMGATE_TRY(prepare_registry());
  const Result<JobFiles> job = open_job(request);
  if (!job) return job.error();
  if (auto spare = spares_.give(*job)) {
    return begin(request, *std::move(spare), on_report, on_exit);
  }
  return start_fresh(request, *job, on_report, on_exit);
}

Result<StartedRun> ProcessSupervisor::start_fresh(const RunRequest& request, const JobFiles& job,
                                                  const OnReport& on_report,
                                                  const OnExit& on_exit) {
  Result<Process> process = start_process(worker_arguments(), job);
  if (!process) return process.error();
  return begin(request, *std::move(process), on_report, on_exit);
}

// The registry and the files may be gone since the spare was given them.
Result<StartedRun> ProcessSupervisor::start_again(const RunRequest& request,
                                                  const OnReport& on_report,
                                                  const OnExit& on_exit) {
  FILMGATE_TRY(prepare_registry());
  const Result<JobFiles> job = open_job(request);
  if (!job) return job.error();
  return start_fresh(request, *job, on_report, on_exit);
}

StartedRun ProcessSupervisor::begin(const RunRequest& request, Process process,
                                    const OnReport& on_report, const OnExit& on_exit) {
  StartedRun started;
  started.pid = process.child.pid;
  started.pid_start = process_start_ticks(started.pid);
  const auto reported = [this, on_report](const Json& report) {
    // From now on the run has what it needs of the machine.
    if (report.get("type").string_or("") == "ready") spares_.replenish(worker_arguments());
    on_report(report);
  };
  const auto ended = [this, request, on_report, on_exit](const RunOutcome& outcome) {
    const std::unique_ptr<Run> run = std::move(runs_.at(request.run_id));
    runs_.erase(request.run_id);  // before the callback: it may start the next, or drop us
    // A spare that died or hung with its job untouched is no failure of the job.
    if (!run->took_job() && outcome.error_class != kClassCancelled) {
      spares_.note_end({outcome.exit_code, outcome.signal}, outcome.log);
      const Result<StartedRun> again = start_again(request, on_report, on_exit);
      if (again) return;
      RunOutcome failed;
      failed.error_class = kClassIo;
      failed.message = again.error().message;
      return on_exit(failed);
    }
    on_exit(outcome);
  };
  runs_.emplace(request.run_id, std::make_unique<Run>(executor_, std::move(process), request.limits,
                                                      reported, ended));
  return started;
}

void ProcessSupervisor::cancel(const std::string& run_id, int64_t grace_ms) {
  if (const auto found = runs_.find(run_id); found != runs_.end()) found->second->cancel(grace_ms);
}

}  // namespace

Json to_json(const Limits& limits) {
  return Json::object({{"wall_ms", limits.wall_ms},
                       {"stall_ms", limits.stall_ms},
                       {"memory_bytes", limits.memory_bytes},
                       {"output_bytes", limits.output_bytes},
                       {"pixels", limits.max_pixels},
                       {"side", limits.max_side},
                       {"streams", limits.max_streams},
                       {"framerate", limits.max_framerate},
                       {"duration_s", limits.max_duration_s}});
}

std::unique_ptr<Supervisor> make_supervisor(Executor& executor, SupervisorOptions options) {
  return std::make_unique<ProcessSupervisor>(executor, std::move(options));
}

std::unique_ptr<Supervisor> make_supervisor(Executor& executor, std::string worker_program,
                                            std::string plugin_folder, bool insecure) {
  SupervisorOptions options;
  options.worker_program = std::move(worker_program);
  options.plugin_folder = std::move(plugin_folder);
  options.insecure = insecure;
  options.spares = 0;
  return make_supervisor(executor, std::move(options));
}

}  // namespace filmgate::worker
