// Reading a constraint's words, and refusing what nothing can meet.
#include <algorithm>
#include <cmath>

#include "plugins/core/constraint.h"

namespace filmgate {
namespace {

const std::vector<std::string>& constraint_words() {
  static const std::vector<std::string> kWords = {"type",
                                                  "enum",
                                                  "const",
                                                  "minLength",
                                                  "maxLength",
                                                  "pattern",
                                                  "format",
                                                  "minimum",
                                                  "maximum",
                                                  "exclusiveMinimum",
                                                  "exclusiveMaximum",
                                                  "multipleOf",
                                                  "minItems",
                                                  "maxItems",
                                                  "uniqueItems",
                                                  "items",
                                                  "contains",
                                                  "required"};
  return kWords;
}

// In the order of Constraint::TypeBit.
const std::vector<std::string>& type_words() {
  static const std::vector<std::string> kWords = {"string",  "number", "integer",
                                                  "boolean", "array",  "object"};
  return kWords;
}

}  // namespace

Result<Constraint> Constraint::from_json(const Json& words, std::string_view source) {
  return read(words, source, 1);
}

Result<Constraint> Constraint::read(const Json& words, std::string_view source, int depth) {
  const Json::Object* members = words.if_object();
  if (!members)
    return error_at(source, words.at(),
                    std::string("a constraint is an object such as {\"minimum\": 360}, not ") +
                        words.type_name());
  Constraint constraint;
  constraint.depth_ = depth;
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
  const auto read_count = [&](std::optional<int64_t>& out) -> Result<void> {
    const std::optional<int64_t> count = value.if_integer();
    if (!count || *count < 0) return wrong("a whole number from 0 up");
    out = count;
    return {};
  };
  const auto read_bound = [&](std::optional<double>& out) -> Result<void> {
    out = value.if_number();
    if (!out || !std::isfinite(*out)) return wrong("a number");
    return {};
  };
  const std::string& key = word.key;
  if (key == "minLength") return read_count(min_length_);
  if (key == "maxLength") return read_count(max_length_);
  if (key == "minimum") return read_bound(minimum_);
  if (key == "maximum") return read_bound(maximum_);
  if (key == "exclusiveMinimum") return read_bound(exclusive_minimum_);
  if (key == "exclusiveMaximum") return read_bound(exclusive_maximum_);
  if (key == "minItems") return read_count(min_items_);
  if (key == "maxItems") return read_count(max_items_);
  if (key == "items") return read_inner(value, source, items_);
  if (key == "contains") return read_inner(value, source, contains_);
  if (key == "multipleOf") {
    multiple_of_ = value.if_number();
    if (!multiple_of_ || !std::isfinite(*multiple_of_) || *multiple_of_ <= 0)
      return wrong("a number above 0");
    return {};
  }
  if (key == "uniqueItems") {
    const std::optional<bool> unique = value.if_bool();
    if (!unique) return wrong("true or false");
    unique_items_ = *unique;
    return {};
  }
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

// What the elements of a list must be; an element is there, so that "required" says nothing of it.
Result<void> Constraint::read_inner(const Json& value, std::string_view source, Inner& out) {
  if (const Json* required = value.find("required"))
    return error_at(source, required->at(), "\"required\" says nothing about an element of a list");
  if (depth_ >= kMaxDepth)
    return error_at(
        source, value.at(),
        "lists in constraints nest deeper than " + std::to_string(kMaxDepth) + " levels");
  Result<Constraint> inner = read(value, source, depth_ + 1);
  if (!inner) return inner.error();
  out = std::make_shared<const Constraint>(std::move(inner).value());
  return {};
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

// A rule that nothing can ever meet is a slip of the pen: say so when it is read.
Result<void> Constraint::check_possible(const Json& words, std::string_view source) const {
  const auto impossible = [&](const std::string& what) {
    return error_at(source, words.at(), "no value can meet this constraint: " + what);
  };
  if (speaks_of_text() + speaks_of_numbers() + speaks_of_lists() > 1)
    return impossible("its words are about more than one of text, numbers and lists");
  if (speaks_of_text() && !(types_ & kString))
    return impossible("its words are about text, but \"type\" does not name \"string\"");
  if (speaks_of_numbers() && !(types_ & (kNumber | kInteger)))
    return impossible("its words are about numbers, but \"type\" names no number");
  if (speaks_of_lists() && !(types_ & kArray))
    return impossible("its words are about lists, but \"type\" does not name \"array\"");
  if (min_items_ && max_items_ && *min_items_ > *max_items_)
    return impossible("\"minItems\" is above \"maxItems\"");
  if (contains_ && max_items_ && *max_items_ == 0)
    return impossible("\"contains\" asks for an element, and \"maxItems\" for none");
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

}  // namespace filmgate
