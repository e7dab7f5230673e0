// A strict, bounded JSON reader and the value it makes (RFC 8259). Text that people or clients sent
// passes here first: every value knows its line and column, so that later checks can point at it.
// Stricter than most: no comments, no duplicate keys, no numbers beyond double, no invalid UTF-8,
// no unpaired surrogates, no text after the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate {

// Both count from 1; 0 means "not read from a text". Columns count bytes.
struct Position {
  int line = 0;
  int column = 0;
};

class Json {
 public:
  enum class Type { kNull, kBoolean, kInteger, kNumber, kString, kArray, kObject };
  struct Member;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;  // in the order of the text

  Json() = default;
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(int64_t{value}) {}
  Json(unsigned value) : value_(int64_t{value}) {}
  Json(int64_t value) : value_(value) {}
  Json(long long value) : value_(static_cast<int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value);
  // Counters are uint64 in GStreamer; above 2^63-1 they become the nearest double.
  static Json from_unsigned(uint64_t value);
  static Json array() { return Json(Array{}); }
  static Json object();
  static Json object(std::initializer_list<Member> members);

  Type type() const { return static_cast<Type>(value_.index()); }
  const char* type_name() const;  // "object", "string", "integer"… for messages
  bool is_null() const { return type() == Type::kNull; }
  bool is_object() const { return type() == Type::kObject; }
  bool is_array() const { return type() == Type::kArray; }
  bool is_string() const { return type() == Type::kString; }
  bool is_number() const { return type() == Type::kInteger || type() == Type::kNumber; }

  // Null pointer or nullopt when it is of another type.
  const std::string* if_string() const { return std::get_if<std::string>(&value_); }
  const Array* if_array() const { return std::get_if<Array>(&value_); }
  const Object* if_object() const { return std::get_if<Object>(&value_); }
  Array* if_array() { return std::get_if<Array>(&value_); }
  Object* if_object() { return std::get_if<Object>(&value_); }
  std::optional<bool> if_bool() const;
  std::optional<int64_t> if_integer() const;  // a number with an integer's value, 5.0 included
  std::optional<double> if_number() const;    // integer or number

  // With a fallback, for documents that were checked or that we wrote ourselves.
  std::string string_or(std::string_view fallback) const;
  int64_t integer_or(int64_t fallback) const { return if_integer().value_or(fallback); }
  double number_or(double fallback) const { return if_number().value_or(fallback); }
  bool bool_or(bool fallback) const { return if_bool().value_or(fallback); }

  // Objects. find() is null when absent or when this is no object; get() is then a null Json.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
  const Json& get(std::string_view key) const;
  // "media.video.height": objects by key, arrays by index ("media.audio.0.channels").
  const Json* find_path(std::string_view dotted_path) const;
  // Replaces or appends; turns null into an object. Returns the stored value.
  Json& set(std::string_view key, Json value);
  Json& set_path(std::string_view dotted_path, Json value);  // makes the objects in between
  bool erase(std::string_view key);
  // Members of `other` are set here; objects are merged, anything else is replaced.
  void merge(const Json& other);

  // Arrays; turns null into an array.
  Json& push_back(Json value);
  size_t size() const;  // elements or members; 0 for other types

  Position at() const { return at_; }
  void set_at(Position at) { at_ = at; }

  bool operator==(const Json& other) const;  // by value; positions don't count; 1 == 1.0

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
  Position at_;
};

struct Json::Member {
  std::string key;
  Json value;
  Position key_at = {};
};

struct JsonLimits {
  size_t max_bytes = size_t{1} << 20;
  int max_depth = 64;
  int max_keys = 65536;  // members of all objects together
};

// What a sidecar may be: small. Nobody's metadata needs more, and a hostile one is stopped here.
inline constexpr JsonLimits kSidecarLimits{.max_bytes = 64 * 1024, .max_depth = 8, .max_keys = 256};

// `source` names the text in messages: "clip.mp4.json:3:7: expected ',' or '}' but found ']'".
Result<Json> parse_json(std::string_view text, std::string_view source,
                        const JsonLimits& limits = {});

// Compact when indent is 0. Numbers in the shortest form that reads back equal; strings as UTF-8.
std::string to_text(const Json& value, int indent = 0);

}  // namespace filmgate
