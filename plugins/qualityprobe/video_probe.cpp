#include "plugins/qualityprobe/video_probe.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace filmgate::quality {
namespace {

void note(std::vector<Finding>& findings, const char* name, Severity severity,
          const std::optional<Interval>& interval) {
  if (interval) findings.push_back({name, severity, *interval});
}

}  // namespace

void VideoProbe::configure(const VideoSettings& settings) {
  settings_ = settings;
  black_track_.configure(settings.black_duration);
  freeze_track_.configure(0);  // its length is judged before it is opened
  blur_track_.configure(settings.blur_duration);
  level_track_.configure(settings.level_duration);
}

FrameFigures VideoProbe::measure(std::shared_ptr<const Picture> picture, Time start, Time end,
                                 std::vector<Finding>& findings) {
  if (in_run_ && start < last_start_) interrupt(findings);  // reverse playback, broken times
  const bool continues = previous_ && previous_->same_shape(*picture);
  if (!continues) {
    previous_.reset();
    if (reference_ && !reference_->same_shape(*picture)) {
      note(findings, "freeze", Severity::kWarning, freeze_track_.close(start));
      reference_.reset();
    }
  }
  const bool full_range = picture->full_range;
  const SampleLayout samples = picture->samples;
  LumaRequest request;
  request.levels = settings_.black || settings_.levels || settings_.luma;
  request.spatial = settings_.information;
  request.temporal = previous_ && (settings_.information || settings_.freeze);
  request.blur = settings_.blur;
  request.blur_floor = blur_floor(samples);
  request.black_max = black_threshold(settings_.black_pixel, samples, full_range);
  request.legal_min =
      static_cast<int>(std::ceil(level_threshold(settings_.level_min, samples, full_range)));
  request.legal_max =
      static_cast<int>(std::floor(level_threshold(settings_.level_max, samples, full_range)));
  const LumaSums sums =
      sum_luma(picture->luma(), request.temporal ? &previous_->luma() : nullptr, samples, request);

  if (!first_) first_ = start;
  if (!in_run_) run_start_ = run_end_ = start;
  in_run_ = true;
  last_start_ = start;
  run_end_ = std::max({run_end_, start, end});
  ++frames_;

  FrameFigures figures;
  if (settings_.information) {
    figures.si = spatial_information(sums, samples, full_range);
    if (figures.si) si_.add(*figures.si);
    if (request.temporal) {
      figures.ti = temporal_information(sums, samples, full_range);
      ti_.add(*figures.ti);
    }
  }
  const LumaLevels levels = levels_of(sums, samples);
  if (settings_.luma) {
    figures.luma_mean = levels.mean;
    figures.luma_min = levels.min;
    figures.luma_max = levels.max;
    luma_.add(levels.mean, levels.min, levels.max);
  }
  if (settings_.black) {
    figures.black_ratio = levels.black_ratio;
    const bool black = levels.black_ratio >= settings_.black_picture;
    black_frames_ += black;
    note(findings, "black", Severity::kWarning, black_track_.update(black, start, end));
  }
  if (settings_.levels) {
    figures.outside_ratio = levels.outside_ratio;
    outside_.add(levels.outside_ratio);
    note(findings, "levels", Severity::kMandatory,
         level_track_.update(levels.outside_ratio > settings_.level_ratio, start, end));
  }
  if (settings_.blur) {
    figures.blur = blur_of(sums);
    if (figures.blur) blur_.add(*figures.blur);
    const bool blurred = figures.blur.value_or(0) >= settings_.blur_threshold;
    blurred_frames_ += blurred;
    note(findings, "blur", Severity::kWarning, blur_track_.update(blurred, start, end));
  }
  if (settings_.freeze) {
    const bool fused = request.temporal && reference_ == previous_;
    const bool frozen = compare_with_reference(picture, fused ? &sums : nullptr, start);
    note(findings, "freeze", Severity::kWarning,
         freeze_track_.update(frozen, frozen ? reference_start_ : start, end));
  } else {
    reference_.reset();
  }
  const bool keep = settings_.information || settings_.freeze;
  previous_ = keep ? std::move(picture) : nullptr;
  return figures;
}

// FFmpeg's freezedetect: the mean absolute difference over all planes to the frame at which the
// stillness began, as a share of the sample range. A picture that differs becomes the new
// reference. Returns whether it has stood still for long enough to count.
bool VideoProbe::compare_with_reference(const std::shared_ptr<const Picture>& picture,
                                        const LumaSums* fused_sums, Time start) {
  bool still = false;
  if (reference_) {
    double count = 0;
    for (const Plane& plane : picture->used_planes())
      count += static_cast<double>(plane.width) * plane.height;
    const double limit =
        settings_.freeze_noise * count * static_cast<double>(1 << picture->samples.depth);
    double difference = 0;
    still = true;
    for (size_t i = 0; still && i < picture->used_planes().size(); ++i) {
      const uint64_t sum = i == 0 && fused_sums
                               ? fused_sums->risen + fused_sums->fallen
                               : sum_absolute_differences(picture->planes[i], reference_->planes[i],
                                                          picture->samples);
      difference += static_cast<double>(sum);
      still = difference <= limit;  // sums only grow: chroma is not read once luma has moved
    }
  }
  if (still) return start >= reference_start_ + settings_.freeze_duration;
  reference_ = picture;
  reference_start_ = start;
  return false;
}

void VideoProbe::release_pictures() {
  previous_.reset();
  reference_.reset();
}

void VideoProbe::interrupt(std::vector<Finding>& findings) {
  release_pictures();
  if (!in_run_) return;
  note(findings, "black", Severity::kWarning, black_track_.close(run_end_));
  note(findings, "freeze", Severity::kWarning, freeze_track_.close(run_end_));
  note(findings, "blur", Severity::kWarning, blur_track_.close(run_end_));
  note(findings, "levels", Severity::kMandatory, level_track_.close(run_end_));
  decoded_ += run_end_ - run_start_;
  in_run_ = false;
}

Json VideoProbe::summary() const {
  const Time decoded = decoded_ + (in_run_ ? run_end_ - run_start_ : 0);
  const auto share = [this](uint64_t part) {
    return frames_ > 0 ? static_cast<double>(part) / static_cast<double>(frames_) : 0.0;
  };
  Json json = Json::object();
  json.set("frames", Json::from_unsigned(frames_));
  if (first_) json.set("first_timestamp", to_seconds(*first_));
  json.set("duration", to_seconds(decoded));
  if (!si_.empty()) json.set("si", si_.to_json());
  if (!ti_.empty()) json.set("ti", ti_.to_json());
  if (settings_.black) {
    json.set("black", black_track_.to_json(decoded)).set("frame_ratio", share(black_frames_));
  }
  if (settings_.freeze) json.set("freeze", freeze_track_.to_json(decoded));
  if (!blur_.empty()) {
    Json& blur = json.set("blur", blur_.to_json());
    blur.set("ratio", share(blurred_frames_));
    blur.set("intervals", *blur_track_.to_json(decoded).find("intervals"));
  }
  if (!luma_.empty()) json.set("luma", luma_.to_json());
  if (!outside_.empty()) {
    Json levels = level_track_.to_json(decoded);
    levels.set("outside_ratio", outside_.mean());
    levels.set("outside_max", outside_.max());
    json.set("levels", std::move(levels));
  }
  return json;
}

}  // namespace filmgate::quality
