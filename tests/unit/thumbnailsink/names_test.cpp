#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "plugins/thumbnailsink/pattern.h"
#include "plugins/thumbnailsink/still.h"
#include "plugins/thumbnailsink/vtt.h"

namespace filmgate::stills {
namespace {

namespace fs = std::filesystem;

TEST(Pattern, NumbersPictures) {
  auto pattern = Pattern::parse("a/thumb-%05d.jpg");
  ASSERT_TRUE(pattern.ok());
  EXPECT_EQ(pattern->name(7), "a/thumb-00007.jpg");
  EXPECT_EQ(pattern->name(123456), "a/thumb-123456.jpg");
  EXPECT_EQ(Pattern::parse("100%%-%u.png")->name(3), "100%-3.png");
  EXPECT_EQ(Pattern::parse("%3i")->name(5), "  5");
}

TEST(Pattern, RefusesWhatPrintfWouldMisread) {
  for (const char* text : {"thumb.jpg", "%s.jpg", "%d-%d.jpg", "%5.3d.jpg", "%ld.jpg", "%n", "50%",
                           "%-5d.jpg", "%999d.jpg", "%*d.jpg", "%%d.jpg", "%0"}) {
    auto pattern = Pattern::parse(text);
    ASSERT_FALSE(pattern.ok()) << text;
    EXPECT_EQ(pattern.error().code, ErrorCode::kInvalidInput);
    EXPECT_NE(pattern.error().message.find(text), std::string::npos);
  }
}

TEST(NumberedName, SuffixOrPattern) {
  EXPECT_EQ(*numbered_name("out/sprite.jpg", 1), "out/sprite.jpg");
  EXPECT_EQ(*numbered_name("out/sprite.jpg", 3), "out/sprite-3.jpg");
  EXPECT_EQ(*numbered_name("out/sprite-%02d.jpg", 1), "out/sprite-00.jpg");
  EXPECT_FALSE(numbered_name("out/%s.jpg", 1).ok());
}

TEST(TypeOf, GoesByExtensionUnlessAsked) {
  EXPECT_EQ(*type_of("a.JPG", StillType::kAuto), StillType::kJpeg);
  EXPECT_EQ(*type_of("a.webp", StillType::kAuto), StillType::kWebp);
  EXPECT_EQ(*type_of("a.bin", StillType::kPng), StillType::kPng);
  EXPECT_FALSE(type_of("a.bin", StillType::kAuto).ok());
}

TEST(Vtt, NamesSheetsRelativeToItself) {
  const std::vector<Cue> cues{
      {0, 5'000'000'000, "out/sheets/a b.jpg", 0, 0, 160, 90},
      {5'000'000'000, 3'661'001'000'000, "out/sheets/a b.jpg", 160, 0, 160, 90}};
  EXPECT_EQ(vtt_text(cues, "out/clip.vtt"),
            "WEBVTT\n\n"
            "00:00:00.000 --> 00:00:05.000\nsheets/a%20b.jpg#xywh=0,0,160,90\n\n"
            "00:00:05.000 --> 01:01:01.001\nsheets/a%20b.jpg#xywh=160,0,160,90\n");
  EXPECT_NE(vtt_text(cues, "vtt/clip.vtt").find("\n../out/sheets/a%20b.jpg#"), std::string::npos);
  EXPECT_NE(vtt_text({{0, 1'000'000, "s.jpg", 0, 0, 2, 2}}, "c.vtt").find("\ns.jpg#"),
            std::string::npos);
}

// WebVTT wants cues to end after they start; what begins in the same millisecond comes too fast.
TEST(Vtt, LeavesOutCuesThatLastForNoMillisecond) {
  const std::vector<Cue> cues{{0, 100'000, "s.jpg", 0, 0, 2, 2},
                              {100'000, 200'000, "s.jpg", 2, 0, 2, 2},
                              {200'000, 40'000'000, "s.jpg", 4, 0, 2, 2}};
  EXPECT_EQ(vtt_text(cues, "c.vtt"),
            "WEBVTT\n\n00:00:00.000 --> 00:00:00.040\ns.jpg#xywh=4,0,2,2\n");
}

TEST(WriteWhole, ReplacesInOneStepAndLeavesNothingBehind) {
  const fs::path folder = fs::temp_directory_path() / ("stills-" + std::to_string(getpid()));
  fs::create_directories(folder / "taken.jpg");
  const std::string file = folder / "a.jpg";
  ASSERT_TRUE(write_whole(file, "one").ok());
  ASSERT_TRUE(write_whole(file, "two").ok());
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "two");

  auto failed = write_whole(folder / "none" / "a.jpg", "x");
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.error().message.find("a.jpg"), std::string::npos);
  EXPECT_FALSE(write_whole(folder / "taken.jpg", "x").ok());  // a folder is in the way
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 2);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace filmgate::stills
