#include "host/worker/process/runner.h"

#include <cstdio>

#include "host/worker/process/diagnosis.h"
#include "host/worker/protocol.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto kTick = 100 * GST_MSECOND;
constexpr auto kGivenUp = std::chrono::seconds(1);
constexpr auto kProgressInterval = std::chrono::milliseconds(250);

std::string seconds_text(int64_t ms) {
  const double seconds = static_cast<double>(ms) / 1000;
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", seconds);
  return text;
}

void log_warning(GstMessage* message) {
  GError* raw_error = nullptr;
  char* raw_debug = nullptr;
  gst_message_parse_warning(message, &raw_error, &raw_debug);
  const GErrorPtr error(raw_error);
  const GString8 debug(raw_debug);
  std::fprintf(stderr, "warning from %s: %s%s%s\n",
               GST_MESSAGE_SRC(message) ? GST_OBJECT_NAME(GST_MESSAGE_SRC(message)) : "?",
               error->message, debug ? "; " : "", debug ? debug.get() : "");
}

enum class Step { kGoOn, kEnded };

Step handle(GstMessage* message, const StreamWatch& watch, const RunHooks& hooks,
            std::optional<Failure>& failure) {
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS:
      return Step::kEnded;
    case GST_MESSAGE_ERROR:
      failure = diagnose_error(message, watch);
      return Step::kEnded;
    case GST_MESSAGE_WARNING:
      log_warning(message);
      return Step::kGoOn;
    case GST_MESSAGE_ELEMENT:
      return hooks.on_element && hooks.on_element(message) ? Step::kEnded : Step::kGoOn;
    default:
      return Step::kGoOn;
  }
}

// Does any streaming task of the pipeline still turn? Waiting for data counts as turning; a task
// that gave up is paused or stopped.
bool any_task_started(GstElement* pipeline) {
  bool started = false;
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  const auto look = [](const GValue* item, gpointer result) {
    auto* const element = GST_ELEMENT(g_value_get_object(item));
    const ObjectLock lock(element);
    for (GList* pads = element->pads; pads; pads = pads->next) {
      GstTask* const task = GST_PAD_TASK(GST_PAD(pads->data));
      if (task && gst_task_get_state(task) == GST_TASK_STARTED) *static_cast<bool*>(result) = true;
    }
  };
  while (gst_iterator_foreach(elements, look, &started) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(elements);
  }
  gst_iterator_free(elements);
  return started;
}

std::optional<Failure> play(GstElement* pipeline, const StreamWatch& watch,
                            const StageLimits& limits, const Deadline& deadline,
                            const RunHooks& hooks) {
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline));
  if (gst_element_set_state(pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) {
    // The element that refused has said why on the bus.
    if (auto message = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR))) {
      return diagnose_error(message.get(), watch);
    }
    return Failure{kClassInternal, "the pipeline couldn't be started", "", ""};
  }
  const auto stall = std::chrono::milliseconds(limits.stall_ms);
  uint64_t activity = watch.activity();
  auto active_at = SteadyClock::now();
  auto progress_at = active_at - kProgressInterval;
  std::optional<Failure> failure;
  for (;;) {
    const auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), kTick));
    if (message && handle(message.get(), watch, hooks, failure) == Step::kEnded) break;
    const auto now = SteadyClock::now();
    if (deadline.passed()) {
      return Failure{
          kClassLimit,
          "the file took longer than the " + seconds_text(limits.wall_ms) + " it may take", "",
          "wall time"};
    }
    if (const uint64_t current = watch.activity(); current != activity) {
      activity = current;
      active_at = now;
      if (hooks.on_progress && now - progress_at >= kProgressInterval) {
        progress_at = now;
        hooks.on_progress();
      }
    } else if (now - active_at > kGivenUp && !gst_bus_have_pending(bus.get()) &&
               !any_task_started(pipeline)) {
      // decodebin 1.22 swallows the error of a demuxer that fails while it is being plugged in,
      // when the error comes at the wrong moment; nothing would ever happen again.
      return Failure{kClassMedia, "the file is damaged: its container can't be read", "",
                     "all streaming tasks ended without an end of stream or an error"};
    } else if (now - active_at > stall) {
      return Failure{kClassLimit, "there was no progress for " + seconds_text(limits.stall_ms), "",
                     "stall"};
    }
  }
  return failure;
}

}  // namespace

std::optional<Failure> run_pipeline(GstElement* pipeline, const StreamWatch& watch,
                                    const StageLimits& limits, const Deadline& deadline,
                                    const RunHooks& hooks) {
  std::optional<Failure> failure = play(pipeline, watch, limits, deadline, hooks);
  if (failure) {
    gst_object_ref(pipeline);  // for good: it can't be taken down without stopping it
  } else {
    gst_element_set_state(pipeline, GST_STATE_NULL);
  }
  return failure;
}

}  // namespace filmgate::worker
