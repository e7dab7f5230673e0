// filmgate-worker: runs one GStreamer pipeline on untrusted bytes in a sandbox, reports, and ends.
// docs/security.md says what the sandbox is; host/worker/protocol.h what goes in and comes out.
#include <gst/gst.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "host/base/file.h"
#include "host/worker/process/boot.h"
#include "host/worker/process/elements.h"
#include "host/worker/process/introspect.h"
#include "host/worker/process/libraries.h"
#include "host/worker/process/proof.h"
#include "host/worker/process/report.h"
#include "host/worker/process/sandbox.h"
#include "host/worker/process/self_test.h"
#include "host/worker/process/sniff.h"
#include "host/worker/process/stage.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {
namespace {

constexpr int kUsageExit = 2;
constexpr size_t kMaxRequestBytes = 1 << 20;

enum class Mode { kRun, kIntrospect, kSelfTest, kHelp };

struct Arguments {
  Mode mode = Mode::kRun;
  SandboxOptions sandbox;
};

constexpr const char* kUsage =
    "usage: filmgate-worker --registry FILE [--plugins FOLDER] [MODE]\n"
    "  (no mode)         run the request on descriptor 0, as a host starts it\n"
    "  --introspect      bring the registry FILE up to date and print the elements as JSON\n"
    "  --self-test       try what the sandbox must refuse, and print what came of it\n"
    "options:\n"
    "  --registry FILE   GStreamer's registry cache\n"
    "  --plugins FOLDER  where libgstfilmgate.so lies\n"
    "  --parent PID      end when this process has ended\n"
    "  --landlock-abi N  use no later Landlock than N, as on an older kernel\n";

Result<Arguments> parse_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = values[i];
    if (word == "--introspect") {
      arguments.mode = Mode::kIntrospect;
    } else if (word == "--self-test") {
      arguments.mode = Mode::kSelfTest;
    } else if (word == "--help") {
      arguments.mode = Mode::kHelp;
    } else if (i + 1 == count) {
      return Error{ErrorCode::kInvalidInput, "\"" + std::string(word) + "\" isn't understood"};
    } else if (word == "--registry") {
      arguments.sandbox.registry = std::filesystem::absolute(values[++i]);
    } else if (word == "--plugins") {
      // The registry keeps these names, and the worker has another current folder.
      arguments.sandbox.plugin_folder = std::filesystem::absolute(values[++i]);
    } else if (word == "--parent") {
      arguments.sandbox.parent = std::atoi(values[++i]);
    } else if (word == "--landlock-abi") {
      arguments.sandbox.landlock_cap = std::atoi(values[++i]);
    } else {
      return Error{ErrorCode::kInvalidInput, "\"" + std::string(word) + "\" isn't understood"};
    }
  }
  return arguments;
}

// Exactly the descriptors of the protocol, each of its kind.
Result<void> check_descriptors() {
  struct stat status {};
  if (fstat(kInputFd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return Error{ErrorCode::kInvalidInput, "the input on descriptor 3 is no regular file"};
  }
  if ((fcntl(kInputFd, F_GETFL) & O_ACCMODE) != O_RDONLY) {
    return Error{ErrorCode::kPermission, "the input on descriptor 3 must be open for reading only"};
  }
  if (fstat(kFolderFd, &status) != 0 || !S_ISDIR(status.st_mode)) {
    return Error{ErrorCode::kInvalidInput, "the work folder on descriptor 4 is no folder"};
  }
  syscall(SYS_close_range, kFolderFd + 1, ~0U, 0);
  if (fchdir(kFolderFd) != 0) return error_from_errno(errno, "enter the work folder");
  return {};
}

Failure internal(const std::string& message) {
  return {kClassInternal, message, "", ""};
}

// All walls up and proven, or the end of the process; what is missing only where the host's
// configuration says that it may be.
void enter_sandbox(const SandboxOptions& options, const Request& request, Reporter& reporter) {
  SandboxState state;
  if (auto limited = limit_process(request.limits); !limited) {
    reporter.fail(internal(limited.error().message));
  }
  if (auto entered = enter_walls(options, kFolderFd, state); !entered) {
    reporter.fail(internal(entered.error().message));
  }
  if (auto booted = boot_gstreamer(options, request.elements); !booted) {
    const bool unsupported = booted.error().code == ErrorCode::kUnsupported;
    reporter.fail(
        {unsupported ? kClassUnsupported : kClassInternal, booted.error().message, "", ""});
  }
  enter_seccomp(state);
  for (const ProofStep& step : prove_sandbox()) {
    if (!step.held) state.missing.push_back("the sandbox leaks: " + step.what + ": " + step.found);
  }
  for (const std::string& missing : state.missing) {
    std::fprintf(stderr, "NOT SAFE: %s\n", missing.c_str());
  }
  if (!state.missing.empty() && !request.insecure) {
    reporter.fail(internal(state.missing.front() +
                           "; uploads are not touched without a sandbox unless the configuration "
                           "allows it"));
  }
  reporter.ready(state.describe() + (state.missing.empty() ? "" : ", INSECURE"));
}

int run_request(const SandboxOptions& options) {
  Reporter reporter(kReportFd);
  const Result<std::string> text = read_fd(kRequestFd, kMaxRequestBytes, "the request");
  if (!text) reporter.fail(internal(text.error().message));
  const Result<Request> request = parse_request(*text);
  if (!request) reporter.fail(internal(request.error().message));
  if (auto checked = check_descriptors(); !checked) {
    reporter.fail(internal(checked.error().message));
  }
  enter_sandbox(options, *request, reporter);
  if (auto refused = refuse_by_sniffing(kInputFd, request->elements)) reporter.fail(*refused);
  if (auto failure = run_stage(*request, reporter)) reporter.fail(*failure);
  reporter.done();
  _exit(0);  // everything is written; libraries' exit handlers could only hang
}

int print_catalogue(const SandboxOptions& options) {
  if (options.registry.empty()) {
    std::fprintf(stderr, "--introspect needs --registry FILE\n");
    return kUsageExit;
  }
  set_environment(options, false);
  gst_init(nullptr, nullptr);
  load_allowed_plugins();
  if (const auto kept = keep_library_list(options.registry); !kept) {
    std::fprintf(stderr, "workers will start slower: %s\n", kept.error().message.c_str());
  }
  const std::string text = to_text(make_catalogue()) + "\n";
  const Result<void> written = write_all(STDOUT_FILENO, text, "the catalogue");
  if (!written) std::fprintf(stderr, "%s\n", written.error().message.c_str());
  return written ? 0 : 1;
}

int run(int count, char** values) {
  const Result<Arguments> arguments = parse_arguments(count, values);
  if (!arguments) {
    std::fprintf(stderr, "filmgate-worker: %s\n%s", arguments.error().message.c_str(), kUsage);
    return kUsageExit;
  }
  switch (arguments->mode) {
    case Mode::kHelp:
      std::fputs(kUsage, stdout);
      return 0;
    case Mode::kIntrospect:
      return print_catalogue(arguments->sandbox);
    case Mode::kSelfTest:
      return run_self_test(arguments->sandbox);
    case Mode::kRun:
      break;
  }
  return run_request(arguments->sandbox);
}

}  // namespace
}  // namespace filmgate::worker

int main(int argc, char** argv) {
  return filmgate::worker::run(argc, argv);
}
