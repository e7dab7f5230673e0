// A thread with a GMainContext of its own that runs what is posted to it, in order. The engine
// lives on one (it alone touches the store); HTTP lives on the main thread's default context.
#pragma once

#include <glib.h>

#include <functional>
#include <memory>

namespace filmgate {

class Executor {
 public:
  virtual ~Executor() = default;
  // Thread-safe. Runs `task` on the executor's thread, after what was posted before.
  virtual void post(std::function<void()> task) = 0;
  // Runs `task` once after `delay_ms`. The handle cancels when dropped, unless called from the
  // task. To be used on the executor's own thread only.
  class Timer {
   public:
    virtual ~Timer() = default;
  };
  [[nodiscard]] virtual std::unique_ptr<Timer> after(int64_t delay_ms,
                                                     std::function<void()> task) = 0;
  virtual GMainContext* context() const = 0;
};

// Runs on `context`, which somebody else iterates (nullptr: the default one).
std::unique_ptr<Executor> make_executor(GMainContext* context);
// Starts a thread that iterates a new context; the destructor finishes what was posted and joins.
std::unique_ptr<Executor> start_executor_thread(const char* name);

}  // namespace filmgate
