#include "host/worker/supervise/process.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "host/worker/protocol.h"

namespace filmgate::worker {

namespace {

Result<Process> start(const std::vector<std::string>& arguments, int request, int input,
                      int folder) {
  Result<Pipe> reports = make_pipe();
  if (!reports) return reports.error();
  Result<Pipe> log = make_pipe();
  if (!log) return log.error();
  Result<Child> child =
      spawn(arguments, {request, reports->write.get(), log->write.get(), input, folder});
  if (!child) return child.error();
  return Process{*std::move(child), std::move(reports->read), std::move(log->read), Fd()};
}

}  // namespace

Result<Process> start_process(const std::vector<std::string>& arguments, const JobFiles& job) {
  return start(arguments, job.request.get(), job.input.get(), job.folder.get());
}

Result<Process> start_ahead(std::vector<std::string> arguments) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return error_from_errno(errno, "make a socket to a worker");
  }
  Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  const Result<Fd> nowhere = open_file("/dev/null", O_RDONLY);
  if (!nowhere) return nowhere.error();
  arguments.push_back("--spare");
  Result<Process> process = start(arguments, theirs.get(), nowhere->get(), nowhere->get());
  if (process) process->channel = std::move(ours);
  return process;
}

bool give_job(const Process& process, const JobFiles& job) {
  const int given[kJobDescriptors] = {job.request.get(), job.input.get(), job.folder.get()};
  char word = 0;
  iovec part{&word, sizeof word};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof given)]{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof given);
  std::memcpy(CMSG_DATA(rights), given, sizeof given);
  ssize_t n = 0;
  do {
    n = sendmsg(process.channel.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  return n > 0;
}

std::string heard_from(const Process& process) {
  std::string words;
  char word = 0;
  while (recv(process.channel.get(), &word, sizeof word, MSG_DONTWAIT) > 0) words.push_back(word);
  return words;
}

}  // namespace filmgate::worker
