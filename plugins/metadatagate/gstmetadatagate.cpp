/**
 * SECTION:element-metadatagate
 * @title: metadatagate
 *
 * Holds a stream until its metadata satisfies the rules. Facts are collected from a sidecar (a JSON
 * file that comes with the video), from tags, caps, the stream collection and the duration
 * upstream; the rules are JSON Schema's words over paths of these facts. Buffers pass untouched.
 *
 * The verdict falls when the first buffer, gap or EOS arrives, once for each stream: a flush or new
 * caps don't ask again, another stream-id does. With #GstMetadataGate:hold a stream that satisfies
 * the rules waits for the action signals #GstMetadataGate::approve or #GstMetadataGate::reject; a
 * sink behind the gate doesn't preroll until then.
 *
 * Posts an element message named `metadatagate` for every verdict, with these fields:
 *
 * * #gchararray `verdict`: "pass", "hold" (waits for a decision) or "reject"
 * * #GST_TYPE_ARRAY of strings `reasons`: a sentence for each rule that isn't met; empty for "pass"
 * * #gchararray `facts`: JSON text of the facts that were judged
 * * #GstClockTime `timestamp`, `stream-time`, `running-time`, `duration`: of the first buffer,
 *   GST_CLOCK_TIME_NONE where the verdict fell at a gap or EOS
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=1 ! metadatagate metadata='{"title":"Kelp"}'
 * rules='{"metadata.title":{"minLength":1},"media.video.height":{"minimum":200}}' ! fakesink
 * ]| Passes, and prints the message with the facts.
 */
#include "plugins/metadatagate/gstmetadatagate.h"

#include <optional>

#include "plugins/common/errors.h"
#include "plugins/common/handles.h"
#include "plugins/common/preset.h"
#include "plugins/metadatagate/flow.h"
#include "plugins/metadatagate/tag_facts.h"

GST_DEBUG_CATEGORY(metadatagate_debug);
#define GST_CAT_DEFAULT metadatagate_debug

using filmgate::GateFlow;
using filmgate::GateSettings;
using filmgate::GateVerdict;
using filmgate::ObjectLock;
using filmgate::OnFail;
using filmgate::Result;

namespace {

enum Property {
  kPropSidecar = 1,
  kPropMetadata,
  kPropRules,
  kPropRulesLocation,
  kPropOnFail,
  kPropHold,
  kPropTimeout,
  kPropInjectTags,
  kPropVerdict,
  kPropFacts,
  kPropCount
};
enum Signal { kSignalApprove, kSignalReject, kSignalCount };

GParamSpec* properties[kPropCount];
guint signals[kSignalCount];

struct Impl {
  std::optional<GateFlow> flow;
  GateSettings settings;  // under the object lock
};

}  // namespace

struct _GstMetadataGate {
  GstElement parent;
  Impl* impl;
};

G_DEFINE_TYPE_WITH_CODE(GstMetadataGate, gst_metadata_gate, GST_TYPE_ELEMENT,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, filmgate::init_preset))
GST_ELEMENT_REGISTER_DEFINE(metadatagate, "metadatagate", GST_RANK_NONE, GST_TYPE_METADATA_GATE)

namespace {

GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

GType on_fail_type() {
  static const GEnumValue kValues[] = {
      {static_cast<int>(OnFail::kError), "Post an error that names the reasons", "error"},
      {static_cast<int>(OnFail::kDrop), "Drop the data, let events and EOS through", "drop"},
      {static_cast<int>(OnFail::kEos), "End the stream at once, without an error", "eos"},
      {static_cast<int>(OnFail::kPass), "Only say so, and let the stream pass", "pass"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstMetadataGateOnFail", kValues);
  return type;
}

GType verdict_type() {
  static const GEnumValue kValues[] = {
      {static_cast<int>(GateVerdict::kNone), "Not judged yet", "none"},
      {static_cast<int>(GateVerdict::kPass), "Passes", "pass"},
      {static_cast<int>(GateVerdict::kHold), "Waits for a decision", "hold"},
      {static_cast<int>(GateVerdict::kReject), "Rejected", "reject"},
      {0, nullptr, nullptr}};
  static const GType type = g_enum_register_static("GstMetadataGateVerdict", kValues);
  return type;
}

bool start(GstMetadataGate* self) {
  GateSettings settings;
  {
    const ObjectLock locked(self);
    settings = self->impl->settings;
  }
  const Result<void> started = self->impl->flow->start(settings);
  if (started) return true;
  filmgate::post_error(self, started.error(), filmgate::Doing::kReadingSettings);
  return false;
}

GstStateChangeReturn change_state(GstElement* element, GstStateChange transition) noexcept {
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start(GST_METADATA_GATE(element)))
    return GST_STATE_CHANGE_FAILURE;
  const GstStateChangeReturn changed =
      GST_ELEMENT_CLASS(gst_metadata_gate_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    GST_METADATA_GATE(element)->impl->flow->stop();
  return changed;
}

gboolean approve(GstMetadataGate* self) noexcept {
  return self->impl->flow->decision().approve();
}

gboolean reject_by_hand(GstMetadataGate* self, const gchar* reason) noexcept {
  const bool given = reason && *reason;
  // It goes into messages, which hold UTF-8 only, and no more of it than of any other text.
  return self->impl->flow->decision().reject(
      filmgate::valid_tag_text(given ? reason : "a reviewer rejected it", -1));
}

std::string text_of(const GValue* value) {
  const gchar* text = g_value_get_string(value);
  return text ? text : "";
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) noexcept {
  const ObjectLock locked(object);
  GateSettings& settings = GST_METADATA_GATE(object)->impl->settings;
  switch (id) {
    case kPropSidecar:
      settings.sidecar = text_of(value);
      break;
    case kPropMetadata:
      settings.metadata = text_of(value);
      break;
    case kPropRules:
      settings.rules = text_of(value);
      break;
    case kPropRulesLocation:
      settings.rules_location = text_of(value);
      break;
    case kPropOnFail:
      settings.on_fail = static_cast<OnFail>(g_value_get_enum(value));
      break;
    case kPropHold:
      settings.hold = g_value_get_boolean(value);
      break;
    case kPropTimeout:
      settings.timeout = g_value_get_uint64(value);
      break;
    case kPropInjectTags:
      settings.inject_tags = g_value_get_boolean(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      break;
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) noexcept {
  const Impl& impl = *GST_METADATA_GATE(object)->impl;
  const auto set_text = [value](const std::string& text) {
    g_value_set_string(value, text.empty() ? nullptr : text.c_str());
  };
  const ObjectLock locked(object);
  const GateSettings& settings = impl.settings;
  switch (id) {
    case kPropSidecar:
      set_text(settings.sidecar);
      break;
    case kPropMetadata:
      set_text(settings.metadata);
      break;
    case kPropRules:
      set_text(settings.rules);
      break;
    case kPropRulesLocation:
      set_text(settings.rules_location);
      break;
    case kPropOnFail:
      g_value_set_enum(value, static_cast<int>(settings.on_fail));
      break;
    case kPropHold:
      g_value_set_boolean(value, settings.hold);
      break;
    case kPropTimeout:
      g_value_set_uint64(value, settings.timeout);
      break;
    case kPropInjectTags:
      g_value_set_boolean(value, settings.inject_tags);
      break;
    case kPropVerdict:
      g_value_set_enum(value, static_cast<int>(impl.flow->gate().verdict()));
      break;
    case kPropFacts:
      set_text(impl.flow->gate().facts_text());
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      break;
  }
}

void finalize(GObject* object) noexcept {
  delete GST_METADATA_GATE(object)->impl;
  G_OBJECT_CLASS(gst_metadata_gate_parent_class)->finalize(object);
}

void install_properties(GObjectClass* object_class) {
  constexpr auto kFlags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                   GST_PARAM_MUTABLE_READY);
  constexpr auto kReadOnly = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[kPropSidecar] = g_param_spec_string(
      "sidecar", "Sidecar", "Path of the JSON file that came with the video, or fd://N", nullptr,
      kFlags);
  properties[kPropMetadata] = g_param_spec_string(
      "metadata", "Metadata", "JSON text of the metadata, instead of a sidecar", nullptr, kFlags);
  properties[kPropRules] = g_param_spec_string(
      "rules", "Rules", "JSON text of the rules that must hold; none: all pass", nullptr, kFlags);
  properties[kPropRulesLocation] =
      g_param_spec_string("rules-location", "Rules location",
                          "Path of a file with the rules, or fd://N", nullptr, kFlags);
  properties[kPropOnFail] =
      g_param_spec_enum("on-fail", "On fail", "What to do with a stream that is rejected",
                        on_fail_type(), static_cast<int>(OnFail::kError), kFlags);
  properties[kPropHold] = g_param_spec_boolean(
      "hold", "Hold", "Wait for approve or reject before a stream that meets the rules passes",
      FALSE, kFlags);
  properties[kPropTimeout] = g_param_spec_uint64(
      "timeout", "Timeout", "How long to wait for a decision, in nanoseconds; 0 waits for ever", 0,
      G_MAXUINT64, 0, kFlags);
  properties[kPropInjectTags] =
      g_param_spec_boolean("inject-tags", "Inject tags",
                           "Send fields of the metadata downstream as tags", FALSE, kFlags);
  properties[kPropVerdict] =
      g_param_spec_enum("verdict", "Verdict", "The verdict on the present stream", verdict_type(),
                        static_cast<int>(GateVerdict::kNone), kReadOnly);
  properties[kPropFacts] = g_param_spec_string(
      "facts", "Facts", "JSON text of the facts that were judged", nullptr, kReadOnly);
  g_object_class_install_properties(object_class, kPropCount, properties);
}

}  // namespace

static void gst_metadata_gate_class_init(GstMetadataGateClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  auto* element_class = GST_ELEMENT_CLASS(klass);
  GST_DEBUG_CATEGORY_INIT(metadatagate_debug, "metadatagate", 0, "metadata gate");

  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class);

  /**
   * GstMetadataGate::approve:
   *
   * Lets the stream that waits pass. From any thread.
   *
   * Returns: %FALSE if no decision is wanted, or one was made already.
   */
  signals[kSignalApprove] =
      g_signal_new_class_handler("approve", G_TYPE_FROM_CLASS(klass),
                                 static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION),
                                 G_CALLBACK(approve), nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, 0);
  /**
   * GstMetadataGate::reject:
   * @reason: (nullable): a sentence for the sender of the video
   *
   * Rejects the stream that waits. From any thread.
   *
   * Returns: %FALSE if no decision is wanted, or one was made already.
   */
  signals[kSignalReject] = g_signal_new_class_handler(
      "reject", G_TYPE_FROM_CLASS(klass),
      static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION), G_CALLBACK(reject_by_hand),
      nullptr, nullptr, nullptr, G_TYPE_BOOLEAN, 1, G_TYPE_STRING);

  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "Metadata gate", "Filter/Metadata",
                                        "Holds a stream until its metadata satisfies the rules",
                                        "The Filmgate authors");
  gst_type_mark_as_plugin_api(on_fail_type(), static_cast<GstPluginAPIFlags>(0));
  gst_type_mark_as_plugin_api(verdict_type(), static_cast<GstPluginAPIFlags>(0));
}

static void gst_metadata_gate_init(GstMetadataGate* self) {
  self->impl = new Impl();
  GstElementClass* element_class = GST_ELEMENT_GET_CLASS(self);
  self->impl->flow.emplace(
      GST_ELEMENT_CAST(self), gst_element_class_get_pad_template(element_class, "sink"),
      gst_element_class_get_pad_template(element_class, "src"),
      [self] { g_object_notify_by_pspec(G_OBJECT(self), properties[kPropVerdict]); });
}
