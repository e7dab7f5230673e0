// One running worker process: reads what it writes and judges how it ended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "host/base/executor.h"
#include "host/worker/supervise/fd_watch.h"
#include "host/worker/supervise/process.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::worker {

class Run {
 public:
  // `on_ended` comes once, from the executor, and may drop the run.
  Run(Executor& executor, Process process, const Limits& limits, Supervisor::OnReport on_report,
      Supervisor::OnExit on_ended);
  ~Run();  // kills the process if it still runs
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  int pid() const { return process_.child.pid; }
  // Once it has ended: false when the process never came so far as to take its job.
  bool took_job() const { return took_job_; }
  void cancel(int64_t grace_ms);

 private:
  void read_reports();
  void read_log();
  void take_lines();
  void take_report(const std::string& line);
  void restart_stall_timer();
  void kill_for(const char* error_class, const std::string& message);
  void finish();
  RunOutcome judge(const Ended& ended) const;
  RunOutcome judge_signal(int signal) const;

  Executor& executor_;
  Process process_;
  const Limits limits_;
  Supervisor::OnReport on_report_;
  Supervisor::OnExit on_ended_;

  std::string pending_;  // bytes of reports without their newline yet
  std::string log_;
  bool ended_ = false;
  bool done_ = false;  // the worker said so
  bool cancelled_ = false;
  bool took_job_ = false;
  std::optional<RunOutcome> failed_;  // as the worker said, or why we killed it
  std::optional<FdWatch> report_watch_, log_watch_, process_watch_;
  std::unique_ptr<Executor::Timer> wall_timer_, stall_timer_, grace_timer_;
};

}  // namespace filmgate::worker
