// What single channels and pairs of them show: DC offset, opposite phase, and channels that fall
// silent while others play. Looked at in pieces of fixed length, wherever the buffers end, so that
// nothing depends on how the stream was cut. Knows nothing of GStreamer. One thread at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/qualityprobe/audio_settings.h"
#include "plugins/qualityprobe/finding.h"
#include "plugins/qualityprobe/interval_tracker.h"

namespace filmgate::quality {

class AudioChannels {
 public:
  // Trackers go by index: what a channel showed before a change of layout stays listed, while its
  // mean and correlation begin anew.
  void set_format(const AudioFormat& format);
  void configure(const AudioSettings& settings);

  // `samples` are finite and interleaved, `frames` of each channel.
  template <typename T>
  void measure(const T* samples, size_t frames, Time start, std::vector<Finding>& findings);
  void gap(Time start, Time end, std::vector<Finding>& findings);
  void interrupt(Time at, std::vector<Finding>& findings);

  // Sets "dc_offset", "phase" (when there are pairs) and "dropout", as far as they are measured.
  void summarize(Json& audio, Time decoded) const;

 private:
  struct Sums {  // of samples as a share of full scale
    double sum = 0;
    double squares = 0;
  };
  struct Channel {
    double peak = 0;  // in the current hop
    Sums block, whole;
    IntervalTracker offset, dropout;
  };
  struct Pair {
    size_t left = 0;
    size_t right = 0;
    double block_product = 0;
    double whole_product = 0;
    double least = 1;    // correlation of any block
    bool known = false;  // `least` is
  };

  void end_piece(std::vector<Finding>& findings);
  void end_hop(std::vector<Finding>& findings);
  void end_block(std::vector<Finding>& findings);
  bool measures_any() const { return settings_.dc_offset || settings_.phase || settings_.dropout; }

  AudioSettings settings_;
  AudioFormat format_;
  std::vector<Channel> channels_;
  std::vector<Pair> pairs_;
  std::vector<IntervalTracker> phase_tracks_;  // by the left channel of the pair
  std::vector<Finding> pending_;               // ended by a new format
  size_t hop_frames_ = 0, hop_length_ = 1;
  size_t block_frames_ = 0, block_length_ = 1;
  uint64_t whole_frames_ = 0;
  Time hop_start_ = 0, block_start_ = 0, now_ = 0;
};

}  // namespace filmgate::quality
