// The example programs, run on generated clips with the plugin of this build.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "plugins/core/json.h"
#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

class Examples : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a plugin built for a sanitizer can't be loaded by another program";
#endif
  }

  static Finished run(std::vector<std::string> arguments) {
    return run_program(arguments, 120'000,
                       {{"GST_PRESET_PATH", std::string(FILMGATE_SOURCE_DIR) + "/data/presets"}});
  }
  static std::string program(const char* name) {
    return std::string(FILMGATE_BINARY_DIR) + "/tests/example_" + name;
  }

  // Three seconds of black and silence.
  std::string black_clip() const {
    const std::string path = folder_ / "black.mp4";
    const Finished made = run_program(
        {"ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=black:s=160x120:d=3:r=25", "-f",
         "lavfi", "-i", "anullsrc=d=3", "-shortest", "-c:v", "libx264", "-c:a", "aac", path});
    EXPECT_EQ(made.exit_code, 0) << made.errors;
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(Examples, FindingsPrintsWhatIsWrong) {
  const Finished done = run({program("findings"), black_clip(), "broadcast"});
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  EXPECT_NE(done.output.find("video: black from 0.000 s to "), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("audio: silence from 0.000 s to "), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("2 streams measured"), std::string::npos) << done.output;
}

TEST_F(Examples, FindingsObeysItsPreset) {
  const Finished done = run({program("findings"), black_clip(), "lenient"});
  EXPECT_EQ(done.output.find("black from"), std::string::npos) << done.output;
  EXPECT_EQ(done.errors.find("there is no preset"), std::string::npos) << done.errors;
}

TEST_F(Examples, FindingsRefusesWhatIsNoVideo) {
  std::ofstream(folder_ / "text.mp4") << "not a video";
  const Finished done = run({program("findings"), folder_ / "text.mp4"});
  EXPECT_EQ(done.exit_code, 2) << done.output;
  EXPECT_FALSE(done.errors.empty());
}

TEST_F(Examples, ReviewTakesYesForAnAnswer) {
  std::ofstream(folder_ / "clip.json") << R"({"title": "Kelp", "desk": "sea"})";
  const Finished done = run({"sh", "-c", "echo yes | \"$@\"", "sh", program("review"),
                             make_clip(320, 240, 2), folder_ / "clip.json", folder_ / "out.mp4"});
  EXPECT_EQ(done.exit_code, 0) << done.output << done.errors;
  EXPECT_NE(done.output.find("hold\n"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("pass\n"), std::string::npos) << done.output;
  const Finished probed = run_program({"ffprobe", "-v", "error", "-show_entries", "format_tags",
                                       "-of", "flat", folder_ / "out.mp4"});
  EXPECT_NE(probed.output.find("title=\"Kelp\""), std::string::npos) << probed.output;
  EXPECT_NE(probed.output.find("desk=\"sea\""), std::string::npos) << probed.output;
}

TEST_F(Examples, ReviewTakesAReasonForANo) {
  std::ofstream(folder_ / "clip.json") << R"({"title": "Kelp"})";
  const Finished done = run({"sh", "-c", "echo the logo is wrong | \"$@\"", "sh", program("review"),
                             make_clip(320, 240, 2), folder_ / "clip.json", folder_ / "out.mp4"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_NE(done.errors.find("the logo is wrong"), std::string::npos) << done.errors;
}

TEST_F(Examples, ContactSheetMakesItsFiles) {
  const std::string python = "/usr/bin/python3";
  if (run_program({python, "-c", "import gi"}).exit_code != 0)
    GTEST_SKIP() << python << " has no gi; Debian: python3-gi gir1.2-gstreamer-1.0";
  const Finished done =
      run({python, std::string(FILMGATE_SOURCE_DIR) + "/docs/examples/contact_sheet.py",
           make_clip(320, 240, 2), folder_ / "out"});
  ASSERT_EQ(done.exit_code, 0) << done.output << done.errors;
  for (const char* name : {"poster.jpg", "sprite.jpg", "sprite.vtt", "quality.json"})
    EXPECT_GT(fs::file_size(folder_ / (std::string("out/") + name)), 0U) << name;
  std::ifstream file(folder_ / "out/quality.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Result<Json> report = parse_json(text, "quality.json");
  ASSERT_TRUE(report.ok()) << text;
  const Json* duration = report->find_path("video.duration");
  ASSERT_TRUE(duration) << text;
  EXPECT_NEAR(duration->number_or(0), 2, 0.1);
}

}  // namespace
}  // namespace filmgate::test
