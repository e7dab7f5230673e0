// Watches uploads/ and failed/ and hands settled files to the engine. Looking through the folders
// is the truth; inotify only says when it is worth doing.
#pragma once

#include <memory>

#include "host/base/clock.h"
#include "host/base/executor.h"
#include "host/engine/engine.h"
#include "host/pipeline/description.h"
#include "host/storage/library.h"
#include "plugins/core/result.h"

namespace filmgate {

class FolderWatch {
 public:
  // On the engine's executor, after the engine has started. `scan_ms` is the pace while something
  // is under way; a still folder is looked through every half minute.
  static Result<std::unique_ptr<FolderWatch>> start(Engine& engine, const Library& library,
                                                    const Router& router, const Clock& clock,
                                                    Executor& executor, int64_t scan_ms);
  virtual ~FolderWatch() = default;  // on the executor too
};

}  // namespace filmgate
