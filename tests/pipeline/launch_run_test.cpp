// The printed launch lines, run as a person would: by gst-launch-1.0 in a shell. What comes out is
// looked at with ffprobe and ffmpeg, which share no code with us.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "host/pipeline/description.h"
#include "host/pipeline/plan.h"

namespace filmgate {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Ran {
  int status = -1;
  std::string output;  // stdout and stderr
};

Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ran;
  std::array<char, 4096> block{};
  for (size_t size = 0; (size = fread(block.data(), 1, block.size(), pipe)) > 0;)
    ran.output.append(block.data(), size);
  const int status = pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

Description shipped(const std::string& name) {
  const fs::path folder = fs::path(FILMGATE_SOURCE_DIR) / "pipelines";
  auto description = parse_description(text_of(folder / (name + ".json")), name + ".json",
                                       [&](const std::string& preset) -> Result<std::string> {
                                         return text_of(folder / "presets" / (preset + ".json"));
                                       });
  EXPECT_TRUE(description.ok()) << description.error().message;
  return *std::move(description);
}

class LaunchRun : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::exists(fs::path(FILMGATE_BINARY_DIR) / "plugins/libgstfilmgate.so"));
    for (const char* tool : {"gst-launch-1.0", "ffmpeg", "ffprobe"})
      if (run(std::string("command -v ") + tool).status != 0)
        GTEST_SKIP() << tool << " is not installed";
    std::string name = (fs::temp_directory_path() / "filmgate-launch-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  std::string in(const std::string& name) const { return (folder_ / name).string(); }

  // A white flash of one frame and a click of 5 ms at each full second.
  void make_flash_clip(const std::string& name, int width, int height, int rate) const {
    std::ostringstream command;
    command << "ffmpeg -v error -f lavfi -i \"color=black:s=32x32:r=25:d=3.5,"
            << "geq=lum='if(lt(mod(T\\,1)\\,0.039)*gt(T\\,0.5)\\,235\\,16)':cb=128:cr=128,scale="
            << width << ":" << height << ":flags=neighbor,setsar=1\" -f lavfi -i \""
            << "aevalsrc='if(lt(mod(t,1),0.005)*gt(t,0.5),0.9*sin(2*PI*2000*t),0)':s=" << rate
            << ":d=3.5\" -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a pcm_s16le '"
            << in(name) << "'";
    const Ran ran = run(command.str());
    ASSERT_EQ(ran.status, 0) << ran.output;
  }

  Ran launch(const std::string& text) const {
    return run("cd '" + folder_.string() + "' && timeout 120 gst-launch-1.0 -q " + text);
  }

  std::string probed(const std::string& file, const std::string& entries) const {
    return run("ffprobe -v error -show_entries " + entries + " -of default=nw=1 '" + in(file) + "'")
        .output;
  }

  // Seconds from the first flash to the first click.
  double sound_after_picture(const std::string& file) const {
    const std::string flash =
        run("ffmpeg -v error -i '" + in(file) +
            "' -an -vf \"signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-\" -f null -")
            .output;
    double picture = -1;
    double time = -1;
    std::istringstream lines(flash);
    for (std::string line; picture < 0 && std::getline(lines, line);) {
      if (const size_t at = line.find("pts_time:"); at != std::string::npos)
        time = std::atof(line.c_str() + at + 9);
      if (const size_t at = line.find("YAVG="); at != std::string::npos)
        if (std::atof(line.c_str() + at + 5) > 120) picture = time;
    }
    const std::string raw = in("sound.raw");
    const Ran ran =
        run("ffmpeg -v error -y -i '" + in(file) +
            "' -vn -af aresample=async=1:first_pts=0 -ac 1 -ar 48000 -f s16le '" + raw + "'");
    EXPECT_EQ(ran.status, 0) << ran.output;
    const std::string samples = text_of(raw);
    for (size_t i = 0; i + 1 < samples.size(); i += 2) {
      const auto value = static_cast<int16_t>(static_cast<unsigned char>(samples[i]) |
                                              (static_cast<unsigned char>(samples[i + 1]) << 8));
      if (std::abs(value) > 10'000) return static_cast<double>(i / 2) / 48000 - picture;
    }
    ADD_FAILURE() << "no click in " << file;
    return -1;
  }

  Json facts(int width, int height, double framerate) const {
    Json facts;
    facts.set_path("media.video", Json::object({{"width", Json(width)},
                                                {"height", Json(height)},
                                                {"framerate", Json(framerate)}}));
    facts.set_path("media.audio.codec", Json("raw"));
    return facts;
  }

  fs::path folder_;
};

TEST_F(LaunchRun, TheLadderRunsAsPrintedAndInSync) {
  make_flash_clip("my clip.mov", 1280, 720, 44100);
  const Description review = shipped("review");
  const Json known = facts(1280, 720, 25);
  const auto plan = plan_renditions(review, known);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  const StageIo io{"filesrc location=" + launch_quote("my clip.mov"), "",
                   R"({"title": "It's a \"test\" & more: $5!", "owner": "a@b.org"})"};
  const Ran ran = launch(renditions_launch(review, *plan, known, io));
  ASSERT_EQ(ran.status, 0) << ran.output;

  const std::string large = probed("720p.mp4", "stream=codec_name,width,height,nb_frames");
  EXPECT_THAT(large, HasSubstr("codec_name=h264\nwidth=1280\nheight=720\n"));
  EXPECT_THAT(large, HasSubstr("codec_name=aac"));
  EXPECT_THAT(probed("480p.mp4", "stream=width,height"), HasSubstr("width=854\nheight=480"));
  EXPECT_FALSE(fs::exists(folder_ / "1080p.mp4"));
  EXPECT_FALSE(fs::exists(folder_ / "720p.mp4.faststart"));
  for (const char* file : {"720p.mp4", "480p.mp4"}) {
    EXPECT_NEAR(sound_after_picture(file), 0, 0.002) << file;
    EXPECT_THAT(probed(file, "format_tags=title"), HasSubstr("It's a \"test\" & more: $5!"));
  }
}

TEST_F(LaunchRun, KeyFramesOfAllRungsAreAtTheSamePictures) {
  make_flash_clip("clip.mov", 1280, 720, 48000);
  const Description web = shipped("web");
  const Json known = facts(1280, 720, 25);
  const auto plan = plan_renditions(web, known);
  const Ran ran =
      launch(renditions_launch(web, *plan, known, {"filesrc location=clip.mov", "", ""}));
  ASSERT_EQ(ran.status, 0) << ran.output;
  const auto key_frames = [&](const std::string& file) {
    return run("ffprobe -v error -select_streams v -skip_frame nokey -show_entries frame=pts_time "
               "-of default=nw=1:nk=1 '" +
               in(file) + "'")
        .output;
  };
  const std::string times = key_frames("720p.mp4");
  EXPECT_THAT(times, HasSubstr("0.000000\n2.000000"));  // and none at the flashes
  EXPECT_EQ(times, key_frames("480p.mp4"));
}

TEST_F(LaunchRun, InspectPassesAndRejects) {
  make_flash_clip("clip.mov", 320, 240, 48000);
  const Description web = shipped("web");
  const StageIo good{"filesrc location=clip.mov", "",
                     R"({"title": "A title", "owner": "a@b.org"})"};
  EXPECT_THAT(run("cd '" + folder_.string() + "' && timeout 60 gst-launch-1.0 -m " +
                  inspect_launch(web, good))
                  .output,
              HasSubstr("verdict=(string)pass"));
  const StageIo bad{"filesrc location=clip.mov", "", R"({"title": ""})"};
  EXPECT_THAT(run("cd '" + folder_.string() + "' && timeout 60 gst-launch-1.0 -m " +
                  inspect_launch(web, bad))
                  .output,
              HasSubstr("verdict=(string)reject"));
}

TEST_F(LaunchRun, ProbeMeasuresAndMakesStills) {
  make_flash_clip("clip.mov", 640, 360, 48000);
  const Description review = shipped("review");
  const Ran ran =
      run("cd '" + folder_.string() + "' && timeout 60 gst-launch-1.0 -m " +
          probe_launch(review, facts(640, 360, 25), {"filesrc location=clip.mov", "", ""}));
  ASSERT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("qualityprobe, type=(string)summary"));
  EXPECT_THAT(probed("poster.jpg", "stream=width,height"), HasSubstr("width=640\nheight=360"));
  EXPECT_THAT(probed("sprite.jpg", "stream=codec_name"), HasSubstr("mjpeg"));
  EXPECT_THAT(text_of(folder_ / "sprite.vtt"), HasSubstr("sprite.jpg#xywh=0,0,160,90"));
}

}  // namespace
}  // namespace filmgate
