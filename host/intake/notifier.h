// inotify on whole trees of folders. Hints only: a lost event costs time, never a file.
#pragma once

#include <glib.h>

#include <functional>
#include <map>
#include <string>

#include "host/base/file.h"
#include "plugins/core/result.h"

namespace filmgate {

class TreeNotifier {
 public:
  // `on_change` comes on `context`'s thread; several changes may come as one.
  static Result<std::unique_ptr<TreeNotifier>> make(GMainContext* context,
                                                    std::function<void()> on_change);
  ~TreeNotifier();
  TreeNotifier(const TreeNotifier&) = delete;
  TreeNotifier& operator=(const TreeNotifier&) = delete;

  // Watches `folder` and all folders below it; those watched already cost nothing. Folders that
  // can't be watched (limit of the system reached) are left to the slow look.
  void watch_tree(const std::string& folder);

 private:
  TreeNotifier() = default;
  void watch(const std::string& folder);
  void drain();

  Fd fd_;
  GSource* source_ = nullptr;
  std::function<void()> on_change_;
  std::map<int, std::string> folders_;  // by watch descriptor
  std::map<std::string, int> watches_;
};

}  // namespace filmgate
