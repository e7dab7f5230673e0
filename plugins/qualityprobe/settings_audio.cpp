#include "plugins/qualityprobe/settings_table.h"

namespace filmgate::quality {
namespace {

using S = ElementSettings;

constexpr Measure kMeasures[] = {
    {"loudness", "EBU R128 loudness and loudness range",
     [](S& s) -> bool& { return s.audio.loudness; }},
    {"true-peak", "EBU R128 true peak", [](S& s) -> bool& { return s.audio.true_peak; }},
    {"silence", "Silence", [](S& s) -> bool& { return s.audio.silence; }},
    {"clipping", "Clipped samples", [](S& s) -> bool& { return s.audio.clipping; }},
};

constexpr Property kProperties[] = {
    {"silence-threshold", "Silence threshold",
     "Audio is silent while all samples are below this level, in dB of full scale",
     Number{[](S& s) -> double& { return s.audio.silence_threshold; }, -200, 0}},
    {"silence-duration", "Silence duration", "Silence is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.audio.silence_duration; }}},
    {"clipping-run", "Clipping run",
     "Samples of a channel are clipped from this many at full scale in a row, in samples",
     Whole{[](S& s) -> int& { return s.audio.clipping_run; }, 1, 1'000'000}},
};

}  // namespace

std::span<const Measure> audio_measures() {
  return kMeasures;
}
std::span<const Property> audio_properties() {
  return kProperties;
}

}  // namespace filmgate::quality
