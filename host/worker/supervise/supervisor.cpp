#include "host/worker/supervise/supervisor.h"

#include <fcntl.h>
#include <unistd.h>

#include "host/worker/protocol.h"
#include "host/worker/supervise/registry.h"
#include "host/worker/supervise/run.h"
#include "host/worker/supervise/spawn.h"

namespace filmgate::worker {

namespace {

class ProcessSupervisor final : public Supervisor {
 public:
  ProcessSupervisor(Executor& executor, SupervisorOptions options)
      : executor_(executor), options_(std::move(options)) {}

  Result<StartedRun> start(const RunRequest& request, OnReport on_report, OnExit on_exit) override;
  void cancel(const std::string& run_id, int64_t grace_ms) override;
  int running() const override { return static_cast<int>(runs_.size()); }

 private:
  Result<void> prepare_registry();
  std::vector<std::string> worker_arguments() const;

  Executor& executor_;
  const SupervisorOptions options_;
  std::string registry_;  // "" until it was brought up to date
  std::map<std::string, std::unique_ptr<Run>> runs_;
};

Result<void> ProcessSupervisor::prepare_registry() {
  // Somebody may have emptied the cache folder meanwhile.
  if (!registry_.empty() && exists(registry_)) return {};
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

Result<StartedRun> ProcessSupervisor::start(const RunRequest& request, OnReport on_report,
                                            OnExit on_exit) {
  if (runs_.contains(request.run_id)) {
    return Error{ErrorCode::kConflict, "the run " + request.run_id + " has been started already"};
  }
  FILMGATE_TRY(prepare_registry());
  Result<Fd> input = open_untrusted(request.input);
  if (!input) return input.error();
  Result<Fd> folder = open_file(request.folder, O_RDONLY | O_DIRECTORY);
  if (!folder) return folder.error();
  Json document = request.request;
  document.set("limits", to_json(request.limits));
  document.set("insecure", options_.insecure);
  Result<Fd> text = file_in_memory(to_text(document), "filmgate-request");
  if (!text) return text.error();
  Result<Pipe> reports = make_pipe();
  if (!reports) return reports.error();
  Result<Pipe> log = make_pipe();
  if (!log) return log.error();

  Result<Child> child = spawn(worker_arguments(), {text->get(), reports->write.get(),
                                                   log->write.get(), input->get(), folder->get()});
  if (!child) return child.error();
  StartedRun started;
  started.pid = child->pid;
  started.pid_start = process_start_ticks(child->pid);
  const auto ended = [this, id = request.run_id,
                      callback = std::move(on_exit)](const RunOutcome& outcome) {
    const std::unique_ptr<Run> run = std::move(runs_.at(id));
    runs_.erase(id);  // before the callback: it may start the next, or drop us
    callback(outcome);
  };
  runs_.emplace(request.run_id,
                std::make_unique<Run>(executor_, std::move(*child),
                                      Run::Streams{std::move(reports->read), std::move(log->read)},
                                      request.limits, std::move(on_report), ended));
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
  return make_supervisor(executor, std::move(options));
}

}  // namespace filmgate::worker
