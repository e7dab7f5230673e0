#include "tests/support/process.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "host/base/file.h"

extern char** environ;

namespace filmgate::test {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int spawn(const std::vector<std::string>& arguments, const std::string& out,
          const std::string& errors, const std::map<std::string, std::string>& extra) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable) {
    const std::string entry = *variable;
    if (!extra.contains(entry.substr(0, entry.find('=')))) variables.push_back(entry);
  }
  for (const auto& [name, value] : extra) variables.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (errors == out)
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
  else
    posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0644);
  posix_spawnattr_t attributes;  // a group of its own: what a shell started ends with it
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + arguments.front());
  return pid;
}

}  // namespace

bool wait_until(const std::function<bool()>& condition, int limit_ms) {
  const gint64 end = g_get_monotonic_time() + gint64{limit_ms} * 1000;
  while (!condition()) {
    if (g_get_monotonic_time() > end) return false;
    GMainContext* context = g_main_context_new();
    GSource* soon = g_timeout_source_new(5);
    g_source_set_callback(
        soon, [](gpointer) { return G_SOURCE_REMOVE; }, nullptr, nullptr);
    g_source_attach(soon, context);
    g_source_unref(soon);
    g_main_context_iteration(context, TRUE);
    g_main_context_unref(context);
  }
  return true;
}

Child::Child(const std::vector<std::string>& arguments, std::string log,
             const std::map<std::string, std::string>& extra)
    : pid_(spawn(arguments, log, log, extra)), log_(std::move(log)) {}

Child::~Child() {
  if (running()) {
    signal(SIGKILL);
    wait();
  }
}

bool Child::running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    pid_ = -1;
  }
  return pid_ >= 0;
}

void Child::signal(int number) const {
  if (pid_ > 0) kill(pid_, number);
}

int Child::wait(int limit_ms) {
  return wait_until([this] { return !running(); }, limit_ms) ? status_ : -1;
}

std::string Child::output() const {
  return slurp(log_);
}

Finished run_program(const std::vector<std::string>& arguments, int limit_ms,
                     const std::map<std::string, std::string>& extra) {
  TemporaryFolder folder;
  const int pid = spawn(arguments, folder / "out", folder / "err", extra);
  Finished finished;
  int status = 0;
  if (!wait_until([&] { return waitpid(pid, &status, WNOHANG) == pid; }, limit_ms)) {
    kill(-pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.output = slurp(folder / "out");
  finished.errors = slurp(folder / "err");
  return finished;
}

Finished run_refused(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& extra) {
  constexpr int kTries = 4;
  constexpr int kLimitMs = 30'000;
  Finished done;
  for (int i = 0; i < kTries; ++i) {
    done = run_program(arguments, kLimitMs, extra);
    const bool hung = done.exit_code == 128 + SIGKILL &&
                      done.errors.find("doesn't want to preroll") != std::string::npos;
    if (!hung) break;
  }
  return done;
}

TemporaryFolder::TemporaryFolder() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base && *base ? base : "/tmp") + "/filmgate-test-XXXXXX";
  if (!mkdtemp(path_.data())) throw std::runtime_error("cannot make " + path_);
}

TemporaryFolder::~TemporaryFolder() {
  (void)remove_tree(path_).ok();
}

}  // namespace filmgate::test
