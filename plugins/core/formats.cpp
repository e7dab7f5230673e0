#include "plugins/core/formats.h"

#include <algorithm>
#include <array>
#include <utility>

namespace filmgate {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alnum(char c) {
  return is_digit(c) || is_alpha(c);
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// Calls `valid` with each part between separators; false when one is not valid.
template <typename Valid>
bool each_part(std::string_view text, char separator, Valid valid) {
  while (true) {
    const size_t end = text.find(separator);
    if (!valid(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_domain(std::string_view domain) {
  if (domain.size() > 253 || domain.find('.') == std::string_view::npos) return false;
  const bool labels = each_part(domain, '.', [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return is_alnum(c) || c == '-'; });
  });
  // A top-level domain is never all digits; that keeps IP addresses out.
  const std::string_view top = domain.substr(domain.rfind('.') + 1);
  return labels && !std::all_of(top.begin(), top.end(), is_digit);
}

bool is_email(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const bool local = each_part(text.substr(0, at), '.', [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), [](char c) {
      return is_alnum(c) || is_one_of(c, "!#$%&'*+-/=?^_`{|}~");
    });
  });
  return local && is_domain(text.substr(at + 1));
}

// Reads exactly `count` digits at `offset`; -1 when they aren't there.
int digits_at(std::string_view text, size_t offset, size_t count) {
  if (text.size() < offset + count) return -1;
  int value = 0;
  for (const char c : text.substr(offset, count)) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = digits_at(text, 0, 4);
  const int month = digits_at(text, 5, 2);
  const int day = digits_at(text, 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1) return false;
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

bool is_date_time(std::string_view text) {
  if (text.size() < 20 || !is_date(text.substr(0, 10)) || !is_one_of(text[10], "Tt")) return false;
  const int hour = digits_at(text, 11, 2);
  const int minute = digits_at(text, 14, 2);
  const int second = digits_at(text, 17, 2);
  if (text[13] != ':' || text[16] != ':' || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 60)
    return false;
  std::string_view rest = text.substr(19);
  if (rest.front() == '.') {
    size_t end = 1;
    while (end < rest.size() && is_digit(rest[end])) ++end;
    if (end == 1) return false;
    rest.remove_prefix(end);
  }
  int offset_minutes = 0;
  if (rest != "Z" && rest != "z") {
    const int hours = digits_at(rest, 1, 2);
    const int minutes = digits_at(rest, 4, 2);
    if (rest.size() != 6 || !is_one_of(rest[0], "+-") || rest[3] != ':' || hours < 0 ||
        hours > 23 || minutes < 0 || minutes > 59)
      return false;
    offset_minutes = (hours * 60 + minutes) * (rest[0] == '-' ? -1 : 1);
  }
  constexpr int kDay = 24 * 60;
  const int utc_minute = (hour * 60 + minute - offset_minutes + kDay) % kDay;
  return second < 60 || utc_minute == kDay - 1;
}

// Characters of a URI part: unreserved, sub-delims, whole percent escapes and `more`.
bool is_uri_part(std::string_view text, std::string_view more) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_alnum(text[i]) && !is_one_of(text[i], "-._~!$&'()*+,;=") &&
               !is_one_of(text[i], more)) {
      return false;
    }
  }
  return true;
}

bool is_authority(std::string_view authority, bool host_needed) {
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!is_uri_part(authority.substr(0, at), ":")) return false;
    authority.remove_prefix(at + 1);
  }
  std::string_view host = authority;
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const std::string_view literal = authority.substr(1, end - 1);
    if (!std::all_of(literal.begin(), literal.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; }))
      return false;
    host = authority.substr(0, end + 1);
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
    if (!port.empty()) port.remove_prefix(1);
  } else {
    if (const size_t colon = authority.find(':'); colon != std::string_view::npos) {
      host = authority.substr(0, colon);
      port = authority.substr(colon + 1);
    }
    if (!is_uri_part(host, "")) return false;
  }
  if (host_needed && host.empty()) return false;
  if (port.size() > 5) return false;
  const int number = digits_at(port, 0, port.size());
  return number >= 0 && number <= 65535;
}

bool is_uri(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_alpha(text.front())) return false;
  const std::string_view scheme = text.substr(0, colon);
  if (!std::all_of(scheme.begin(), scheme.end(),
                   [](char c) { return is_alnum(c) || is_one_of(c, "+-."); }))
    return false;
  std::string_view rest = text.substr(colon + 1);
  if (rest.empty()) return false;
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    if (!is_uri_part(rest.substr(hash + 1), ":@/?")) return false;
    rest = rest.substr(0, hash);
  }
  if (const size_t question = rest.find('?'); question != std::string_view::npos) {
    if (!is_uri_part(rest.substr(question + 1), ":@/?")) return false;
    rest = rest.substr(0, question);
  }
  const bool web = scheme == "http" || scheme == "https";
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    const size_t slash = std::min(rest.find('/'), rest.size());
    if (!is_authority(rest.substr(0, slash), web)) return false;
    rest.remove_prefix(slash);
  } else if (web) {
    return false;
  }
  return is_uri_part(rest, ":@/");
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

}  // namespace

const std::vector<std::string>& text_format_names() {
  static const std::vector<std::string> kNames = {"email", "date", "date-time", "uri", "uuid"};
  return kNames;
}

std::optional<TextFormat> text_format_from_name(std::string_view name) {
  const std::vector<std::string>& names = text_format_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<TextFormat>(found - names.begin());
}

const char* describe(TextFormat format) {
  switch (format) {
    case TextFormat::kEmail:
      return "an e-mail address";
    case TextFormat::kDate:
      return "a date (YYYY-MM-DD)";
    case TextFormat::kDateTime:
      return "a date and time with zone (2024-05-01T12:00:00Z)";
    case TextFormat::kUri:
      return "a URI with its scheme (https://…)";
    case TextFormat::kUuid:
      return "a UUID";
  }
  return "text";
}

bool matches(TextFormat format, std::string_view text) {
  switch (format) {
    case TextFormat::kEmail:
      return is_email(text);
    case TextFormat::kDate:
      return is_date(text);
    case TextFormat::kDateTime:
      return is_date_time(text);
    case TextFormat::kUri:
      return is_uri(text);
    case TextFormat::kUuid:
      return is_uuid(text);
  }
  return false;
}

}  // namespace filmgate
