#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <unordered_set>

#include "plugins/core/json.h"

namespace filmgate {
namespace {

// The length of the valid UTF-8 sequence at the start of `text` (RFC 3629), or 0.
size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogates
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

void append_utf8(std::string& out, uint32_t code_point) {
  const auto put = [&](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

class Reader {
 public:
  Reader(std::string_view text, std::string_view source, const JsonLimits& limits)
      : text_(text), source_(source), limits_(limits) {}

  Result<Json> read_document() {
    if (text_.size() > limits_.max_bytes)
      return Error{ErrorCode::kLimit, std::string(source_) + ": " + std::to_string(text_.size()) +
                                          " bytes of JSON, at most " +
                                          std::to_string(limits_.max_bytes) + " are accepted"};
    if (text_.starts_with("\xEF\xBB\xBF")) next_ += 3;  // a byte order mark, as some editors write
    line_start_ = next_;
    skip_space();
    Json value;
    if (!read_value(value, 1)) return error_;
    skip_space();
    if (next_ < text_.size()) {
      fail("there is more text after the end of the JSON value");
      return error_;
    }
    return value;
  }

 private:
  Position position() const { return {line_, static_cast<int>(next_ - line_start_) + 1}; }

  bool fail(const std::string& what, ErrorCode code = ErrorCode::kInvalidInput) {
    const Position at = position();
    error_ = Error{code, std::string(source_) + ":" + std::to_string(at.line) + ":" +
                             std::to_string(at.column) + ": " + what};
    return false;
  }

  std::string found() const {
    if (next_ >= text_.size()) return "the end of the text";
    const unsigned char c = static_cast<unsigned char>(text_[next_]);
    if (c < 0x20 || c >= 0x7F) {
      static const char* const kDigits = "0123456789abcdef";
      return std::string("byte 0x") + kDigits[c >> 4] + kDigits[c & 15];
    }
    return std::string("'") + text_[next_] + "'";
  }

  void skip_space() {
    for (; next_ < text_.size(); ++next_) {
      const char c = text_[next_];
      if (c == '\n') {
        ++line_;
        line_start_ = next_ + 1;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        return;
      }
    }
  }

  bool take(char c) {
    if (next_ >= text_.size() || text_[next_] != c) return false;
    ++next_;
    return true;
  }

  bool read_value(Json& value, int depth) {
    if (depth > limits_.max_depth)
      return fail("nested deeper than " + std::to_string(limits_.max_depth) + " levels",
                  ErrorCode::kLimit);
    const Position at = position();
    bool read = false;
    switch (next_ < text_.size() ? text_[next_] : '\0') {
      case '{':
        read = read_object(value, depth);
        break;
      case '[':
        read = read_array(value, depth);
        break;
      case '"': {
        std::string text;
        read = read_string(text);
        value = Json(std::move(text));
        break;
      }
      case 't':
        read = read_word("true", Json(true), value);
        break;
      case 'f':
        read = read_word("false", Json(false), value);
        break;
      case 'n':
        read = read_word("null", Json(), value);
        break;
      default:
        read = read_number(value);
        break;
    }
    value.set_at(at);
    return read;
  }

  bool read_word(std::string_view word, Json meaning, Json& value) {
    if (text_.substr(next_, word.size()) != word)
      return fail("expected a value but found " + found());
    next_ += word.size();
    value = std::move(meaning);
    return true;
  }

  bool read_number(Json& value) {
    const size_t start = next_;
    const auto digits = [&] {
      const size_t first = next_;
      while (next_ < text_.size() && text_[next_] >= '0' && text_[next_] <= '9') ++next_;
      return next_ - first;
    };
    take('-');
    if (take('0')) {
      if (next_ < text_.size() && text_[next_] >= '0' && text_[next_] <= '9')
        return fail("a number can't start with 0");
    } else if (digits() == 0) {
      return fail((next_ == start ? "expected a value but found " : "expected a digit but found ") +
                  found());
    }
    bool integer = true;
    if (take('.')) {
      integer = false;
      if (digits() == 0) return fail("expected a digit but found " + found());
    }
    if (take('e') || take('E')) {
      integer = false;
      if (!take('+')) take('-');
      if (digits() == 0) return fail("expected a digit but found " + found());
    }
    const char* first = text_.data() + start;
    const char* last = text_.data() + next_;
    if (integer) {
      int64_t whole = 0;
      if (std::from_chars(first, last, whole).ec == std::errc{}) {
        value = Json(whole);
        return true;
      }
    }
    double number = 0;
    const std::from_chars_result read = std::from_chars(first, last, number);
    if (read.ec == std::errc::result_out_of_range && !underflows(first, last)) {
      next_ = start;
      return fail("the number is too large");
    }
    value = Json(read.ec == std::errc{} ? number : 0.0);
    return true;
  }

  // from_chars says "out of range" for 1e-999 as for 1e999; the first is 0, the second an error.
  static bool underflows(const char* first, const char* last) {
    static const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
    return std::isfinite(strtod_l(std::string(first, last).c_str(), nullptr, plain));
  }

  bool read_escape(std::string& out) {
    const char c = next_ < text_.size() ? text_[next_] : '\0';
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (const size_t i = kNames.find(c); c != '\0' && i != std::string_view::npos) {
      out.push_back(kMeanings[i]);
      ++next_;
      return true;
    }
    if (c != 'u') return fail("unknown escape: a backslash before " + found());
    uint32_t code_point = 0;
    if (!read_hex4(code_point)) return false;
    if (code_point >= 0xD800 && code_point <= 0xDBFF) {
      uint32_t low = 0;
      if (!take('\\') || next_ >= text_.size() || text_[next_] != 'u' || !read_hex4(low) ||
          low < 0xDC00 || low > 0xDFFF)
        return fail("half of a surrogate pair");
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
    } else if (code_point >= 0xDC00 && code_point <= 0xDFFF) {
      return fail("half of a surrogate pair");
    }
    append_utf8(out, code_point);
    return true;
  }

  bool read_hex4(uint32_t& value) {
    ++next_;  // the 'u'
    if (text_.size() - next_ < 4) return fail("expected four hexadecimal digits");
    const char* first = text_.data() + next_;
    const auto [end, error] = std::from_chars(first, first + 4, value, 16);
    if (error != std::errc{} || end != first + 4) return fail("expected four hexadecimal digits");
    next_ += 4;
    return true;
  }

  bool read_string(std::string& out) {
    ++next_;  // the opening quote
    while (true) {
      if (next_ >= text_.size()) return fail("the string has no end");
      const unsigned char c = static_cast<unsigned char>(text_[next_]);
      if (c == '"') break;
      if (c < 0x20) return fail("a control character in a string must be escaped");
      if (c == '\\') {
        ++next_;
        if (!read_escape(out)) return false;
        continue;
      }
      const size_t length = utf8_sequence(text_.substr(next_));
      if (length == 0) return fail("not valid UTF-8");
      out.append(text_.substr(next_, length));
      next_ += length;
    }
    ++next_;
    return true;
  }

  bool read_array(Json& value, int depth) {
    Json::Array elements;
    ++next_;
    skip_space();
    if (!take(']')) {
      do {
        skip_space();
        if (!read_value(elements.emplace_back(), depth + 1)) return false;
        skip_space();
      } while (take(','));
      if (!take(']')) return fail("expected ',' or ']' but found " + found());
    }
    value = Json(std::move(elements));
    return true;
  }

  bool read_object(Json& value, int depth) {
    Json::Object members;
    std::unordered_set<std::string> keys;
    ++next_;
    skip_space();
    if (!take('}')) {
      do {
        skip_space();
        if (next_ >= text_.size() || text_[next_] != '"')
          return fail("expected a key in quotes but found " + found());
        const Position key_at = position();
        if (++keys_ > limits_.max_keys)
          return fail("more than " + std::to_string(limits_.max_keys) + " keys", ErrorCode::kLimit);
        Json::Member& member = members.emplace_back();
        member.key_at = key_at;
        if (!read_string(member.key)) return false;
        if (!keys.insert(member.key).second)
          return fail("the key \"" + member.key + "\" stands here twice");
        skip_space();
        if (!take(':')) return fail("expected ':' but found " + found());
        skip_space();
        if (!read_value(member.value, depth + 1)) return false;
        skip_space();
      } while (take(','));
      if (!take('}')) return fail("expected ',' or '}' but found " + found());
    }
    value = Json(std::move(members));
    return true;
  }

  std::string_view text_;
  std::string_view source_;
  const JsonLimits& limits_;
  size_t next_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
  int keys_ = 0;
  Error error_;
};

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view source, const JsonLimits& limits) {
  return Reader(text, source, limits).read_document();
}

}  // namespace filmgate
