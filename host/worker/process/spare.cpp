#include "host/worker/process/spare.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "host/worker/process/boot.h"
#include "host/worker/process/elements.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {
namespace {

constexpr int kUnfitExit = 3;
constexpr int kThreadPatienceMs = 1000;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "a worker can't wait for its job: %s\n", why.c_str());
  _exit(kUnfitExit);
}

// 0 where it can't be told.
size_t count_entries(const char* folder) {
  size_t count = 0;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    ++count;
  }
  return failure ? 0 : count;
}

// Landlock binds the thread that calls for it and those that it starts later, and it takes away no
// descriptor that is open.
void check_fitness() {
  size_t threads = count_entries("/proc/self/task");
  // One that was joined stays listed for a moment.
  for (int waited = 0; threads > 1 && waited < kThreadPatienceMs; ++waited) {
    usleep(1000);
    threads = count_entries("/proc/self/task");
  }
  if (threads != 1) give_up("a library has started a thread");
  constexpr size_t kExpected = kFolderFd + 1 + 1;  // the last one is that of looking
  if (count_entries("/proc/self/fd") != kExpected) give_up("a library has left a file open");
}

void say(char word) {
  (void)send(kRequestFd, &word, 1, MSG_NOSIGNAL);  // without a host there comes no job either
}

void receive_job() {
  char word = 0;
  iovec part{&word, sizeof word};
  int received[kJobDescriptors];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof received)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n = 0;
  do {
    n = recvmsg(kRequestFd, &message, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n <= 0) _exit(0);
  const cmsghdr* rights = CMSG_FIRSTHDR(&message);
  if (!rights || rights->cmsg_type != SCM_RIGHTS || rights->cmsg_len != CMSG_LEN(sizeof received)) {
    give_up("the message with the job is not understood");
  }
  std::memcpy(received, CMSG_DATA(rights), sizeof received);
  say(kSpareTookJob);
  constexpr int kPlaces[kJobDescriptors] = {kRequestFd, kInputFd, kFolderFd};
  for (int i = 0; i < kJobDescriptors; ++i) {
    dup2(received[i], kPlaces[i]);
    close(received[i]);
  }
}

}  // namespace

void wait_for_job(const SandboxOptions& options) {
  prctl(PR_SET_NAME, kSpareProcessName);
  if (const auto given_up = give_up_privileges(options); !given_up) {
    give_up(given_up.error().message);
  }
  if (const auto loaded = load_gstreamer(options); !loaded) give_up(loaded.error().message);
  load_allowed_plugins();
  check_fitness();
  say(kSpareWaits);
  receive_job();
  prctl(PR_SET_NAME, "filmgate-worker");
}

}  // namespace filmgate::worker
