#include "host/worker/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>

#include "host/base/file.h"

namespace filmgate::worker {

namespace {

// Rights of later ABIs than the headers of Debian 12 know (linux/landlock.h of Linux 6.12).
constexpr uint64_t kTruncate = 1ULL << 14;     // ABI 3
constexpr uint64_t kIoctlDevice = 1ULL << 15;  // ABI 5
constexpr uint64_t kBindTcp = 1ULL << 0;       // ABI 4
constexpr uint64_t kConnectTcp = 1ULL << 1;
constexpr uint64_t kScopeAbstractSocket = 1ULL << 0;  // ABI 6
constexpr uint64_t kScopeSignal = 1ULL << 1;

struct RulesetAttributes {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};

constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kWork = kRead | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                           LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                           LANDLOCK_ACCESS_FS_MAKE_REG;
constexpr uint64_t kAllOfAbi1 = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

uint64_t handled_by(int abi) {
  uint64_t rights = kAllOfAbi1;
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDevice;
  return rights;
}

Error failed(const std::string& what) {
  return error_from_errno(errno, what);
}

Result<void> allow(int ruleset, int beneath, uint64_t rights, const std::string& name) {
  landlock_path_beneath_attr rule{};
  rule.allowed_access = rights;
  rule.parent_fd = beneath;
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return failed("allow " + name + " in the sandbox");
  }
  return {};
}

}  // namespace

int landlock_abi() {
  const long abi =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

Result<void> apply_landlock(const LandlockRules& rules, int abi) {
  RulesetAttributes attributes{};
  attributes.handled_access_fs = handled_by(abi);
  size_t size = sizeof(attributes.handled_access_fs);
  if (abi >= 4) {
    attributes.handled_access_net = kBindTcp | kConnectTcp;
    size += sizeof(attributes.handled_access_net);
  }
  if (abi >= 6) {
    attributes.scoped = kScopeAbstractSocket | kScopeSignal;
    size += sizeof(attributes.scoped);
  }
  const Fd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return failed("make a Landlock ruleset");

  for (const std::string& path : rules.read_only) {
    const Fd target(open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!target) continue;
    struct stat status {};
    if (fstat(target.get(), &status) != 0) return failed("look at " + path);
    FILMGATE_TRY(
        allow(ruleset.get(), target.get(), S_ISDIR(status.st_mode) ? kRead : kReadFile, path));
  }
  if (rules.work_folder >= 0) {
    uint64_t rights = kWork;
    if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;  // rename between folders of the run
    if (abi >= 3) rights |= kTruncate;
    FILMGATE_TRY(allow(ruleset.get(), rules.work_folder, rights, "the work folder"));
  }
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return failed("enter the Landlock sandbox");
  }
  return {};
}

}  // namespace filmgate::worker
