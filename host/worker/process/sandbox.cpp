#include "host/worker/process/sandbox.h"

#include <dlfcn.h>
#include <gst/gst.h>
#include <linux/capability.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include "host/base/file.h"
#include "host/worker/process/landlock.h"
#include "host/worker/process/libraries.h"
#include "host/worker/process/seccomp.h"

namespace filmgate::worker {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // shadow memory takes terabytes of address space
#else
constexpr bool kSanitized = false;
#endif

constexpr rlim_t kMaxDescriptors = 256;

// Libraries, and the data that they read. Nothing here is anybody's secret.
const char* const kSystemPaths[] = {"/lib",
                                    "/lib64",
                                    "/lib32",
                                    "/usr/lib",
                                    "/usr/lib64",
                                    "/usr/local/lib",
                                    "/etc/ld.so.cache",
                                    "/usr/share/gstreamer-1.0",
                                    "/etc/fonts",
                                    "/usr/share/fonts",
                                    "/usr/share/fontconfig",
                                    "/usr/local/share/fonts",
                                    "/etc/localtime",
                                    "/usr/share/zoneinfo",
                                    "/proc/cpuinfo",
                                    "/proc/meminfo",
                                    "/sys/devices/system/cpu",
                                    "/dev/null",
                                    "/dev/zero",
                                    "/dev/urandom"};

Result<void> set_limit(int resource, rlim_t value, const char* name) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0 &&
      limit.rlim_max != RLIM_INFINITY) {
    value = std::min(value, limit.rlim_max);
  }
  limit.rlim_cur = limit.rlim_max = value;
  if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) {
    return error_from_errno(errno, std::string("limit the worker's ") + name);
  }
  return {};
}

// Root keeps its user id but loses what makes it root: files of others, signals, devices.
Result<void> drop_capabilities() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    prctl(PR_CAPBSET_DROP, capability);  // refused without CAP_SETPCAP, and not needed then
  }
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3]{};
  if (syscall(SYS_capset, &header, none) != 0) {
    return error_from_errno(errno, "give up the worker's capabilities");
  }
  return {};
}

LandlockRules make_rules(const SandboxOptions& options, int work_folder) {
  LandlockRules rules;
  rules.read_only.assign(std::begin(kSystemPaths), std::end(kSystemPaths));
  // A GStreamer from another prefix brings its plugins beside its library.
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&gst_init), &library) != 0 && library.dli_fname) {
    const std::string folder = folder_of(library.dli_fname);
    if (!folder.empty() && folder != "/") rules.read_only.push_back(folder);
  }
  if (!options.plugin_folder.empty()) rules.read_only.push_back(options.plugin_folder);
  if (!options.registry.empty()) {
    rules.read_only.push_back(options.registry);
    rules.read_only.push_back(library_list_of(options.registry));
  }
  rules.work_folder = work_folder;
  return rules;
}

}  // namespace

std::string SandboxState::describe() const {
  return (landlock > 0 ? "landlock " + std::to_string(landlock) : std::string("no landlock")) +
         (seccomp ? ", seccomp" : ", no seccomp");
}

Result<void> limit_process(const StageLimits& limits) {
  // Each thread would otherwise reserve an arena of 64 MB of address space.
  mallopt(M_ARENA_MAX, 4);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too big is a write error that we can explain
  std::signal(SIGPIPE, SIG_IGN);
  if (!kSanitized) {
    FILMGATE_TRY(set_limit(RLIMIT_AS, static_cast<rlim_t>(limits.memory_bytes), "memory"));
  }
  FILMGATE_TRY(set_limit(RLIMIT_FSIZE, static_cast<rlim_t>(limits.output_bytes), "file size"));
  FILMGATE_TRY(set_limit(RLIMIT_NOFILE, kMaxDescriptors, "open files"));
  return set_limit(RLIMIT_CORE, 0, "core files");
}

Result<void> enter_walls(const SandboxOptions& options, int work_folder, SandboxState& state) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return error_from_errno(errno, "follow the host");
  if (options.parent > 0 && getppid() != options.parent) {
    return Error{ErrorCode::kCancelled, "the host ended before its worker began"};
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return error_from_errno(errno, "give up new privileges");
  }
  prctl(PR_SET_DUMPABLE, 0);
  FILMGATE_TRY(drop_capabilities());

  int abi = landlock_abi();
  if (options.landlock_cap > 0) abi = std::min(abi, options.landlock_cap);
  if (abi == 0) {
    state.missing.push_back(
        "Landlock is missing or switched off in this kernel (it needs Linux 5.13 or later, with "
        "\"landlock\" in the kernel's lsm= list), so file access can't be confined");
    return {};
  }
  if (Result<void> applied = apply_landlock(make_rules(options, work_folder), abi); !applied) {
    state.missing.push_back("Landlock can't be used: " + applied.error().message);
    return {};
  }
  state.landlock = abi;
  return {};
}

void enter_seccomp(SandboxState& state) {
  if (Result<void> applied = apply_seccomp(); !applied) {
    state.missing.push_back("seccomp can't be used: " + applied.error().message);
    return;
  }
  state.seccomp = true;
}

}  // namespace filmgate::worker
