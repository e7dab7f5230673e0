// One running worker process: reads what it writes and judges how it ended.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "host/base/executor.h"
#include "host/worker/supervise/spawn.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::worker {

class Run {
 public:
  struct Streams {
    Fd reports, log;  // our ends, non-blocking
  };
  // `on_ended` comes once, from the executor, and may drop the run.
  Run(Executor& executor, Child child, Streams streams, const Limits& limits,
      Supervisor::OnReport on_report, Supervisor::OnExit on_ended);
  ~Run();  // kills the process if it still runs
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  int pid() const { return child_.pid; }
  void cancel(int64_t grace_ms);

 private:
  struct SourceUnref {
    void operator()(GSource* source) const {
      g_source_destroy(source);
      g_source_unref(source);
    }
  };
  using Source = std::unique_ptr<GSource, SourceUnref>;

  Source watch(int fd, void (Run::*ready)());
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
  Child child_;
  Streams streams_;
  const Limits limits_;
  Supervisor::OnReport on_report_;
  Supervisor::OnExit on_ended_;

  std::string pending_;  // bytes of reports without their newline yet
  std::string log_;
  bool ended_ = false;
  bool done_ = false;  // the worker said so
  bool cancelled_ = false;
  std::optional<RunOutcome> failed_;  // as the worker said, or why we killed it
  Source report_source_, log_source_, process_source_;
  std::unique_ptr<Executor::Timer> wall_timer_, stall_timer_, grace_timer_;
};

}  // namespace filmgate::worker
