#include "host/base/disk_space.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <map>

namespace filmgate {

int64_t SpaceMark::on(const DiskSpace& disk) const {
  if (part <= 0) return bytes;
  const auto share = static_cast<int64_t>(part * static_cast<double>(disk.total_bytes));
  return bytes > 0 ? std::min(share, bytes) : share;
}

Result<SpaceMark> parse_space_mark(std::string_view text) {
  const Error wrong{ErrorCode::kInvalidInput, "'" + std::string(text) +
                                                  "' is neither a part of the disk such as 5% nor "
                                                  "a size such as 10G"};
  SpaceMark mark;
  if (!text.ends_with('%')) {
    const auto size = parse_size(text);
    if (!size) return wrong;
    mark.bytes = *size;
    return mark;
  }
  text.remove_suffix(1);
  double percent = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, percent, std::chars_format::fixed);
  if (error != std::errc() || end != last || !(percent >= 0 && percent < 100)) return wrong;
  mark.part = percent / 100;
  return mark;
}

Result<int64_t> parse_size(std::string_view text) {
  const Error wrong{ErrorCode::kInvalidInput,
                    "'" + std::string(text) + "' is not a size such as 512M or 4G"};
  double number = 0;
  const char* const last = text.data() + text.size();
  auto [end, error] = std::from_chars(text.data(), last, number, std::chars_format::fixed);
  if (error != std::errc() || !(number >= 0)) return wrong;
  while (end < last && *end == ' ') ++end;
  std::string unit(end, last);
  if (unit.size() > 1 && unit.back() == 'B') unit.pop_back();
  if (unit.size() > 1 && unit.back() == 'i') unit.pop_back();
  static const std::map<std::string, int> kShifts = {{"", 0},   {"B", 0},  {"K", 10},
                                                     {"M", 20}, {"G", 30}, {"T", 40}};
  const auto shift = kShifts.find(unit);
  if (shift == kShifts.end()) return wrong;
  const double bytes = number * static_cast<double>(int64_t{1} << shift->second);
  if (bytes > 9e18) return wrong;
  return static_cast<int64_t>(bytes);
}

std::string describe_size(int64_t bytes) {
  if (bytes == 1) return "1 byte";
  static constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.*f %s", unit == 0 || value >= 99.95 ? 0 : 1, value,
                kUnits[unit]);
  return text;
}

}  // namespace filmgate
