/**
 * SECTION:element-qualityprobe
 * @title: qualityprobe
 * @short_description: Measures the quality of raw video or audio that passes through
 *
 * Passes raw video or audio on untouched and measures it: for video spatial and temporal
 * information, black, freezes, blur, blockiness, noise, luma levels, bars around the picture,
 * combing and scene cuts; for audio EBU R128 loudness, true peak, silence
 * and clipping. What it finds is posted as element messages named "qualityprobe":
 *
 * * `type=frame` (with #GstQualityProbe:per-frame) and `type=interval`: figures, with `timestamp`,
 *   `stream-time`, `running-time` and `duration`;
 * * `type=finding`: `finding` (its name), `start`, `end` in stream time, `severity`;
 * * `type=summary`: `summary`, JSON text, before the end of the stream is passed on.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 -m videotestsrc num-buffers=90 pattern=black ! qualityprobe ! fakesink
 * ]|
 */
#include "plugins/qualityprobe/gstqualityprobe.h"

#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "plugins/common/errors.h"
#include "plugins/common/handles.h"
#include "plugins/common/messages.h"
#include "plugins/common/preset.h"
#include "plugins/core/json.h"
#include "plugins/core/whole_file.h"
#include "plugins/qualityprobe/media.h"
#include "plugins/qualityprobe/report.h"
#include "plugins/qualityprobe/settings.h"
#include "plugins/qualityprobe/stream.h"

GST_DEBUG_CATEGORY_STATIC(quality_probe_debug);
#define GST_CAT_DEFAULT quality_probe_debug

namespace quality = filmgate::quality;

namespace {

struct Impl {
  std::mutex lock;  // guards the two members below
  quality::ElementSettings settings;
  std::string summary;

  // Of the streaming thread.
  quality::Stream stream;
  quality::ElementSettings begun;  // the settings at the start: what is measured stays
  filmgate::Ref<GstCaps> refused;  // of which it was told why
  bool failed = false;             // an error was told: there is no report on a part of the stream

  quality::ElementSettings current() {
    quality::ElementSettings now;
    {
      const std::lock_guard guard(lock);
      now = settings;
    }
    quality::keep_measures(begun, now);
    return now;
  }
};

// The pictures that the probe may hold on to: the previous one, and that with which a freeze began.
constexpr guint kKeptPictures = 2;

}  // namespace

struct _GstQualityProbe {
  GstBaseTransform parent;
  Impl* impl;
};

G_DEFINE_TYPE_WITH_CODE(GstQualityProbe, gst_quality_probe, GST_TYPE_BASE_TRANSFORM,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, filmgate::init_preset))
GST_ELEMENT_REGISTER_DEFINE(qualityprobe, "qualityprobe", GST_RANK_NONE, GST_TYPE_QUALITY_PROBE)

static void post(GstQualityProbe* self, quality::Outbox& outbox) {
  for (filmgate::Structure& structure : outbox) {
    gst_element_post_message(GST_ELEMENT(self),
                             gst_message_new_element(GST_OBJECT(self), structure.release()));
  }
  outbox.clear();
}

// The end of the stream: the summary as property, message and file.
static void finish(GstQualityProbe* self) {
  Impl* impl = self->impl;
  if (!impl->stream.known() || impl->failed) return;
  const quality::ElementSettings settings = impl->current();
  quality::Outbox outbox;
  impl->stream.interrupt(GST_BASE_TRANSFORM(self)->segment, settings, outbox);
  const filmgate::Json summary = impl->stream.summary();
  std::string text = filmgate::to_text(summary);
  if (settings.post_messages) {
    filmgate::Structure message(
        gst_structure_new(filmgate::message::kQualityProbe, filmgate::message::kType, G_TYPE_STRING,
                          "summary", filmgate::message::kMedia, G_TYPE_STRING, impl->stream.media(),
                          filmgate::message::kSummary, G_TYPE_STRING, text.c_str(), nullptr));
    outbox.push_back(std::move(message));
  }
  {
    const std::lock_guard guard(impl->lock);
    impl->summary = std::move(text);
  }
  g_object_notify(G_OBJECT(self), "summary");
  post(self, outbox);
  if (settings.report_location.empty()) return;
  const auto written =
      filmgate::write_whole(settings.report_location, filmgate::to_text(summary, 2) + "\n");
  if (!written) filmgate::post_error(self, written.error(), filmgate::Doing::kWriting);
}

static gboolean start(GstBaseTransform* transform) noexcept {
  Impl* impl = GST_QUALITY_PROBE(transform)->impl;
  impl->stream = quality::Stream();
  impl->failed = false;
  impl->refused.reset();
  const std::lock_guard guard(impl->lock);
  impl->begun = impl->settings;
  impl->summary.clear();
  return TRUE;
}

static gboolean stop(GstBaseTransform* transform) noexcept {
  GST_QUALITY_PROBE(transform)->impl->stream = quality::Stream();
  return TRUE;
}

static gboolean set_caps(GstBaseTransform* transform, GstCaps* caps, GstCaps*) noexcept {
  GstQualityProbe* self = GST_QUALITY_PROBE(transform);
  const auto set = self->impl->stream.set_caps(caps, self->impl->current());
  auto& refused = self->impl->refused;
  if (set) {
    refused.reset();
    return TRUE;
  }
  self->impl->failed = true;
  if (refused && gst_caps_is_equal(refused.get(), caps)) return FALSE;  // each buffer asks again
  refused = filmgate::Ref<GstCaps>::share(caps);
  filmgate::post_error(self, set.error(), filmgate::Doing::kStreaming);
  return FALSE;
}

static GstFlowReturn transform_ip(GstBaseTransform* transform, GstBuffer* buffer) noexcept {
  GstQualityProbe* self = GST_QUALITY_PROBE(transform);
  quality::Outbox outbox;
  const auto measured =
      self->impl->stream.measure(buffer, transform->segment, self->impl->current(), outbox);
  post(self, outbox);
  if (measured) return GST_FLOW_OK;
  self->impl->failed = true;
  filmgate::post_error(self, measured.error(), filmgate::Doing::kStreaming);
  return GST_FLOW_ERROR;
}

static gboolean sink_event(GstBaseTransform* transform, GstEvent* event) noexcept {
  GstQualityProbe* self = GST_QUALITY_PROBE(transform);
  Impl* impl = self->impl;
  quality::Outbox outbox;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_STOP: {
      impl->failed = false;
      const auto reset = impl->stream.reset(impl->current());
      if (!reset) filmgate::post_error(self, reset.error(), filmgate::Doing::kStreaming);
      break;
    }
    case GST_EVENT_SEGMENT:
    case GST_EVENT_SEGMENT_DONE:
      // Told in the terms of the segment that ends here, so before the base class takes the new
      // one.
      if (impl->stream.known()) impl->stream.interrupt(transform->segment, impl->current(), outbox);
      break;
    case GST_EVENT_GAP: {
      GstClockTime timestamp = GST_CLOCK_TIME_NONE;
      GstClockTime duration = GST_CLOCK_TIME_NONE;
      gst_event_parse_gap(event, &timestamp, &duration);
      impl->stream.gap(timestamp, duration, transform->segment, impl->current(), outbox);
      break;
    }
    case GST_EVENT_EOS:
      finish(self);
      break;
    default:
      break;
  }
  post(self, outbox);
  return GST_BASE_TRANSFORM_CLASS(gst_quality_probe_parent_class)->sink_event(transform, event);
}

static gboolean query(GstBaseTransform* transform, GstPadDirection direction,
                      GstQuery* query) noexcept {
  // Upstream wants its buffers back, to free or to reallocate its pool.
  if (direction == GST_PAD_SINK && GST_QUERY_TYPE(query) == GST_QUERY_DRAIN)
    GST_QUALITY_PROBE(transform)->impl->stream.release_pictures();
  return GST_BASE_TRANSFORM_CLASS(gst_quality_probe_parent_class)
      ->query(transform, direction, query);
}

// Downstream's answer stands, with room for the pictures that stay here, so that a pool of fixed
// size does not run dry.
static gboolean propose_allocation(GstBaseTransform* transform, GstQuery* decide_query,
                                   GstQuery* query) noexcept {
  if (!GST_BASE_TRANSFORM_CLASS(gst_quality_probe_parent_class)
           ->propose_allocation(transform, decide_query, query))
    return FALSE;
  if (!GST_QUALITY_PROBE(transform)->impl->stream.is_video()) return TRUE;
  for (guint i = 0; i < gst_query_get_n_allocation_pools(query); ++i) {
    GstBufferPool* pool = nullptr;
    guint size = 0;
    guint min = 0;
    guint max = 0;
    gst_query_parse_nth_allocation_pool(query, i, &pool, &size, &min, &max);
    const auto owned = filmgate::Ref<GstBufferPool>::adopt(pool);
    if (max > 0) max += kKeptPictures;
    gst_query_set_nth_allocation_pool(query, i, pool, size, min + kKeptPictures, max);
  }
  return TRUE;
}

static void set_property(GObject* object, guint id, const GValue* value,
                         GParamSpec* pspec) noexcept {
  Impl* impl = GST_QUALITY_PROBE(object)->impl;
  const std::lock_guard guard(impl->lock);
  if (!quality::set_setting(impl->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) noexcept {
  Impl* impl = GST_QUALITY_PROBE(object)->impl;
  const std::lock_guard guard(impl->lock);
  if (id == quality::kSummaryProperty)
    g_value_set_string(value, impl->summary.empty() ? nullptr : impl->summary.c_str());
  else if (!quality::get_setting(impl->settings, id, value))
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
}

static void finalize(GObject* object) noexcept {
  delete GST_QUALITY_PROBE(object)->impl;
  G_OBJECT_CLASS(gst_quality_probe_parent_class)->finalize(object);
}

static void gst_quality_probe_init(GstQualityProbe* self) {
  self->impl = new Impl;
  GstBaseTransform* transform = GST_BASE_TRANSFORM(self);
  gst_base_transform_set_passthrough(transform, TRUE);
  gst_base_transform_set_in_place(transform, TRUE);
  gst_base_transform_set_qos_enabled(transform, FALSE);
}

static void gst_quality_probe_class_init(GstQualityProbeClass* cls) {
  GST_DEBUG_CATEGORY_INIT(quality_probe_debug, "qualityprobe", 0, "quality measures");
  GObjectClass* object_class = G_OBJECT_CLASS(cls);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  quality::install_properties(object_class);

  GstElementClass* element_class = GST_ELEMENT_CLASS(cls);
  gst_element_class_set_static_metadata(
      element_class, "Quality probe", "Filter/Analyzer/Video/Audio",
      "Measures raw video or audio that passes through and reports what is wrong with it",
      "The Filmgate authors");
  const auto caps = filmgate::Ref<GstCaps>::adopt(gst_caps_from_string(quality::kCaps));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("sink", GST_PAD_SINK, GST_PAD_ALWAYS, caps.get()));
  gst_element_class_add_pad_template(
      element_class, gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps.get()));

  GstBaseTransformClass* transform_class = GST_BASE_TRANSFORM_CLASS(cls);
  transform_class->start = start;
  transform_class->stop = stop;
  transform_class->set_caps = set_caps;
  transform_class->transform_ip = transform_ip;
  transform_class->transform_ip_on_passthrough = TRUE;
  transform_class->passthrough_on_same_caps = TRUE;
  transform_class->sink_event = sink_event;
  transform_class->query = query;
  transform_class->propose_allocation = propose_allocation;
}
