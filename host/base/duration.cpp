#include "host/base/duration.h"

#include <array>
#include <limits>

namespace filmgate {
namespace {

struct Unit {
  std::string_view written;
  const char* one;  // as described to people
  const char* many;
  int64_t ms;
};

// From the longest to the shortest, the order in which they may be written.
constexpr std::array<Unit, 5> kUnits{{
    {"d", "day", "days", 86'400'000},
    {"h", "h", "h", 3'600'000},
    {"m", "min", "min", 60'000},
    {"s", "s", "s", 1000},
    {"ms", "ms", "ms", 1},
}};

Error malformed(std::string_view text, const char* why) {
  return {ErrorCode::kInvalidInput,
          "'" + std::string(text) + "' is not a duration: " + why +
              " (write numbers with the units d, h, m, s and ms, as in 500ms, 2s, 1h30m or 14d)"};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

Result<int64_t> parse_duration_ms(std::string_view text) {
  if (text.empty()) return malformed(text, "it is empty");
  int64_t total = 0;
  size_t next_unit = 0;
  size_t at = 0;
  while (at < text.size()) {
    if (!is_digit(text[at])) return malformed(text, "a number is expected before each unit");
    int64_t number = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      if (__builtin_mul_overflow(number, 10, &number) ||
          __builtin_add_overflow(number, text[at] - '0', &number)) {
        return malformed(text, "it is too long");
      }
    }
    const size_t begin = at;
    while (at < text.size() && is_letter(text[at])) ++at;
    const std::string_view written = text.substr(begin, at - begin);
    if (written.empty()) return malformed(text, "a unit is missing after a number");
    size_t unit = 0;
    while (unit < kUnits.size() && kUnits[unit].written != written) ++unit;
    if (unit == kUnits.size()) return malformed(text, "it has an unknown unit");
    if (unit < next_unit) return malformed(text, "each unit may stand once, the longest first");
    next_unit = unit + 1;
    if (__builtin_mul_overflow(number, kUnits[unit].ms, &number) ||
        __builtin_add_overflow(total, number, &total)) {
      return malformed(text, "it is too long");
    }
  }
  return total;
}

std::string describe_duration(int64_t ms) {
  // Two units say enough: "1 day 3 h", not "1 day 3 h 12 min 5 s 17 ms".
  constexpr int kMostUnits = 2;
  uint64_t rest = ms < 0 ? 0 - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  std::string text;
  int written = 0;
  for (const Unit& unit : kUnits) {
    const auto length = static_cast<uint64_t>(unit.ms);
    const uint64_t count = rest / length;
    rest %= length;
    if (count == 0) continue;
    if (!text.empty()) text += ' ';
    text += std::to_string(count) + ' ' + (count == 1 ? unit.one : unit.many);
    if (++written == kMostUnits) break;
  }
  if (text.empty()) return "0 s";
  return ms < 0 ? "-" + text : text;
}

}  // namespace filmgate
