#include "host/intake/notifier.h"

#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

namespace filmgate {
namespace {

// Not IN_MODIFY: a growing file is looked at when it should have settled.
constexpr uint32_t kMask = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                           IN_ATTRIB | IN_ONLYDIR | IN_DONT_FOLLOW;
constexpr int kMaxDepth = 32;  // Library::list looks no deeper

}  // namespace

Result<std::unique_ptr<TreeNotifier>> TreeNotifier::make(GMainContext* context,
                                                         std::function<void()> on_change) {
  std::unique_ptr<TreeNotifier> notifier(new TreeNotifier);
  notifier->fd_ = Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!notifier->fd_) return error_from_errno(errno, "cannot watch folders (inotify)");
  notifier->on_change_ = std::move(on_change);
  notifier->source_ = g_unix_fd_source_new(notifier->fd_.get(), G_IO_IN);
  const GUnixFDSourceFunc ready = [](gint, GIOCondition, gpointer user) noexcept -> gboolean {
    static_cast<TreeNotifier*>(user)->drain();
    return G_SOURCE_CONTINUE;
  };
  // g_source_set_callback takes any source's function type under one name.
  g_source_set_callback(notifier->source_, G_SOURCE_FUNC(ready), notifier.get(), nullptr);
  g_source_attach(notifier->source_, context);
  return notifier;
}

TreeNotifier::~TreeNotifier() {
  if (source_ == nullptr) return;
  g_source_destroy(source_);
  g_source_unref(source_);
}

void TreeNotifier::watch(const std::string& folder) {
  if (watches_.contains(folder)) return;
  const int watch = ::inotify_add_watch(fd_.get(), folder.c_str(), kMask);
  if (watch < 0) return;
  // A renamed folder keeps its watch under a new name.
  if (const auto before = folders_.find(watch); before != folders_.end()) {
    watches_.erase(before->second);
  }
  folders_[watch] = folder;
  watches_[folder] = watch;
}

void TreeNotifier::watch_tree(const std::string& folder) {
  namespace fs = std::filesystem;
  // One open folder at a time, however deep somebody nests them.
  std::vector<std::pair<std::string, int>> folders = {{folder, 0}};
  while (!folders.empty()) {
    const auto [here, depth] = std::move(folders.back());
    folders.pop_back();
    watch(here);
    if (depth >= kMaxDepth) continue;
    std::error_code code;
    for (fs::directory_iterator entry(here, code); !code && entry != fs::directory_iterator();
         entry.increment(code)) {
      std::error_code ignored;
      if (entry->symlink_status(ignored).type() == fs::file_type::directory) {
        folders.emplace_back(entry->path().string(), depth + 1);
      }
    }
  }
}

void TreeNotifier::drain() {
  alignas(inotify_event) char buffer[16 * 1024];
  bool changed = false;
  while (true) {
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    changed = true;
    for (ssize_t offset = 0; offset < got;) {
      inotify_event event;
      std::memcpy(&event, buffer + offset, sizeof event);
      offset += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_IGNORED) == 0) continue;
      if (const auto gone = folders_.find(event.wd); gone != folders_.end()) {
        watches_.erase(gone->second);
        folders_.erase(gone);
      }
    }
  }
  if (changed) on_change_();
}

}  // namespace filmgate
