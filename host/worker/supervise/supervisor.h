// Starts worker processes, passes their reports on, and ends them when they overstay.
// Not thread-safe: belongs to the executor's thread, on which all callbacks run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/base/executor.h"
#include "host/base/file.h"
#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

struct Limits {
  int64_t wall_ms = 60'000;   // then SIGKILL
  int64_t stall_ms = 20'000;  // without progress
  int64_t memory_bytes = 4LL << 30;
  int64_t output_bytes = 64LL << 30;  // a single file
  int64_t max_pixels = 35'400'000;
  int max_side = 8192;
  int max_streams = 16;
  double max_framerate = 240;
  double max_duration_s = 4 * 3600;
};
Json to_json(const Limits& limits);

struct RunRequest {
  std::string run_id;
  Json request;        // as in protocol.h; the supervisor adds the limits
  std::string input;   // absolute path; opened read-only here
  std::string folder;  // absolute path of the run's work folder; exists
  Limits limits;
};

struct RunOutcome {
  bool ok = false;
  std::string error_class;  // protocol.h
  std::string message;      // one sentence
  std::string detail;       // for the log: element, debug text
  std::string log;          // the tail of stderr, at most 16 kB
  int exit_code = -1;
  int signal = 0;
};

struct StartedRun {
  int pid = 0;
  int64_t pid_start = 0;  // clock ticks since boot: with the boot id, a name for the process
};

class Supervisor {
 public:
  using OnReport = std::function<void(const Json& report)>;
  using OnExit = std::function<void(const RunOutcome& outcome)>;

  virtual ~Supervisor() = default;  // kills what still runs, without callbacks; not from one
  // `on_exit` comes exactly once if start succeeded, after the last `on_report`.
  virtual Result<StartedRun> start(const RunRequest& request, OnReport on_report,
                                   OnExit on_exit) = 0;
  // SIGTERM, after `grace_ms` SIGKILL; on_exit says class "cancelled".
  virtual void cancel(const std::string& run_id, int64_t grace_ms = 2000) = 0;
  virtual int running() const = 0;
};

struct SupervisorOptions {
  std::string worker_program;  // path of filmgate-worker
  std::string plugin_folder;   // where libgstfilmgate.so lies
  std::string cache_folder;  // for GStreamer's registry; "" = filmgate/ in the user's cache folder
  bool insecure = false;     // workers go on where a sandbox layer is missing
};

// The first start, and one after the registry was deleted, brings GStreamer's registry up to date,
// which blocks for about a second.
std::unique_ptr<Supervisor> make_supervisor(Executor& executor, SupervisorOptions options);
// The same with the default cache folder.
std::unique_ptr<Supervisor> make_supervisor(Executor& executor, std::string worker_program,
                                            std::string plugin_folder, bool insecure);

// Identity of processes across restarts of the host.
std::string boot_id();
int64_t process_start_ticks(int pid);  // 0 when there is no such process

// Runs `filmgate-worker --introspect` to its end and returns the catalogue's JSON text; brings the
// registry in `cache_folder` (as in SupervisorOptions) up to date on the way. Blocks.
Result<std::string> introspect(const std::string& worker_program, const std::string& plugin_folder,
                               const std::string& cache_folder = "");

}  // namespace filmgate::worker
