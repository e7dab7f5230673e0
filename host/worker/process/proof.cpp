#include "host/worker/process/proof.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>

namespace filmgate::worker {

namespace {

// Calls that would do harm if they went through get a name that doesn't exist: refused by the
// sandbox they say EPERM or EACCES, let through they say ENOENT.
constexpr const char* kNowhere = "/nowhere/filmgate-proof";

bool is_refusal(int error) {
  return error == EPERM || error == EACCES || error == ENOSYS;
}

int close_if_open(int fd) {
  if (fd >= 0) close(fd);
  return fd;
}

struct Trial {
  const char* what;
  std::function<long()> attempt;  // below 0 with errno when it failed
};

int try_to_fork() {
  const long child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  return static_cast<int>(child);
}

int try_to_create_outside() {
  const int fd = open("/tmp/filmgate-proof", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) unlink("/tmp/filmgate-proof");
  return close_if_open(fd);
}

std::vector<Trial> forbidden() {
  const auto can_open = [](const char* path, int flags) {
    return [path, flags] { return close_if_open(open(path, flags | O_CLOEXEC)); };
  };
  return {
      {"read /etc/passwd", can_open("/etc/passwd", O_RDONLY)},
      {"list the root folder", can_open("/", O_RDONLY | O_DIRECTORY)},
      {"list the folder above the work folder", can_open("..", O_RDONLY | O_DIRECTORY)},
      {"open the upload for writing", can_open("/proc/self/fd/3", O_RDWR)},
      {"read the memory of the process as a file", can_open("/proc/self/mem", O_RDONLY)},
      {"create a file in /tmp", try_to_create_outside},
      {"open an internet socket",
       [] { return close_if_open(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }},
      {"open a local socket",
       [] { return close_if_open(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }},
      {"run a program",
       [] {
         char* const nothing[] = {nullptr};
         return execve(kNowhere, nothing, nothing);
       }},
      {"start another process", try_to_fork},
      {"truncate a file by its name", [] { return truncate(kNowhere, 0); }},
      {"change a file's mode", [] { return chmod(kNowhere, 0600); }},
      {"change a file's owner", [] { return chown(kNowhere, 0, 0); }},
      {"change a file's times", [] { return utimensat(AT_FDCWD, kNowhere, nullptr, 0); }},
      {"signal the host", [] { return kill(getppid(), 0); }},
  };
}

ProofStep run(const Trial& trial) {
  errno = 0;
  const long result = trial.attempt();
  const int error = errno;
  ProofStep step;
  step.what = trial.what;
  step.held = result < 0 && is_refusal(error);
  step.found = result >= 0 ? "it was allowed"
                           : (step.held ? std::string("refused: ") : std::string("not refused: ")) +
                                 std::strerror(error);
  return step;
}

ProofStep prove_work_folder() {
  ProofStep step{"write in the work folder", false, ""};
  constexpr const char* kName = ".filmgate-proof";
  const int fd = open(kName, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  step.held = fd >= 0;
  step.found = fd >= 0 ? "possible" : std::strerror(errno);
  close_if_open(fd);
  if (fd >= 0) unlink(kName);
  return step;
}

}  // namespace

std::vector<ProofStep> prove_sandbox() {
  std::vector<ProofStep> steps;
  for (const Trial& trial : forbidden()) steps.push_back(run(trial));
  steps.push_back(prove_work_folder());
  return steps;
}

}  // namespace filmgate::worker
