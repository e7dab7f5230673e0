// A worker that misbehaves on purpose, in the way that the request's "launch" names. It stands in
// for a process that hostile media has taken over, or that a defect of ours broke.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

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
  (void)argv;
  const std::string request = read_request();
  const auto asked = [&request](const char* way) {
    return request.find(std::string("\"launch\":\"") + way + "\"") != std::string::npos;
  };
  say("{\"type\":\"ready\",\"sandbox\":\"none\"}\n");
  if (asked("segfault")) std::raise(SIGSEGV);
  if (asked("killed")) std::raise(SIGKILL);
  if (asked("stall")) wait_for_the_end();
  if (asked("chatter")) {
    pollfd unheard{1, 0, 0};
    do {
      say("{\"type\":\"progress\",\"position\":1}\n");
    } while (poll(&unheard, 1, 20) == 0);
    return 0;
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
