#include "plugins/qualityprobe/settings.h"

#include <limits>
#include <vector>

#include "plugins/qualityprobe/settings_table.h"

namespace filmgate::quality {
namespace {

// All rows of the tables, in the order of their flags and ids.
const std::vector<Measure>& measures() {
  static const auto all = [] {
    std::vector<Measure> rows(video_measures().begin(), video_measures().end());
    rows.insert(rows.end(), audio_measures().begin(), audio_measures().end());
    return rows;
  }();
  return all;
}

enum FixedProperty : guint {
  kPropInterval = kSummaryProperty + 1,
  kPropMeasures,
  kPropPostMessages,
  kPropPerFrame,
  kPropReportLocation,
  kFirstOfTable,  // id of the first row of rows()
};

const std::vector<Property>& rows() {
  static const auto all = [] {
    std::vector<Property> properties(video_properties().begin(), video_properties().end());
    properties.insert(properties.end(), audio_properties().begin(), audio_properties().end());
    return properties;
  }();
  return all;
}

const Property* row(guint id) {
  const size_t at = id - kFirstOfTable;
  return id >= kFirstOfTable && at < rows().size() ? &rows()[at] : nullptr;
}

GType measures_type() {
  static const GType type = [] {
    static std::vector<GFlagsValue> values;  // GLib keeps a pointer to it
    for (const Measure& measure : measures())
      values.push_back({1u << values.size(), measure.words, measure.nick});
    values.push_back({0, nullptr, nullptr});
    return g_flags_register_static("GstQualityProbeMeasures", values.data());
  }();
  return type;
}

constexpr auto kFlags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                 GST_PARAM_MUTABLE_PLAYING);
constexpr auto kFixedFlags =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

GParamSpec* length_spec(const char* name, const char* nick, const char* words, Time standard) {
  return g_param_spec_uint64(name, nick, words, 0, std::numeric_limits<gint64>::max(), standard,
                             kFlags);
}

GParamSpec* spec(const Property& property) {
  ElementSettings defaults;
  if (const auto* number = std::get_if<Number>(&property.value)) {
    return g_param_spec_double(property.name, property.nick, property.words, number->min,
                               number->max, number->member(defaults), kFlags);
  }
  if (const auto* whole = std::get_if<Whole>(&property.value)) {
    return g_param_spec_int(property.name, property.nick, property.words, whole->min, whole->max,
                            whole->member(defaults), kFlags);
  }
  return length_spec(property.name, property.nick, property.words,
                     std::get<Length>(property.value).member(defaults));
}

}  // namespace

void install_properties(GObjectClass* cls) {
  const ElementSettings defaults;
  gst_type_mark_as_plugin_api(measures_type(), static_cast<GstPluginAPIFlags>(0));
  g_object_class_install_property(
      cls, kPropInterval,
      length_spec("interval", "Interval", "Time between interval messages, in ns (0 = none)",
                  defaults.interval));
  g_object_class_install_property(
      cls, kPropMeasures,
      g_param_spec_flags("measures", "Measures",
                         "What is measured; what does not fit the stream is left out",
                         measures_type(), (1u << measures().size()) - 1, kFixedFlags));
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
  for (guint i = 0; i < rows().size(); ++i)
    g_object_class_install_property(cls, kFirstOfTable + i, spec(rows()[i]));
  g_object_class_install_property(
      cls, kSummaryProperty,
      g_param_spec_string("summary", "Summary",
                          "What was measured, as JSON text; set at the end of the stream", nullptr,
                          static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

void keep_measures(const ElementSettings& begun, ElementSettings& settings) {
  ElementSettings copy = begun;
  for (const Measure& measure : measures()) measure.member(settings) = measure.member(copy);
}

bool set_setting(ElementSettings& settings, guint id, const GValue* value) {
  if (const Property* property = row(id)) {
    if (const auto* number = std::get_if<Number>(&property->value))
      number->member(settings) = g_value_get_double(value);
    else if (const auto* whole = std::get_if<Whole>(&property->value))
      whole->member(settings) = g_value_get_int(value);
    else
      std::get<Length>(property->value).member(settings) = g_value_get_uint64(value);
    return true;
  }
  switch (id) {
    case kPropInterval:
      settings.interval = g_value_get_uint64(value);
      return true;
    case kPropMeasures: {
      const guint flags = g_value_get_flags(value);
      for (guint i = 0; i < measures().size(); ++i)
        measures()[i].member(settings) = (flags >> i & 1) != 0;
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
    default:
      return false;
  }
}

bool get_setting(const ElementSettings& settings, guint id, GValue* value) {
  ElementSettings copy = settings;
  if (const Property* property = row(id)) {
    if (const auto* number = std::get_if<Number>(&property->value))
      g_value_set_double(value, number->member(copy));
    else if (const auto* whole = std::get_if<Whole>(&property->value))
      g_value_set_int(value, whole->member(copy));
    else
      g_value_set_uint64(value, std::get<Length>(property->value).member(copy));
    return true;
  }
  switch (id) {
    case kPropInterval:
      g_value_set_uint64(value, copy.interval);
      return true;
    case kPropMeasures: {
      guint flags = 0;
      for (guint i = 0; i < measures().size(); ++i)
        flags |= measures()[i].member(copy) ? 1u << i : 0;
      g_value_set_flags(value, flags);
      return true;
    }
    case kPropPostMessages:
      g_value_set_boolean(value, copy.post_messages);
      return true;
    case kPropPerFrame:
      g_value_set_boolean(value, copy.per_frame);
      return true;
    case kPropReportLocation:
      g_value_set_string(value,
                         copy.report_location.empty() ? nullptr : copy.report_location.c_str());
      return true;
    default:
      return false;
  }
}

}  // namespace filmgate::quality
