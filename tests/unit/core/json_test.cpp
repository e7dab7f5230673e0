#include "plugins/core/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace filmgate {
namespace {

Json read(std::string_view text) {
  Result<Json> json = parse_json(text, "test");
  EXPECT_TRUE(json.ok()) << (json.ok() ? "" : json.error().message);
  return json.ok() ? *json : Json();
}

std::string refusal(std::string_view text, const JsonLimits& limits = {}) {
  Result<Json> json = parse_json(text, "t.json", limits);
  EXPECT_FALSE(json.ok()) << "accepted: " << text.substr(0, 80);
  return json.ok() ? "" : json.error().message;
}

TEST(JsonReader, ReadsEveryType) {
  const Json json = read(R"({"s":"a","i":-7,"n":1.5e2,"t":true,"f":false,"z":null,"l":[1,[]]})");
  EXPECT_EQ(*json.get("s").if_string(), "a");
  EXPECT_EQ(json.get("i").if_integer(), -7);
  EXPECT_EQ(json.get("n").if_number(), 150.0);
  EXPECT_EQ(json.get("t").if_bool(), true);
  EXPECT_EQ(json.get("f").if_bool(), false);
  EXPECT_TRUE(json.get("z").is_null());
  EXPECT_EQ(json.get("l").size(), 2U);
}

TEST(JsonReader, RefusesDeepNestingWithoutRecursingIntoIt) {
  const std::string brackets(100'000, '[');
  EXPECT_EQ(refusal(brackets), "t.json:1:65: nested deeper than 64 levels");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_NE(refusal(objects).find("nested deeper than 64 levels"), std::string::npos);
  EXPECT_NE(refusal("[[[[[[[[[]]]]]]]]]", kSidecarLimits).find("deeper than 8"), std::string::npos);
  EXPECT_TRUE(parse_json("[[[[[[[[]]]]]]]]", "t", kSidecarLimits).ok());
}

TEST(JsonReader, RefusesWhatIsTooBig) {
  const JsonLimits small{.max_bytes = 10, .max_depth = 4, .max_keys = 2};
  EXPECT_EQ(refusal("           1", small), "t.json: 12 bytes of JSON, at most 10 are accepted");
  const JsonLimits keys{.max_bytes = 100, .max_depth = 4, .max_keys = 2};
  EXPECT_EQ(refusal(R"({"a":{"b":1,"c":2}})", keys), "t.json:1:13: more than 2 keys");
  EXPECT_EQ(parse_json("[1,2,3]", "t", small)->size(), 3U);
}

TEST(JsonReader, RefusesDuplicateKeysAlsoWhenEscaped) {
  EXPECT_NE(refusal(R"({"a":1,"a":2})").find("\"a\" stands here twice"), std::string::npos);
  EXPECT_NE(refusal(R"({"a":1,"\u0061":2})").find("\"a\" stands here twice"), std::string::npos);
  EXPECT_EQ(read(R"({"a":{"a":1}})").size(), 1U);
}

TEST(JsonReader, NamesLineAndColumn) {
  EXPECT_EQ(refusal("{\n  \"a\": 1\n  \"b\": 2\n}"),
            "t.json:3:3: expected ',' or '}' but found '\"'");
  EXPECT_NE(refusal("").find("t.json:1:1:"), std::string::npos);
  EXPECT_NE(refusal("[1,]").find("t.json:1:4:"), std::string::npos);
  const Json json = read("{\n \"a\":\n   [true]\n}");
  EXPECT_EQ(json.if_object()->front().key_at.line, 2);
  EXPECT_EQ(json.if_object()->front().key_at.column, 2);
  EXPECT_EQ(json.get("a").at().line, 3);
  EXPECT_EQ(json.get("a").at().column, 4);
  EXPECT_EQ(json.find_path("a.0")->at().column, 5);
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  for (const char* text :
       {"{",         "[",           "\"",         "{\"a\"}", "{\"a\":}",  "{a:1}",   "{'a':1}",
        "[1 2]",     "[1,]",        "{\"a\":1,}", "tru",     "nul",       "True",    "NaN",
        "Infinity",  "-",           "+1",         "01",      "1.",        ".5",      "1e",
        "1e+",       "0x10",        "--1",        "1 2",     "/* c */ 1", "// c\n1", "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"",   "\"\t\"",  "\x01",      "[1]]",    ""})
    EXPECT_NE(refusal(text).find("t.json:"), std::string::npos) << text;
}

TEST(JsonReader, KeepsAnEmbeddedNulApartFromTheEnd) {
  EXPECT_NE(refusal(std::string_view("1\0", 2)), "");
  EXPECT_NE(refusal(std::string_view("\"a\0b\"", 5)), "");
  EXPECT_EQ(read(R"("a\u0000b")").if_string()->size(), 3U);
}

TEST(JsonReader, ReadsEscapesAndSurrogatePairs) {
  EXPECT_EQ(*read(R"("\"\\\/\b\f\n\r\t")").if_string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(*read(R"("\u0041\u00e9\u20AC\ud83d\uDE00")").if_string(), "Aé€😀");
  for (const char* text :
       {R"("\ud83d")", R"("\ud83d\u0041")", R"("\ude00")", R"("\ud83dx")", R"("\ud83d\ud83d")"})
    EXPECT_NE(refusal(text).find("surrogate"), std::string::npos) << text;
}

TEST(JsonReader, RefusesInvalidUtf8) {
  EXPECT_EQ(*read("\"é€😀\"").if_string(), "é€😀");
  for (const char* bytes : {"\x80", "\xC0\xAF", "\xC3", "\xE0\x80\xAF", "\xED\xA0\x80",
                            "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"})
    EXPECT_NE(refusal("\"" + std::string(bytes) + "\"").find("UTF-8"), std::string::npos);
  EXPECT_EQ(read("\xEF\xBB\xBF[1]").size(), 1U);  // a byte order mark in front is let through
}

TEST(JsonReader, ReadsNumbersExactlyOrNotAtAll) {
  EXPECT_EQ(read("9223372036854775807").if_integer(), INT64_MAX);
  EXPECT_EQ(read("-9223372036854775808").if_integer(), INT64_MIN);
  EXPECT_EQ(read("9223372036854775808").type(), Json::Type::kNumber);
  EXPECT_EQ(read("1e-999").if_number(), 0.0);
  EXPECT_EQ(read("5.0").if_integer(), 5);
  EXPECT_EQ(read("5.5").if_integer(), std::nullopt);
  EXPECT_EQ(read("-0").if_number(), 0.0);
  EXPECT_NE(refusal("1e999").find("too large"), std::string::npos);
  EXPECT_NE(refusal("[-1e400]").find("t.json:1:2:"), std::string::npos);
  EXPECT_NE(refusal(std::string(5000, '9')).find("too large"), std::string::npos);
}

TEST(JsonWriter, RoundTrips) {
  const std::string text =
      R"({"a":[1,-2,0.1,1e+300,true,null,""],"b":{"c":"\"\\\n\u0001é😀"},"d":[],"e":{}})";
  const Json json = read(text);
  EXPECT_EQ(to_text(json), text);
  EXPECT_EQ(read(to_text(json, 2)), json);
  EXPECT_EQ(to_text(read("[1,{\"a\":2}]"), 2), "[\n  1,\n  {\n    \"a\": 2\n  }\n]");
}

TEST(JsonWriter, NumbersReadBackEqual) {
  for (const double value : {0.1, 1.0 / 3, 29.97002997002997, 5e-324, 1.7976931348623157e308})
    EXPECT_EQ(read(to_text(Json(value))).if_number(), value);
  EXPECT_EQ(to_text(Json(std::numeric_limits<double>::infinity())), "null");
  EXPECT_EQ(to_text(Json::from_unsigned(UINT64_MAX)), "18446744073709551616");
}

TEST(JsonValue, FindsAndSetsPaths) {
  Json json;
  json.set_path("media.video.height", 1080);
  json.set_path("media.tracks", Json::array()).push_back("x");
  EXPECT_EQ(json.find_path("media.video.height")->if_integer(), 1080);
  EXPECT_EQ(*json.find_path("media.tracks.0")->if_string(), "x");
  for (const char* path : {"media.tracks.1", "media.tracks.x", "media.tracks.-1", "media.audio",
                           "media.video.height.x", "", "media..video", "media."})
    EXPECT_EQ(json.find_path(path), nullptr) << path;
  EXPECT_TRUE(json.find("media")->erase("tracks"));
  EXPECT_EQ(json.find_path("media.tracks"), nullptr);
}

TEST(JsonValue, MergesObjectsAndReplacesTheRest) {
  Json json = read(R"({"a":{"x":1,"y":[1,2]},"b":2})");
  json.merge(read(R"({"a":{"y":[3],"z":4},"b":{"c":1}})"));
  EXPECT_EQ(json, read(R"({"a":{"x":1,"y":[3],"z":4},"b":{"c":1}})"));
}

TEST(JsonValue, ComparesByValue) {
  EXPECT_EQ(Json(1), Json(1.0));
  EXPECT_FALSE(Json(1) == Json(true));
  EXPECT_FALSE(Json(1) == Json("1"));
  EXPECT_EQ(read(R"({"a":1,"b":2})"), read(R"({"b":2,"a":1})"));
  EXPECT_FALSE(read("[1,2]") == read("[2,1]"));
  EXPECT_FALSE(Json(INT64_MAX) == Json(INT64_MAX - 1));
}

}  // namespace
}  // namespace filmgate
