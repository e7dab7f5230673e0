// Which files of an upload belong together, and whether a video can be taken in already. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/storage/library.h"

namespace filmgate {

// What a settled file is to us.
struct Intake {
  std::vector<FoundFile> videos;    // may be admitted now
  std::vector<FoundFile> sidecars;  // may be offered to what waits for them
};

// Of the files that are ready: a video whose sidecar is there but still being written is held back,
// so that it isn't taken in with half of its metadata. Our own notes are neither.
// `is_present` and `is_settled` answer for any path of the library.
Intake sort_arrivals(const std::vector<FoundFile>& ready,
                     const std::function<bool(const std::string&)>& is_present,
                     const std::function<bool(const std::string&)>& is_settled);

}  // namespace filmgate
