#include "host/pipeline/key_reader.h"

#include <algorithm>

#include "host/base/duration.h"
#include "plugins/core/constraint.h"
#include "plugins/core/rules.h"

namespace filmgate {

std::string nearest_hint(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = nearest_word(word, known);
  return near.empty() ? "" : "; did you mean \"" + near + "\"?";
}

std::string place(std::string_view source, Position at) {
  std::string text(source);
  if (at.line > 0) text += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  return text;
}

void KeyReader::fail(Position at, const std::string& what) {
  fail(error_at(source_, at, what));
}

void KeyReader::fail(Error error) {
  if (!error_) error_ = std::move(error);
}

bool KeyReader::object(const Json& value, std::string_view what,
                       const std::vector<std::string>& known) {
  if (failed()) return false;
  const auto* members = value.if_object();
  if (members == nullptr) {
    fail(value.at(), std::string(what) + " must be an object, not " + shown(value));
    return false;
  }
  for (const auto& member : *members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    fail(member.key_at, "unknown key \"" + member.key + "\"" + nearest_hint(member.key, known));
    return false;
  }
  return true;
}

std::string KeyReader::text(const Json& object, std::string_view key, std::string fallback) {
  const Json* value = object.find(key);
  if (value == nullptr || failed()) return fallback;
  if (const auto* text = value->if_string()) return *text;
  fail(value->at(), std::string(key) + " must be a text in quotes, not " + shown(*value));
  return fallback;
}

bool KeyReader::boolean(const Json& object, std::string_view key, bool fallback) {
  const Json* value = object.find(key);
  if (value == nullptr || failed()) return fallback;
  if (const auto boolean = value->if_bool()) return *boolean;
  fail(value->at(), std::string(key) + " must be true or false, not " + shown(*value));
  return fallback;
}

int KeyReader::integer(const Json& object, std::string_view key, int fallback, int minimum,
                       int maximum) {
  const Json* value = object.find(key);
  if (value == nullptr || failed()) return fallback;
  const auto number = value->if_integer();
  if (number && *number >= minimum && *number <= maximum) return static_cast<int>(*number);
  fail(value->at(), std::string(key) + " must be a whole number from " + std::to_string(minimum) +
                        " to " + std::to_string(maximum) + ", not " + shown(*value));
  return fallback;
}

int64_t KeyReader::duration_ms(const Json& object, std::string_view key, int64_t fallback) {
  const Json* value = object.find(key);
  if (value == nullptr || failed()) return fallback;
  const auto* text = value->if_string();
  if (text == nullptr) {
    fail(value->at(),
         std::string(key) + " must be a duration such as \"2s\", not " + shown(*value));
    return fallback;
  }
  const auto ms = parse_duration_ms(*text);
  if (ms.ok()) return *ms;
  fail(value->at(), std::string(key) + ": " + ms.error().message);
  return fallback;
}

std::vector<std::string> KeyReader::texts(const Json& object, std::string_view key) {
  std::vector<std::string> texts;
  const Json* value = object.find(key);
  if (value == nullptr || failed()) return texts;
  const auto* items = value->if_array();
  if (items == nullptr) {
    fail(value->at(), std::string(key) + " must be a list of texts, not " + shown(*value));
    return texts;
  }
  for (const Json& item : *items) {
    const auto* text = item.if_string();
    if (text == nullptr) {
      fail(item.at(), std::string(key) + " must hold texts in quotes, not " + shown(item));
      return {};
    }
    if (std::find(texts.begin(), texts.end(), *text) != texts.end()) {
      fail(item.at(), std::string(key) + " holds \"" + *text + "\" twice");
      return {};
    }
    texts.push_back(*text);
  }
  return texts;
}

}  // namespace filmgate
