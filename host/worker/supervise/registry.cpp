#include "host/worker/supervise/registry.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "host/base/hash.h"

namespace filmgate::worker {

namespace {

bool later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

// Package managers give files the modification time they had where they were built; the time of
// change can't be set.
bool changed_since(const std::string& path, const timespec& moment) {
  struct stat status {};
  return stat(path.c_str(), &status) != 0 || !later(moment, status.st_ctim);
}

}  // namespace

Result<std::string> registry_path(const std::string& plugin_folder,
                                  const std::string& cache_folder) {
  const std::string folder =
      cache_folder.empty() ? join(g_get_user_cache_dir(), "filmgate") : cache_folder;
  FILMGATE_TRY(make_folders(folder));
  return join(folder, "registry-" + to_hex(sha256(plugin_folder)).substr(0, 12) + ".bin");
}

bool registry_is_current(const std::string& registry, const std::vector<std::string>& folders) {
  struct stat status {};
  if (stat(registry.c_str(), &status) != 0) return false;
  for (const std::string& folder : folders) {
    if (folder.empty()) continue;
    if (changed_since(folder, status.st_mtim)) return false;
    std::error_code failure;
    for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
      if (changed_since(entry->path(), status.st_mtim)) return false;
    }
    if (failure) return false;
  }
  return true;
}

Result<void> mark_registry(const std::string& registry, const timespec& checked) {
  const timespec times[2] = {checked, checked};
  if (utimensat(AT_FDCWD, registry.c_str(), times, 0) == 0) return {};
  return error_from_errno(errno, "mark " + registry);
}

}  // namespace filmgate::worker
