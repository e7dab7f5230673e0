#include "plugins/metadatagate/flow.h"

#include <chrono>
#include <optional>
#include <utility>

#include "plugins/common/messages.h"

GST_DEBUG_CATEGORY_EXTERN(metadatagate_debug);
#define GST_CAT_DEFAULT metadatagate_debug

namespace filmgate {
namespace {

GateFlow& flow_of(GstPad* pad) {
  return *static_cast<GateFlow*>(gst_pad_get_element_private(pad));
}

std::string joined(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
  return text;
}

GValue string_array(const std::vector<std::string>& texts) {
  GValue list = G_VALUE_INIT;
  gst_value_array_init(&list, static_cast<guint>(texts.size()));
  for (const std::string& text : texts) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_STRING);
    g_value_set_string(&value, text.c_str());
    gst_value_array_append_and_take_value(&list, &value);
  }
  return list;
}

}  // namespace

const char* verdict_nick(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::kNone:
      return "none";
    case GateVerdict::kPass:
      return "pass";
    case GateVerdict::kHold:
      return "hold";
    case GateVerdict::kReject:
      return "reject";
  }
  return "none";
}

GateFlow::GateFlow(GstElement* element, GstPadTemplate* sink, GstPadTemplate* src,
                   std::function<void()> verdict_changed)
    : element_(element),
      verdict_changed_(std::move(verdict_changed)),
      sink_(gst_pad_new_from_template(sink, "sink")),
      src_(gst_pad_new_from_template(src, "src")) {
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  gst_pad_set_element_private(sink_, this);
  gst_pad_set_chain_function(sink_, chain);
  gst_pad_set_chain_list_function(sink_, chain_list);
  gst_pad_set_event_function(sink_, sink_event);
  gst_pad_set_activatemode_function(sink_, sink_activate_mode);
  for (GstPad* pad : {sink_, src_}) {
    GST_PAD_SET_PROXY_CAPS(pad);
    GST_PAD_SET_PROXY_ALLOCATION(pad);
    gst_element_add_pad(element_, pad);
  }
}

Result<void> GateFlow::start(const GateSettings& settings) {
  phase_ = Phase::kUnjudged;
  injected_ = ended_ = false;
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  decision_.reset(settings.hold);
  return gate_.start(settings);
}

// Stores the verdict and tells everybody; no lock is held.
void GateFlow::announce(GateVerdict verdict, const std::vector<std::string>& reasons,
                        GstClockTime pts, GstClockTime duration) {
  gate_.set_verdict(verdict);
  GST_INFO_OBJECT(element_, "verdict %s: %s", verdict_nick(verdict), joined(reasons).c_str());
  GstStructure* structure = gst_structure_new(message::kMetadataGate, message::kVerdict,
                                              G_TYPE_STRING, verdict_nick(verdict), message::kFacts,
                                              G_TYPE_STRING, gate_.facts_text().c_str(), nullptr);
  GValue list = string_array(reasons);
  gst_structure_take_value(structure, message::kReasons, &list);
  message::set_moment(structure, &segment_, pts, duration);
  gst_element_post_message(element_, gst_message_new_element(GST_OBJECT_CAST(element_), structure));
  verdict_changed_();
}

GstFlowReturn GateFlow::pass(GstClockTime pts, GstClockTime duration) {
  phase_ = Phase::kOpen;
  announce(GateVerdict::kPass, {}, pts, duration);
  return GST_FLOW_OK;
}

GstFlowReturn GateFlow::reject(const std::vector<std::string>& reasons, GstClockTime pts,
                               GstClockTime duration) {
  const OnFail on_fail = gate_.settings().on_fail;
  phase_ = on_fail == OnFail::kPass ? Phase::kOpen : Phase::kRefused;
  announce(GateVerdict::kReject, reasons, pts, duration);
  if (phase_ == Phase::kOpen) return GST_FLOW_OK;
  if (on_fail == OnFail::kError)
    GST_ELEMENT_ERROR(element_, STREAM, FAILED,
                      ("The stream is rejected: %s.", joined(reasons).c_str()), (nullptr));
  return refuse();
}

// What data of a rejected stream meets; the EOS goes out once, and again after a flush.
GstFlowReturn GateFlow::refuse() {
  switch (gate_.settings().on_fail) {
    case OnFail::kError:
      return GST_FLOW_ERROR;
    case OnFail::kEos:
      if (!std::exchange(ended_, true)) {
        GstEvent* eos = gst_event_new_eos();
        if (seqnum_ != GST_SEQNUM_INVALID) gst_event_set_seqnum(eos, seqnum_);
        gst_pad_push_event(src_, eos);
      }
      return GST_FLOW_EOS;
    case OnFail::kDrop:
    case OnFail::kPass:
      break;
  }
  return GST_FLOW_OK;
}

GstFlowReturn GateFlow::wait_for_decision(GstClockTime pts, GstClockTime duration) {
  const GstClockTime timeout = gate_.settings().timeout;
  std::optional<std::chrono::nanoseconds> patience;
  if (timeout > 0 && timeout <= G_MAXINT64)
    patience = std::chrono::nanoseconds(static_cast<int64_t>(timeout));
  switch (decision_.wait(patience)) {
    case Decision::Outcome::kInterrupted:
      return GST_FLOW_FLUSHING;
    case Decision::Outcome::kApproved:
      return pass(pts, duration);
    case Decision::Outcome::kRejected:
      return reject({decision_.reject_reason()}, pts, duration);
    case Decision::Outcome::kTimedOut:
      break;
  }
  char limit[G_ASCII_DTOSTR_BUF_SIZE];
  g_ascii_formatd(limit, sizeof limit, "%.10g", static_cast<double>(timeout) / GST_SECOND);
  return reject({std::string("nobody decided within ") + limit + " s"}, pts, duration);
}

GstFlowReturn GateFlow::judge(GstClockTime pts, GstClockTime duration) {
  gint64 length = -1;
  const bool known = gst_pad_peer_query_duration(sink_, GST_FORMAT_TIME, &length) && length >= 0;
  const std::vector<std::string> reasons =
      gate_.judge(known ? static_cast<GstClockTime>(length) : GST_CLOCK_TIME_NONE);
  if (!reasons.empty()) return reject(reasons, pts, duration);
  if (!gate_.settings().hold) return pass(pts, duration);
  phase_ = Phase::kHolding;
  announce(GateVerdict::kHold, {"a person must decide"}, pts, duration);
  return wait_for_decision(pts, duration);
}

// What becomes of data that arrives now. OK means: push it if the gate is open, else drop it.
GstFlowReturn GateFlow::decide(GstClockTime pts, GstClockTime duration) {
  switch (phase_) {
    case Phase::kUnjudged:
      return judge(pts, duration);
    case Phase::kHolding:
      return wait_for_decision(pts, duration);  // a flush cut it short
    case Phase::kRefused:
      return refuse();
    case Phase::kOpen:
      break;
  }
  return GST_FLOW_OK;
}

// The sidecar's tags go out before the first data, unless they went with tags from upstream.
void GateFlow::inject() {
  if (std::exchange(injected_, true)) return;
  if (Ref<GstTagList> tags = gate_.injected_tags(nullptr))
    gst_pad_push_event(src_, gst_event_new_tag(tags.release()));
}

GstFlowReturn GateFlow::chain(GstPad* pad, GstObject*, GstBuffer* buffer) noexcept {
  GateFlow& flow = flow_of(pad);
  const GstFlowReturn decided = flow.decide(GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer));
  if (decided != GST_FLOW_OK || flow.phase_ != Phase::kOpen) {
    gst_buffer_unref(buffer);
    return decided;
  }
  flow.inject();
  return gst_pad_push(flow.src_, buffer);
}

GstFlowReturn GateFlow::chain_list(GstPad* pad, GstObject*, GstBufferList* list) noexcept {
  GateFlow& flow = flow_of(pad);
  GstBuffer* first = gst_buffer_list_length(list) > 0 ? gst_buffer_list_get(list, 0) : nullptr;
  const GstFlowReturn decided =
      flow.decide(first ? GST_BUFFER_PTS(first) : GST_CLOCK_TIME_NONE,
                  first ? GST_BUFFER_DURATION(first) : GST_CLOCK_TIME_NONE);
  if (decided != GST_FLOW_OK || flow.phase_ != Phase::kOpen) {
    gst_buffer_list_unref(list);
    return decided;
  }
  flow.inject();
  return gst_pad_push_list(flow.src_, list);
}

// A gap or EOS: judged like data. Takes the event.
gboolean GateFlow::pass_in_turn(GstEvent* event) {
  const bool eos = GST_EVENT_TYPE(event) == GST_EVENT_EOS;
  const GstFlowReturn decided = decide(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  // A stream whose data is dropped still ends; one that was ended or failed has no more to say.
  const bool passes = decided == GST_FLOW_OK && (phase_ == Phase::kOpen || eos);
  if (!passes) {
    gst_event_unref(event);
    return decided == GST_FLOW_OK || decided == GST_FLOW_EOS;
  }
  if (phase_ == Phase::kOpen) inject();
  return gst_pad_push_event(src_, event);
}

// Passes tags on, with the sidecar's over them. Takes the event.
gboolean GateFlow::pass_tags(GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  gate_.learn_tags(tags);
  const bool global = gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL;
  if (Ref<GstTagList> changed = global ? gate_.injected_tags(tags) : gate_.remaining_tags(tags)) {
    injected_ = injected_ || global;
    GstEvent* replacement = gst_event_new_tag(changed.release());
    gst_event_set_seqnum(replacement, gst_event_get_seqnum(event));
    gst_event_unref(event);
    event = replacement;
  }
  return gst_pad_push_event(src_, event);
}

void GateFlow::begin_stream(GstEvent* event) {
  const gchar* id = "";
  gst_event_parse_stream_start(event, &id);
  ended_ = false;  // downstream forgets an EOS as well, even if the same stream starts again
  if (gate_.stream_id() == id) return;
  phase_ = Phase::kUnjudged;
  injected_ = false;
  // An answer that was given before any data arrived counts for the first stream.
  if (!gate_.stream_id().empty()) decision_.reset(gate_.settings().hold);
  gate_.begin_stream(id);
}

gboolean GateFlow::sink_event(GstPad* pad, GstObject* parent, GstEvent* event) noexcept {
  GateFlow& flow = flow_of(pad);
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_START:
      flow.decision_.set_interrupted(true);
      break;
    case GST_EVENT_FLUSH_STOP:
      flow.decision_.set_interrupted(false);
      flow.ended_ = false;
      gst_segment_init(&flow.segment_, GST_FORMAT_UNDEFINED);
      break;
    case GST_EVENT_STREAM_START:
      flow.begin_stream(event);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment(event, &flow.segment_);
      flow.seqnum_ = gst_event_get_seqnum(event);
      break;
    case GST_EVENT_CAPS: {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      flow.gate_.learn_caps(caps);
      break;
    }
    case GST_EVENT_STREAM_COLLECTION: {
      GstStreamCollection* collection = nullptr;
      gst_event_parse_stream_collection(event, &collection);
      flow.gate_.learn_collection(collection);
      gst_object_unref(collection);
      break;
    }
    case GST_EVENT_TAG:
      return flow.pass_tags(event);
    case GST_EVENT_GAP:
    case GST_EVENT_EOS:
      return flow.pass_in_turn(event);
    default:
      break;
  }
  return gst_pad_event_default(pad, parent, event);
}

// Pads are shut down by state changes and by those who take the element out of a running pipeline;
// either way a waiting thread must let go before its pad's stream lock is taken.
gboolean GateFlow::sink_activate_mode(GstPad* pad, GstObject*, GstPadMode mode,
                                      gboolean active) noexcept {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  flow_of(pad).decision_.set_interrupted(!active);
  return TRUE;
}

}  // namespace filmgate
