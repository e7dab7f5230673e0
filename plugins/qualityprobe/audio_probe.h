// Measures a stream of interleaved audio: loudness after EBU R128 (by libebur128), silence,
// clipping and what single channels show, with findings in time and a summary. Knows nothing of
// GStreamer. One thread at a time.
#pragma once

#include <ebur128.h>

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"
#include "plugins/qualityprobe/audio_channels.h"
#include "plugins/qualityprobe/audio_settings.h"
#include "plugins/qualityprobe/finding.h"
#include "plugins/qualityprobe/interval_tracker.h"

namespace filmgate::quality {

// In LUFS; absent until enough has been heard, and where it isn't finite.
struct LoudnessFigures {
  std::optional<double> momentary;   // of the last 400 ms, less up to 20 ms not read yet
  std::optional<double> short_term;  // of the last 3 s, likewise
};

class AudioProbe {
 public:
  // Which measures run is fixed by the settings with which the stream begins; thresholds may
  // change.
  static Result<std::unique_ptr<AudioProbe>> create(const AudioFormat& format,
                                                    const AudioSettings& settings);

  // A stream that changes its format goes on being one programme.
  Result<void> set_format(const AudioFormat& format);
  void configure(const AudioSettings& settings);

  // `frames` samples of each channel, heard from `start` on.
  Result<void> measure(const uint8_t* data, size_t frames, Time start,
                       std::vector<Finding>& findings);
  // Nothing is heard over [start, end): silence, as far as findings go.
  void gap(Time start, Time end, std::vector<Finding>& findings);
  // What follows is not the continuation of what came: closes open findings.
  void interrupt(std::vector<Finding>& findings);

  uint64_t frames() const { return frames_; }
  LoudnessFigures loudness() const;
  // {"first_timestamp", "duration", "loudness": {…}, "silence": {…}, "clipping": {…},
  // "dc_offset": {…}, "phase": {…}, "dropout": {…}, "invalid": {…}}
  Json summary() const;

 private:
  AudioProbe() = default;
  struct Destroy {
    void operator()(ebur128_state* state) const { ebur128_destroy(&state); }
  };

  template <typename T>
  Result<void> measure_as(const T* samples, size_t frames, Time start,
                          std::vector<Finding>& findings);
  template <typename T>
  Result<void> add_loudness(const T* samples, size_t frames);
  template <typename T>
  void find_silence(const T* samples, size_t frames, Time start, std::vector<Finding>& findings);
  template <typename T>
  void find_clipping(const T* samples, size_t frames, Time start, std::vector<Finding>& findings);
  const float* without_invalid(const float* samples, size_t frames, Time start,
                               std::vector<Finding>& findings);
  void extend(Time start, Time end);
  Time at(Time start, int64_t frame) const;
  void read_energy();
  std::optional<double> loudness_of_last(uint64_t readings) const;
  double meter_true_peak() const;

  AudioFormat format_;
  AudioSettings settings_;
  std::unique_ptr<ebur128_state, Destroy> meter_;
  size_t until_reading_ = 0;               // frames until the meter is read next
  std::array<double, 150> energies_ = {};  // of the last 3 s, one each 20 ms; a ring
  uint64_t readings_ = 0;
  std::optional<double> momentary_max_, short_term_max_;
  double true_peak_ = 0;  // linear

  uint64_t frames_ = 0;
  uint64_t samples_ = 0;
  uint64_t clipped_samples_ = 0;
  std::vector<int> clip_runs_;  // per channel: length, negative for negative samples
  std::optional<Time> first_;
  Time run_start_ = 0;
  Time run_end_ = 0;
  bool in_run_ = false;
  Time decoded_ = 0;
  IntervalTracker silence_track_, clipping_track_, invalid_track_;
  uint64_t invalid_samples_ = 0;
  std::vector<float> valid_;  // a buffer with its invalid samples replaced
  AudioChannels channels_;
};

}  // namespace filmgate::quality
