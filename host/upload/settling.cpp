#include "host/upload/settling.h"

#include <algorithm>

namespace filmgate {
namespace {

bool same(const FoundFile& a, const FoundFile& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.inode == b.inode;
}

}  // namespace

void Settling::observe(const std::vector<FoundFile>& files, int64_t now_ms) {
  std::map<std::string, Seen> now;
  for (const FoundFile& file : files) {
    const auto before = seen_.find(file.path);
    const int64_t settled_at_ms = now_ms + settle_time_(file.path);
    if (before != seen_.end() && same(before->second.file, file)) {
      // The clock may be set back: nothing waits for longer than it has to.
      before->second.settled_at_ms = std::min(before->second.settled_at_ms, settled_at_ms);
      now.insert(seen_.extract(before));
    } else {
      now[file.path] = Seen{file, settled_at_ms, false};
    }
  }
  seen_ = std::move(now);
}

bool Settling::is_settled(const std::string& path, int64_t now_ms) const {
  const auto seen = seen_.find(path);
  return seen != seen_.end() && seen->second.settled_at_ms <= now_ms;
}

std::vector<FoundFile> Settling::ready(int64_t now_ms) const {
  std::vector<FoundFile> files;
  for (const auto& [path, seen] : seen_) {
    if (!seen.handled && seen.settled_at_ms <= now_ms) files.push_back(seen.file);
  }
  return files;
}

void Settling::mark_handled(const std::string& path) {
  if (const auto seen = seen_.find(path); seen != seen_.end()) seen->second.handled = true;
}

std::optional<int64_t> Settling::next_ms() const {
  std::optional<int64_t> next;
  for (const auto& [path, seen] : seen_) {
    if (seen.handled) continue;
    if (!next.has_value() || seen.settled_at_ms < *next) next = seen.settled_at_ms;
  }
  return next;
}

}  // namespace filmgate
