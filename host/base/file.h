// Files, with the care that "nothing is lost, nothing half-written is published" needs.
// A failed fsync is never retried: the caller throws the file away and starts again.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

// Owns a file descriptor; all are opened close-on-exec.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { reset(); }
  int get() const { return fd_; }
  int release();
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0640);
// Regular files only, never through a symbolic link in the last step (O_NOFOLLOW, O_NONBLOCK).
Result<Fd> open_untrusted(const std::string& path);

// Whole file; kLimit when longer than max_bytes.
Result<std::string> read_file(const std::string& path, size_t max_bytes);
Result<std::string> read_fd(int fd, size_t max_bytes, const std::string& name);
Result<void> write_all(int fd, std::string_view data, const std::string& name);

// Temporary file, fsync, rename over `path`, fsync of the folder. The temporary lies in
// `temporaries`, a folder of the same file system ("" = beside `path`); a process that is killed
// leaves it there.
Result<void> write_file_durably(const std::string& path, std::string_view data,
                                unsigned mode = 0640, const std::string& temporaries = "");

// renameat2(RENAME_NOREPLACE): kConflict when `to` exists. Works for files and folders. Does not
// fsync; kUnsupported across file systems.
Result<void> rename_noreplace(const std::string& from, const std::string& to);
// renameat2(RENAME_EXCHANGE): the two change places in one step. Does not fsync.
Result<void> exchange(const std::string& a, const std::string& b);
// Copies a regular file to a name that is free and fsyncs it; keeps permissions and mtime.
// kConflict when `from` changed while it was copied.
Result<void> copy_file_durably(const std::string& from, const std::string& to);
// Moves a file, also across file systems: then it copies to a temporary name on that of `to`,
// fsyncs, renames without replacing, and only then removes `from`. fsyncs both folders.
Result<void> move_file_durably(const std::string& from, const std::string& to,
                               const std::string& temporaries = "");

// A hidden name that nobody has, for what becomes `path` when it is whole; in `folder`, or beside
// it when that is "".
std::string temporary_name(const std::string& path, const std::string& folder = "");

Result<void> fsync_file(const std::string& path);
Result<void> fsync_folder(const std::string& path);
Result<void> make_folders(const std::string& path, unsigned mode = 0750);
Result<void> remove_tree(const std::string& path);  // absent is fine; never follows links
bool exists(const std::string& path);

// Reads from the descriptor's start by pread; the offset stays. `cancelled` is asked between
// blocks.
Result<std::string> sha256_hex_of(int fd, const std::string& name,
                                  const std::function<bool()>& cancelled = {});

// "a/b" + "c" -> "a/b/c". `relative` paths from outside are safe when not empty, not absolute,
// without empty, "." and ".." steps, without control characters, valid UTF-8 (they go into JSON),
// and at most 1024 bytes (255 a step).
std::string join(std::string_view folder, std::string_view name);
bool is_safe_relative(std::string_view relative);
std::string base_name(std::string_view path);
std::string folder_of(std::string_view path);  // "" when there is none
std::string stem_of(std::string_view path);    // "a/clip.tar.mp4" -> "clip.tar"
std::string suffix_of(std::string_view path);  // "a/clip.MP4" -> ".mp4" (lower case)

}  // namespace filmgate
