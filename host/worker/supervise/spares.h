// Workers that are started ahead of their jobs (host/worker/protocol.h).
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/base/executor.h"
#include "host/worker/supervise/fd_watch.h"
#include "host/worker/supervise/process.h"

namespace filmgate::worker {

// One of them, from its start until it has a job.
class Spare {
 public:
  // `changed`: it waits from now on, or it has ended; may drop it.
  Spare(Executor& executor, Process process, std::function<void()> changed);
  ~Spare();  // ends the process
  Spare(const Spare&) = delete;
  Spare& operator=(const Spare&) = delete;

  bool waits() const { return waits_; }
  // Without having had a job.
  const std::optional<Ended>& ended() const { return ended_; }
  // What it wrote for the log, at most a few hundred bytes.
  std::string last_words() const;

  // Hands the job over, which can be done once; nothing when the process has ended.
  std::optional<Process> give(const JobFiles& job);
  // Kills the process, without waiting for its end.
  void stop();

 private:
  void end();
  void listen();
  void tell() const;

  Process process_;
  const std::function<void()> changed_;
  bool waits_ = false;
  std::optional<Ended> ended_;
  std::optional<FdWatch> channel_watch_, process_watch_;
};

class Spares {
 public:
  // Keeps `wanted` of them; ends them when none was needed for `idle_ms`.
  Spares(Executor& executor, int wanted, int64_t idle_ms)
      : executor_(executor), wanted_(wanted), idle_ms_(idle_ms) {}
  ~Spares() { end_all(); }
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;

  // Gives the job to the one that was started first; nothing when there is none.
  std::optional<Process> give(const JobFiles& job);
  void end_all();
  // Starts what is missing, one after the other, so that the runs keep the machine.
  void replenish(const std::vector<std::string>& arguments);
  // One ended before it could wait, or before it took the job that it was given. Of those that give
  // up by themselves no more are started after a few.
  void note_end(const Ended& ended, std::string last_words);

 private:
  void look();
  void start_one();

  Executor& executor_;
  const int wanted_;
  const int64_t idle_ms_;
  std::vector<std::string> arguments_;
  int failures_ = 0;  // how many in turn gave up before they waited
  std::deque<std::unique_ptr<Spare>> spares_;
  std::unique_ptr<Executor::Timer> idle_timer_;
};

}  // namespace filmgate::worker
