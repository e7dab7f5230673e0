// When is an upload complete? Nobody tells a folder; so a file is settled once its size, time of
// change and inode have been still for a while. Pure: looks at nothing itself.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/storage/library.h"

namespace filmgate {

class Settling {
 public:
  // How long a file of this path must be still, in ms.
  using SettleTime = std::function<int64_t(const std::string& path)>;

  explicit Settling(SettleTime settle_time) : settle_time_(std::move(settle_time)) {}

  // What a look at the folders found, all of it. Files that are gone are forgotten; a file that
  // changed begins anew.
  void observe(const std::vector<FoundFile>& files, int64_t now_ms);

  bool is_settled(const std::string& path, int64_t now_ms) const;
  // Settled files that nobody has taken care of, by path.
  std::vector<FoundFile> ready(int64_t now_ms) const;
  // The file, as it is now, needs no more attention; should it change, it will again.
  void mark_handled(const std::string& path);
  // When the next of the unsettled ones will be; nullopt when none is under way.
  std::optional<int64_t> next_ms() const;
  bool knows(const std::string& path) const { return seen_.contains(path); }

 private:
  struct Seen {
    FoundFile file;
    int64_t settled_at_ms = 0;
    bool handled = false;
  };
  SettleTime settle_time_;
  std::map<std::string, Seen> seen_;
};

}  // namespace filmgate
