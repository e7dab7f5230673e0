#include "host/worker/process/report.h"

#include <unistd.h>
#include <cerrno>

#include "host/worker/protocol.h"

namespace filmgate::worker {

namespace {

// False when the host is gone.
bool write_fully(int fd, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    written += static_cast<size_t>(n);
  }
  return true;
}

std::string error_line(const Failure& failure) {
  Json report = Json::object({{"type", "error"},
                              {"class", failure.error_class},
                              {"message", failure.message},
                              {"element", failure.element},
                              {"detail", failure.detail}});
  return to_text(report) + "\n";
}

}  // namespace

void Reporter::write_line(const Json& report) {
  const std::string line = to_text(report) + "\n";
  std::lock_guard held(lock_);
  if (line.size() > static_cast<size_t>(kMaxReportLine)) {
    write_fully(
        fd_, error_line({kClassLimit, "a report about this file is longer than a report may be", "",
                         report.get("type").string_or("")}));
    _exit(1);
  }
  // Without a host there is nobody to work for.
  if (!write_fully(fd_, line)) _exit(1);
}

void Reporter::ready(const std::string& sandbox) {
  write_line(Json::object({{"type", "ready"}, {"sandbox", sandbox}}));
}

void Reporter::first_picture() {
  if (!pictured_.exchange(true)) write_line(Json::object({{"type", "picture"}}));
}

void Reporter::progress(double position_s, double duration_s) {
  Json report = Json::object({{"type", "progress"}});
  if (position_s >= 0) report.set("position", position_s);
  if (duration_s >= 0) report.set("duration", duration_s);
  write_line(report);
}

void Reporter::message(const std::string& element, const std::string& name, Json fields) {
  write_line(Json::object(
      {{"type", "message"}, {"element", element}, {"name", name}, {"fields", std::move(fields)}}));
}

void Reporter::facts(Json facts) {
  write_line(Json::object({{"type", "facts"}, {"facts", std::move(facts)}}));
}

void Reporter::verdict(const std::string& verdict, Json reasons) {
  write_line(
      Json::object({{"type", "verdict"}, {"verdict", verdict}, {"reasons", std::move(reasons)}}));
}

void Reporter::output(Json output) {
  output.set("type", "output");
  write_line(output);
}

void Reporter::done() {
  write_line(Json::object({{"type", "done"}}));
}

void Reporter::fail(const Failure& failure) {
  lock_.lock();  // for good: no line follows the error
  write_fully(fd_, error_line(failure));
  _exit(1);
}

}  // namespace filmgate::worker
