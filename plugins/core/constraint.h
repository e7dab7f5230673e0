// What one path of the facts must be: the words of a constraint, read, checked and said in words.
// Rules (rules.h) are made of these; nothing else needs them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/core/formats.h"
#include "plugins/core/json.h"
#include "plugins/core/pattern.h"
#include "plugins/core/result.h"

namespace filmgate {

// An error at a place of a text: "review.json:7:3: WHAT"; without the place when it isn't known.
Error error_at(std::string_view source, Position at, const std::string& what);
// ` (did you mean "minLength"?)`, or nothing when no member of `known` is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);
// "a, b or c", with `last` before the last: " or ".
std::string joined(const std::vector<std::string>& parts, const char* last);
// A value as in a message: its JSON text cut to about 60 characters.
std::string shown(const Json& value);

class Constraint {
 public:
  enum class Met { kYes, kNo, kUndecided };  // undecided: the search of a pattern gave up

  static Result<Constraint> from_json(const Json& words, std::string_view source);

  Met check(const Json& value) const;
  bool required() const { return required_; }

  // "a string of at least 1 character", "a number of at most 14400"; without the noun "at most
  // 14400", where the reader sees a number anyway. "a value" when anything will do.
  std::string needed(bool with_noun) const;
  // What is not accepted where the constraint tells what triggers: "14400 or more".
  std::string refused(bool with_noun) const;
  // A fact as in a message: a measured number loses the digits that say nothing, but never so many
  // that it would seem to be on the other side of a bound.
  std::string shown_fact(const Json& value) const;

 private:
  enum TypeBit : unsigned {
    kString = 1,
    kNumber = 2,
    kInteger = 4,
    kBoolean = 8,
    kArray = 16,
    kObject = 32,
    kAnyType = 63
  };

  using Inner = std::shared_ptr<const Constraint>;  // of a list's elements
  static constexpr int kMaxDepth = 4;

  static Result<Constraint> read(const Json& words, std::string_view source, int depth);
  Result<void> read_word(const Json::Member& word, std::string_view source);
  Result<void> read_type(const Json& value, std::string_view source);
  Result<void> read_inner(const Json& value, std::string_view source, Inner& out);
  Result<void> check_possible(const Json& words, std::string_view source) const;
  bool speaks_of_text() const;
  bool speaks_of_numbers() const;
  bool speaks_of_lists() const;
  bool type_fits(const Json& value) const;
  // All elements of a list share the effort of one check.
  Met check_within(const Json& value, Pattern::Effort& effort) const;
  Met check_text(const std::string& text, Pattern::Effort& effort) const;
  bool check_number(double number) const;
  Met check_list(const Json::Array& list, Pattern::Effort& effort) const;
  std::string needed_text(bool with_noun) const;
  std::string needed_number(bool with_noun) const;
  std::string needed_list() const;

  unsigned types_ = kAnyType;
  std::vector<Json> choices_;  // enum, or const as a single one
  std::optional<int64_t> min_length_, max_length_;
  std::optional<Pattern> pattern_;
  std::optional<TextFormat> format_;
  std::optional<double> minimum_, maximum_, exclusive_minimum_, exclusive_maximum_;
  std::optional<double> multiple_of_;
  std::optional<int64_t> min_items_, max_items_;
  bool unique_items_ = false;
  Inner items_, contains_;
  bool required_ = true;
  int depth_ = 1;  // 1 for a path's own, one more for its elements'
};

}  // namespace filmgate
