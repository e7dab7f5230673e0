// The parts of the HTTP room that need no server.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "host/http/auth.h"
#include "host/http/file_stream.h"
#include "host/http/words.h"

namespace filmgate {
namespace {

using http::ByteRange;
using http::parse_range;
using http::RangeKind;

TEST(Range, SingleRangesOfBytes) {
  ByteRange range;
  EXPECT_EQ(parse_range("bytes=0-0", 10, range), RangeKind::kPart);
  EXPECT_EQ(range.last, 0);
  EXPECT_EQ(parse_range("bytes=5-99", 10, range), RangeKind::kPart);
  EXPECT_EQ(range.first, 5);
  EXPECT_EQ(range.last, 9);
  EXPECT_EQ(parse_range("bytes=-99", 10, range), RangeKind::kPart);
  EXPECT_EQ(range.first, 0);
  EXPECT_EQ(parse_range("bytes=10-", 10, range), RangeKind::kUnsatisfiable);
  EXPECT_EQ(parse_range("bytes=-0", 10, range), RangeKind::kUnsatisfiable);
  EXPECT_EQ(parse_range("bytes=0-", 0, range), RangeKind::kUnsatisfiable);
  for (const char* whole : {"", "bytes=", "bytes=a-b", "bytes=5-3", "bytes=0-1,3-4", "items=0-1",
                            "bytes=99999999999999999999-", "bytes=--1"}) {
    EXPECT_EQ(parse_range(whole, 10, range), RangeKind::kWhole) << whole;
    EXPECT_EQ(range.last, 9) << whole;
  }
}

TEST(Words, Times) {
  EXPECT_EQ(http::time_in_words(0), "0:00.0");
  EXPECT_EQ(http::time_in_words(75.26), "1:15.3");
  EXPECT_EQ(http::time_in_words(59.96), "1:00.0");
  EXPECT_EQ(http::time_in_words(3700), "1:01:40");
  EXPECT_EQ(http::moment_in_words(1'700'000'000'000), "14 Nov 2023, 22:13 UTC");
}

TEST(Words, AShortFindingHasNoEndThatSaysNothing) {
  Json facts, list = Json::array();
  list.push_back(Json::object({{"start", 2.0998}, {"end", 2.1001}}));
  facts.set_path("quality.audio.clipping.intervals", list);
  EXPECT_EQ(http::findings_in_words(facts),
            std::vector<std::string>{"The sound is clipped at 0:02.1 (under 0.1 s)"});
}

TEST(Words, ManyFindingsAreSummedUp) {
  Json facts;
  Json list = Json::array();
  for (int i = 0; i < 50; ++i) {
    list.push_back(Json::object({{"start", i * 10}, {"end", i * 10 + 3}}));
  }
  facts.set_path("quality.audio.silence.intervals", list);
  const auto findings = http::findings_in_words(facts);
  ASSERT_EQ(findings.size(), 21u);
  EXPECT_EQ(findings[1], "There is no sound from 0:10.0 to 0:13.0 (3.0 s)");
  EXPECT_EQ(findings[20], "There is no sound 30 more times");
  facts.set_path("quality.audio.silence.unlisted", 500);
  EXPECT_EQ(http::findings_in_words(facts)[20], "There is no sound 530 more times");
}

TEST(Words, SceneCutsAreAMeasureAndNoFinding) {
  Json facts;
  facts.set_path("quality.video.scene_cuts.count", 7);
  EXPECT_EQ(http::measures_in_words(facts), (http::Rows{{"Scene cuts", "7"}}));
  EXPECT_TRUE(http::findings_in_words(facts).empty());
}

TEST(Tokens, AreReadWithLineNumbers) {
  char name[] = "/tmp/filmgate-tokens-XXXXXX";
  const std::string folder = mkdtemp(name);
  const std::string path = folder + "/tokens";
  const auto read = [&path](const std::string& text) {
    std::ofstream(path) << text;
    return read_tokens({path});
  };
  const auto good = read(
      "# who\n\noperator ann 0123456789abcdef\nuploader bob sha256:" + std::string(64, 'a') + "\n");
  ASSERT_TRUE(good.ok()) << good.error().message;
  ASSERT_EQ(good->size(), 2u);
  EXPECT_EQ(authenticate(*good, "Bearer 0123456789abcdef")->name, "ann");
  EXPECT_EQ(authenticate(*good, "Bearer " + std::string(64, 'a')), nullptr);
  EXPECT_EQ(authenticate(*good, ""), nullptr);
  EXPECT_EQ(authenticate(*good, "Basic !!"), nullptr);
  EXPECT_EQ(read("operator ann short\n").error().message,
            path + ":1: the token is shorter than 16 characters");
  EXPECT_EQ(read("\nking ann 0123456789abcdef\n").error().message,
            path + ":2: the role is one of uploader, reviewer, operator");
  EXPECT_FALSE(read("operator 0123456789abcdef\n").ok());
  EXPECT_FALSE(read("# nobody\n").ok());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace filmgate
