// Descriptors, reading, writing and hashing. Renaming and moving are in file_move.cpp, the
// arithmetic of names in path.cpp.
#include "host/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "host/base/hash.h"
#include "host/base/id.h"

namespace filmgate {
namespace {

constexpr size_t kBlock = size_t{1} << 20;

Error failed(const char* what, const std::string& path) {
  return error_from_errno(errno, std::string(what) + " " + path);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Fd::release() {
  return std::exchange(fd_, -1);
}

void Fd::reset() {
  // Not repeated on EINTR: on Linux the descriptor is gone either way.
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  while (true) {
    Fd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (fd) return fd;
    if (errno != EINTR) return failed("cannot open", path);
  }
}

Result<Fd> open_untrusted(const std::string& path) {
  // O_NONBLOCK: opening a pipe that nobody writes to must not hold us.
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    if (errno == ELOOP) {
      return Error{ErrorCode::kPermission, "cannot open " + path + ": it is a symbolic link"};
    }
    return failed("cannot open", path);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return failed("cannot examine", path);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kPermission, "cannot open " + path + ": it is not a regular file"};
  }
  return fd;
}

Result<std::string> read_file(const std::string& path, size_t max_bytes) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd.ok()) return fd.error();
  return read_fd(fd->get(), max_bytes, path);
}

Result<std::string> read_fd(int fd, size_t max_bytes, const std::string& name) {
  std::string data;
  std::vector<char> block(std::min(kBlock, max_bytes + 1));
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", name);
    if (got == 0) return data;
    if (static_cast<size_t>(got) > max_bytes - data.size()) {
      return Error{ErrorCode::kLimit, name + " is longer than the " + std::to_string(max_bytes) +
                                          " bytes it may have"};
    }
    data.append(block.data(), static_cast<size_t>(got));
  }
}

Result<void> write_all(int fd, std::string_view data, const std::string& name) {
  while (!data.empty()) {
    const ssize_t written = ::write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot write", name);
    data.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

std::string temporary_name(const std::string& path, const std::string& folder) {
  return join(folder.empty() ? folder_of(path) : folder,
              "." + base_name(path).substr(0, 200) + "." + random_token(9) + ".tmp");
}

Result<void> write_file_durably(const std::string& path, std::string_view data, unsigned mode,
                                const std::string& temporaries) {
  const std::string folder = folder_of(path);
  const std::string temporary = temporary_name(path, temporaries);
  auto write = [&]() -> Result<void> {
    auto fd = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!fd.ok()) return fd.error();
    FILMGATE_TRY(write_all(fd->get(), data, path));
    if (::fsync(fd->get()) != 0) return failed("cannot write", path);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("cannot replace", path);
    return {};
  };
  if (auto written = write(); !written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  return fsync_folder(folder.empty() ? "." : folder);
}

Result<void> fsync_file(const std::string& path) {
  auto fd = open_file(path, O_RDONLY | O_NOFOLLOW);
  if (!fd.ok()) return fd.error();
  if (::fsync(fd->get()) != 0) return failed("cannot write", path);
  return {};
}

Result<void> fsync_folder(const std::string& path) {
  auto fd = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!fd.ok()) return fd.error();
  if (::fsync(fd->get()) != 0) return failed("cannot write the folder", path);
  return {};
}

Result<void> make_folders(const std::string& path, unsigned mode) {
  if (path.empty() || path == "/") return {};
  if (::mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) {
      std::error_code ignored;
      if (std::filesystem::is_directory(path, ignored)) return {};
      return Error{ErrorCode::kConflict,
                   "cannot make the folder " + path + ": a file of this name is in the way"};
    }
    if (errno != ENOENT || folder_of(path).empty()) return failed("cannot make the folder", path);
    FILMGATE_TRY(make_folders(folder_of(path), mode));
    if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
      return failed("cannot make the folder", path);
    }
  }
  const std::string parent = folder_of(path);
  return fsync_folder(parent.empty() ? "." : parent);
}

Result<void> remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return error_from_errno(error.value(), "cannot remove " + path);
  return {};
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

Result<std::string> sha256_hex_of(int fd, const std::string& name,
                                  const std::function<bool()>& cancelled) {
  Sha256 hash;
  std::vector<char> block(kBlock);
  off_t offset = 0;
  while (true) {
    if (cancelled && cancelled()) {
      return Error{ErrorCode::kCancelled, "hashing " + name + " was cancelled"};
    }
    const ssize_t got = ::pread(fd, block.data(), block.size(), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", name);
    if (got == 0) return to_hex(hash.finish());
    hash.update(block.data(), static_cast<size_t>(got));
    offset += got;
  }
}

}  // namespace filmgate
