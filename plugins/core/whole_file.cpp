#include "plugins/core/whole_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace filmgate {

Result<void> write_whole(const std::string& location, std::string_view bytes) {
  // open() rather than mkstemp(): the umask decides who may read the file, and a sandbox that
  // forbids chmod can't be in the way.
  static std::atomic<unsigned> counter = 0;
  std::string temporary;
  int fd = -1;
  do {  // a name may be left from a process that was killed
    temporary =
        location + "." + std::to_string(getpid()) + "-" + std::to_string(counter++) + ".part";
    fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
              S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH);
  } while (fd < 0 && errno == EEXIST);
  if (fd < 0) return error_from_errno(errno, "cannot write " + location);
  const auto give_up = [&](int reason) {
    close(fd);
    unlink(temporary.c_str());
    return error_from_errno(reason, "cannot write " + location);
  };
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return give_up(written < 0 ? errno : EIO);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
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
