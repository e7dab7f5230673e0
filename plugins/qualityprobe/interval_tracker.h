// Turns a condition that is looked at from moment to moment into intervals of at least a given
// length. Times are stream time in nanoseconds. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "plugins/core/json.h"

namespace filmgate::quality {

using Time = uint64_t;  // ns

struct Interval {
  Time start = 0;
  Time end = 0;
  Time length() const { return end - start; }
  bool operator==(const Interval&) const = default;
};

double to_seconds(Time time);

class IntervalTracker {
 public:
  // Intervals beyond this many are counted in total() but not listed, so that hours of flicker do
  // not fill the memory.
  static constexpr size_t kMaxListed = 1000;

  // Intervals shorter than `minimum` do not count. Pauses of up to `bridge` do not end one.
  void configure(Time minimum, Time bridge = 0) {
    minimum_ = minimum;
    bridge_ = bridge;
  }

  // The condition is `active` over [from, to). Returns the interval that this has ended, if one.
  std::optional<Interval> update(bool active, Time from, Time to);
  // Ends what is open, at `at` or, after a pause, where the condition was last met.
  std::optional<Interval> close(Time at);

  bool open() const { return open_.has_value(); }
  const std::vector<Interval>& listed() const { return listed_; }
  Time total() const { return total_; }
  uint64_t count() const { return count_; }  // listed or not

  // {"ratio": of `decoded`, "duration": s, "intervals": [{"start": s, "end": s}, …]}, and
  // "unlisted", a count, when there were more than kMaxListed.
  Json to_json(Time decoded) const;

 private:
  std::optional<Interval> finish(Time end);

  Time minimum_ = 0;
  Time bridge_ = 0;
  std::optional<Interval> open_;  // end = the last moment at which the condition was met
  bool pausing_ = false;
  std::vector<Interval> listed_;
  uint64_t count_ = 0;
  Time total_ = 0;
};

}  // namespace filmgate::quality
