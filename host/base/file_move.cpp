#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "host/base/file.h"
#include "host/base/id.h"

namespace filmgate {
namespace {

Error failed(const char* what, const std::string& path) {
  return error_from_errno(errno, std::string(what) + " " + path);
}

std::string folder_or_here(const std::string& path) {
  const std::string folder = folder_of(path);
  return folder.empty() ? "." : folder;
}

bool same_content(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<void> copy_file_durably(const std::string& from, const std::string& to) {
  auto in = open_untrusted(from);
  if (!in.ok()) return in.error();
  struct stat before {};
  if (::fstat(in->get(), &before) != 0) return failed("cannot examine", from);
  auto out = open_file(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (!out.ok()) return out.error();
  std::vector<char> block(size_t{1} << 20);
  while (true) {
    const ssize_t got = ::read(in->get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot read", from);
    if (got == 0) break;
    FILMGATE_TRY(write_all(out->get(), {block.data(), static_cast<size_t>(got)}, to));
  }
  struct stat after {};
  if (::fstat(in->get(), &after) != 0) return failed("cannot examine", from);
  if (!same_content(before, after)) {
    return Error{ErrorCode::kConflict, "cannot move " + from + ": it changed while it was copied"};
  }
  const timespec times[2] = {before.st_atim, before.st_mtim};
  if (::fchmod(out->get(), before.st_mode & 07777) != 0 || ::futimens(out->get(), times) != 0 ||
      ::fsync(out->get()) != 0) {
    return failed("cannot write", to);
  }
  return {};
}

Result<void> rename_noreplace(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  switch (errno) {
    case EEXIST:
      return Error{ErrorCode::kConflict, "cannot rename " + from + ": " + to + " exists already"};
    case EXDEV:
      return Error{ErrorCode::kUnsupported,
                   "cannot rename " + from + " to " + to + ": they are on different file systems"};
    case EINVAL:
      return Error{
          ErrorCode::kUnsupported,
          "cannot rename " + from + " to " + to +
              ": the file system can't rename without replacing, or one lies in the other"};
    default:
      return failed(("cannot rename " + from + " to").c_str(), to);
  }
}

Result<void> exchange(const std::string& a, const std::string& b) {
  if (::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return {};
  return failed(("cannot exchange " + a + " and").c_str(), b);
}

Result<void> move_file_durably(const std::string& from, const std::string& to,
                               const std::string& temporaries) {
  const std::string from_folder = folder_or_here(from);
  const std::string to_folder = folder_or_here(to);
  auto renamed = rename_noreplace(from, to);
  if (renamed.ok()) {
    FILMGATE_TRY(fsync_folder(to_folder));
    return from_folder == to_folder ? Result<void>() : fsync_folder(from_folder);
  }
  if (renamed.error().code != ErrorCode::kUnsupported) return renamed;

  // A hidden name, so that whoever lists the folder doesn't take the copy for the file.
  const std::string temporary = temporary_name(to, temporaries);
  auto copy = [&]() -> Result<void> {
    FILMGATE_TRY(copy_file_durably(from, temporary));
    return rename_noreplace(temporary, to);
  };
  if (auto copied = copy(); !copied.ok()) {
    ::unlink(temporary.c_str());
    return copied;
  }
  FILMGATE_TRY(fsync_folder(to_folder));
  if (::unlink(from.c_str()) != 0) return failed("cannot remove", from);
  return fsync_folder(from_folder);
}

}  // namespace filmgate
