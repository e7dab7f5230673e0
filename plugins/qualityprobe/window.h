// Gathers what the frames of one interval showed.
#pragma once

#include <optional>

#include "plugins/qualityprobe/statistic.h"
#include "plugins/qualityprobe/video_probe.h"

namespace filmgate::quality {

struct Window {
  uint64_t pts = 0;  // of its first buffer
  Time start = 0;    // stream time
  Time end = 0;
  uint64_t frames = 0;  // audio: samples of each channel
  Statistic si, ti, blur, luma, black, outside, blockiness, noise, comb, scene;

  void add(const FrameFigures& figures) {
    const auto take = [](Statistic& statistic, const std::optional<double>& value) {
      if (value) statistic.add(*value);
    };
    take(si, figures.si);
    take(ti, figures.ti);
    take(blur, figures.blur);
    take(black, figures.black_ratio);
    take(outside, figures.outside_ratio);
    take(blockiness, figures.blockiness);
    take(noise, figures.noise);
    take(comb, figures.comb_ratio);
    take(scene, figures.scene_score);
    if (figures.luma_mean) luma.add(*figures.luma_mean, *figures.luma_min, *figures.luma_max);
  }

  // The window as if it were one frame: means, but the extremes of luma and the greatest scene
  // score.
  FrameFigures figures() const {
    const auto mean = [](const Statistic& statistic) {
      return statistic.empty() ? std::nullopt : std::optional(statistic.mean());
    };
    FrameFigures figures{.si = mean(si), .ti = mean(ti), .blur = mean(blur)};
    figures.luma_mean = mean(luma);
    if (!luma.empty()) {
      figures.luma_min = luma.min();
      figures.luma_max = luma.max();
    }
    figures.black_ratio = mean(black);
    figures.outside_ratio = mean(outside);
    figures.blockiness = mean(blockiness);
    figures.noise = mean(noise);
    figures.comb_ratio = mean(comb);
    if (!scene.empty()) figures.scene_score = scene.max();
    return figures;
  }
};

}  // namespace filmgate::quality
