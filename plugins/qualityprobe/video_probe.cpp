#include "plugins/qualityprobe/video_probe.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "plugins/qualityprobe/pattern_measures.h"

namespace filmgate::quality {
namespace {

void note(std::vector<Finding>& findings, const char* name, Severity severity,
          const std::optional<Interval>& interval) {
  if (interval) findings.push_back({name, severity, *interval});
}

// Statistics of a figure with its own threshold, and the stretches that met it.
Json threshold_summary(const Statistic& figures, double ratio, const IntervalTracker& track,
                       Time decoded) {
  Json json = figures.to_json();
  const Json intervals = track.to_json(decoded);
  json.set("ratio", ratio);
  json.set("intervals", *intervals.find("intervals"));
  if (const Json* unlisted = intervals.find("unlisted")) json.set("unlisted", *unlisted);
  return json;
}

}  // namespace

void VideoProbe::configure(const VideoSettings& settings) {
  settings_ = settings;
  black_track_.configure(settings.black_duration);
  freeze_track_.configure(0);  // its length is judged before it is opened
  blur_track_.configure(settings.blur_duration);
  level_track_.configure(settings.level_duration);
  blockiness_track_.configure(settings.blockiness_duration);
  noise_track_.configure(settings.noise_duration);
  letterbox_track_.configure(settings.letterbox_duration);
  combing_track_.configure(settings.combing_duration);
}

LumaRequest VideoProbe::luma_request(const Picture& picture) const {
  const bool full_range = picture.full_range;
  const SampleLayout samples = picture.samples;
  LumaRequest request;
  request.levels = settings_.black || settings_.levels || settings_.luma;
  request.spatial = settings_.information;
  request.temporal = previous_ && (settings_.information || settings_.freeze || settings_.scenes);
  request.blur = settings_.blur;
  request.blur_floor = blur_floor(samples);
  request.black_max = black_threshold(settings_.black_pixel, samples, full_range);
  request.legal_min =
      static_cast<int>(std::ceil(level_threshold(settings_.level_min, samples, full_range)));
  request.legal_max =
      static_cast<int>(std::floor(level_threshold(settings_.level_max, samples, full_range)));
  return request;
}

void VideoProbe::place(const Moment& at) {
  if (!first_) first_ = at.start;
  if (!in_run_) run_start_ = run_end_ = at.start;
  in_run_ = true;
  last_start_ = at.start;
  run_end_ = std::max(at.start, at.end);  // whatever an earlier picture claimed
  ++frames_;
}

FrameFigures VideoProbe::measure(std::shared_ptr<const Picture> picture, Time start, Time end,
                                 std::vector<Finding>& findings) {
  if (in_run_ && start < last_start_) interrupt(findings);  // reverse playback, broken times
  if (previous_ && !previous_->same_shape(*picture)) previous_.reset();
  if (reference_ && !reference_->same_shape(*picture)) {
    note(findings, "freeze", Severity::kWarning, freeze_track_.close(start));
    reference_.reset();
  }
  const Moment at{start, end};
  const LumaRequest request = luma_request(*picture);
  pattern_.begin(
      picture->luma(),
      {.grid = settings_.blockiness, .noise = settings_.noise, .fields = settings_.combing});
  const bool patterns = settings_.blockiness || settings_.noise || settings_.combing;
  StripMeasure* const others[] = {&pattern_};
  const LumaSums sums =
      sum_luma(picture->luma(), previous_ ? &previous_->luma() : nullptr, picture->samples, request,
               std::span<StripMeasure* const>(others, patterns ? 1 : 0));
  place(at);

  FrameFigures figures;
  look_at_luma(sums, *picture, at, figures, findings);
  look_at_patterns(*picture, at, figures, findings);
  if (settings_.letterbox) look_at_edges(*picture, at, findings);
  if (request.temporal) look_at_change(sums, *picture, at, figures, findings);
  if (settings_.freeze) {
    const bool fused = request.temporal && reference_ == previous_;
    const bool frozen = compare_with_reference(picture, fused ? &sums : nullptr, start);
    note(findings, "freeze", Severity::kWarning,
         freeze_track_.update(frozen, frozen ? reference_start_ : start, end));
  } else {
    reference_.reset();
  }
  const bool keep =
      settings_.information || settings_.freeze || settings_.combing || settings_.scenes;
  previous_ = keep ? std::move(picture) : nullptr;
  return figures;
}

void VideoProbe::look_at_luma(const LumaSums& sums, const Picture& picture, const Moment& at,
                              FrameFigures& figures, Findings& findings) {
  if (settings_.information) {
    figures.si = spatial_information(sums, picture.samples, picture.full_range);
    if (figures.si) si_.add(*figures.si);
  }
  const LumaLevels levels = levels_of(sums, picture.samples);
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
    note(findings, "black", Severity::kWarning, black_track_.update(black, at.start, at.end));
  }
  if (settings_.levels) {
    figures.outside_ratio = levels.outside_ratio;
    outside_.add(levels.outside_ratio);
    note(findings, "levels", Severity::kMandatory,
         level_track_.update(levels.outside_ratio > settings_.level_ratio, at.start, at.end));
  }
  if (settings_.blur) {
    figures.blur = blur_of(sums);
    if (figures.blur) blur_.add(*figures.blur);
    const bool blurred = figures.blur.value_or(0) >= settings_.blur_threshold;
    blurred_frames_ += blurred;
    note(findings, "blur", Severity::kWarning, blur_track_.update(blurred, at.start, at.end));
  }
}

void VideoProbe::look_at_patterns(const Picture& picture, const Moment& at, FrameFigures& figures,
                                  Findings& findings) {
  if (settings_.blockiness) {
    figures.blockiness = blockiness_of(pattern_.sums());
    if (figures.blockiness) blockiness_.add(*figures.blockiness);
    const bool blocky = figures.blockiness.value_or(0) >= settings_.blockiness_threshold;
    blocky_frames_ += blocky;
    note(findings, "blockiness", Severity::kWarning,
         blockiness_track_.update(blocky, at.start, at.end));
  }
  if (settings_.noise) {
    figures.noise = noise_of(pattern_.sums(), picture.luma().width, picture.samples);
    if (figures.noise) noise_.add(*figures.noise);
    const bool noisy = figures.noise.value_or(0) >= settings_.noise_threshold;
    noisy_frames_ += noisy;
    note(findings, "noise", Severity::kWarning, noise_track_.update(noisy, at.start, at.end));
  }
  if (settings_.combing) look_at_fields(at, figures, findings);
}

void VideoProbe::look_at_fields(const Moment& at, FrameFigures& figures, Findings& findings) {
  if (!previous_) {
    fields_.begin(pattern_.sums().fields);
    unjudged_ = at.start;
    note(findings, "combing", Severity::kWarning, combing_track_.close(at.start));
    return;
  }
  const FieldFigures fields = fields_.judge(pattern_.sums().fields, settings_.fields);
  ++orders_[static_cast<size_t>(fields.order)];
  ++repeated_[static_cast<size_t>(fields.repeated)];
  figures.comb_ratio = fields.comb_ratio;
  if (fields.comb_ratio) comb_.add(*fields.comb_ratio);
  const bool combed =
      fields.order == FieldOrder::kTopFirst || fields.order == FieldOrder::kBottomFirst;
  // The first verdict holds for the picture that could not be judged alone, too.
  note(findings, "combing", Severity::kWarning,
       combing_track_.update(combed, combed ? unjudged_.value_or(at.start) : at.start, at.end));
  unjudged_.reset();
}

void VideoProbe::look_at_edges(const Picture& picture, const Moment& at, Findings& findings) {
  const Plane& luma = picture.luma();
  if (luma.width != crop_width_ || luma.height != crop_height_) crop_.reset();
  crop_width_ = luma.width;
  crop_height_ = luma.height;
  const Extent extent = find_extent(luma, picture.samples, settings_.crop.limit);
  crop_.add(extent, luma.width, luma.height, settings_.crop);
  const bool letterboxed = bars_.judge(luma, picture.samples, extent, settings_.letterbox_ratio);
  note(findings, "letterbox", Severity::kWarning,
       letterbox_track_.update(letterboxed, at.start, at.end));
}

void VideoProbe::look_at_change(const LumaSums& sums, const Picture& picture, const Moment& at,
                                FrameFigures& figures, Findings& findings) {
  if (settings_.information) {
    figures.ti = temporal_information(sums, picture.samples, picture.full_range);
    ti_.add(*figures.ti);
  }
  if (!settings_.scenes || sums.pixels == 0) return;
  const double difference = static_cast<double>(sums.risen + sums.fallen) /
                            static_cast<double>(sums.pixels) / (1 << picture.samples.depth);
  figures.scene_score = scenes_.score(difference);
  if (*figures.scene_score < settings_.scene_threshold) return;
  scenes_.cut(at.start);
  note(findings, "scene-cut", Severity::kInformation, Interval{at.start, at.start});
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
  scenes_.interrupt();
}

void VideoProbe::interrupt(std::vector<Finding>& findings) {
  release_pictures();
  bars_.reset();
  if (!in_run_) return;
  const auto close = [&](const char* name, IntervalTracker& track,
                         Severity severity = Severity::kWarning) {
    note(findings, name, severity, track.close(run_end_));
  };
  close("black", black_track_);
  close("freeze", freeze_track_);
  close("blur", blur_track_);
  close("levels", level_track_, Severity::kMandatory);
  close("blockiness", blockiness_track_);
  close("noise", noise_track_);
  close("letterbox", letterbox_track_);
  close("combing", combing_track_);
  decoded_ += run_end_ - run_start_;
  in_run_ = false;
}

Json VideoProbe::letterbox_summary(Time decoded) const {
  Json json = letterbox_track_.to_json(decoded);
  if (const auto crop = crop_.rectangle(settings_.crop)) {
    json.set(
        "crop",
        Json::object(
            {{"x", crop->x}, {"y", crop->y}, {"width", crop->width}, {"height", crop->height}}));
  }
  return json;
}

Json VideoProbe::combing_summary(Time decoded) const {
  Json json = combing_track_.to_json(decoded);
  if (!comb_.empty()) json.set("comb_ratio", comb_.to_json());
  const auto count = [&json](const char* name, uint64_t pictures) {
    json.set(name, Json::from_unsigned(pictures));
  };
  count("top_first", orders_[static_cast<size_t>(FieldOrder::kTopFirst)]);
  count("bottom_first", orders_[static_cast<size_t>(FieldOrder::kBottomFirst)]);
  count("progressive", orders_[static_cast<size_t>(FieldOrder::kProgressive)]);
  count("undetermined", orders_[static_cast<size_t>(FieldOrder::kUndetermined)]);
  count("repeated_top", repeated_[static_cast<size_t>(RepeatedField::kTop)]);
  count("repeated_bottom", repeated_[static_cast<size_t>(RepeatedField::kBottom)]);
  return json;
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
  if (!blur_.empty())
    json.set("blur", threshold_summary(blur_, share(blurred_frames_), blur_track_, decoded));
  if (!luma_.empty()) json.set("luma", luma_.to_json());
  if (!outside_.empty()) {
    Json levels = level_track_.to_json(decoded);
    levels.set("outside_ratio", outside_.mean());
    levels.set("outside_max", outside_.max());
    json.set("levels", std::move(levels));
  }
  if (!blockiness_.empty()) {
    json.set("blockiness",
             threshold_summary(blockiness_, share(blocky_frames_), blockiness_track_, decoded));
  }
  if (!noise_.empty())
    json.set("noise", threshold_summary(noise_, share(noisy_frames_), noise_track_, decoded));
  if (settings_.letterbox) json.set("letterbox", letterbox_summary(decoded));
  if (settings_.combing) json.set("combing", combing_summary(decoded));
  if (settings_.scenes) json.set("scene_cuts", scenes_.to_json());
  return json;
}

}  // namespace filmgate::quality
