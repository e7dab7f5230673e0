#include "plugins/core/constraint.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "plugins/core/rules.h"

namespace filmgate {
namespace {

// In the order of Constraint::TypeBit.
constexpr const char* kTypePhrases[] = {"a string",      "a number", "an integer",
                                        "true or false", "a list",   "an object"};

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

// With a point in every locale: programs that load the elements set their users'.
std::string number_text(double value) {
  char buffer[40];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 10);
  return {buffer, error == std::errc{} ? end : buffer};
}

std::string elements(int64_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

// Of decimal fractions too: 0.3 is a multiple of 0.1, although the quotient of the doubles is not
// quite 3.
bool is_multiple(double number, double unit) {
  constexpr double kTolerance = 1e-9;
  const double quotient = number / unit;
  if (!std::isfinite(quotient)) return false;
  return std::fabs(quotient - std::round(quotient)) <=
         kTolerance * std::max(1.0, std::fabs(quotient));
}

// Lists come from sidecars and tags, whose size is bounded.
bool has_twins(const Json::Array& list) {
  for (size_t i = 0; i < list.size(); ++i)
    if (std::find(list.begin() + static_cast<ptrdiff_t>(i) + 1, list.end(), list[i]) != list.end())
      return true;
  return false;
}

std::string characters(int64_t count) {
  return std::to_string(count) + (count == 1 ? " character" : " characters");
}

}  // namespace

Error error_at(std::string_view source, Position at, const std::string& what) {
  std::string where(source);
  if (at.line > 0) where += ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  return Error{ErrorCode::kInvalidInput, where + ": " + what};
}

std::string joined(const std::vector<std::string>& parts, const char* last) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? last : ", ";
    text += parts[i];
  }
  return text;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string near = nearest_word(word, known);
  return near.empty() ? "" : " (did you mean \"" + near + "\"?)";
}

std::string shown(const Json& value) {
  constexpr size_t kMaxBytes = 60;
  if (value.type() == Json::Type::kNumber) return number_text(value.number_or(0));
  std::string text = to_text(value);
  if (text.size() <= kMaxBytes) return text;
  size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  text.resize(end);
  text += "…";
  if (value.is_string()) text += '"';
  return text;
}

bool Constraint::speaks_of_text() const {
  return min_length_ || max_length_ || pattern_ || format_;
}

bool Constraint::speaks_of_numbers() const {
  return minimum_ || maximum_ || exclusive_minimum_ || exclusive_maximum_ || multiple_of_;
}

bool Constraint::speaks_of_lists() const {
  return min_items_ || max_items_ || unique_items_ || items_ || contains_;
}

bool Constraint::type_fits(const Json& value) const {
  switch (value.type()) {
    case Json::Type::kString:
      return types_ & kString;
    case Json::Type::kInteger:
      return types_ & (kNumber | kInteger);
    case Json::Type::kNumber:
      return (types_ & kNumber) || ((types_ & kInteger) && value.if_integer());
    case Json::Type::kBoolean:
      return types_ & kBoolean;
    case Json::Type::kArray:
      return types_ & kArray;
    case Json::Type::kObject:
      return types_ & kObject;
    case Json::Type::kNull:
      return false;
  }
  return false;
}

Constraint::Met Constraint::check_text(const std::string& text, Pattern::Effort& effort) const {
  const auto length = static_cast<int64_t>(code_points(text));
  if ((min_length_ && length < *min_length_) || (max_length_ && length > *max_length_))
    return Met::kNo;
  if (format_ && !matches(*format_, text)) return Met::kNo;
  if (!pattern_) return Met::kYes;
  switch (pattern_->search(text, effort)) {
    case Pattern::Found::kYes:
      return Met::kYes;
    case Pattern::Found::kNo:
      return Met::kNo;
    case Pattern::Found::kGaveUp:
      return Met::kUndecided;
  }
  return Met::kUndecided;
}

bool Constraint::check_number(double number) const {
  return !(minimum_ && number < *minimum_) && !(maximum_ && number > *maximum_) &&
         !(exclusive_minimum_ && number <= *exclusive_minimum_) &&
         !(exclusive_maximum_ && number >= *exclusive_maximum_) &&
         !(multiple_of_ && !is_multiple(number, *multiple_of_));
}

Constraint::Met Constraint::check_list(const Json::Array& list, Pattern::Effort& effort) const {
  const auto count = static_cast<int64_t>(list.size());
  if ((min_items_ && count < *min_items_) || (max_items_ && count > *max_items_)) return Met::kNo;
  if (unique_items_ && has_twins(list)) return Met::kNo;
  Met met = Met::kYes;
  if (items_) {
    for (const Json& element : list) {
      const Met element_met = items_->check_within(element, effort);
      if (element_met == Met::kNo) return Met::kNo;
      if (element_met == Met::kUndecided) met = element_met;
    }
  }
  if (!contains_) return met;
  Met found = Met::kNo;
  for (const Json& element : list) {
    const Met element_met = contains_->check_within(element, effort);
    if (element_met == Met::kYes) return met;
    if (element_met == Met::kUndecided) found = element_met;
  }
  return found;
}

Constraint::Met Constraint::check(const Json& value) const {
  Pattern::Effort effort;
  return check_within(value, effort);
}

Constraint::Met Constraint::check_within(const Json& value, Pattern::Effort& effort) const {
  if (!type_fits(value)) return Met::kNo;
  if (!choices_.empty() && std::find(choices_.begin(), choices_.end(), value) == choices_.end())
    return Met::kNo;
  if (speaks_of_numbers()) {
    const std::optional<double> number = value.if_number();
    return number && check_number(*number) ? Met::kYes : Met::kNo;
  }
  if (speaks_of_lists()) {
    const Json::Array* list = value.if_array();
    return list ? check_list(*list, effort) : Met::kNo;
  }
  if (!speaks_of_text()) return Met::kYes;
  const std::string* text = value.if_string();
  return text ? check_text(*text, effort) : Met::kNo;
}

std::string Constraint::needed_text(bool with_noun) const {
  std::string text = format_ ? describe(*format_) : "a string";
  if (min_length_ && max_length_ && *min_length_ == *max_length_)
    text += " of exactly " + characters(*min_length_);
  else if (min_length_ && max_length_)
    text += " of " + std::to_string(*min_length_) + " to " + characters(*max_length_);
  else if (min_length_)
    text += " of at least " + characters(*min_length_);
  else if (max_length_)
    text += " of at most " + characters(*max_length_);
  if (!pattern_) return text;
  if (!with_noun && !format_ && !min_length_ && !max_length_) text = "text";
  return text + " that matches the pattern " + shown(Json(pattern_->text()));
}

std::string Constraint::needed_number(bool with_noun) const {
  std::vector<std::string> bounds;
  if (minimum_) bounds.push_back("at least " + number_text(*minimum_));
  if (exclusive_minimum_) bounds.push_back("more than " + number_text(*exclusive_minimum_));
  if (maximum_) bounds.push_back("at most " + number_text(*maximum_));
  if (exclusive_maximum_) bounds.push_back("less than " + number_text(*exclusive_maximum_));
  const std::string noun = (types_ & kNumber) ? "a number" : "an integer";
  std::string text = joined(bounds, " and ");
  if (with_noun) text = bounds.empty() ? noun : noun + " of " + text;
  if (!multiple_of_) return text;
  return text + (text.empty() ? "" : " that is ") + "a multiple of " + number_text(*multiple_of_);
}

std::string Constraint::needed_list() const {
  std::string text = "a list";
  if (min_items_ && max_items_ && *min_items_ == *max_items_)
    text += " of exactly " + elements(*min_items_);
  else if (min_items_ && max_items_)
    text += " of " + std::to_string(*min_items_) + " to " + elements(*max_items_);
  else if (min_items_)
    text += " of at least " + elements(*min_items_);
  else if (max_items_)
    text += " of at most " + elements(*max_items_);
  std::vector<std::string> wishes;
  if (unique_items_) wishes.emplace_back("without repetition");
  if (items_) wishes.push_back("in which each is " + items_->needed(true));
  if (contains_) wishes.push_back("with at least one that is " + contains_->needed(true));
  return wishes.empty() ? text : text + " " + joined(wishes, " and ");
}

std::string Constraint::refused(bool with_noun) const {
  if (!choices_.empty() || !speaks_of_numbers() || multiple_of_) return needed(with_noun);
  std::vector<std::string> bounds;
  if (minimum_) bounds.push_back(number_text(*minimum_) + " or more");
  if (exclusive_minimum_) bounds.push_back("more than " + number_text(*exclusive_minimum_));
  if (maximum_) bounds.push_back(number_text(*maximum_) + " or less");
  if (exclusive_maximum_) bounds.push_back("less than " + number_text(*exclusive_maximum_));
  return bounds.empty() ? needed(with_noun) : joined(bounds, " and ");
}

std::string Constraint::shown_fact(const Json& value) const {
  constexpr size_t kShort = 7;  // characters; what is shorter is shown as it is
  constexpr double kTolerance = 5e-4;
  const std::optional<double> number = value.if_number();
  const std::string whole = shown(value);
  if (!number || whole.size() <= kShort || *number == std::trunc(*number)) return whole;
  for (int decimals = 0; decimals <= 8; ++decimals) {
    char buffer[340];
    const auto [end, error] =
        std::to_chars(buffer, buffer + sizeof buffer, *number, std::chars_format::fixed, decimals);
    double rounded = 0;
    if (error != std::errc{}) return whole;
    std::from_chars(buffer, end, rounded);
    if (std::fabs(rounded - *number) > kTolerance * std::fabs(*number)) continue;
    if (check_number(rounded) == check_number(*number)) return {buffer, end};
  }
  return whole;
}

std::string Constraint::needed(bool with_noun) const {
  if (!choices_.empty()) {
    std::vector<std::string> choices;
    for (const Json& choice : choices_) choices.push_back(shown(choice));
    return (choices.size() > 1 ? "one of " : "") + joined(choices, " or ");
  }
  if (speaks_of_text()) return needed_text(with_noun);
  if (speaks_of_numbers()) return needed_number(with_noun);
  if (speaks_of_lists()) return needed_list();
  if (types_ == kAnyType) return "a value";
  std::vector<std::string> types;
  for (unsigned i = 0; i < std::size(kTypePhrases); ++i)
    if (types_ & (1U << i)) types.emplace_back(kTypePhrases[i]);
  return joined(types, " or ");
}

}  // namespace filmgate
