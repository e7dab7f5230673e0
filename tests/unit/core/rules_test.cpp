#include "plugins/core/rules.h"

#include <gtest/gtest.h>

#include <limits>

namespace filmgate {
namespace {

Json facts() {
  return *parse_json(R"({
    "metadata": { "title": "Kelp", "owner": "ann@example.org", "empty": "", "none": null,
                  "keywords": ["sea", "kelp"], "rating": "5", "long": "Zürich 😀" },
    "media": { "duration": 15000.5, "video": { "height": 240, "codec": "h264" } } })",
                     "facts");
}

Rules rules(const std::string& text) {
  Result<Json> json = parse_json(text, "d.json");
  EXPECT_TRUE(json.ok()) << (json.ok() ? "" : json.error().message);
  Result<Rules> read = Rules::from_json(*json, "d.json");
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().message);
  return read.ok() ? *read : Rules();
}

std::vector<std::string> messages(const std::vector<Reason>& reasons) {
  std::vector<std::string> out;
  for (const Reason& reason : reasons) out.push_back(reason.message);
  return out;
}

using Messages = std::vector<std::string>;

Messages violations(const std::string& text) {
  return messages(rules(text).violations(facts()));
}
Messages triggers(const std::string& text) {
  return messages(rules(text).triggers(facts()));
}
bool holds(const std::string& text) {
  return violations(text).empty();
}

TEST(Rules, EmptyRulesHold) {
  EXPECT_TRUE(Rules().violations(facts()).empty());
  EXPECT_TRUE(Rules().triggers(facts()).empty());
  EXPECT_TRUE(holds("{}"));
}

TEST(Rules, NamesPathFoundValueAndNeed) {
  EXPECT_EQ(violations(R"({"metadata.subject": {"type": "string", "minLength": 1}})"),
            Messages{"metadata.subject is missing; a string of at least 1 character is needed"});
  EXPECT_EQ(violations(R"({"metadata.empty": {"type": "string", "minLength": 1}})"),
            Messages{"metadata.empty is \"\"; a string of at least 1 character is needed"});
  EXPECT_EQ(violations(R"({"media.duration": {"maximum": 14400}})"),
            Messages{"media.duration is 15000.5; at most 14400 is needed"});
  EXPECT_EQ(violations(R"({"media.bitrate": {"maximum": 14400}})"),
            Messages{"media.bitrate is missing; a number of at most 14400 is needed"});
  EXPECT_EQ(violations(R"({"metadata.rating": {"minimum": 1, "maximum": 5}})"),
            Messages{"metadata.rating is \"5\"; a number of at least 1 and at most 5 is needed"});
  EXPECT_EQ(violations(R"({"metadata.title": {"format": "email"}})"),
            Messages{"metadata.title is \"Kelp\"; an e-mail address is needed"});
  EXPECT_EQ(
      violations(R"({"media.video.codec": {"enum": ["vp9", "av1", "h265"]}})"),
      Messages{"media.video.codec is \"h264\"; one of \"vp9\", \"av1\" or \"h265\" is needed"});
  EXPECT_EQ(violations(R"({"metadata.title": {"pattern": "^K[aeiou]+$"}})"),
            Messages{"metadata.title is \"Kelp\"; a string that matches the pattern "
                     "\"^K[aeiou]+$\" is needed"});
  EXPECT_EQ(violations(R"({"metadata.subject": {}})"),
            Messages{"metadata.subject is missing; a value is needed"});
}

TEST(Rules, ReportsEveryViolationInOrderWithItsPath) {
  const Rules read = rules(
      R"({"media.video.height": {"minimum": 360}, "metadata.title": {"minLength": 1},
          "media.duration": {"maximum": 60}})");
  const std::vector<Reason> reasons = read.violations(facts());
  ASSERT_EQ(reasons.size(), 2U);
  EXPECT_EQ(reasons[0].path, "media.video.height");
  EXPECT_EQ(reasons[1].path, "media.duration");
}

TEST(Rules, ShortensLongValuesAtACharacter) {
  Json long_facts;
  std::string title;
  for (int i = 0; i < 1000; ++i) title += "é";
  long_facts.set_path("metadata.title", title);
  const std::vector<Reason> reasons =
      rules(R"({"metadata.title": {"maxLength": 3}})").violations(long_facts);
  ASSERT_EQ(reasons.size(), 1U);
  EXPECT_LT(reasons[0].message.size(), 150U);
  EXPECT_TRUE(parse_json(to_text(Json(reasons[0].message)), "t").ok()) << "cut inside a character";
  EXPECT_NE(reasons[0].message.find("…\"; a string of at most 3 characters"), std::string::npos);
}

TEST(Rules, ChecksTypes) {
  EXPECT_TRUE(holds(R"({"metadata.title": {"type": "string"}})"));
  EXPECT_TRUE(holds(R"({"metadata.keywords": {"type": ["string", "array"]}})"));
  EXPECT_TRUE(holds(R"({"media.video": {"type": "object"}})"));
  EXPECT_TRUE(holds(R"({"media.video.height": {"type": "integer"}})"));
  EXPECT_TRUE(holds(R"({"media.video.height": {"type": "number"}})"));
  EXPECT_FALSE(holds(R"({"media.duration": {"type": "integer"}})"));
  EXPECT_FALSE(holds(R"({"metadata.rating": {"type": "number"}})"));
  EXPECT_EQ(violations(R"({"metadata.title": {"type": ["boolean", "array"]}})"),
            Messages{"metadata.title is \"Kelp\"; true or false or a list is needed"});
}

TEST(Rules, BoundsAreInclusiveUnlessSaid) {
  EXPECT_TRUE(holds(R"({"media.video.height": {"minimum": 240, "maximum": 240}})"));
  EXPECT_FALSE(holds(R"({"media.video.height": {"exclusiveMinimum": 240}})"));
  EXPECT_FALSE(holds(R"({"media.video.height": {"exclusiveMaximum": 240}})"));
  EXPECT_TRUE(holds(R"({"media.video.height": {"exclusiveMaximum": 240.5}})"));
}

TEST(Rules, ChecksMultiples) {
  EXPECT_TRUE(holds(R"({"media.video.height": {"multipleOf": 16}})"));
  EXPECT_FALSE(holds(R"({"media.video.height": {"multipleOf": 7}})"));
  EXPECT_TRUE(
      holds(R"({"media.duration": {"multipleOf": 0.1}})"));  // no multiple of the double 0.1
  EXPECT_FALSE(holds(R"({"metadata.rating": {"multipleOf": 5}})"));
  EXPECT_FALSE(holds(R"({"media.duration": {"multipleOf": 1e-320}})"));
  EXPECT_EQ(violations(R"({"media.video.height": {"minimum": 300, "multipleOf": 7}})"),
            Messages{"media.video.height is 240; at least 300 that is a multiple of 7 is needed"});
  EXPECT_EQ(violations(R"({"metadata.title": {"type": "integer", "multipleOf": 2}})"),
            Messages{"metadata.title is \"Kelp\"; an integer that is a multiple of 2 is needed"});
  EXPECT_EQ(triggers(R"({"media.video.height": {"multipleOf": 16}})"),
            Messages{"media.video.height is 240; a multiple of 16 is not accepted"});
}

TEST(Rules, ChecksLists) {
  EXPECT_TRUE(holds(R"({"metadata.keywords": {"minItems": 2, "maxItems": 2}})"));
  EXPECT_TRUE(holds(R"({"metadata.keywords": {"uniqueItems": true}})"));
  EXPECT_TRUE(holds(R"({"metadata.keywords": {"contains": {"const": "kelp"}}})"));
  EXPECT_TRUE(holds(R"({"metadata.keywords": {"items": {"type": "string", "minLength": 3}}})"));
  EXPECT_EQ(
      violations(R"({"metadata.keywords": {"minItems": 3}})"),
      Messages{"metadata.keywords is [\"sea\",\"kelp\"]; a list of at least 3 elements is needed"});
  EXPECT_EQ(
      violations(R"({"metadata.keywords": {"maxItems": 1}})"),
      Messages{"metadata.keywords is [\"sea\",\"kelp\"]; a list of at most 1 element is needed"});
  EXPECT_EQ(
      violations(R"({"metadata.keywords": {"contains": {"pattern": "^z"}}})"),
      Messages{"metadata.keywords is [\"sea\",\"kelp\"]; a list with at least one that is a string "
               "that matches the pattern \"^z\" is needed"});
  EXPECT_EQ(
      violations(R"({"metadata.keywords": {"items": {"maxLength": 3}, "minItems": 1}})"),
      Messages{
          "metadata.keywords is [\"sea\",\"kelp\"]; a list of at least 1 element in which each "
          "is a string of at most 3 characters is needed"});
  EXPECT_EQ(violations(R"({"metadata.title": {"minItems": 1, "maxItems": 1}})"),
            Messages{"metadata.title is \"Kelp\"; a list of exactly 1 element is needed"});
  EXPECT_EQ(
      triggers(R"({"metadata.keywords": {"contains": {"const": "kelp"}}})"),
      Messages{"metadata.keywords is [\"sea\",\"kelp\"]; a list with at least one that is \"kelp\" "
               "is not accepted"});
}

TEST(Rules, ListsMayNotRepeatThemselves) {
  Json twins;
  twins.set_path("metadata.keywords", Json(Json::Array{Json("a"), Json("b"), Json("a")}));
  EXPECT_EQ(
      messages(rules(R"({"metadata.keywords": {"uniqueItems": true}})").violations(twins)),
      Messages{"metadata.keywords is [\"a\",\"b\",\"a\"]; a list without repetition is needed"});
  EXPECT_TRUE(rules(R"({"metadata.keywords": {"uniqueItems": false}})").violations(twins).empty());
}

// An element that could not be compared neither meets a requirement nor lets a trigger pass.
TEST(Rules, GivesUpInsideAList) {
  Json hostile;
  const std::string text_of_a = std::string(60'000, 'a') + "!";
  hostile.set_path("metadata.keywords", Json(Json::Array{Json(std::string_view(text_of_a))}));
  for (const char* word : {"items", "contains"}) {
    const std::string text =
        std::string(R"({"metadata.keywords": {")") + word + R"(": {"pattern": "^(a+)+$"}}})";
    EXPECT_EQ(rules(text).violations(hostile).size(), 1U) << word;
    EXPECT_EQ(rules(text).triggers(hostile).size(), 1U) << word;
  }
}

TEST(Rules, CountsCodePointsNotBytes) {
  EXPECT_TRUE(holds(R"({"metadata.long": {"minLength": 8, "maxLength": 8}})"));
  EXPECT_FALSE(holds(R"({"metadata.long": {"minLength": 9}})"));
}

TEST(Rules, SearchesPatternsInUnicode) {
  EXPECT_TRUE(holds(R"({"metadata.long": {"pattern": "ü.ich \\S$"}})"));
  EXPECT_TRUE(holds(R"({"metadata.title": {"pattern": "el"}})"));
  EXPECT_FALSE(holds(R"({"metadata.title": {"pattern": "^el"}})"));
  EXPECT_TRUE(holds(R"_({"metadata.title": {"pattern": "(K)(e)(l)(p)"}})_"));
}

TEST(Rules, GivesUpOnPatternsThatExplode) {
  Json hostile;
  std::string text_of_a(60'000, 'a');
  text_of_a += '!';
  hostile.set_path("metadata.title", Json(std::string_view(text_of_a)));
  for (const char* pattern :
       {"^(a+)+$", "(a|a)*[bc]", "(.*a){20}[bc]", "^(([a-z])+.)+[A-Z]([a-z])+$"}) {
    const std::string text =
        R"({"metadata.title": {"pattern": ")" + std::string(pattern) + R"("}})";
    const Messages said = messages(rules(text).violations(hostile));
    ASSERT_EQ(said.size(), 1U) << pattern;
    EXPECT_NE(said[0].find("took too long to compare"), std::string::npos) << said[0];
    EXPECT_EQ(rules(text).triggers(hostile).size(), 1U) << pattern;
  }
}

// What one item looks at in vain counts as well: no item after it tells how far it came.
TEST(Rules, GivesUpOnItemsThatFailLate) {
  std::string repetitions = "(?:b";
  std::string references = "(?i)(a++b)(?:c";
  for (int i = 0; i < 8; ++i) {
    repetitions += "|a{" + std::to_string(25'000 + i) + "}";
    references += i % 2 ? "|\\1" : "|\\g{1}";
  }
  const std::pair<std::string, std::string> cases[] = {
      {repetitions + ")", std::string(20'000, 'a')},
      {references + ")", std::string(4'000, 'a') + "b" + std::string(4'000, 'a')}};
  for (const auto& [pattern, subject] : cases) {
    Json hostile;
    hostile.set_path("metadata.title", Json(std::string_view(subject)));
    const Messages said = messages(rules(R"({"metadata.title": {"pattern": )" +
                                         to_text(Json(std::string_view(pattern))) + "}}")
                                       .violations(hostile));
    ASSERT_EQ(said.size(), 1U) << pattern;
    EXPECT_NE(said[0].find("took too long to compare"), std::string::npos) << said[0];
  }
}

TEST(Rules, SearchesForRepetitionsAndReferences) {
  for (const char* pattern :
       {R"(^\\w{4}$)", R"(^\\p{Lu}\\p{Ll}{3}$)", R"(^\\x{4b}[a-z]{3,}+$)", R"(^K.{2,9}?p$)",
        R"(^(?:\\w{2}){2}$)", R"(^(?<k>K)(?!\\k<k>)elp$)"}) {
    EXPECT_TRUE(holds(R"({"metadata.title": {"pattern": ")" + std::string(pattern) + R"("}})"))
        << pattern;
  }
  EXPECT_FALSE(holds(R"({"metadata.title": {"pattern": "^\\w{5}$"}})"));
}

// Each element stays far below the limit; a stranger may send many.
TEST(Rules, GivesUpWhenManyElementsAddUp) {
  Json::Array list;
  const std::string text = std::string(17, 'a') + "!";
  for (int i = 0; i < 60; ++i) list.emplace_back(std::string_view(text));
  Json hostile;
  hostile.set_path("metadata.keywords", Json(list));
  const Messages said = messages(
      rules(R"({"metadata.keywords": {"contains": {"pattern": "^(a+)+$"}}})").violations(hostile));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("took too long to compare"), std::string::npos) << said[0];
}

// Each start position stays far below the limit of one match; only all of them together are too
// much.
TEST(Rules, GivesUpWhenManyStartsAddUp) {
  Json hostile;
  const std::string text_of_a(400, 'a');
  hostile.set_path("metadata.title", Json(std::string_view(text_of_a)));
  const Messages said =
      messages(rules(R"({"metadata.title": {"pattern": "a*a*a*[bc]"}})").violations(hostile));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_NE(said[0].find("took too long to compare"), std::string::npos) << said[0];
}

TEST(Rules, AbsentFactsFailUnlessOptional) {
  EXPECT_FALSE(holds(R"({"metadata.none": {}})"));  // null counts as absent
  EXPECT_TRUE(holds(R"({"metadata.none": {"required": false, "minLength": 3}})"));
  EXPECT_FALSE(holds(R"({"metadata.title": {"required": false, "minLength": 30}})"));
  Json infinite;
  infinite.set_path("quality.audio.loudness.integrated", -std::numeric_limits<double>::infinity());
  const std::string text = R"({"quality.audio.loudness.integrated": {"maximum": -35}})";
  EXPECT_EQ(rules(text).violations(infinite).size(), 1U);
  EXPECT_TRUE(rules(text).triggers(infinite).empty());
}

TEST(Rules, CombinesWithAllAnyNot) {
  EXPECT_TRUE(holds(R"({"any": [{"metadata.x": {}}, {"metadata.title": {}}]})"));
  EXPECT_TRUE(holds(R"({"not": {"metadata.x": {"const": 1}}})"));
  EXPECT_FALSE(holds(R"({"not": {"not": {"metadata.x": {}}}})"));
  EXPECT_TRUE(
      holds(R"({"all": [{"metadata.title": {}}, {"metadata.owner": {"format": "email"}}]})"));
  EXPECT_EQ(violations(R"({"all": [{"metadata.x": {}}, {"metadata.y": {}}]})").size(), 2U);
  EXPECT_EQ(
      violations(R"({"any": [{"metadata.x": {}}, {"metadata.title": {"const": "Sea"}}]})"),
      Messages{"at least one of these must hold: (1) metadata.x is missing; a value is needed; "
               "(2) metadata.title is \"Kelp\"; \"Sea\" is needed"});
  EXPECT_EQ(violations(R"({"not": {"media.video.codec": {"const": "h264"}}})"),
            Messages{"media.video.codec is \"h264\"; \"h264\" is not accepted"});
}

TEST(Rules, TriggersSayWhatHolds) {
  EXPECT_EQ(triggers(R"({"media.duration": {"exclusiveMinimum": 14400}})"),
            Messages{"media.duration is 15000.5; more than 14400 is not accepted"});
  EXPECT_EQ(triggers(R"({"media.video.height": {"maximum": 100}})"), Messages{});
  EXPECT_EQ(
      triggers(R"({"media.video.height": {"maximum": 240}, "media.duration": {"minimum": 1}})")
          .size(),
      2U);
  EXPECT_EQ(triggers(R"({"not": {"metadata.owner": {"const": "bob@example.org"}}})"),
            Messages{"metadata.owner is \"ann@example.org\"; \"bob@example.org\" is needed"});
  EXPECT_EQ(triggers(R"({"any": [{"media.video.height": {"maximum": 1}},
                                 {"media.video.codec": {"const": "h264"}}]})"),
            Messages{"media.video.codec is \"h264\"; \"h264\" is not accepted"});
  EXPECT_EQ(triggers(R"({"all": [{"media.video.height": {"maximum": 240}},
                                 {"media.video.codec": {"const": "h264"}}]})"),
            Messages{"media.video.height is 240; 240 or less is not accepted and "
                     "media.video.codec is \"h264\"; \"h264\" is not accepted"});
}

TEST(Rules, MeasuredNumbersAreShownAsAPersonWouldSayThem) {
  const auto said = [](const char* path, double value, const std::string& text) {
    Json facts;
    facts.set_path(path, value);
    return messages(rules(text).triggers(facts));
  };
  EXPECT_EQ(said("quality.audio.loudness.integrated", -62.98958939123,
                 R"({"quality.audio.loudness.integrated": {"maximum": -35}})"),
            Messages{"quality.audio.loudness.integrated is -63; -35 or less is not accepted"});
  EXPECT_EQ(said("quality.video.black.ratio", 0.987654321,
                 R"({"quality.video.black.ratio": {"exclusiveMinimum": 0.98}})"),
            Messages{"quality.video.black.ratio is 0.988; more than 0.98 is not accepted"});
  // Rounded further, these would seem to be on the other side.
  EXPECT_EQ(
      said("media.duration", 14400.000123, R"({"media.duration": {"exclusiveMinimum": 14400}})"),
      Messages{"media.duration is 14400.0001; more than 14400 is not accepted"});
  EXPECT_EQ(said("media.duration", 123456789, R"({"media.duration": {"minimum": 7}})"),
            Messages{"media.duration is 123456789; 7 or more is not accepted"});
  EXPECT_EQ(said("quality.video.blur.mean", 0.000012345678,
                 R"({"quality.video.blur.mean": {"minimum": 0}})"),
            Messages{"quality.video.blur.mean is 0.00001235; 0 or more is not accepted"});
  Json facts;
  facts.set_path("media.duration", 3.9999996);
  EXPECT_EQ(messages(rules(R"({"media.duration": {"minimum": 4}})").violations(facts)),
            Messages{"media.duration is 3.9999996; at least 4 is needed"});
}

TEST(Rules, AbsentFactsNeverTrigger) {
  EXPECT_EQ(triggers(R"({"metadata.x": {}})"), Messages{});
  EXPECT_EQ(triggers(R"({"metadata.x": {"required": false}})"), Messages{});
  EXPECT_EQ(triggers(R"({"not": {"metadata.x": {"const": 1}}})"), Messages{});
  EXPECT_EQ(
      triggers(R"({"not": {"any": [{"metadata.x": {}}, {"media.video.height": {"maximum": 1}}]}})"),
      Messages{});
  EXPECT_EQ(triggers(R"({"all": [{"metadata.x": {}}, {"media.video.height": {}}]})"), Messages{});
  EXPECT_EQ(triggers(R"({"any": [{"metadata.x": {}}, {"media.video.height": {}}]})").size(), 1U);
}

TEST(Rules, AreSharedAndOutliveTheirText) {
  Rules kept;
  {
    Rules read = rules(R"({"metadata.x": {}})");
    kept = read;
    Rules moved = std::move(read);
    EXPECT_FALSE(moved.empty());
  }
  EXPECT_EQ(kept.violations(facts()).size(), 1U);
}

}  // namespace
}  // namespace filmgate
