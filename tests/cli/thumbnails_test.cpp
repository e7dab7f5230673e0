// `filmgate thumbnails`: which frames it decodes, what it writes, what it says of bad input.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "host/base/file.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

class Thumbnails : public testing::Test {
 protected:
  // 40 s at 10 pictures a second, yellow every `key` pictures, where the key frames are, else blue.
  std::string clip(const std::string& name, int key, const std::vector<std::string>& more = {}) {
    std::string yellow =
        "color=yellow:size=640x360:rate=10[y];color=blue:size=640x360:rate=10[b];"
        "[b][y]overlay=enable='not(mod(n," +
        std::to_string(key) + "))'";
    std::vector<std::string> command = {"ffmpeg",
                                        "-v",
                                        "error",
                                        "-y",
                                        "-filter_complex",
                                        yellow,
                                        "-t",
                                        "40",
                                        "-c:v",
                                        "libx264",
                                        "-preset",
                                        "ultrafast",
                                        "-bf",
                                        "2",
                                        "-g",
                                        std::to_string(key),
                                        "-keyint_min",
                                        std::to_string(key),
                                        "-sc_threshold",
                                        "0",
                                        "-pix_fmt",
                                        "yuv420p"};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back(folder_ / name);
    const Finished made = run_program(command);
    EXPECT_EQ(made.exit_code, 0) << made.errors;
    return folder_ / name;
  }

  Finished thumbnails(const std::string& input, std::vector<std::string> more = {}) {
    std::vector<std::string> command = {std::string(FILMGATE_BINARY_DIR) + "/bin/filmgate",
                                        "thumbnails", input, "--output", folder_ / "out"};
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  }

  std::set<std::string> files() const {
    std::set<std::string> names;
    if (fs::exists(folder_ / "out"))
      for (const auto& entry : fs::directory_iterator(folder_ / "out"))
        names.insert(entry.path().filename());
    return names;
  }

  // Blue of the mean colour of each tile, 0…255: yellow has none.
  std::vector<int> blues(int columns, int rows) {
    const std::string raw = folder_ / "tiles.rgb";
    const Finished read = run_program(
        {"ffmpeg", "-v", "error", "-y", "-i", folder_ / "out/sprite.jpg", "-vf",
         "scale=" + std::to_string(columns) + ":" + std::to_string(rows) + ":flags=area", "-f",
         "rawvideo", "-pix_fmt", "rgb24", raw});
    EXPECT_EQ(read.exit_code, 0) << read.errors;
    const Result<std::string> bytes = read_file(raw, 1 << 20);
    EXPECT_TRUE(bytes.ok());
    std::vector<int> found;
    if (bytes)
      for (size_t i = 2; i < bytes->size(); i += 3)
        found.push_back(static_cast<unsigned char>((*bytes)[i]));
    return found;
  }

  std::string vtt() {
    Result<std::string> text = read_file(folder_ / "out/sprite.vtt", 1 << 20);
    EXPECT_TRUE(text.ok());
    return text ? *text : "";
  }

  TemporaryFolder folder_;
};

TEST_F(Thumbnails, OnlyKeyFramesAreDecodedWhateverTheContainer) {
  for (const char* name : {"clip.mp4", "clip.mkv", "clip.ts"}) {
    const Finished made = thumbnails(clip(name, 20), {"--count", "5", "--tile-width", "64"});
    ASSERT_EQ(made.exit_code, 0) << name << ": " << made.errors;
    EXPECT_EQ(files(), (std::set<std::string>{"poster.jpg", "sprite.jpg", "sprite.vtt"}));
    for (const int blue : blues(5, 1)) EXPECT_LT(blue, 60) << name;
    const std::string text = vtt();
    const std::regex cue(R"((00:00:\d\d\.\d{3}) --> (00:00:\d\d\.\d{3})\n)");
    std::string end = "00:00:00.000";
    int cues = 0;
    for (std::sregex_iterator i(text.begin(), text.end(), cue), none; i != none; ++i, ++cues) {
      EXPECT_EQ((*i)[1], end) << name << "\n" << text;
      end = (*i)[2];
    }
    EXPECT_EQ(cues, 5) << name << "\n" << text;
    EXPECT_NEAR(std::stod(end.substr(6)), 40, 0.3) << name << "\n" << text;
  }
}

TEST_F(Thumbnails, TooFewKeyFramesAndEverythingIsDecoded) {
  const Finished made =
      thumbnails(clip("long.mp4", 400), {"--sprite", "--count", "5", "--tile-width", "64"});
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  EXPECT_EQ(files(), (std::set<std::string>{"sprite.jpg", "sprite.vtt"}));
  const std::vector<int> found = blues(5, 1);
  ASSERT_EQ(found.size(), 5u);
  for (size_t i = 1; i < 5; ++i) EXPECT_GT(found[i], 180) << i;
}

TEST_F(Thumbnails, BadInputIsOneSentenceAndNoFile) {
  const std::string text = folder_ / "text.mp4";
  ASSERT_TRUE(write_file_durably(text, "this is no video").ok());
  for (const std::string& input : {text, folder_ / "none.mp4"}) {
    const Finished refused = thumbnails(input);
    EXPECT_EQ(refused.exit_code, 1) << input;
    EXPECT_EQ(std::count(refused.errors.begin(), refused.errors.end(), '\n'), 1) << refused.errors;
    EXPECT_TRUE(files().empty());
  }
  EXPECT_EQ(thumbnails(text, {"--count", "0"}).exit_code, 2);
}

}  // namespace
}  // namespace filmgate::test
