// Runs one pipeline to its end under the clocks of the stage: wall time and stalls.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <functional>

#include "host/worker/process/report.h"
#include "host/worker/process/request.h"
#include "host/worker/process/watch.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

// The time that a stage has, counted from its construction; one for all pipelines of the stage.
class Deadline {
 public:
  explicit Deadline(const StageLimits& limits)
      : end_(std::chrono::steady_clock::now() + std::chrono::milliseconds(limits.wall_ms)) {}
  bool passed() const { return std::chrono::steady_clock::now() > end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};

struct RunHooks {
  // An element message; true ends the run as if the stream had ended.
  std::function<bool(GstMessage*)> on_element;
  // Called while buffers move, at most four times a second.
  std::function<void()> on_progress;
};

// Plays `pipeline` until the end of its stream, then sets it to NULL, which closes what it wrote.
// Errors, limits and stalls come back as a failure; the pipeline is then left as it is, because
// stopping a broken one may hang and the process is about to end.
std::optional<Failure> run_pipeline(GstElement* pipeline, const StreamWatch& watch,
                                    const StageLimits& limits, const Deadline& deadline,
                                    const RunHooks& hooks);

}  // namespace filmgate::worker
