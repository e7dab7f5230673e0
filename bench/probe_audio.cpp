// How long each measure of the sound takes, on one thread, over samples that lie in memory.
//
// usage: bench_probe_audio SAMPLES.s16 CHANNELS RATE
//
// Reads a file of interleaved 16-bit samples whole. Prints one JSON object: the seconds that the
// samples last, and processor seconds for all of them, for each measure alone and for all together.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>
#include <vector>

#include "bench/shared/timing.h"
#include "plugins/core/json.h"
#include "plugins/qualityprobe/audio_probe.h"

namespace filmgate::quality {
namespace {

constexpr size_t kBufferFrames = 1024;  // as decoders hand them out

std::vector<int16_t> read_samples(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  std::vector<int16_t> samples(static_cast<size_t>(file.tellg()) / 2);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(samples.data()),
            static_cast<std::streamsize>(samples.size() * 2));
  return samples;
}

// Processor seconds of one pass over all samples, the summary included; negative where they can't
// be measured.
double measure(const std::vector<int16_t>& samples, const AudioFormat& format,
               const AudioSettings& settings) {
  const size_t channels = format.channels.size();
  const size_t frames = samples.size() / channels;
  bool failed = false;
  const double seconds = bench::seconds_each([&] {
    auto probe = AudioProbe::create(format, settings);
    if (!probe) {
      failed = true;
      return;
    }
    std::vector<Finding> findings;
    for (size_t at = 0; at < frames; at += kBufferFrames) {
      const size_t count = std::min(kBufferFrames, frames - at);
      const auto* data = reinterpret_cast<const uint8_t*>(samples.data() + at * channels);
      const Time start = at * 1'000'000'000 / static_cast<uint64_t>(format.rate);
      failed |= !(*probe)->measure(data, count, start, findings);
    }
    (*probe)->interrupt(findings);
    failed |= !(*probe)->summary().is_object();
  });
  return failed ? -1 : seconds;
}

}  // namespace
}  // namespace filmgate::quality

int main(int count, char** words) {
  using namespace filmgate::quality;
  if (count != 4) {
    std::fputs("usage: bench_probe_audio SAMPLES.s16 CHANNELS RATE\n", stderr);
    return 64;
  }
  constexpr std::array<int, 6> kPlaces = {EBUR128_LEFT,          EBUR128_RIGHT,
                                          EBUR128_CENTER,        EBUR128_UNUSED,
                                          EBUR128_LEFT_SURROUND, EBUR128_RIGHT_SURROUND};
  const std::vector<int16_t> samples = read_samples(words[1]);
  const int channels = std::atoi(words[2]);
  const AudioFormat format{SampleType::kS16,
                           std::atoi(words[3]),
                           {kPlaces.begin(), kPlaces.begin() + std::min(6, std::max(1, channels))}};
  if (samples.empty() || format.rate <= 0 || channels < 1 || channels > 6) {
    std::fprintf(stderr, "%s: samples of one to six channels and their rate are needed\n",
                 words[1]);
    return 66;
  }
  AudioSettings none;
  struct Measure {
    const char* name;
    bool AudioSettings::*enabled;
  };
  const std::array<Measure, 7> measures = {{{"loudness", &AudioSettings::loudness},
                                            {"true peak", &AudioSettings::true_peak},
                                            {"silence", &AudioSettings::silence},
                                            {"clipping", &AudioSettings::clipping},
                                            {"DC offset", &AudioSettings::dc_offset},
                                            {"phase", &AudioSettings::phase},
                                            {"dropout", &AudioSettings::dropout}}};
  for (const Measure& one : measures) none.*one.enabled = false;
  filmgate::Json figures = filmgate::Json::object();
  for (const Measure& one : measures) {
    AudioSettings settings = none;
    settings.*one.enabled = true;
    figures.set(one.name, measure(samples, format, settings));
  }
  AudioSettings without_true_peak;
  without_true_peak.true_peak = false;
  figures.set("all but true peak", measure(samples, format, without_true_peak));
  figures.set("all", measure(samples, format, AudioSettings()));
  filmgate::Json report = filmgate::Json::object();
  report.set("duration", static_cast<double>(samples.size()) / format.rate / channels);
  report.set("seconds", std::move(figures));
  std::puts(filmgate::to_text(report).c_str());
  return 0;
}
