// Clips with a flash and a click at each second, and others that mislead: sound, pictures and their
// colours are in every rung what they were, by ffmpeg's account, which shares no code with us.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

struct Format {
  const char* suffix;
  std::vector<std::string> codecs;
};

void PrintTo(const Format& format, std::ostream* out) {
  *out << format.suffix;
}

// Seconds from the first flash to the first click.
double sound_after_picture(const std::string& file, const TemporaryFolder& folder) {
  const std::vector<std::string> measure = {
      "ffmpeg",  "-v",   "error",
      "-copyts", "-i",   file,
      "-an",     "-vf",  "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-",
      "-f",      "null", "-"};
  double picture = NAN;
  double time = NAN;
  std::istringstream lines(run_program(measure).output);
  for (std::string line; std::isnan(picture) && std::getline(lines, line);) {
    if (const size_t at = line.find("pts_time:"); at != std::string::npos)
      time = std::atof(line.c_str() + at + 9);
    if (const size_t at = line.find("YAVG="); at != std::string::npos)
      if (std::atof(line.c_str() + at + 5) > 120) picture = time;
  }
  const std::string raw = folder / "sound.raw";
  const Finished ran =
      run_program({"ffmpeg", "-v", "error", "-y", "-copyts", "-i", file, "-vn", "-af",
                   "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", raw});
  EXPECT_EQ(ran.exit_code, 0) << ran.errors;
  std::ifstream stream(raw, std::ios::binary);
  const std::string samples{std::istreambuf_iterator<char>(stream), {}};
  for (size_t i = 0; i + 1 < samples.size(); i += 2) {
    const auto value = static_cast<int16_t>(static_cast<unsigned char>(samples[i]) |
                                            (static_cast<unsigned char>(samples[i + 1]) << 8));
    if (std::abs(value) > 10'000) return static_cast<double>(i / 2) / 48000 - picture;
  }
  ADD_FAILURE() << "no click in " << file;
  return NAN;
}

std::vector<std::string> rungs_of(const std::string& clip, const TemporaryFolder& folder) {
  std::ofstream(folder / "meta.json") << R"({"title": "Clip", "owner": "desk@example.org"})";
  const Finished run = run_program({std::string(FILMGATE_BINARY_DIR) + "/bin/filmgate", "run",
                                    std::string(FILMGATE_SOURCE_DIR) + "/pipelines/web.json", clip,
                                    "--metadata", folder / "meta.json", "--output", folder / "out"},
                                   300'000);
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  std::vector<std::string> rungs;
  if (run.exit_code != 0) return rungs;
  for (const auto& entry :
       std::filesystem::directory_iterator(run.output.substr(0, run.output.find('\n'))))
    if (entry.path().string().ends_with("p.mp4")) rungs.push_back(entry.path().string());
  std::sort(rungs.begin(), rungs.end());
  return rungs;
}

class Sync : public testing::TestWithParam<Format> {};

TEST_P(Sync, SoundStaysWithThePicture) {
  TemporaryFolder folder;
  const std::string clip = folder / ("clip." + std::string(GetParam().suffix));
  std::vector<std::string> make = {
      "ffmpeg",
      "-v",
      "error",
      "-f",
      "lavfi",
      "-i",
      "color=black:s=32x32:r=30:d=3,geq=lum='if(lt(mod(T\\,1)\\,0.033)*gt(T\\,0.5)\\,235\\,16)'"
      ":cb=128:cr=128,scale=640:480:flags=neighbor,setsar=1,format=yuv420p",
      "-f",
      "lavfi",
      "-i",
      "aevalsrc='if(lt(mod(t,1),0.005)*gt(t,0.5),0.9*sin(2*PI*2000*t),0)':s=48000:d=3"};
  make.insert(make.end(), GetParam().codecs.begin(), GetParam().codecs.end());
  make.push_back(clip);
  const Finished made = run_program(make);
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  const double source = sound_after_picture(clip, folder);
  const auto rungs = rungs_of(clip, folder);
  EXPECT_FALSE(rungs.empty());
  for (const std::string& rung : rungs)
    EXPECT_NEAR(sound_after_picture(rung, folder), source, 0.002) << rung;
}

INSTANTIATE_TEST_SUITE_P(Made, Sync,
                         testing::Values(Format{"mp4", {"-c:v", "libx264", "-c:a", "aac"}},
                                         Format{"mkv", {"-c:v", "libx264", "-c:a", "libopus"}},
                                         Format{"webm", {"-c:v", "libvpx-vp9", "-c:a", "libopus"}},
                                         Format{"ts", {"-c:v", "libx264", "-c:a", "aac"}}),
                         [](const testing::TestParamInfo<Format>& format) {
                           return std::string(format.param.suffix);
                         });

int shown_pictures(const std::string& file) {
  const Finished counted =
      run_program({"ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames",
                   "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file});
  return std::atoi(counted.output.c_str());
}

// Times without a rate: decoders give such pictures no length. And an edit list that begins and
// ends within a picture.
class LastPicture : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Clips, LastPicture,
                         testing::Values("pixel7_videoOnly_cleaned.mp4", "sample_edit_list.mp4"));

TEST_P(LastPicture, IsShown) {
  const std::string clip = real_clip(GetParam());
  if (clip.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  TemporaryFolder folder;
  const auto rungs = rungs_of(clip, folder);
  EXPECT_FALSE(rungs.empty());
  for (const std::string& rung : rungs) EXPECT_EQ(shown_pictures(rung), shown_pictures(clip));
}

// As telephones write it: full range says the stream, limited says the container.
TEST(Colours, AreThoseOfTheStream) {
  TemporaryFolder folder;
  const std::string clip = folder / "full.mp4";
  const Finished made =
      run_program({"ffmpeg",
                   "-v",
                   "error",
                   "-f",
                   "lavfi",
                   "-i",
                   "color=s=640x480:r=25:d=1,format=yuv420p,geq=lum=250:cb=128:cr=128",
                   "-c:v",
                   "libx264",
                   "-preset",
                   "ultrafast",
                   "-color_range",
                   "tv",
                   "-colorspace",
                   "bt709",
                   "-color_primaries",
                   "bt709",
                   "-color_trc",
                   "bt709",
                   "-bsf:v",
                   "h264_metadata=video_full_range_flag=1",
                   clip});
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  const auto rungs = rungs_of(clip, folder);
  EXPECT_FALSE(rungs.empty());
  for (const std::string& rung : rungs) {
    const std::string luma =
        run_program({"ffmpeg", "-v", "error", "-i", rung, "-vf",
                     "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-", "-f", "null",
                     "-"})
            .output;
    const size_t at = luma.find("YAVG=");
    ASSERT_NE(at, std::string::npos) << rung;
    EXPECT_NEAR(std::atof(luma.c_str() + at + 5), 16 + 250 * 219 / 255.0, 1.5) << rung;
  }
}

// libfaac's first packet is thrown away by FFmpeg's decoder itself; the sound must not move up.
TEST(Timing, SoundByLibfaacKeepsItsTime) {
  const std::string clip = real_clip("sample_shorter_audio.mp4");
  if (clip.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  TemporaryFolder folder;
  const auto onset = [&](const std::string& file) {
    const std::string raw = folder / "sound.raw";
    run_program({"ffmpeg", "-v", "error", "-y", "-copyts", "-i", file, "-vn", "-af",
                 "aresample=48000:async=1:first_pts=0", "-ac", "1", "-f", "s16le", raw});
    std::ifstream stream(raw, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    std::vector<double> samples;
    for (size_t i = 0; i + 1 < bytes.size(); i += 2)
      samples.push_back(static_cast<int16_t>(static_cast<unsigned char>(bytes[i]) |
                                             (static_cast<unsigned char>(bytes[i + 1]) << 8)));
    return samples;
  };
  const std::vector<double> source = onset(clip);
  ASSERT_GT(source.size(), 24'000U);
  const auto rungs = rungs_of(clip, folder);
  EXPECT_FALSE(rungs.empty());
  for (const std::string& rung : rungs) {
    const std::vector<double> made = onset(rung);
    double best = -INFINITY;
    int best_lag = 0;
    for (int lag = -2400; lag <= 2400; lag += 8) {
      double product = 0;
      for (size_t i = 7'200; i < 21'600; ++i)
        if (i + lag < made.size()) product += source[i] * made[i + lag];
      if (product > best) {
        best = product;
        best_lag = lag;
      }
    }
    EXPECT_NEAR(best_lag / 48.0, 0, 1) << rung << ", in milliseconds";
  }
}

}  // namespace
}  // namespace filmgate::test
