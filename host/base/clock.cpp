#include "host/base/clock.h"

#include <glib.h>

#include <cstdio>
#include <ctime>

namespace filmgate {
namespace {

class SystemClock final : public Clock {
 public:
  int64_t now_ms() const override {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock kClock;
  return kClock;
}

std::string format_time(int64_t ms) {
  int64_t seconds = ms / 1000;
  int64_t rest = ms % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(rest));
  return text;
}

Result<int64_t> parse_time_ms(std::string_view text) {
  constexpr size_t kDate = 10;  // as long as "2026-11-21"
  const std::string whole = std::string(text) + (text.size() == kDate ? "T00:00:00Z" : "");
  GTimeZone* const utc = g_time_zone_new_utc();
  GDateTime* const time = g_date_time_new_from_iso8601(whole.c_str(), utc);
  g_time_zone_unref(utc);
  if (time == nullptr) {
    return Error{ErrorCode::kInvalidInput,
                 "'" + std::string(text) +
                     "' is no time such as 2026-11-21T09:30:00Z, nor a date such as 2026-11-21"};
  }
  const int64_t ms = g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
  g_date_time_unref(time);
  return ms;
}

}  // namespace filmgate
