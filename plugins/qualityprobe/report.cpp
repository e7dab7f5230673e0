#include "plugins/qualityprobe/report.h"

#include <optional>

#include "plugins/common/messages.h"

namespace filmgate::quality {
namespace {

void set(GstStructure* message, const char* field, const std::optional<double>& value) {
  if (value) gst_structure_set(message, field, G_TYPE_DOUBLE, *value, nullptr);
}

}  // namespace

Structure make_message(const char* type, const char* media, const GstSegment& segment,
                       GstClockTime pts, GstClockTime duration) {
  Structure structure(gst_structure_new(message::kQualityProbe, message::kType, G_TYPE_STRING, type,
                                        message::kMedia, G_TYPE_STRING, media, nullptr));
  message::set_moment(structure.get(), &segment, pts, duration);
  return structure;
}

void add_figures(GstStructure* message, const FrameFigures& figures) {
  set(message, "si", figures.si);
  set(message, "ti", figures.ti);
  set(message, "blur", figures.blur);
  set(message, "luma-mean", figures.luma_mean);
  set(message, "luma-min", figures.luma_min);
  set(message, "luma-max", figures.luma_max);
  set(message, "black-ratio", figures.black_ratio);
  set(message, "outside-ratio", figures.outside_ratio);
  set(message, "blockiness", figures.blockiness);
  set(message, "noise", figures.noise);
  set(message, "comb-ratio", figures.comb_ratio);
  set(message, "scene-score", figures.scene_score);
}

void add_figures(GstStructure* message, const LoudnessFigures& figures) {
  set(message, "momentary", figures.momentary);
  set(message, "short-term", figures.short_term);
}

Structure make_finding(const char* media, const Finding& finding) {
  Structure structure(gst_structure_new(
      message::kQualityProbe, message::kType, G_TYPE_STRING, "finding", message::kMedia,
      G_TYPE_STRING, media, message::kFinding, G_TYPE_STRING, finding.name, message::kStart,
      G_TYPE_UINT64, finding.interval.start, message::kEnd, G_TYPE_UINT64, finding.interval.end,
      message::kSeverity, G_TYPE_STRING, to_string(finding.severity), nullptr));
  if (finding.channel >= 0)
    gst_structure_set(structure.get(), message::kChannel, G_TYPE_INT, finding.channel, nullptr);
  return structure;
}

}  // namespace filmgate::quality
