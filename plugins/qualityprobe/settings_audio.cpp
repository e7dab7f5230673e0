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
    {"dc-offset", "Mean of a channel that is not zero",
     [](S& s) -> bool& { return s.audio.dc_offset; }},
    {"phase", "Correlation of left and right", [](S& s) -> bool& { return s.audio.phase; }},
    {"dropout", "Channels that are silent while others play",
     [](S& s) -> bool& { return s.audio.dropout; }},
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
    {"dc-threshold", "DC threshold",
     "A channel has an offset when its mean over a second is beyond this, as a share of full "
     "scale, 0 to 1",
     Number{[](S& s) -> double& { return s.audio.dc_threshold; }, 0, 1}},
    {"dc-duration", "DC duration", "An offset is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.audio.dc_duration; }}},
    {"phase-threshold", "Phase threshold",
     "Left and right are out of phase when their correlation over a second is below this, -1 to 1",
     Number{[](S& s) -> double& { return s.audio.phase_threshold; }, -1, 1}},
    {"phase-duration", "Phase duration", "Opposite phase is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.audio.phase_duration; }}},
    {"dropout-duration", "Dropout duration",
     "A channel that is below silence-threshold while others are not is reported from this length "
     "on, in ns",
     Length{[](S& s) -> Time& { return s.audio.dropout_duration; }}},
};

}  // namespace

std::span<const Measure> audio_measures() {
  return kMeasures;
}
std::span<const Property> audio_properties() {
  return kProperties;
}

}  // namespace filmgate::quality
