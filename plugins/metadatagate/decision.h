// Where the streaming thread of a gate waits for a person, and where any other thread answers.
// Thread-safe; waiting ends at once when the pads are flushed or shut down. Free of GStreamer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace filmgate {

class Decision {
 public:
  enum class Outcome { kApproved, kRejected, kTimedOut, kInterrupted };

  // A new stream: earlier answers don't count for it. `wanted` is false where nobody is asked.
  void reset(bool wanted);
  // Answers are taken from reset() on, once; false when none is wanted or one was given already.
  bool approve();
  bool reject(std::string reason);
  // Blocks until there is an answer; nullopt waits for ever. The time left is kept over
  // interruptions, so that a seek doesn't prolong it.
  Outcome wait(std::optional<std::chrono::nanoseconds> timeout);
  // While interrupted every wait returns kInterrupted.
  void set_interrupted(bool interrupted);
  std::string reject_reason() const;

 private:
  using Clock = std::chrono::steady_clock;

  bool answer(Outcome outcome, std::string reason);

  mutable std::mutex lock_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool interrupted_ = false;
  std::optional<Outcome> outcome_;
  std::optional<Clock::time_point> deadline_;
  std::string reason_;
};

}  // namespace filmgate
