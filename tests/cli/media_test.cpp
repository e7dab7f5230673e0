// Every real clip through web.json: published upright, in the right shape and complete, or rejected
// with a sentence. Which of the two is written down here, so that a change is seen.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include "plugins/core/json.h"
#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

struct Expected {
  const char* clip;
  // Of the greatest rung, upright with square pixels; 0 = rejected with `sentence`.
  int width;
  int height;
  const char* sentence = "";
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.clip;
}

class Media : public testing::TestWithParam<Expected> {};

TEST_P(Media, EndsAsItShould) {
  const Expected& expected = GetParam();
  const std::string clip = real_clip(expected.clip);
  if (clip.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  TemporaryFolder folder;
  std::ofstream(folder / "meta.json") << R"({"title": "Clip", "owner": "desk@example.org"})";
  const Finished run = run_program({std::string(FILMGATE_BINARY_DIR) + "/bin/filmgate", "run",
                                    std::string(FILMGATE_SOURCE_DIR) + "/pipelines/web.json", clip,
                                    "--metadata", folder / "meta.json", "--output", folder / "out"},
                                   600'000);
  if (expected.width == 0) {
    EXPECT_EQ(run.exit_code, 3) << run.errors;
    EXPECT_NE(run.errors.find(expected.sentence), std::string::npos) << run.errors;
    return;
  }
  ASSERT_EQ(run.exit_code, 0) << run.errors;
  const std::string published = run.output.substr(0, run.output.find('\n'));
  const Finished listing =
      run_program({"sh", "-c", "ls \"$0\"/*p.mp4 | sort -rn -t/ -k99 | head -n 20", published});
  int best_width = 0;
  int best_height = 0;
  std::istringstream files(listing.output);
  for (std::string file; std::getline(files, file);) {
    const Finished probed =
        run_program({"ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries",
                     "stream=width,height", "-of", "json", file});
    Result<Json> document = parse_json(probed.output, file);
    ASSERT_TRUE(document.ok()) << probed.errors;
    const int width = static_cast<int>(document->find_path("streams.0.width")->integer_or(0));
    const int height = static_cast<int>(document->find_path("streams.0.height")->integer_or(0));
    EXPECT_EQ(width % 2 + height % 2, 0) << file;
    EXPECT_NEAR(static_cast<double>(width) / height,
                static_cast<double>(expected.width) / expected.height, 0.02)
        << file;
    if (width > best_width) {
      best_width = width;
      best_height = height;
    }
  }
  EXPECT_EQ(best_width, expected.width);
  EXPECT_EQ(best_height, expected.height);
}

INSTANTIATE_TEST_SUITE_P(Real, Media,
                         testing::Values(Expected{"bbb_176x144_128kbps_15fps_h263.3gp", 0, 0, ""}),
                         [](const testing::TestParamInfo<Expected>& clip) {
                           std::string name = clip.param.clip;
                           for (char& c : name)
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           return name;
                         });

}  // namespace
}  // namespace filmgate::test
