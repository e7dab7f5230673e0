#include "host/worker/process/self_test.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "host/base/file.h"
#include "host/worker/process/boot.h"
#include "host/worker/process/elements.h"
#include "host/worker/process/proof.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {

namespace {

struct Deadly {
  const char* what;
  long number;
};

constexpr Deadly kDeadly[] = {
    {"trace a process", SYS_ptrace},         {"load a BPF program", SYS_bpf},
    {"set up io_uring", SYS_io_uring_setup}, {"mount a file system", SYS_mount},
    {"leave a namespace", SYS_unshare},      {"use the kernel's key ring", SYS_keyctl}};

bool print(bool held, const char* what, const std::string& found) {
  std::printf("%-6s  %s (%s)\n", held ? "holds" : "OPEN", what, found.c_str());
  return held;
}

// In a child each: such a call ends the process.
bool prove_deadly(const Deadly& deadly) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    SandboxState state;
    enter_seccomp(state);
    syscall(deadly.number, -1L, 0L, 0L, 0L, 0L, 0L);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) {
    return print(false, deadly.what, "it couldn't be tried");
  }
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
  return print(killed, deadly.what, killed ? "ends the process" : "the process went on");
}

int prove_inside(const SandboxOptions& options, int folder) {
  bool all = true;
  SandboxState state;
  if (fchdir(folder) != 0) return 1;
  if (Result<void> entered = enter_walls(options, folder, state); !entered) {
    std::printf("OPEN    %s\n", entered.error().message.c_str());
    return 1;
  }
  const Result<void> booted = boot_gstreamer(options, {});
  enter_seccomp(state);
  for (const ProofStep& step : prove_sandbox()) {
    all &= print(step.held, step.what.c_str(), step.found);
  }
  for (const std::string& missing : state.missing) std::printf("OPEN    %s\n", missing.c_str());
  if (!booted) std::printf("OPEN    %s\n", booted.error().message.c_str());
  std::printf("sandbox: %s\n", state.describe().c_str());
  std::printf("elements:");
  for (const std::string& name : allowed_elements()) std::printf(" %s", name.c_str());
  std::printf("\n");
  std::fflush(stdout);
  return all && state.missing.empty() && booted ? 0 : 1;
}

}  // namespace

int run_self_test(const SandboxOptions& options) {
  char path[] = "/tmp/filmgate-self-test-XXXXXX";
  if (!mkdtemp(path)) {
    std::fprintf(stderr, "cannot make a folder in /tmp to test in: %s\n", std::strerror(errno));
    return 1;
  }
  const Fd folder(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  bool all = true;
  for (const Deadly& deadly : kDeadly) all &= prove_deadly(deadly);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    // The descriptors lie as in a run; the registry stands for the upload.
    const int upload = open(options.registry.c_str(), O_RDONLY | O_CLOEXEC);
    const int input = fcntl(upload, F_DUPFD_CLOEXEC, kFolderFd + 1);
    const int work = fcntl(folder.get(), F_DUPFD_CLOEXEC, kFolderFd + 1);
    if (dup2(input, kInputFd) < 0 || dup2(work, kFolderFd) < 0) _exit(1);
    _exit(prove_inside(options, kFolderFd));
  }
  int status = 0;
  const bool held = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
                    WEXITSTATUS(status) == 0;
  rmdir(path);
  std::printf(all && held ? "Every wall holds.\n" : "NOT every wall holds.\n");
  return all && held ? 0 : 1;
}

}  // namespace filmgate::worker
