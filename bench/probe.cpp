// How long each measure of the picture takes, on one thread, over I420 frames that lie in memory.
//
// usage: bench_probe FRAMES.yuv WIDTH HEIGHT
//
// Reads the file whole, so it should hold more frames than the processor's caches. Prints one JSON
// object: processor seconds a frame for each measure alone and for all together, the bytes that the
// measure reads of each frame, and the bytes a second that a plain read of the same frames gets.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/shared/timing.h"
#include "plugins/core/json.h"
#include "plugins/qualityprobe/video_probe.h"

namespace filmgate::quality {
namespace {

struct Frame final : Picture {
  std::vector<uint8_t> bytes;
};
using Frames = std::vector<std::shared_ptr<const Frame>>;

constexpr Time kFrame = 33'333'333;

Frames read_frames(const char* path, int width, int height) {
  Frames frames;
  std::ifstream file(path, std::ios::binary);
  const int half_width = (width + 1) / 2;
  const int half_height = (height + 1) / 2;
  const auto luma = static_cast<size_t>(width) * static_cast<size_t>(height);
  const auto chroma = static_cast<size_t>(half_width) * static_cast<size_t>(half_height);
  for (;;) {
    auto frame = std::make_shared<Frame>();
    frame->bytes.resize(luma + 2 * chroma);
    if (!file.read(reinterpret_cast<char*>(frame->bytes.data()),
                   static_cast<std::streamsize>(frame->bytes.size())))
      return frames;
    const uint8_t* data = frame->bytes.data();
    frame->plane_count = 3;
    frame->planes = {Plane{data, width, width, height},
                     Plane{data + luma, half_width, half_width, half_height},
                     Plane{data + luma + chroma, half_width, half_width, half_height}};
    frames.push_back(std::move(frame));
  }
}

double read_bandwidth(const Frames& frames) {
  size_t bytes = 0;
  for (const auto& frame : frames) bytes += frame->bytes.size() / 64 * 64;
  uint64_t seen = 0;
  const double seconds = bench::seconds_each([&] {
    std::array<uint64_t, 8> any{};
    for (const auto& frame : frames) {
      const uint8_t* data = frame->bytes.data();
      for (const uint8_t* end = data + frame->bytes.size() / 64 * 64; data < end; data += 64) {
        std::array<uint64_t, 8> line;
        std::memcpy(line.data(), data, 64);
        for (size_t i = 0; i < line.size(); ++i) any[i] |= line[i];
      }
    }
    for (const uint64_t word : any) seen |= word;
  });
  if (seen == 0) std::fputs("every byte is zero\n", stderr);  // keeps the reads from being left out
  return static_cast<double>(bytes) / seconds;
}

double measure(const Frames& frames, const VideoSettings& settings) {
  VideoProbe probe;
  probe.configure(settings);
  std::vector<Finding> findings;
  Time now = 0;
  return bench::seconds_each([&] {
           for (const auto& frame : frames) {
             probe.measure(frame, now, now + kFrame, findings);
             now += kFrame;
           }
         }) /
         static_cast<double>(frames.size());
}

}  // namespace
}  // namespace filmgate::quality

int main(int count, char** words) {
  using namespace filmgate::quality;
  if (count != 4) {
    std::fputs("usage: bench_probe FRAMES.yuv WIDTH HEIGHT\n", stderr);
    return 64;
  }
  const Frames frames = read_frames(words[1], std::atoi(words[2]), std::atoi(words[3]));
  if (frames.size() < 2) {
    std::fprintf(stderr, "%s: two frames or more of that size are needed\n", words[1]);
    return 66;
  }
  VideoSettings none;
  // Name, switch, and how many frames' luma the measure reads: its own, or the previous one too.
  struct Measure {
    const char* name;
    bool VideoSettings::*enabled;
    int pictures;
  };
  const std::array<Measure, 11> measures = {{{"information", &VideoSettings::information, 2},
                                             {"black", &VideoSettings::black, 1},
                                             {"freeze", &VideoSettings::freeze, 2},
                                             {"blur", &VideoSettings::blur, 1},
                                             {"levels", &VideoSettings::levels, 1},
                                             {"luma", &VideoSettings::luma, 1},
                                             {"blockiness", &VideoSettings::blockiness, 1},
                                             {"noise", &VideoSettings::noise, 1},
                                             {"letterbox", &VideoSettings::letterbox, 1},
                                             {"combing", &VideoSettings::combing, 2},
                                             {"scenes", &VideoSettings::scenes, 2}}};
  for (const Measure& one : measures) none.*one.enabled = false;
  const Plane& luma = frames[0]->luma();
  const double picture = static_cast<double>(luma.width) * luma.height;
  filmgate::Json figures = filmgate::Json::object();
  const auto add = [&](const char* name, const VideoSettings& settings, int pictures) {
    filmgate::Json figure = filmgate::Json::object();
    figure.set("seconds", measure(frames, settings));
    figure.set("bytes", pictures * picture);
    figures.set(name, std::move(figure));
  };
  for (const Measure& one : measures) {
    VideoSettings settings = none;
    settings.*one.enabled = true;
    add(one.name, settings, one.pictures);
  }
  add("all", VideoSettings(), 2);
  filmgate::Json report = filmgate::Json::object();
  report.set("frames", static_cast<double>(frames.size()));
  report.set("bandwidth", read_bandwidth(frames));
  report.set("measures", std::move(figures));
  std::puts(filmgate::to_text(report).c_str());
  return 0;
}
