// Measures a sequence of pictures: per-frame figures, findings in time, and their summary. Knows
// nothing of GStreamer. One thread at a time.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/qualityprobe/bars.h"
#include "plugins/qualityprobe/crop.h"
#include "plugins/qualityprobe/field_order.h"
#include "plugins/qualityprobe/finding.h"
#include "plugins/qualityprobe/interval_tracker.h"
#include "plugins/qualityprobe/luma_measures.h"
#include "plugins/qualityprobe/pattern_kernels.h"
#include "plugins/qualityprobe/picture.h"
#include "plugins/qualityprobe/scene_cuts.h"
#include "plugins/qualityprobe/statistic.h"

namespace filmgate::quality {

struct VideoSettings {
  bool information = true;  // SI and TI
  bool black = true;
  bool freeze = true;
  bool blur = true;
  bool levels = true;
  bool luma = true;
  bool blockiness = true;
  bool noise = true;
  bool letterbox = true;
  bool combing = true;
  bool scenes = true;

  double black_pixel = 0.10;    // share of the luma range
  double black_picture = 0.98;  // share of the picture
  Time black_duration = 2'000'000'000;
  double freeze_noise = 0.001;  // mean absolute difference, of 1
  Time freeze_duration = 2'000'000'000;
  double blur_threshold = 0.70;
  Time blur_duration = 1'000'000'000;
  double level_min = 5;  // 8-bit code values
  double level_max = 246;
  double level_ratio = 0.01;
  Time level_duration = 1'000'000'000;
  double blockiness_threshold = 3.0;
  Time blockiness_duration = 1'000'000'000;
  double noise_threshold = 8.0;  // 8-bit code values
  Time noise_duration = 1'000'000'000;
  CropSettings crop;
  double letterbox_ratio = 0.03;  // share of the height or the width that is bars
  Time letterbox_duration = 2'000'000'000;
  FieldThresholds fields;
  Time combing_duration = 1'000'000'000;
  double scene_threshold = 10;  // of 100
};

// What one frame showed; what was not measured is absent.
struct FrameFigures {
  std::optional<double> si;
  std::optional<double> ti;
  std::optional<double> blur;
  std::optional<double> luma_mean, luma_min, luma_max;
  std::optional<double> black_ratio;
  std::optional<double> outside_ratio;
  std::optional<double> blockiness;
  std::optional<double> noise;
  std::optional<double> comb_ratio;
  std::optional<double> scene_score;
};

class VideoProbe {
 public:
  // Takes effect with the next frame.
  void configure(const VideoSettings& settings);

  // Measures a picture shown over [start, end). The probe keeps up to two pictures: the previous
  // one, and while the picture stands still, the one with which that began.
  // Findings that ended here are appended to `findings`.
  FrameFigures measure(std::shared_ptr<const Picture> picture, Time start, Time end,
                       std::vector<Finding>& findings);

  // What follows is not the continuation of what came: forgets the kept pictures and closes open
  // findings. The summary goes on.
  void interrupt(std::vector<Finding>& findings);

  // Gives up the kept pictures; SI goes on, TI and freeze begin anew.
  void release_pictures();

  uint64_t frames() const { return frames_; }
  // {"frames", "first_timestamp", "duration", "si": {…}, …}
  Json summary() const;

 private:
  struct Moment {
    Time start;
    Time end;
  };
  using Findings = std::vector<Finding>;

  LumaRequest luma_request(const Picture& picture) const;
  // Takes note of a picture's place in time.
  void place(const Moment& at);
  // What each group of measures makes of the sums.
  void look_at_luma(const LumaSums& sums, const Picture& picture, const Moment& at,
                    FrameFigures& figures, Findings& findings);
  void look_at_patterns(const Picture& picture, const Moment& at, FrameFigures& figures,
                        Findings& findings);
  void look_at_fields(const Moment& at, FrameFigures& figures, Findings& findings);
  void look_at_edges(const Picture& picture, const Moment& at, Findings& findings);
  void look_at_change(const LumaSums& sums, const Picture& picture, const Moment& at,
                      FrameFigures& figures, Findings& findings);
  bool compare_with_reference(const std::shared_ptr<const Picture>& picture,
                              const LumaSums* fused_sums, Time start);
  Json letterbox_summary(Time decoded) const;
  Json combing_summary(Time decoded) const;

  VideoSettings settings_;
  std::shared_ptr<const Picture> previous_;
  std::shared_ptr<const Picture> reference_;  // with which the picture may have begun to freeze
  Time reference_start_ = 0;

  uint64_t frames_ = 0;
  std::optional<Time> first_;
  Time run_start_ = 0;  // of the run of frames since the last interruption
  Time run_end_ = 0;
  Time last_start_ = 0;
  bool in_run_ = false;
  Time decoded_ = 0;  // runs before this one

  Statistic si_, ti_, blur_, luma_, outside_, blockiness_, noise_, comb_;
  uint64_t black_frames_ = 0;
  uint64_t blurred_frames_ = 0;
  uint64_t blocky_frames_ = 0;
  uint64_t noisy_frames_ = 0;
  IntervalTracker black_track_, freeze_track_, blur_track_, level_track_, blockiness_track_,
      noise_track_, letterbox_track_, combing_track_;

  PatternMeasure pattern_;
  CropFinder crop_;
  int crop_width_ = 0;  // of the pictures that crop_ has seen
  int crop_height_ = 0;
  BarJudge bars_;
  FieldJudge fields_;
  std::optional<Time> unjudged_;        // start of a picture that has no predecessor
  std::array<uint64_t, 4> orders_{};    // pictures, by FieldOrder
  std::array<uint64_t, 3> repeated_{};  // pictures, by RepeatedField
  SceneCuts scenes_;
};

}  // namespace filmgate::quality
