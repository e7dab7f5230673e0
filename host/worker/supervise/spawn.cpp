#include "host/worker/supervise/spawn.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

namespace filmgate::worker {

namespace {

struct Actions {
  Actions() { posix_spawn_file_actions_init(&value); }
  ~Actions() { posix_spawn_file_actions_destroy(&value); }
  posix_spawn_file_actions_t value;
};

struct Attributes {
  Attributes() { posix_spawnattr_init(&value); }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  posix_spawnattr_t value;
};

// Copies far from the child's numbers, so that moving one into place overwrites no other.
Result<std::vector<Fd>> lift(const std::vector<int>& descriptors) {
  std::vector<Fd> lifted;
  for (const int fd : descriptors) {
    if (fd < 0) {
      lifted.emplace_back();
      continue;
    }
    Fd copy(fcntl(fd, F_DUPFD_CLOEXEC, static_cast<int>(descriptors.size()) + 8));
    if (!copy) return error_from_errno(errno, "copy a descriptor for the worker");
    lifted.push_back(std::move(copy));
  }
  return lifted;
}

}  // namespace

Result<Child> spawn(const std::vector<std::string>& arguments,
                    const std::vector<int>& descriptors) {
  Result<std::vector<Fd>> lifted = lift(descriptors);
  if (!lifted) return lifted.error();
  Actions actions;
  for (size_t i = 0; i < lifted->size(); ++i) {
    const int target = static_cast<int>(i);
    if ((*lifted)[i]) {
      posix_spawn_file_actions_adddup2(&actions.value, (*lifted)[i].get(), target);
    }
  }
  posix_spawn_file_actions_addclosefrom_np(&actions.value, static_cast<int>(descriptors.size()));

  Attributes attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes.value, &none);
  posix_spawnattr_setsigdefault(&attributes.value, &all);
  posix_spawnattr_setpgroup(&attributes.value, 0);
  posix_spawnattr_setflags(&attributes.value,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> copies = arguments;
  std::vector<char*> argv;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char* const environment[] = {nullptr};

  Child child;
  const int error = posix_spawn(&child.pid, copies.front().c_str(), &actions.value,
                                &attributes.value, argv.data(), environment);
  if (error != 0) return error_from_errno(error, "start " + copies.front());
  child.process = Fd(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.process) {
    const Error failed = error_from_errno(errno, "watch the worker process");
    kill(child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    return failed;
  }
  return child;
}

Ended reap(const Child& child) {
  int status = 0;
  pid_t found = 0;
  do {
    found = waitpid(child.pid, &status, 0);
  } while (found < 0 && errno == EINTR);
  Ended ended;
  if (found < 0) return ended;
  if (WIFEXITED(status)) ended.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  return ended;
}

Result<Fd> file_in_memory(std::string_view content, const char* name) {
  Fd file(memfd_create(name, MFD_CLOEXEC));
  if (!file) return error_from_errno(errno, "make the worker's request");
  FILMGATE_TRY(write_all(file.get(), content, "the worker's request"));
  if (lseek(file.get(), 0, SEEK_SET) != 0) return error_from_errno(errno, "rewind the request");
  return file;
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return error_from_errno(errno, "make a pipe to the worker");
  Pipe made{Fd(ends[0]), Fd(ends[1])};
  // Only our end: the worker writes with patience.
  if (fcntl(made.read.get(), F_SETFL, O_NONBLOCK) != 0) {
    return error_from_errno(errno, "set up a pipe to the worker");
  }
  return made;
}

}  // namespace filmgate::worker
