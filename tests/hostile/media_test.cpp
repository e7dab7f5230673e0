// Real clips through a real worker: none crashes it, and each is decoded or turned away in words.
#include <dirent.h>

#include "host/base/file.h"
#include "host/worker/protocol.h"
#include "tests/hostile/worker_fixture.h"

namespace filmgate::worker {
namespace {

std::vector<std::string> clips() {
  std::vector<std::string> names;
  DIR* folder = opendir(FILMGATE_SOURCE_DIR "/../shared/media");
  if (!folder) return names;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name[0] != '.' && suffix_of(name) != ".md") names.push_back(name);
  }
  closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

// Clips that no player shows whole, by what is wrong with them.
bool may_be_refused(const std::string& name) {
  return name == "invalid-bitstream.webm" || name == "opus-5.1.mka" ||
         name == "sample_missing_stsd.mp4";
}

class MediaTest : public WorkerTest {
 protected:
  void expect_orderly(const std::string& name, const std::string& stage,
                      const std::string& launch) {
    SCOPED_TRACE(name);
    const Ran ran = run(media(name), stage, launch);
    if (ran.outcome.ok) return;
    EXPECT_TRUE(may_be_refused(name)) << ran.outcome.error_class << ": " << ran.outcome.message
                                      << " [" << ran.outcome.detail << "]\n"
                                      << ran.outcome.log;
    EXPECT_TRUE(ran.outcome.error_class == kClassMedia ||
                ran.outcome.error_class == kClassUnsupported)
        << ran.outcome.error_class << ": " << ran.outcome.message;
  }
};

TEST_F(MediaTest, EveryClipIsInspected) {
  if (clips().empty()) GTEST_SKIP() << "../shared/media is absent";
  for (const std::string& name : clips()) {
    expect_orderly(name, "inspect", "fdsrc fd=3 ! parsebin ! fakesink");
  }
}

TEST_F(MediaTest, EveryClipIsDecoded) {
  if (clips().empty()) GTEST_SKIP() << "../shared/media is absent";
  for (const std::string& name : clips()) {
    expect_orderly(name, "probe",
                   "fdsrc fd=3 ! decodebin name=d d. ! video/x-raw ! fakesink sync=false");
  }
}

class RenditionTest : public WorkerTest {
 protected:
  RunRequest rendition(const std::string& clip, int width, int height) {
    RunRequest asked = request(
        clip, "renditions",
        "fdsrc fd=3 ! decodebin name=d d. ! video/x-raw ! queue ! videoconvert ! videoscale ! "
        "video/x-raw,width=" +
            std::to_string(width) + ",height=" + std::to_string(height) +
            ",pixel-aspect-ratio=1/1 ! x264enc speed-preset=ultrafast ! h264parse ! mux. d. ! "
            "audio/x-raw ! queue ! "
            "audioconvert ! audioresample ! avenc_aac ! aacparse ! mux. mp4mux name=mux "
            "faststart=true ! filesink location=out.mp4");
    Json elements = Json::array();
    for (const char* name : {"x264enc", "avenc_aac", "mp4mux"}) elements.push_back(name);
    asked.request.set("elements", std::move(elements));
    Json verify = Json::array();
    verify.push_back(Json::object({{"name", "240p"},
                                   {"file", "out.mp4"},
                                   {"video", true},
                                   {"audio", true},
                                   {"width", width},
                                   {"height", 240}}));
    asked.request.set("verify", std::move(verify));
    return asked;
  }
};

TEST_F(RenditionTest, VerifiedOutputIsReported) {
  const std::string clip = media("sample_with_metadata.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  const Ran ran = run(rendition(clip, 320, 240));
  ASSERT_TRUE(ran.outcome.ok) << ran.outcome.message << ran.outcome.detail << ran.outcome.log;
  const Json* output = ran.last("output");
  ASSERT_NE(output, nullptr);
  EXPECT_EQ(output->get("name").string_or(""), "240p");
  EXPECT_EQ(output->get("media_type").string_or(""), "video/mp4");
  const Result<Fd> file = open_untrusted(work() + "/out.mp4");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(output->get("sha256").string_or(""), *sha256_hex_of(file->get(), "out.mp4"));
  const Json& info = output->get("info");
  EXPECT_EQ(info.get("video_codec").string_or(""), "h264");
  EXPECT_EQ(info.get("audio_codec").string_or(""), "aac");
  EXPECT_EQ(info.get("width").integer_or(0), 320);
  EXPECT_EQ(info.get("height").integer_or(0), 240);
  EXPECT_NEAR(info.get("duration").number_or(0), 1.0, 0.15);
}

TEST_F(RenditionTest, WrongShapeFails) {
  const std::string clip = media("sample_with_metadata.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  const Ran ran = run(rendition(clip, 320, 180));
  EXPECT_EQ(ran.outcome.error_class, kClassInternal);
  EXPECT_NE(ran.outcome.message.find("320x180 instead of 320x240"), std::string::npos)
      << ran.outcome.message;
}

TEST_F(RenditionTest, MissingFileFails) {
  const std::string clip = media("sample_with_metadata.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  RunRequest asked = rendition(clip, 320, 240);
  asked.request.set("launch",
                    "fdsrc fd=3 ! decodebin name=d d. ! video/x-raw ! fakesink sync=false");
  const Ran ran = run(asked);
  EXPECT_EQ(ran.outcome.error_class, kClassInternal);
  EXPECT_NE(ran.outcome.message.find("missing"), std::string::npos) << ran.outcome.message;
}

}  // namespace
}  // namespace filmgate::worker
