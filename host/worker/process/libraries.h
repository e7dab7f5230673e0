// Opens the libraries that GStreamer's plugins need one after the other, before the plugins.
//
// The plugin of FFmpeg's decoders brings some 150 libraries. Opened together with it each of their
// symbols is looked for in all of them, one after the other; opened by themselves, those that need
// nothing first, each finds its symbols in the few that it needs. That takes a third off the time
// in which a worker starts. Which libraries there are is kept in a file beside the registry.
#pragma once

#include <string>
#include <thread>

#include "plugins/core/result.h"

namespace filmgate::worker {

std::string library_list_of(const std::string& registry);

// All that this process has loaded by now.
Result<void> keep_library_list(const std::string& registry);

// On a thread of its own, while GStreamer reads its registry; joined when it goes. Without a list,
// or where one of them can't be opened, the plugins bring them along as ever.
class LibraryOpener {
 public:
  explicit LibraryOpener(const std::string& registry);
  ~LibraryOpener() { thread_.join(); }
  LibraryOpener(const LibraryOpener&) = delete;
  LibraryOpener& operator=(const LibraryOpener&) = delete;

 private:
  std::thread thread_;
};

}  // namespace filmgate::worker
