// What the reader of rules refuses, and the sentence it says.
#include <gtest/gtest.h>

#include "plugins/core/rules.h"

namespace filmgate {
namespace {

std::string refusal(const std::string& text) {
  Result<Json> json = parse_json(text, "d.json");
  EXPECT_TRUE(json.ok()) << (json.ok() ? "" : json.error().message);
  if (!json) return "";
  Result<Rules> rules = Rules::from_json(*json, "d.json");
  EXPECT_FALSE(rules.ok()) << "accepted: " << text;
  return rules.ok() ? "" : rules.error().message;
}

std::string constraint_refusal(const std::string& constraint) {
  return refusal("{\"media.duration\": " + constraint + "}");
}

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos)
      << "\"" << part << "\" is not in \"" << text << "\"";
}

TEST(RulesReading, PointsAtAnUnknownWordAndNamesTheNearest) {
  EXPECT_EQ(refusal("{\n  \"media.duration\": { \"maximun\": 3 }\n}"),
            "d.json:2:23: unknown word \"maximun\" in a constraint (did you mean \"maximum\"?)");
  expect_in(constraint_refusal(R"({"minlength": 3})"), "did you mean \"minLength\"?");
  expect_in(constraint_refusal(R"({"zzzzzz": 3})"), "unknown word \"zzzzzz\" in a constraint");
}

TEST(RulesReading, RefusesWrongOperands) {
  expect_in(constraint_refusal(R"({"minimum": "3"})"), "\"minimum\" must be a number, not \"3\"");
  expect_in(constraint_refusal(R"({"minLength": -1})"), "whole number from 0 up");
  expect_in(constraint_refusal(R"({"maxLength": 1.5})"), "whole number from 0 up");
  expect_in(constraint_refusal(R"({"pattern": 5})"), "regular expression in quotes");
  expect_in(constraint_refusal(R"({"required": "yes"})"), "must be true or false");
  expect_in(constraint_refusal(R"({"enum": []})"), "at least one value");
  expect_in(constraint_refusal(R"({"enum": [null]})"), "null counts as absent");
  expect_in(constraint_refusal(R"({"type": "strnig"})"), "did you mean \"string\"?");
  expect_in(constraint_refusal(R"({"type": []})"), "at least one type");
  expect_in(constraint_refusal(R"({"format": "mail"})"), "did you mean \"email\"?");
  expect_in(constraint_refusal(R"({"minItems": -1})"), "whole number from 0 up");
  expect_in(constraint_refusal(R"({"multipleOf": 0})"), "\"multipleOf\" must be a number above 0");
  expect_in(constraint_refusal(R"({"uniqueItems": 1})"), "must be true or false");
  expect_in(constraint_refusal(R"({"contains": "sea"})"), "a constraint is an object");
  expect_in(constraint_refusal(R"({"items": {"minimun": 3}})"), "did you mean \"minimum\"?");
  expect_in(constraint_refusal(R"({"items": {"required": false}})"),
            "says nothing about an element");
  expect_in(constraint_refusal("5"), "a constraint is an object");
  expect_in(refusal("[]"), "rules are an object");
}

TEST(RulesReading, RefusesWhatNothingCanMeet) {
  for (const char* constraint :
       {R"({"minimum": 5, "maximum": 4})", R"({"minimum": 5, "exclusiveMaximum": 5})",
        R"({"exclusiveMinimum": 5, "maximum": 5})", R"({"minLength": 5, "maxLength": 4})",
        R"({"type": "string", "minimum": 1})", R"({"type": "number", "minLength": 1})",
        R"({"minimum": 1, "minLength": 1})", R"({"type": "string", "const": 5})",
        R"({"maximum": 4, "enum": [1, 5]})", R"({"minItems": 2, "maxItems": 1})",
        R"({"type": "string", "minItems": 1})", R"({"minItems": 1, "minLength": 1})",
        R"({"contains": {}, "maxItems": 0})", R"({"multipleOf": 2, "const": 3})",
        R"({"items": {"minimum": 5, "maximum": 4}})"})
    expect_in(constraint_refusal(constraint), "no value can meet this constraint");
  expect_in(constraint_refusal(R"({"const": 1, "enum": [1]})"), "don't go together");
}

TEST(RulesReading, RefusesABadPatternWithItsPlace) {
  const std::string message = constraint_refusal(R"({"pattern": "(a"})");
  expect_in(message, "d.json:1:32: the pattern \"(a\" can't be read:");
  expect_in(message, "parenthesis");
  expect_in(constraint_refusal("{\"pattern\": \"" + std::string(5000, 'a') + "\"}"),
            "can't be read");
  // Deep nesting of groups is bounded by the compiler of patterns.
  expect_in(constraint_refusal("{\"pattern\": \"" + std::string(2000, '(') +
                               std::string(2000, ')') + "\"}"),
            "can't be read");
}

TEST(RulesReading, RefusesBadPaths) {
  expect_in(refusal(R"({"al": []})"), "did you mean \"all\"?");
  expect_in(refusal(R"({"metdata.title": {}})"), "did you mean \"metadata\"?");
  expect_in(refusal(R"({"media..video": {}})"), "has an empty step");
  expect_in(refusal(R"({"media.": {}})"), "has an empty step");
}

TEST(RulesReading, RefusesBadGroups) {
  expect_in(refusal(R"({"all": {}})"), "must be a list of at least one");
  expect_in(refusal(R"({"any": []})"), "must be a list of at least one");
  expect_in(refusal(R"({"any": [{}]})"), "there is no rule in this object");
  expect_in(refusal(R"({"not": []})"), "must be one object of rules");
  expect_in(refusal(R"({"not": {}})"), "there is no rule in this object");
  expect_in(refusal(R"({"all": [5]})"), "rules are an object");
}

TEST(RulesReading, BoundsNesting) {
  const auto nested = [](int levels) {
    std::string text = R"({"media.duration": {}})";
    for (int i = 0; i < levels; ++i) text = "{\"not\": " + text + "}";
    return text;
  };
  EXPECT_TRUE(Rules::from_json(*parse_json(nested(15), "d"), "d").ok());
  expect_in(refusal(nested(16)), "deeper than 16 levels");
}

TEST(RulesReading, BoundsNestingOfLists) {
  const auto nested = [](int levels) {
    std::string text = "{}";
    for (int i = 0; i < levels; ++i) text = "{\"items\": " + text + "}";
    return "{\"metadata.keywords\": " + text + "}";
  };
  EXPECT_TRUE(Rules::from_json(*parse_json(nested(3), "d"), "d").ok());
  expect_in(refusal(nested(4)), "nest deeper than 4 levels");
}

TEST(RulesReading, ListsEachPathOnce) {
  Result<Json> json = parse_json(
      R"({"media.duration": {}, "any": [{"metadata.a": {}}, {"not": {"media.duration": {}}}]})",
      "d");
  Result<Rules> rules = Rules::from_json(*json, "d");
  ASSERT_TRUE(rules.ok());
  EXPECT_EQ(rules->paths(), (std::vector<std::string>{"media.duration", "metadata.a"}));
  EXPECT_FALSE(rules->empty());
  EXPECT_TRUE(Rules().empty());
}

TEST(NearestWord, FindsOnlyWhatIsNear) {
  const std::vector<std::string> known = {"width", "height", "preset"};
  EXPECT_EQ(nearest_word("hieght", known), "height");
  EXPECT_EQ(nearest_word("Width", known), "width");
  EXPECT_EQ(nearest_word("presets", known), "preset");
  EXPECT_EQ(nearest_word("bitrate", known), "");
  EXPECT_EQ(nearest_word("", known), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'x'), known), "");
}

}  // namespace
}  // namespace filmgate
