#include "plugins/core/constraint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "plugins/core/rules.h"

namespace filmgate {
namespace {

const std::vector<std::string>& constraint_words() {
  static const std::vector<std::string> kWords = {
      "type",   "enum",    "const",   "minLength",        "maxLength",        "pattern",
      "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "required"};
  return kWords;
}

// In the order of Constraint::TypeBit.
const std::vector<std::string>& type_words() {
  static const std::vector<std::string> kWords = {"string",  "number", "integer",
                                                  "boolean", "array",  "object"};
  return kWords;
}

constexpr const char* kTypePhrases[] = {"a string",      "a number", "an integer",
                                        "true or false", "a list",   "an object"};

size_t code_points(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

std::string number_text(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.10g", value);
  return buffer;
}

std::string joined(const std::vector<std::string>& parts, const char* last) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? last : ", ";
    text += parts[i];
  }
  return text;
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

Result<Constraint> Constraint::from_json(const Json& words, std::string_view source) {
  const Json::Object* members = words.if_object();
  if (!members)
    return error_at(source, words.at(),
                    std::string("a constraint is an object such as {\"minimum\": 360}, not ") +
                        words.type_name());
  Constraint constraint;
  for (const Json::Member& word : *members) FILMGATE_TRY(constraint.read_word(word, source));
  FILMGATE_TRY(constraint.check_possible(words, source));
  return constraint;
}

Result<void> Constraint::read_word(const Json::Member& word, std::string_view source) {
  const Json& value = word.value;
  const auto wrong = [&](const char* need) {
    return error_at(source, value.at(),
                    "\"" + word.key + "\" must be " + need + ", not " + shown(value));
  };
  const auto read_length = [&](std::optional<int64_t>& out) -> Result<void> {
    const std::optional<int64_t> length = value.if_integer();
    if (!length || *length < 0) return wrong("a whole number from 0 up");
    out = length;
    return {};
  };
  const auto read_bound = [&](std::optional<double>& out) -> Result<void> {
    out = value.if_number();
    if (!out || !std::isfinite(*out)) return wrong("a number");
    return {};
  };
  const std::string& key = word.key;
  if (key == "minLength") return read_length(min_length_);
  if (key == "maxLength") return read_length(max_length_);
  if (key == "minimum") return read_bound(minimum_);
  if (key == "maximum") return read_bound(maximum_);
  if (key == "exclusiveMinimum") return read_bound(exclusive_minimum_);
  if (key == "exclusiveMaximum") return read_bound(exclusive_maximum_);
  if (key == "type") return read_type(value, source);
  if (key == "required") {
    const std::optional<bool> required = value.if_bool();
    if (!required) return wrong("true or false");
    required_ = *required;
    return {};
  }
  if (key == "pattern") {
    const std::string* text = value.if_string();
    if (!text) return wrong("a regular expression in quotes");
    Result<Pattern> pattern = Pattern::compile(*text);
    if (!pattern)
      return error_at(source, value.at(),
                      "the pattern " + shown(value) + " can't be read: " + pattern.error().message);
    pattern_ = std::move(pattern).value();
    return {};
  }
  if (key == "format") {
    const std::string name = value.string_or("");
    format_ = text_format_from_name(name);
    if (!format_)
      return error_at(source, value.at(),
                      "unknown format " + shown(value) + did_you_mean(name, text_format_names()) +
                          "; known are " + joined(text_format_names(), " and "));
    return {};
  }
  if (key == "enum" || key == "const") {
    if (!choices_.empty())
      return error_at(source, word.key_at, "\"enum\" and \"const\" don't go together");
    if (key == "const") {
      choices_.push_back(value);
    } else {
      const Json::Array* choices = value.if_array();
      if (!choices || choices->empty()) return wrong("a list of at least one value");
      choices_ = *choices;
    }
    for (const Json& choice : choices_)
      if (choice.is_null())
        return error_at(source, choice.at(),
                        "null counts as absent; say \"required\": false to let it be absent");
    return {};
  }
  return error_at(
      source, word.key_at,
      "unknown word \"" + key + "\" in a constraint" + did_you_mean(key, constraint_words()));
}

Result<void> Constraint::read_type(const Json& value, std::string_view source) {
  const Json::Array single{value};
  const Json::Array* names = value.if_array() ? value.if_array() : &single;
  if (names->empty()) return error_at(source, value.at(), "\"type\" must name at least one type");
  types_ = 0;
  for (const Json& name : *names) {
    const std::string text = name.string_or("");
    const std::vector<std::string>& known = type_words();
    const auto found = std::find(known.begin(), known.end(), text);
    if (found == known.end())
      return error_at(source, name.at(),
                      "unknown type " + shown(name) + did_you_mean(text, known) + "; known are " +
                          joined(known, " and "));
    types_ |= 1U << static_cast<unsigned>(found - known.begin());
  }
  return {};
}

bool Constraint::speaks_of_text() const {
  return min_length_ || max_length_ || pattern_ || format_;
}

bool Constraint::speaks_of_numbers() const {
  return minimum_ || maximum_ || exclusive_minimum_ || exclusive_maximum_;
}

// A rule that nothing can ever meet is a slip of the pen: say so when it is read.
Result<void> Constraint::check_possible(const Json& words, std::string_view source) const {
  const auto impossible = [&](const std::string& what) {
    return error_at(source, words.at(), "no value can meet this constraint: " + what);
  };
  if (speaks_of_text() && speaks_of_numbers())
    return impossible("it has words about text and words about numbers");
  if (speaks_of_text() && !(types_ & kString))
    return impossible("its words are about text, but \"type\" does not name \"string\"");
  if (speaks_of_numbers() && !(types_ & (kNumber | kInteger)))
    return impossible("its words are about numbers, but \"type\" names no number");
  if (min_length_ && max_length_ && *min_length_ > *max_length_)
    return impossible("\"minLength\" is above \"maxLength\"");
  if (minimum_ && maximum_ && *minimum_ > *maximum_)
    return impossible("\"minimum\" is above \"maximum\"");
  if ((minimum_ && exclusive_maximum_ && *minimum_ >= *exclusive_maximum_) ||
      (exclusive_minimum_ && maximum_ && *exclusive_minimum_ >= *maximum_) ||
      (exclusive_minimum_ && exclusive_maximum_ && *exclusive_minimum_ >= *exclusive_maximum_))
    return impossible("its lower bound is not below its upper bound");
  for (const Json& choice : choices_)
    if (check(choice) == Met::kNo)
      return impossible("the choice " + shown(choice) + " is ruled out by its other words");
  return {};
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

Constraint::Met Constraint::check_text(const std::string& text) const {
  const auto length = static_cast<int64_t>(code_points(text));
  if ((min_length_ && length < *min_length_) || (max_length_ && length > *max_length_))
    return Met::kNo;
  if (format_ && !matches(*format_, text)) return Met::kNo;
  if (!pattern_) return Met::kYes;
  switch (pattern_->search(text)) {
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
         !(exclusive_maximum_ && number >= *exclusive_maximum_);
}

Constraint::Met Constraint::check(const Json& value) const {
  if (!type_fits(value)) return Met::kNo;
  if (!choices_.empty() && std::find(choices_.begin(), choices_.end(), value) == choices_.end())
    return Met::kNo;
  if (speaks_of_numbers()) {
    const std::optional<double> number = value.if_number();
    return number && check_number(*number) ? Met::kYes : Met::kNo;
  }
  if (!speaks_of_text()) return Met::kYes;
  const std::string* text = value.if_string();
  return text ? check_text(*text) : Met::kNo;
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
  const std::string text = joined(bounds, " and ");
  if (!with_noun) return text;
  return ((types_ & kNumber) ? "a number of " : "an integer of ") + text;
}

std::string Constraint::refused(bool with_noun) const {
  if (!choices_.empty() || speaks_of_text() || !speaks_of_numbers()) return needed(with_noun);
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
    std::snprintf(buffer, sizeof buffer, "%.*f", decimals, *number);
    const double rounded = std::strtod(buffer, nullptr);
    if (std::fabs(rounded - *number) > kTolerance * std::fabs(*number)) continue;
    if (check_number(rounded) == check_number(*number)) return buffer;
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
  if (types_ == kAnyType) return "a value";
  std::vector<std::string> types;
  for (unsigned i = 0; i < std::size(kTypePhrases); ++i)
    if (types_ & (1U << i)) types.emplace_back(kTypePhrases[i]);
  return joined(types, " or ");
}

}  // namespace filmgate
