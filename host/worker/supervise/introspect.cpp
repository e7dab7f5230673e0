// What the worker program tells of this machine, and what the system tells of processes.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "host/base/clock.h"
#include "host/worker/supervise/registry.h"
#include "host/worker/supervise/spawn.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::worker {

namespace {

constexpr int64_t kIntrospectMs = 60'000;
constexpr size_t kMaxCatalogueBytes = size_t{64} << 20;

// Until the end of the file, `deadline_ms` or too much.
Result<std::string> drain(int fd, int64_t deadline_ms) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const int64_t left = deadline_ms - system_clock().now_ms();
    pollfd waiting{fd, POLLIN, 0};
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) == 0) {
      return Error{ErrorCode::kTimeout, "it didn't finish in time"};
    }
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) return error_from_errno(errno, "read from the worker");
    if (n == 0) return text;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > kMaxCatalogueBytes) return Error{ErrorCode::kLimit, "it says too much"};
  }
}

struct Told {
  std::string text;
  Ended ended;
};

Result<Told> ask(const std::vector<std::string>& arguments) {
  Result<Pipe> output = make_pipe();
  if (!output) return output.error();
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  const Result<Child> child = spawn(arguments, {nothing.get(), output->write.get(), nothing.get()});
  if (!child) return child.error();
  output->write.reset();
  Result<std::string> text = drain(output->read.get(), system_clock().now_ms() + kIntrospectMs);
  if (!text) kill(child->pid, SIGKILL);
  const Ended ended = reap(*child);
  if (!text) return text.error();
  return Told{*std::move(text), ended};
}

// What GStreamer and the worker write beside the registry before it gets its name, if they are
// killed meanwhile. `until`: what was changed later may be somebody's at work.
void remove_temporaries(const std::string& registry, std::filesystem::file_time_type until) {
  const std::string base = base_name(registry);
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder_of(registry), failure), end;
       !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename();
    const bool temporary =
        name.starts_with(base + ".tmp") || (name.starts_with("." + base) && name.ends_with(".tmp"));
    std::error_code gone;
    if (temporary && entry->last_write_time(gone) <= until && !gone) {
      std::filesystem::remove(entry->path(), gone);
    }
  }
}

}  // namespace

Result<std::string> introspect(const std::string& worker_program, const std::string& plugin_folder,
                               const std::string& cache_folder) {
  const Result<std::string> registry = registry_path(plugin_folder, cache_folder);
  if (!registry) return registry.error();
  std::vector<std::string> arguments{worker_program, "--introspect", "--registry", *registry};
  if (!plugin_folder.empty()) {
    arguments.push_back("--plugins");
    arguments.push_back(plugin_folder);
  }
  const auto now = std::filesystem::file_time_type::clock::now;
  remove_temporaries(*registry, now() - std::chrono::milliseconds(kIntrospectMs));
  Result<Told> told = ask(arguments);
  // Whatever killed it (no memory for a moment) may be over, and no host can start without it.
  if (told && told->ended.signal != 0) told = ask(arguments);
  if (!told || told->ended.signal != 0) remove_temporaries(*registry, now());
  if (told && told->ended.exit_code == 0 && told->ended.signal == 0) return told->text;
  const std::string why = !told ? told.error().message
                          : told->ended.signal != 0
                              ? "signal " + std::to_string(told->ended.signal) + " ended it twice"
                              : "it ended with exit code " + std::to_string(told->ended.exit_code);
  return Error{
      ErrorCode::kInternal,
      "\"" + worker_program + " --introspect\" can't say which elements are installed: " + why};
}

std::string boot_id() {
  Result<std::string> text = read_file("/proc/sys/kernel/random/boot_id", 128);
  if (!text) return "";
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return *text;
}

int64_t process_start_ticks(int pid) {
  const Result<std::string> text = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!text) return 0;
  // proc(5): the name in brackets may hold anything; field 22 is the 20th after it.
  size_t at = text->rfind(')');
  if (at == std::string::npos) return 0;
  for (int field = 0; field < 20; ++field) {
    at = text->find(' ', at + 1);
    if (at == std::string::npos) return 0;
  }
  return std::strtoll(text->c_str() + at + 1, nullptr, 10);
}

}  // namespace filmgate::worker
