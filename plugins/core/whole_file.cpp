#include "plugins/core/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>

namespace filmgate {
namespace {

// 0, or the errno that says why not.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

// A device such as /dev/null or a terminal: there is no file to be half.
Result<void> write_device(const std::string& location, std::string_view bytes) {
  const int fd = open(location.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return error_from_errno(errno, "cannot write " + location);
  const int reason = write_all(fd, bytes);
  close(fd);
  if (reason != 0) return error_from_errno(reason, "cannot write " + location);
  return {};
}

// A name in the same folder. A file's name may be as long as names can be; then its end gives way.
std::string name_beside(const std::string& location, const std::string& suffix) {
  const size_t name_at = location.rfind('/') + 1;  // 0 where there is no folder
  const size_t most = name_at + NAME_MAX - suffix.size();
  return location.substr(0, std::min(location.size(), most)) + suffix;
}

}  // namespace

Result<void> write_whole(const std::string& location, std::string_view bytes) {
  struct stat there {};
  if (stat(location.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
    // The system administrator's programs may replace devices by files, and must not.
    if (S_ISCHR(there.st_mode)) return write_device(location, bytes);
    if (S_ISDIR(there.st_mode)) return error_from_errno(EISDIR, "cannot write " + location);
    return Error{ErrorCode::kInvalidInput,
                 "cannot write " + location + ": it is neither a file nor a character device"};
  }
  // open() rather than mkstemp(): the umask decides who may read the file, and a sandbox that
  // forbids chmod can't be in the way.
  static std::atomic<unsigned> counter = 0;
  std::string temporary;
  int fd = -1;
  do {  // a name may be left from a process that was killed
    temporary = name_beside(
        location, "." + std::to_string(getpid()) + "-" + std::to_string(counter++) + ".part");
    fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
              S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
  } while (fd < 0 && errno == EEXIST);
  if (fd < 0) return error_from_errno(errno, "cannot write " + location);
  const auto give_up = [&](int reason) {
    close(fd);
    unlink(temporary.c_str());
    return error_from_errno(reason, "cannot write " + location);
  };
  if (const int reason = write_all(fd, bytes); reason != 0) return give_up(reason);
  if (fsync(fd) != 0) return give_up(errno);
  if (close(fd) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    return error_from_errno(reason, "cannot write " + location);
  }
  if (std::rename(temporary.c_str(), location.c_str()) != 0) {
    const int reason = errno;
    unlink(temporary.c_str());
    return error_from_errno(reason, "cannot write " + location);
  }
  return {};
}

}  // namespace filmgate
