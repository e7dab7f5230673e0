// Calls back whenever a descriptor can be read or its other end is closed.
#pragma once

#include <glib.h>

#include <functional>
#include <memory>

#include "host/base/executor.h"

namespace filmgate::worker {

class FdWatch {
 public:
  // `ready` runs on the executor's thread and may drop the watch.
  FdWatch(Executor& executor, int fd, std::function<void()> ready);

 private:
  struct Release {
    void operator()(GSource* source) const {
      g_source_destroy(source);
      g_source_unref(source);
    }
  };
  std::unique_ptr<GSource, Release> source_;
};

}  // namespace filmgate::worker
