#include "host/worker/supervise/run.h"

#include <glib-unix.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "host/base/duration.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {

namespace {

constexpr size_t kLogTail = 16 * 1024;

// The worker keeps the same limits and explains better what it was doing; it goes first.
int64_t with_slack(int64_t ms) {
  return ms + std::min<int64_t>(2000, ms / 4);
}

enum class ReadEnd { kMore, kClosed };

// Everything that is there now.
template <typename Take>
ReadEnd read_available(int fd, const Take& take) {
  char buffer[65536];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return ReadEnd::kMore;
    if (n <= 0) return ReadEnd::kClosed;
    if (!take(std::string_view(buffer, static_cast<size_t>(n)))) return ReadEnd::kMore;
  }
}

RunOutcome failure(const char* error_class, std::string message) {
  RunOutcome outcome;
  outcome.error_class = error_class;
  outcome.message = std::move(message);
  return outcome;
}

}  // namespace

Run::Run(Executor& executor, Child child, Streams streams, const Limits& limits,
         Supervisor::OnReport on_report, Supervisor::OnExit on_ended)
    : executor_(executor),
      child_(std::move(child)),
      streams_(std::move(streams)),
      limits_(limits),
      on_report_(std::move(on_report)),
      on_ended_(std::move(on_ended)) {
  report_source_ = watch(streams_.reports.get(), &Run::read_reports);
  log_source_ = watch(streams_.log.get(), &Run::read_log);
  process_source_ = watch(child_.process.get(), &Run::finish);
  wall_timer_ = executor_.after(with_slack(limits_.wall_ms), [this] {
    kill_for(kClassLimit, "the worker took longer than the " + describe_duration(limits_.wall_ms) +
                              " it may take");
  });
  restart_stall_timer();
}

Run::~Run() {
  if (ended_) return;
  kill(child_.pid, SIGKILL);
  reap(child_);
}

Run::Source Run::watch(int fd, void (Run::*ready)()) {
  struct Call {
    Run* run;
    void (Run::*ready)();
  };
  GSource* source = g_unix_fd_source_new(fd, static_cast<GIOCondition>(G_IO_IN | G_IO_HUP));
  const GUnixFDSourceFunc call = [](gint, GIOCondition, gpointer user) -> gboolean {
    const Call call_now = *static_cast<Call*>(user);
    (call_now.run->*call_now.ready)();  // may drop the run, and this source with it
    return G_SOURCE_CONTINUE;
  };
  g_source_set_callback(source, reinterpret_cast<GSourceFunc>(reinterpret_cast<void (*)()>(call)),
                        new Call{this, ready},
                        [](gpointer user) { delete static_cast<Call*>(user); });
  g_source_attach(source, executor_.context());
  return Source(source);
}

void Run::restart_stall_timer() {
  stall_timer_ = executor_.after(with_slack(limits_.stall_ms), [this] {
    kill_for(kClassLimit, "the worker made no progress for " + describe_duration(limits_.stall_ms));
  });
}

void Run::kill_for(const char* error_class, const std::string& message) {
  if (!failed_) failed_ = failure(error_class, message);
  kill(child_.pid, SIGKILL);
}

void Run::cancel(int64_t grace_ms) {
  if (cancelled_) return;
  cancelled_ = true;
  kill(child_.pid, SIGTERM);
  grace_timer_ = executor_.after(grace_ms, [this] { kill(child_.pid, SIGKILL); });
}

void Run::take_report(const std::string& line) {
  Result<Json> report = parse_json(line, "report", {.max_bytes = kMaxReportLine});
  const std::string type = report ? report->get("type").string_or("") : "";
  if (type.empty()) {
    kill_for(kClassInternal, "the worker wrote a line that is no report");
    if (failed_ && failed_->detail.empty()) {
      failed_->detail = report ? "a report without a type" : report.error().message;
    }
    return;
  }
  if (type == "done") done_ = true;
  if (type == "error") {
    RunOutcome outcome = failure("", report->get("message").string_or("the worker failed"));
    outcome.error_class = report->get("class").string_or(kClassInternal);
    outcome.detail = report->get("detail").string_or("");
    if (const std::string element = report->get("element").string_or(""); !element.empty()) {
      outcome.detail = element + ": " + outcome.detail;
    }
    failed_ = std::move(outcome);
  }
  restart_stall_timer();
  on_report_(*report);
}

void Run::take_lines() {
  size_t begin = 0;
  while (!failed_) {  // nothing counts after an error
    const size_t end = pending_.find('\n', begin);
    if (end == std::string::npos) break;
    take_report(pending_.substr(begin, end - begin));
    begin = end + 1;
  }
  pending_.erase(0, begin);
  if (!failed_ && pending_.size() > static_cast<size_t>(kMaxReportLine)) {
    kill_for(kClassInternal, "the worker wrote a line longer than a report may be");
  }
  if (failed_) pending_.clear();
}

void Run::read_reports() {
  const ReadEnd end = read_available(streams_.reports.get(), [this](std::string_view bytes) {
    if (!failed_) pending_.append(bytes);
    take_lines();
    return !failed_;  // a worker that writes without end must not keep us here
  });
  if (end == ReadEnd::kClosed) report_source_.reset();
}

void Run::read_log() {
  size_t budget = 1 << 20;
  const ReadEnd end = read_available(streams_.log.get(), [this, &budget](std::string_view bytes) {
    log_.append(bytes);
    if (log_.size() > kLogTail) log_.erase(0, log_.size() - kLogTail);
    budget -= std::min(budget, bytes.size());
    return budget > 0;
  });
  if (end == ReadEnd::kClosed) log_source_.reset();
}

RunOutcome Run::judge_signal(int signal) const {
  switch (signal) {
    case SIGSYS:
      return failure(kClassCrash, "the worker tried something that the sandbox forbids");
    case SIGXFSZ:
      return failure(kClassLimit, "an output grew larger than an output may be");
    case SIGKILL:
      return failure(kClassCrash,
                     "the worker was killed from outside, most likely for lack of memory");
    default:
      break;
  }
  // GLib and the C++ library abort when memory runs out, after saying so.
  if (log_.find("failed to allocate") != std::string::npos ||
      log_.find("std::bad_alloc") != std::string::npos) {
    return failure(kClassLimit, "the file needs more memory than the " +
                                    std::to_string(limits_.memory_bytes >> 20) +
                                    " MB that are allowed");
  }
  return failure(kClassCrash, "the worker crashed (signal " + std::to_string(signal) + ", " +
                                  strsignal(signal) + ")");
}

RunOutcome Run::judge(const Ended& ended) const {
  if (cancelled_) return failure(kClassCancelled, "the run was cancelled");
  if (failed_) return *failed_;
  if (ended.signal != 0) return judge_signal(ended.signal);
  if (done_ && ended.exit_code == 0) {
    RunOutcome outcome;
    outcome.ok = true;
    return outcome;
  }
  return failure(kClassCrash, "the worker ended with exit code " + std::to_string(ended.exit_code) +
                                  (done_ ? " after it was done" : " before it was done"));
}

void Run::finish() {
  // What it wrote last is still in the pipes.
  if (report_source_) read_reports();
  if (log_source_) read_log();
  ended_ = true;
  const Ended ended = reap(child_);
  report_source_.reset();
  log_source_.reset();
  wall_timer_.reset();
  stall_timer_.reset();
  grace_timer_.reset();
  process_source_.reset();
  RunOutcome outcome = judge(ended);
  outcome.log = log_;
  outcome.exit_code = ended.exit_code;
  outcome.signal = ended.signal;
  const Supervisor::OnExit on_ended = std::move(on_ended_);
  on_ended(outcome);  // may drop this
}

}  // namespace filmgate::worker
