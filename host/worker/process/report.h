// The worker's side of the report lines (host/worker/protocol.h). Thread-safe: streaming threads
// report violations themselves, so that nothing more is decoded after one.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "plugins/core/json.h"

namespace filmgate::worker {

// Why a stage failed. `error_class` is one of protocol.h's; `message` is one sentence for a person.
struct Failure {
  std::string error_class;
  std::string message;
  std::string element;
  std::string detail;
};

class Reporter {
 public:
  explicit Reporter(int fd) : fd_(fd) {}

  void ready(const std::string& sandbox);
  void first_picture();                                 // the calls after the first one do nothing
  void progress(double position_s, double duration_s);  // an unknown one is negative: left out
  void message(const std::string& element, const std::string& name, Json fields);
  void facts(Json facts);
  void verdict(const std::string& verdict, Json reasons);
  void output(Json output);
  void done();

  // Writes the error line and ends the process with exit code 1; the first caller wins.
  [[noreturn]] void fail(const Failure& failure);

 private:
  void write_line(const Json& report);

  std::mutex lock_;
  std::atomic<bool> pictured_{false};
  const int fd_;
};

}  // namespace filmgate::worker
