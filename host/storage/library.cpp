#include "host/storage/library.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "host/storage/names.h"

namespace filmgate {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 32;  // of folders below uploads/
constexpr size_t kMaxCopied = 64u << 20;

FoundFile found(const std::string& path, const struct stat& info) {
  return FoundFile{path, info.st_size, info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec,
                   info.st_ino};
}

// Where a rename stays within. Two mounts of one file system (bind mounts, as containers have them)
// are two of these.
struct Mount {
  uint32_t major = 0, minor = 0;
  uint64_t id = 0;  // 0 where the kernel doesn't say
  bool operator==(const Mount&) const = default;
};

std::optional<Mount> mount_of(const std::string& path) {
  struct statx info {};
  if (::statx(AT_FDCWD, path.c_str(), AT_NO_AUTOMOUNT, STATX_MNT_ID, &info) != 0) {
    return std::nullopt;
  }
  const uint64_t id = (info.stx_mask & STATX_MNT_ID) != 0 ? info.stx_mnt_id : 0;
  return Mount{info.stx_dev_major, info.stx_dev_minor, id};
}

Error from_code(const std::error_code& code, const std::string& what) {
  return error_from_errno(code.value(), what);
}

// The folder can be written: proven by doing so, for access(2) knows nothing of a read-only mount.
Result<void> check_writable(const std::string& folder) {
  const std::string probe = join(folder, ".filmgate-write-test");
  Result<Fd> file = open_file(probe, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) {
    return Error{file.error().code,
                 "the library folder " + folder + " cannot be written: " + file.error().message};
  }
  ::unlink(probe.c_str());
  return {};
}

}  // namespace

Result<Library> Library::open(const std::string& root) {
  std::error_code code;
  FILMGATE_TRY(make_folders(root));
  const fs::path whole = fs::canonical(root, code);
  if (code) return from_code(code, "cannot open the library folder " + root);

  std::optional<Mount> shared;
  for (const char* name : {kUploads, kProcessed, kFailed, kUnableToProcess, kRejected, kWork}) {
    const std::string folder = join(whole.string(), name);
    FILMGATE_TRY(make_folders(folder));
    FILMGATE_TRY(check_writable(folder));
    const auto mount = mount_of(folder);
    if (!mount) return error_from_errno(errno, "cannot look at the library folder " + folder);
    if (shared.has_value() && *shared != *mount) {
      return Error{ErrorCode::kInvalidInput,
                   "the library folder " + folder +
                       " lies on another file system, or in another mount of it, than its "
                       "neighbours; mount the library as a whole, so that publishing is a single "
                       "rename"};
    }
    shared = mount;
  }
  FILMGATE_TRY(fsync_folder(whole.string()));
  return Library(whole.string());
}

Result<std::vector<FoundFile>> Library::list(const std::string& folder,
                                             std::vector<std::string>* passed_over) const {
  std::vector<FoundFile> files;
  const auto pass_over = [&](const std::string& path, const char* why) {
    if (passed_over != nullptr) passed_over->push_back(path + " is not taken in: " + why);
  };
  // One open folder at a time, however deep somebody nests them; a folder that goes away or can't
  // be read while we look hides nothing but itself.
  std::vector<std::pair<std::string, int>> folders = {{folder, 0}};
  while (!folders.empty()) {
    const auto [here, depth] = std::move(folders.back());
    folders.pop_back();
    std::error_code code;
    fs::directory_iterator entry(absolute(here), code);
    if (code && depth == 0) return from_code(code, "cannot list the folder " + absolute(here));
    if (code == std::errc::permission_denied) pass_over(here, "the folder can't be read");
    for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
      const std::string name = entry->path().filename().string();
      const std::string path = join(here, name);
      struct stat info {};
      if (::lstat(absolute(path).c_str(), &info) != 0) continue;  // gone meanwhile
      if (S_ISDIR(info.st_mode) ? name.starts_with('.') : is_passing_name(name)) continue;
      const bool safe = is_safe_relative(below_first_folder(path));
      if (S_ISLNK(info.st_mode)) {
        pass_over(path, "it is a symbolic link; put the file itself there");
      } else if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        pass_over(path, "it is not a regular file");
      } else if (!safe) {
        pass_over(path, "its name is not UTF-8, has control characters, or is too long; rename it");
      } else if (S_ISREG(info.st_mode)) {
        files.push_back(found(path, info));
      } else if (is_mount(path)) {
        pass_over(path,
                  "something else is mounted there, and a video leaves uploads/ by being renamed; "
                  "copy it to a folder of the library");
      } else if (depth >= kMaxDepth) {
        pass_over(path, "it lies more than 32 folders deep");
      } else {
        folders.emplace_back(path, depth + 1);
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const FoundFile& a, const FoundFile& b) { return a.path < b.path; });
  return files;
}

Result<FoundFile> Library::stat(const std::string& path) const {
  struct stat info {};
  if (::lstat(absolute(path).c_str(), &info) != 0) {
    return error_from_errno(errno, "cannot look at " + path);
  }
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kInvalidInput, path + " is not a regular file"};
  }
  return found(path, info);
}

Result<std::string> Library::make_run_folder(const std::string& run_id) const {
  const std::string path = join(kWork, run_id);
  FILMGATE_TRY(make_folders(absolute(path)));
  return path;
}

Result<std::vector<std::string>> Library::run_folders() const {
  std::vector<std::string> names;
  std::error_code code;
  const std::string top = absolute(kWork);
  for (fs::directory_iterator entry(top, code); !code && entry != fs::directory_iterator();
       entry.increment(code)) {
    names.push_back(entry->path().filename().string());
  }
  if (code) return from_code(code, "cannot list the folder " + top);
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> Library::remove_run_folder(const std::string& run_id) const {
  if (!is_safe_relative(run_id) || run_id.find('/') != std::string::npos) {
    return Error{ErrorCode::kInternal, "\"" + run_id + "\" is no name of a run"};
  }
  return remove_tree(absolute(join(kWork, run_id)));
}

Result<void> Library::publish(const std::string& from, const std::string& to,
                              uint64_t inode) const {
  const std::string source = absolute(from);
  const std::string target = absolute(to);
  const auto is_ours = [&](const std::string& folder) {
    const auto found = folder_inode(folder);
    return found.ok() && *found == inode;
  };
  if (is_ours(from)) {
    FILMGATE_TRY(make_folders(folder_of(target)));
    FILMGATE_TRY(rename_noreplace(source, target));
  } else if (exists(source) || !is_ours(to)) {
    return Error{ErrorCode::kNotFound,
                 "cannot publish " + to + ": the prepared folder " + from + " is gone"};
  }
  FILMGATE_TRY(fsync_folder(folder_of(target)));
  return fsync_folder(folder_of(source));
}

Result<uint64_t> Library::folder_inode(const std::string& folder) const {
  struct stat info {};
  if (::lstat(absolute(folder).c_str(), &info) != 0) {
    return error_from_errno(errno, "cannot look at " + folder);
  }
  return info.st_ino;
}

Result<void> Library::replace(const std::string& from, const std::string& to,
                              const std::string& former, uint64_t inode) const {
  const auto lies_at = [&](const std::string& folder) {
    const auto found = folder_inode(folder);
    return found.ok() && *found == inode;
  };
  if (!lies_at(to)) {
    if (!lies_at(former)) {
      if (!lies_at(from)) {
        return Error{ErrorCode::kNotFound,
                     "cannot publish " + to + ": the prepared folder " + from + " is gone"};
      }
      FILMGATE_TRY(rename_noreplace(absolute(from), absolute(former)));
    }
    if (exists(absolute(to))) {
      FILMGATE_TRY(exchange(absolute(former), absolute(to)));
    } else {
      FILMGATE_TRY(rename_noreplace(absolute(former), absolute(to)));
    }
  }
  FILMGATE_TRY(fsync_folder(folder_of(absolute(to))));
  return fsync_folder(folder_of(absolute(from)));
}

Result<void> Library::remove_published(const std::string& folder) const {
  if (!is_safe_relative(folder) || !folder.starts_with(std::string(kProcessed) + "/")) {
    return Error{ErrorCode::kInternal, folder + " is no published folder"};
  }
  if (!exists(absolute(folder))) return {};
  FILMGATE_TRY(remove_tree(absolute(folder)));
  return fsync_folder(folder_of(absolute(folder)));
}

Result<void> Library::move(const std::string& from, const std::string& to) const {
  const std::string source = absolute(from);
  const std::string target = absolute(to);
  if (!exists(source)) {
    if (exists(target)) return fsync_folder(folder_of(target));
    return Error{ErrorCode::kNotFound, "cannot move " + from + " to " + to + ": it is gone"};
  }
  FILMGATE_TRY(make_folders(folder_of(target)));
  return move_file_durably(source, target, absolute(kWork));
}

bool Library::is_mount(const std::string& path) const {
  const auto here = mount_of(absolute(path));
  return here.has_value() && here != mount_of(absolute(kWork));
}

bool Library::is_folder(const std::string& path) const {
  struct stat info {};
  return ::lstat(absolute(path).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string Library::open_folder(const std::string& wanted) const {
  const size_t slash = wanted.find('/');
  std::string folder = wanted.substr(0, slash);
  const bool published = folder == kProcessed;
  for (size_t from = slash; from != std::string::npos;) {
    const size_t next = wanted.find('/', from + 1);
    const std::string first = join(folder, wanted.substr(from + 1, next - from - 1));
    folder = first;
    const auto is_closed = [&](const std::string& path) {
      if (!exists(absolute(path))) return false;
      return !is_folder(path) || is_mount(path) || (published && stat(join(path, kManifest)).ok());
    };
    for (int number = 2; is_closed(folder); ++number) {
      folder = fitting_name(first) + "-" + std::to_string(number);
    }
    from = next;
  }
  return folder;
}

std::string Library::free_place(const std::string& wanted, const IsTaken& is_taken) const {
  return free_name(join(open_folder(folder_of(wanted)), base_name(wanted)), is_taken);
}

std::string Library::free_name(const std::string& wanted, const IsTaken& is_taken) const {
  const std::string first = fitting_name(wanted);
  std::string name = first;
  // The suffix as it is written, so that CLIP.MP4 becomes CLIP-2.MP4.
  const std::string stem = stem_of(first);
  const std::string suffix = base_name(first).substr(stem.size());
  const auto is_free = [&] {
    return !exists(absolute(name)) && !is_folder(reason_name(name)) &&
           !(is_taken && is_taken(name));
  };
  for (int number = 2; !is_free(); ++number) {
    name = join(folder_of(first), stem + "-" + std::to_string(number) + suffix);
  }
  return name;
}

Result<void> Library::add_name(const std::string& from, const std::string& to) const {
  const std::string target = absolute(to);
  FILMGATE_TRY(make_folders(folder_of(target)));
  if (::link(absolute(from).c_str(), target.c_str()) == 0) return {};
  if (errno == EEXIST) return Error{ErrorCode::kConflict, to + " exists already"};
  if (errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK && errno != EXDEV) {
    return error_from_errno(errno, "cannot put " + from + " into " + to);
  }
  std::error_code code;
  fs::copy_file(absolute(from), target, code);
  if (code) return from_code(code, "cannot copy " + from + " to " + to);
  return fsync_file(target);
}

// What is not whole yet lies in .work/, where the next start clears away what a killed host left.
Result<void> Library::write_whole(const std::string& absolute_path, std::string_view data) const {
  return write_file_durably(absolute_path, data, 0640, absolute(kWork));
}

Result<void> Library::copy(const std::string& from, const std::string& to) const {
  auto file = open_untrusted(absolute(from));
  if (!file) return file.error();
  Result<std::string> bytes = read_fd(file->get(), kMaxCopied, from);
  if (!bytes) return bytes.error();
  FILMGATE_TRY(make_folders(folder_of(absolute(to))));
  return write_whole(absolute(to), *bytes);
}

Result<void> Library::remove(const std::string& path) const {
  if (::unlink(absolute(path).c_str()) == 0) return fsync_folder(folder_of(absolute(path)));
  if (errno == ENOENT || errno == ENOTDIR || is_folder(path)) return {};
  return error_from_errno(errno, "cannot remove " + path);
}

Result<void> Library::sync_folders(const std::string& folder) const {
  std::error_code code;
  for (fs::recursive_directory_iterator entry(absolute(folder), code);
       !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    if (entry->is_directory() && !entry->is_symlink()) {
      FILMGATE_TRY(fsync_folder(entry->path().string()));
    }
  }
  if (code) return from_code(code, "cannot list the folder " + folder);
  return fsync_folder(absolute(folder));
}

Result<void> Library::write_note(const std::string& path, const Json& note) const {
  FILMGATE_TRY(make_folders(folder_of(absolute(path))));
  return write_whole(absolute(path), to_text(note, 2) + "\n");
}

Result<DiskSpace> Library::space() const {
  struct statvfs info {};
  if (::statvfs(root_.c_str(), &info) != 0) {
    return error_from_errno(errno, "cannot ask for the free space of " + root_);
  }
  const auto block = static_cast<int64_t>(info.f_frsize);
  return DiskSpace{static_cast<int64_t>(info.f_bavail) * block,
                   static_cast<int64_t>(info.f_blocks) * block};
}

}  // namespace filmgate
