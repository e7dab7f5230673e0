// One running host: the engine's thread with everything that lives on it, and HTTP on the main one.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/daemon/setup.h"
#include "plugins/core/result.h"

namespace filmgate::daemon {

class Host {
 public:
  // On the main thread, whose default context is iterated afterwards. Blocks until all is up.
  static Result<std::unique_ptr<Host>> start(Setup setup);
  virtual ~Host() = default;  // after `stopped`, or without stop(): as after a crash

  // Takes no more requests, hands back what runs, then calls `stopped` on the main thread.
  virtual void stop(std::function<void()> stopped) = 0;
  // Calls `alive` on the main thread once the engine's thread has turned.
  virtual void ping(std::function<void()> alive) = 0;
  virtual std::string console_url() const = 0;
};

}  // namespace filmgate::daemon
