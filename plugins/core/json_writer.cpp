#include <charconv>
#include <cmath>

#include "plugins/core/json.h"

namespace filmgate {
namespace {

void append_string(std::string& out, std::string_view text) {
  static const char* const kDigits = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out.push_back(kDigits[c >> 4]);
          out.push_back(kDigits[c & 15]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no infinities; silence measured in dB is one
    out += "null";
    return;
  }
  char buffer[32];
  // "-0" would be read as the integer 0, and written as another text from then on.
  const double unsigned_zero = value == 0 ? 0.0 : value;
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, unsigned_zero);
  out.append(buffer, error == std::errc{} ? end : buffer);
}

void append_break(std::string& out, int indent, int level) {
  if (indent <= 0) return;
  out.push_back('\n');
  out.append(static_cast<size_t>(indent) * static_cast<size_t>(level), ' ');
}

void append(std::string& out, const Json& value, int indent, int level) {
  switch (value.type()) {
    case Json::Type::kNull:
      out += "null";
      return;
    case Json::Type::kBoolean:
      out += value.bool_or(false) ? "true" : "false";
      return;
    case Json::Type::kInteger:
      out += std::to_string(value.integer_or(0));
      return;
    case Json::Type::kNumber:
      append_number(out, value.number_or(0));
      return;
    case Json::Type::kString:
      append_string(out, *value.if_string());
      return;
    case Json::Type::kArray: {
      out.push_back('[');
      const char* separator = "";
      for (const Json& element : *value.if_array()) {
        out += separator;
        append_break(out, indent, level + 1);
        append(out, element, indent, level + 1);
        separator = ",";
      }
      if (value.size() > 0) append_break(out, indent, level);
      out.push_back(']');
      return;
    }
    case Json::Type::kObject: {
      out.push_back('{');
      const char* separator = "";
      for (const Json::Member& member : *value.if_object()) {
        out += separator;
        append_break(out, indent, level + 1);
        append_string(out, member.key);
        out += indent > 0 ? ": " : ":";
        append(out, member.value, indent, level + 1);
        separator = ",";
      }
      if (value.size() > 0) append_break(out, indent, level);
      out.push_back('}');
      return;
    }
  }
}

}  // namespace

std::string to_text(const Json& value, int indent) {
  std::string out;
  append(out, value, indent, 0);
  return out;
}

}  // namespace filmgate
