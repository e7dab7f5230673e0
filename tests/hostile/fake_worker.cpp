// A worker that misbehaves on purpose, in the way that the request's "launch" names. It stands in
// for a process that hostile media has taken over, or that a defect of ours broke.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "host/worker/protocol.h"

namespace {

using namespace filmgate::worker;

// As the real one does when it is started ahead.
void wait_for_job() {
  (void)send(kRequestFd, &kSpareWaits, 1, MSG_NOSIGNAL);
  char word = 0;
  iovec part{&word, 1};
  int received[kJobDescriptors];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof received)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(kRequestFd, &message, 0) <= 0) _exit(0);
  std::memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
  (void)send(kRequestFd, &kSpareTookJob, 1, MSG_NOSIGNAL);
  const int places[] = {kRequestFd, kInputFd, kFolderFd};
  for (int i = 0; i < kJobDescriptors; ++i) {
    dup2(received[i], places[i]);
    close(received[i]);
  }
}

std::string read_request() {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(0, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

void say(std::string_view line) {
  while (!line.empty()) {
    const ssize_t n = write(1, line.data(), line.size());
    if (n <= 0) _exit(3);
    line.remove_prefix(static_cast<size_t>(n));
  }
}

[[noreturn]] void wait_for_the_end() {
  for (;;) pause();
}

// The descriptors that are open, as "0,1,2,3,4".
std::string open_descriptors() {
  std::string list;
  for (int fd = 0; fd < 1024; ++fd) {
    if (lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF) {
      list += (list.empty() ? "" : ",") + std::to_string(fd);
    }
  }
  return list;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--introspect") {
    // As the real one: --introspect --registry FILE leaves that file behind.
    if (argc > 3) close(open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    // Dies once for each of these files that somebody laid beside it.
    for (const char* number : {".kill-1", ".kill-2"}) {
      if (argc > 3 && unlink((std::string(argv[3]) + number).c_str()) == 0) std::raise(SIGKILL);
    }
    say("{\"elements\":{}}\n");
    return 0;
  }
  if (argc > 1 && std::string_view(argv[argc - 1]) == "--spare") {
    // Where this file lies nothing can be started ahead: each that tries leaves a byte in it.
    if (const int tries = open((std::string(argv[2]) + ".no-spares").c_str(), O_WRONLY | O_APPEND);
        tries >= 0) {
      return write(tries, "x", 1) == 1 && write(2, "no spares here\n", 15) == 15 ? 3 : 4;
    }
    wait_for_job();
  }
  const std::string request = read_request();
  const auto asked = [&request](const char* way) {
    return request.find(std::string("\"launch\":\"") + way + "\"") != std::string::npos;
  };
  say("{\"type\":\"ready\",\"sandbox\":\"none\"}\n");
  if (asked("segfault")) std::raise(SIGSEGV);
  if (asked("killed")) std::raise(SIGKILL);
  if (asked("stall")) wait_for_the_end();
  if (asked("chatter")) {
    for (;;) {
      say("{\"type\":\"progress\",\"position\":1}\n");
      usleep(20'000);  // its own pace; the test waits for the wall limit, not for this
    }
  }
  if (asked("no-json")) {
    say("this is not a report\n");
    wait_for_the_end();
  }
  if (asked("no-type")) {
    say("{\"position\":1}\n");
    wait_for_the_end();
  }
  if (asked("huge-line")) {
    const std::string block(1 << 16, 'x');
    for (;;) say(block);
  }
  if (asked("deep")) {
    say(std::string(100'000, '[') + "\n");
    wait_for_the_end();
  }
  if (asked("flood-log")) {
    const std::string block(1 << 16, 'y');
    for (int i = 0; i < 64; ++i) {
      if (write(2, block.data(), block.size()) < 0) return 3;
    }
    if (write(2, "the last words\n", 15) < 0) return 3;
    std::raise(SIGABRT);
  }
  if (asked("silent-exit")) return 0;
  if (asked("lies")) {  // an error, then what would make it a success
    say("{\"type\":\"error\",\"class\":\"media\",\"message\":\"bad\",\"detail\":\"d\",\"element\":"
        "\"e\"}\n{\"type\":\"done\"}\n");
    return 0;
  }
  if (asked("deaf")) {
    std::signal(SIGTERM, SIG_IGN);
    say("{\"type\":\"progress\",\"position\":2}\n");
    wait_for_the_end();
  }
  if (asked("surroundings")) {
    say("{\"type\":\"message\",\"element\":\"fake\",\"name\":\"surroundings\",\"fields\":{"
        "\"descriptors\":\"" +
        open_descriptors() + "\",\"environment\":" + (environ && *environ ? "true" : "false") +
        "}}\n");
  }
  say("{\"type\":\"done\"}\n");
  return 0;
}
