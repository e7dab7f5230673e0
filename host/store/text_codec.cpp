#include "host/store/text_codec.h"

#include <algorithm>
#include <cstdint>

namespace filmgate {
namespace {

constexpr uint32_t kEscapes = 0x10FF00;

uint8_t byte_at(std::string_view text, size_t index) {
  return static_cast<uint8_t>(text[index]);
}

// The length of the character at the start of `text` that may stay, or 0 (RFC 3629).
size_t plain_character(std::string_view text) {
  const uint8_t first = byte_at(text, 0);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  uint32_t code_point = first & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (byte_at(text, i) & 0x3fU);
  }
  const uint32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < least || surrogate || code_point >= kEscapes ? 0 : length;
}

}  // namespace

std::string to_valid_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    if (const size_t length = plain_character(bytes); length > 0) {
      text += bytes.substr(0, length);
      bytes.remove_prefix(length);
      continue;
    }
    const uint8_t byte = byte_at(bytes, 0);
    text += "\xf4\x8f";
    text += static_cast<char>(0xbc | byte >> 6);
    text += static_cast<char>(0x80 | (byte & 0x3f));
    bytes.remove_prefix(1);
  }
  return text;
}

std::string from_valid_text(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (true) {
    const size_t escape = std::min(text.find("\xf4\x8f"), text.size());
    bytes += text.substr(0, escape);
    text.remove_prefix(escape);
    if (text.empty()) return bytes;
    if (text.size() >= 4 && byte_at(text, 2) >= 0xbc) {
      bytes += static_cast<char>((byte_at(text, 2) & 3) << 6 | (byte_at(text, 3) & 0x3f));
      text.remove_prefix(4);
    } else {
      bytes += text.substr(0, 2);
      text.remove_prefix(2);
    }
  }
}

}  // namespace filmgate
