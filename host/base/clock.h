// Wall time in integer milliseconds since 1970-01-01 UTC, as the store keeps it. Code that decides
// by time takes a Clock, so that tests and simulations can bring their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ms() const = 0;
};

// The machine's clock. One instance serves all threads.
const Clock& system_clock();

// "2026-11-21T09:30:00.250Z".
std::string format_time(int64_t ms);
// A time as ISO 8601 writes it, in UTC unless it says otherwise; or "2026-11-21", when that begins.
Result<int64_t> parse_time_ms(std::string_view text);

}  // namespace filmgate
