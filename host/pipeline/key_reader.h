// Reads the members of JSON objects with the first error kept: after it every read gives the
// fallback, so a parser reads straight on and asks once at the end.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

class KeyReader {
 public:
  explicit KeyReader(std::string source) : source_(std::move(source)) {}

  bool failed() const { return error_.has_value(); }
  const Error& error() const { return *error_; }
  const std::string& source() const { return source_; }

  void fail(Position at, const std::string& what);
  void fail(Error error);

  // Checks that `value` is an object with no keys but `known`; `what` names it in messages.
  bool object(const Json& value, std::string_view what, const std::vector<std::string>& known);

  // Absent keys give the fallback; other types and impossible values fail.
  std::string text(const Json& object, std::string_view key, std::string fallback = {});
  bool boolean(const Json& object, std::string_view key, bool fallback);
  int integer(const Json& object, std::string_view key, int fallback, int minimum, int maximum);
  int64_t duration_ms(const Json& object, std::string_view key, int64_t fallback);
  std::vector<std::string> texts(const Json& object, std::string_view key);

 private:
  std::string source_;
  std::optional<Error> error_;
};

// `; did you mean "renditions"?`, or nothing when no member of `known` is near.
std::string nearest_hint(std::string_view word, const std::vector<std::string>& known);

// "review.json:12:5"
std::string place(std::string_view source, Position at);

}  // namespace filmgate
