// The library: the folders in which uploads lie and outputs are published, on a local disk.
//   uploads/ processed/ failed/ unable_to_process/ rejected/ .work/
// Paths in and out are relative to the root unless a name says `absolute`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/base/disk_space.h"
#include "host/base/file.h"
#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

inline constexpr const char* kUploads = "uploads";
inline constexpr const char* kProcessed = "processed";
inline constexpr const char* kFailed = "failed";
inline constexpr const char* kUnableToProcess = "unable_to_process";
inline constexpr const char* kRejected = "rejected";
inline constexpr const char* kWork = ".work";
// In each published folder, and nowhere else.
inline constexpr const char* kManifest = "manifest.json";

// A regular file below one of the library's folders.
struct FoundFile {
  std::string path;  // relative to the root
  int64_t size = 0;
  int64_t mtime_ns = 0;
  uint64_t inode = 0;
};

class Library {
 public:
  // Makes the folders that are missing; the error says which one can't be made or written.
  // All folders must lie on one file system, so that publishing is one rename.
  static Result<Library> open(const std::string& root);

  const std::string& root() const { return root_; }
  std::string absolute(const std::string& path) const { return join(root_, path); }

  // Regular files below `folder`, down to 32 folders deep; skips dot files, temporary names of
  // common uploaders (.part, .crdownload, .filepart, ~), symbolic links, and folders where
  // something else is mounted. What a person surely meant to upload but can't be taken in is told
  // to `passed_over`, one sentence each.
  Result<std::vector<FoundFile>> list(const std::string& folder,
                                      std::vector<std::string>* passed_over = nullptr) const;
  Result<FoundFile> stat(const std::string& path) const;

  Result<std::string> make_run_folder(const std::string& run_id) const;  // ".work/<run>"
  Result<std::vector<std::string>> run_folders() const;
  Result<void> remove_run_folder(const std::string& run_id) const;

  // Puts a prepared folder in place: one rename that replaces nothing, then fsync of both parents.
  // Ok when `from` is gone and `to` is that folder by its inode (a repeated publish rolls forward).
  Result<void> publish(const std::string& from, const std::string& to, uint64_t inode) const;
  // Puts a prepared folder where a published one is, which from then on lies at `former`: the new
  // one goes there first, then the two change places in one step. `inode`: of the prepared folder,
  // by which a repeated call sees how far it came. kNotFound when it is nowhere.
  Result<void> replace(const std::string& from, const std::string& to, const std::string& former,
                       uint64_t inode) const;
  Result<uint64_t> folder_inode(const std::string& folder) const;
  // Removes a folder below processed/ with all that lies in it; absent is fine.
  Result<void> remove_published(const std::string& folder) const;
  // Moves a file durably; makes the target's folders. Ok when it was moved already.
  Result<void> move(const std::string& from, const std::string& to) const;
  bool is_folder(const std::string& path) const;  // not by way of a link
  // The folder, or one beside it ("news-2"), where a file, a published set or a mount has the name
  // of one of its steps: a set is removed and replaced as a whole, so it holds nothing of others.
  // The first step stays.
  std::string open_folder(const std::string& wanted) const;
  // A name in the same folder that is free, for a file and for the note beside it: "clip.mp4",
  // "clip-2.mp4"…; shortened as fitting_name does. `is_taken` may know of more that isn't free.
  using IsTaken = std::function<bool(const std::string& path)>;
  std::string free_name(const std::string& wanted, const IsTaken& is_taken = {}) const;
  // The same in the open_folder.
  std::string free_place(const std::string& wanted, const IsTaken& is_taken = {}) const;

  // Gives a prepared set the file under a second name: a hard link, or a durable copy where the
  // file system has none. Makes the target's folders; kConflict when `to` exists.
  Result<void> add_name(const std::string& from, const std::string& to) const;
  // A durable copy of a small regular file (a sidecar); what lies at `to` is replaced.
  Result<void> copy(const std::string& from, const std::string& to) const;
  // Durably; absent is fine, and a folder of that name stays.
  Result<void> remove(const std::string& path) const;
  // fsyncs a folder and all folders below it.
  Result<void> sync_folders(const std::string& folder) const;

  Result<void> write_note(const std::string& path, const Json& note) const;
  Result<DiskSpace> space() const;

 private:
  explicit Library(std::string root) : root_(std::move(root)) {}
  bool is_mount(const std::string& path) const;  // by which no rename gets out of the library
  Result<void> write_whole(const std::string& absolute_path, std::string_view data) const;
  std::string root_;
};

}  // namespace filmgate
