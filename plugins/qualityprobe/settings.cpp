#include "plugins/qualityprobe/settings.h"

#include <array>
#include <limits>

namespace filmgate::quality {
namespace {

enum Measure : guint {
  kInformation = 1 << 0,
  kBlack = 1 << 1,
  kFreeze = 1 << 2,
  kBlur = 1 << 3,
  kLevels = 1 << 4,
  kLuma = 1 << 5,
  kLoudness = 1 << 6,
  kTruePeak = 1 << 7,
  kSilence = 1 << 8,
  kClipping = 1 << 9,
};
constexpr guint kAllMeasures = (1 << 10) - 1;

GType measures_type() {
  static const GType type = [] {
    static const std::array<GFlagsValue, 11> values{{
        {kInformation, "Spatial and temporal information", "siti"},
        {kBlack, "Black pictures", "black"},
        {kFreeze, "Pictures that stand still", "freeze"},
        {kBlur, "Perceptual blur", "blur"},
        {kLevels, "Luma outside the legal range", "levels"},
        {kLuma, "Mean, least and greatest luma", "luma"},
        {kLoudness, "EBU R128 loudness and loudness range", "loudness"},
        {kTruePeak, "EBU R128 true peak", "true-peak"},
        {kSilence, "Silence", "silence"},
        {kClipping, "Clipped samples", "clipping"},
        {0, nullptr, nullptr},
    }};
    return g_flags_register_static("GstQualityProbeMeasures", values.data());
  }();
  return type;
}

enum Property : guint {
  kPropInterval = kSummaryProperty + 1,
  kPropMeasures,
  kPropPostMessages,
  kPropPerFrame,
  kPropReportLocation,
  kPropBlackPixelThreshold,
  kPropBlackPictureRatio,
  kPropBlackDuration,
  kPropFreezeNoise,
  kPropFreezeDuration,
  kPropBlurThreshold,
  kPropBlurDuration,
  kPropLevelsMinimum,
  kPropLevelsMaximum,
  kPropLevelsRatio,
  kPropLevelsDuration,
  kPropSilenceThreshold,
  kPropSilenceDuration,
  kPropClippingRun,
};

constexpr auto kFlags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                 GST_PARAM_MUTABLE_PLAYING);
constexpr auto kFixedFlags =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

// Which member a property of a plain type stands for.
double* number(ElementSettings& s, guint id) {
  switch (id) {
    case kPropBlackPixelThreshold:
      return &s.video.black_pixel;
    case kPropBlackPictureRatio:
      return &s.video.black_picture;
    case kPropFreezeNoise:
      return &s.video.freeze_noise;
    case kPropBlurThreshold:
      return &s.video.blur_threshold;
    case kPropLevelsMinimum:
      return &s.video.level_min;
    case kPropLevelsMaximum:
      return &s.video.level_max;
    case kPropLevelsRatio:
      return &s.video.level_ratio;
    case kPropSilenceThreshold:
      return &s.audio.silence_threshold;
    default:
      return nullptr;
  }
}

Time* duration(ElementSettings& s, guint id) {
  switch (id) {
    case kPropInterval:
      return &s.interval;
    case kPropBlackDuration:
      return &s.video.black_duration;
    case kPropFreezeDuration:
      return &s.video.freeze_duration;
    case kPropBlurDuration:
      return &s.video.blur_duration;
    case kPropLevelsDuration:
      return &s.video.level_duration;
    case kPropSilenceDuration:
      return &s.audio.silence_duration;
    default:
      return nullptr;
  }
}

struct Choice {
  guint flag;
  bool* member;
};

std::array<Choice, 10> choices(ElementSettings& s) {
  return {{{kInformation, &s.video.information},
           {kBlack, &s.video.black},
           {kFreeze, &s.video.freeze},
           {kBlur, &s.video.blur},
           {kLevels, &s.video.levels},
           {kLuma, &s.video.luma},
           {kLoudness, &s.audio.loudness},
           {kTruePeak, &s.audio.true_peak},
           {kSilence, &s.audio.silence},
           {kClipping, &s.audio.clipping}}};
}

void install_number(GObjectClass* cls, guint id, const char* name, const char* nick,
                    const char* blurb, double min, double max) {
  ElementSettings defaults;
  g_object_class_install_property(
      cls, id, g_param_spec_double(name, nick, blurb, min, max, *number(defaults, id), kFlags));
}

void install_duration(GObjectClass* cls, guint id, const char* name, const char* nick,
                      const char* blurb) {
  ElementSettings defaults;
  g_object_class_install_property(
      cls, id,
      g_param_spec_uint64(name, nick, blurb, 0, std::numeric_limits<gint64>::max(),
                          *duration(defaults, id), kFlags));
}

}  // namespace

void install_properties(GObjectClass* cls) {
  const ElementSettings defaults;
  gst_type_mark_as_plugin_api(measures_type(), static_cast<GstPluginAPIFlags>(0));
  install_duration(cls, kPropInterval, "interval", "Interval",
                   "Time between interval messages, in ns (0 = none)");
  g_object_class_install_property(
      cls, kPropMeasures,
      g_param_spec_flags("measures", "Measures",
                         "What is measured; what does not fit the stream is left out",
                         measures_type(), kAllMeasures, kFixedFlags));
  g_object_class_install_property(
      cls, kPropPostMessages,
      g_param_spec_boolean("post-messages", "Post messages",
                           "Post interval, finding and summary messages on the bus",
                           defaults.post_messages, kFlags));
  g_object_class_install_property(
      cls, kPropPerFrame,
      g_param_spec_boolean("per-frame", "Per frame",
                           "Also post a message for each buffer (needs post-messages)",
                           defaults.per_frame, kFlags));
  g_object_class_install_property(
      cls, kPropReportLocation,
      g_param_spec_string("report-location", "Report location",
                          "File that the summary is written to as JSON at the end of the stream; "
                          "it appears whole or not at all",
                          nullptr, kFixedFlags));
  install_number(cls, kPropBlackPixelThreshold, "black-pixel-threshold", "Black pixel threshold",
                 "A pixel is black up to this share of the luma range, 0 to 1", 0, 1);
  install_number(cls, kPropBlackPictureRatio, "black-picture-ratio", "Black picture ratio",
                 "A picture is black from this share of black pixels on, 0 to 1", 0, 1);
  install_duration(cls, kPropBlackDuration, "black-duration", "Black duration",
                   "Black is reported from this length on, in ns");
  install_number(cls, kPropFreezeNoise, "freeze-noise", "Freeze noise",
                 "A picture stands still up to this mean absolute difference, as a share of the "
                 "sample range, 0 to 1",
                 0, 1);
  install_duration(cls, kPropFreezeDuration, "freeze-duration", "Freeze duration",
                   "A frozen picture is reported from this length on, in ns");
  install_number(cls, kPropBlurThreshold, "blur-threshold", "Blur threshold",
                 "A picture is blurred from this blur on, 0 (sharp) to 1 (fully blurred)", 0, 1);
  install_duration(cls, kPropBlurDuration, "blur-duration", "Blur duration",
                   "Blur is reported from this length on, in ns");
  install_number(cls, kPropLevelsMinimum, "levels-minimum", "Levels minimum",
                 "Least legal luma, in 8-bit code values of limited range", 0, 255);
  install_number(cls, kPropLevelsMaximum, "levels-maximum", "Levels maximum",
                 "Greatest legal luma, in 8-bit code values of limited range", 0, 255);
  install_number(cls, kPropLevelsRatio, "levels-ratio", "Levels ratio",
                 "Share of a picture that may lie outside the legal luma, 0 to 1", 0, 1);
  install_duration(cls, kPropLevelsDuration, "levels-duration", "Levels duration",
                   "Illegal levels are reported from this length on, in ns");
  install_number(cls, kPropSilenceThreshold, "silence-threshold", "Silence threshold",
                 "Audio is silent while all samples are below this level, in dB of full scale",
                 -200, 0);
  install_duration(cls, kPropSilenceDuration, "silence-duration", "Silence duration",
                   "Silence is reported from this length on, in ns");
  g_object_class_install_property(
      cls, kPropClippingRun,
      g_param_spec_int("clipping-run", "Clipping run",
                       "Samples of a channel are clipped from this many at full scale in a row, "
                       "in samples",
                       1, 1'000'000, defaults.audio.clipping_run, kFlags));
  g_object_class_install_property(
      cls, kSummaryProperty,
      g_param_spec_string("summary", "Summary",
                          "What was measured, as JSON text; set at the end of the stream", nullptr,
                          static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

bool set_setting(ElementSettings& settings, guint id, const GValue* value) {
  if (double* member = number(settings, id)) {
    *member = g_value_get_double(value);
    return true;
  }
  if (Time* member = duration(settings, id)) {
    *member = g_value_get_uint64(value);
    return true;
  }
  switch (id) {
    case kPropMeasures: {
      const guint flags = g_value_get_flags(value);
      for (const Choice& choice : choices(settings)) *choice.member = (flags & choice.flag) != 0;
      return true;
    }
    case kPropPostMessages:
      settings.post_messages = g_value_get_boolean(value);
      return true;
    case kPropPerFrame:
      settings.per_frame = g_value_get_boolean(value);
      return true;
    case kPropReportLocation: {
      const char* text = g_value_get_string(value);
      settings.report_location = text ? text : "";
      return true;
    }
    case kPropClippingRun:
      settings.audio.clipping_run = g_value_get_int(value);
      return true;
    default:
      return false;
  }
}

bool get_setting(const ElementSettings& settings, guint id, GValue* value) {
  ElementSettings copy = settings;
  if (const double* member = number(copy, id)) {
    g_value_set_double(value, *member);
    return true;
  }
  if (const Time* member = duration(copy, id)) {
    g_value_set_uint64(value, *member);
    return true;
  }
  switch (id) {
    case kPropMeasures: {
      guint flags = 0;
      for (const Choice& choice : choices(copy)) flags |= *choice.member ? choice.flag : 0;
      g_value_set_flags(value, flags);
      return true;
    }
    case kPropPostMessages:
      g_value_set_boolean(value, settings.post_messages);
      return true;
    case kPropPerFrame:
      g_value_set_boolean(value, settings.per_frame);
      return true;
    case kPropReportLocation:
      g_value_set_string(
          value, settings.report_location.empty() ? nullptr : settings.report_location.c_str());
      return true;
    case kPropClippingRun:
      g_value_set_int(value, settings.audio.clipping_run);
      return true;
    default:
      return false;
  }
}

}  // namespace filmgate::quality
