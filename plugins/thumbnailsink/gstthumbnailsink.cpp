/**
 * SECTION:element-thumbnailsink
 * @title: thumbnailsink
 * @short_description: makes posters, numbered pictures and sprite sheets of a video
 *
 * Takes frames as a decoder gives them and writes JPEG, PNG or WebP pictures with the right shape
 * and colours: display aspect, rotation, matrix, range, depth and HDR are dealt with. Files appear
 * whole. For each the element posts an element message named `thumbnailsink` with the fields
 *
 * * #gchar* `type`: poster, image, sprite or vtt
 * * #gchar* `location`: the finished file
 * * #gint `width`, `height`: in pixels; of pictures only
 * * #guint64 `timestamp`, `stream-time`, `running-time`, `duration`: the frame's, of a sheet the
 *   first one's, in nanoseconds; GST_CLOCK_TIME_NONE where unknown
 *
 * ## Example
 * |[
 * gst-launch-1.0 uridecodebin uri=file:///clip.mp4 ! thumbnailsink poster-location=poster.jpg
 * sprite-location=sprite.jpg vtt-location=sprite.vtt
 * ]|
 */
#include "plugins/thumbnailsink/gstthumbnailsink.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "plugins/common/errors.h"
#include "plugins/common/frames.h"
#include "plugins/common/handles.h"
#include "plugins/common/messages.h"
#include "plugins/common/preset.h"
#include "plugins/renditionscale/allocation.h"
#include "plugins/renditionscale/video_format.h"
#include "plugins/thumbnailsink/settings.h"

using namespace filmgate;
using namespace filmgate::stills;

GST_DEBUG_CATEGORY_STATIC(thumbnail_sink_debug);
#define GST_CAT_DEFAULT thumbnail_sink_debug

namespace {

// What the streaming thread knows, from READY to READY.
struct Run {
  GstVideoInfo info;
  bool has_info = false;
  bool interrupted = false;
  double peak = 0;
  scaler::OrientationTags tags;
  std::optional<Collector> collector;  // from the first frame to the end of the stream
  uint64_t frames = 0;
  uint64_t next_time = 0;  // for a frame without a timestamp
};

struct Impl {
  Settings settings;  // under the object lock
  std::optional<Run> run;
};

}  // namespace

struct _GstThumbnailSink {
  GstVideoSink parent;
  Impl* impl;
};

G_DEFINE_TYPE_WITH_CODE(GstThumbnailSink, gst_thumbnail_sink, GST_TYPE_VIDEO_SINK,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, filmgate::init_preset))
GST_ELEMENT_REGISTER_DEFINE(thumbnailsink, "thumbnailsink", GST_RANK_NONE, GST_TYPE_THUMBNAIL_SINK)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(FILMGATE_SCALER_FORMATS)));

namespace {

Impl& impl_of(gpointer object) {
  return *GST_THUMBNAIL_SINK(object)->impl;
}

Settings settings_of(gpointer object) {
  ObjectLock lock(object);
  return impl_of(object).settings;
}

Announce announcer(GstBaseSink* sink) {
  return [sink](const FinishedFile& file) {
    const Moment& moment = file.moment;
    GstStructure* fields = gst_structure_new(
        message::kThumbnailSink, message::kType, G_TYPE_STRING, file.type, message::kLocation,
        G_TYPE_STRING, file.location.c_str(), message::kTimestamp, G_TYPE_UINT64,
        guint64{moment.timestamp}, message::kStreamTime, G_TYPE_UINT64, guint64{moment.stream_time},
        message::kRunningTime, G_TYPE_UINT64, guint64{moment.running_time}, message::kDuration,
        G_TYPE_UINT64, guint64{moment.duration}, nullptr);
    if (file.width > 0) {
      gst_structure_set(fields, message::kWidth, G_TYPE_INT, file.width, message::kHeight,
                        G_TYPE_INT, file.height, nullptr);
    }
    gst_element_post_message(GST_ELEMENT(sink), gst_message_new_element(GST_OBJECT(sink), fields));
  };
}

// Wrong settings and folders are told before anything is decoded; not in start(), whose failure the
// base class tells once more.
bool check(GstElement* element) {
  auto collector = Collector::make(settings_of(element));
  if (!collector) post_error(element, collector.error(), Doing::kWriting);
  return collector.ok();
}

// Each time it is played from the start is a run of its own. No data comes before the pad is
// activated, nor after it was let go.
GstStateChangeReturn change_state(GstElement* element, GstStateChange change) noexcept {
  auto& run = impl_of(element).run;
  if (change == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (!check(element)) return GST_STATE_CHANGE_FAILURE;
    run.emplace();
  }
  const auto changed =
      GST_ELEMENT_CLASS(gst_thumbnail_sink_parent_class)->change_state(element, change);
  if (change == GST_STATE_CHANGE_PAUSED_TO_READY) run.reset();
  return changed;
}

gboolean set_caps(GstBaseSink* sink, GstCaps* caps) noexcept {
  Run& run = *impl_of(sink).run;
  run.has_info = gst_video_info_from_caps(&run.info, caps);
  run.peak = scaler::peak_of(caps);
  return run.has_info;
}

gboolean propose_allocation(GstBaseSink*, GstQuery* query) noexcept {
  scaler::propose_reading(query);
  return TRUE;
}

// Nothing is centuries away: such times are broken, as is GST_CLOCK_TIME_NONE, and are not added
// up.
bool plausible(GstClockTime time) {
  return time <= G_MAXINT64;
}

// Where a buffer lies, in GStreamer's times and in the media.
void place(GstBaseSink* sink, Run& run, GstBuffer* buffer, Frame& frame) {
  frame.duration = 0;
  frame.moment.duration = GST_BUFFER_DURATION(buffer);
  if (plausible(GST_BUFFER_DURATION(buffer))) {
    frame.duration = GST_BUFFER_DURATION(buffer);
  } else if (GST_VIDEO_INFO_FPS_N(&run.info) > 0) {
    frame.duration =
        gst_util_uint64_scale(GST_SECOND, static_cast<guint64>(GST_VIDEO_INFO_FPS_D(&run.info)),
                              static_cast<guint64>(GST_VIDEO_INFO_FPS_N(&run.info)));
  }
  frame.time = run.next_time;
  if (plausible(GST_BUFFER_PTS(buffer))) {
    const GstSegment& segment = sink->segment;
    frame.moment.timestamp = GST_BUFFER_PTS(buffer);
    if (segment.format == GST_FORMAT_TIME) {
      frame.moment.stream_time =
          gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
      frame.moment.running_time =
          gst_segment_to_running_time(&segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    }
    frame.time =
        plausible(frame.moment.stream_time) ? frame.moment.stream_time : GST_BUFFER_PTS(buffer);
  }
  constexpr uint64_t kUsual =
      40 * GST_MSECOND;  // so that frames without any time follow each other
  run.next_time = frame.time + (frame.duration > 0 ? frame.duration : kUsual);
  if (!plausible(run.next_time)) run.next_time = frame.time;
}

GstFlowReturn render(GstBaseSink* sink, GstBuffer* buffer) noexcept {
  Run& run = *impl_of(sink).run;
  if (!run.has_info) return GST_FLOW_NOT_NEGOTIATED;
  const MappedFrame mapped(run.info, buffer, GST_MAP_READ);
  if (!mapped) {
    GST_ELEMENT_ERROR(sink, STREAM, FORMAT,
                      ("A video frame doesn't hold the picture that its caps promise."),
                      ("%" G_GSIZE_FORMAT " bytes came", gst_buffer_get_size(buffer)));
    run.collector.reset();  // the end that follows an error makes no pictures of a part
    return GST_FLOW_ERROR;
  }
  if (!run.collector) {
    auto made = Collector::make(settings_of(sink));
    if (!made) {
      post_error(sink, made.error(), Doing::kWriting);
      return GST_FLOW_ERROR;
    }
    run.collector = std::move(made).value();
  }
  Frame frame;
  frame.picture = scaler::picture_of(*mapped);
  frame.format = scaler::format_of(run.info);
  frame.format.width = GST_VIDEO_FRAME_WIDTH(&*mapped);
  frame.format.height = GST_VIDEO_FRAME_HEIGHT(&*mapped);
  frame.region = scaler::region_of(*mapped, run.info);
  frame.par_n = GST_VIDEO_INFO_PAR_N(&run.info);
  frame.par_d = GST_VIDEO_INFO_PAR_D(&run.info);
  frame.orientation = run.tags.current();
  frame.peak = run.peak;
  place(sink, run, buffer, frame);
  ++run.frames;
  auto taken = run.collector->take(frame, announcer(sink));
  if (!taken) {
    run.collector.reset();
    post_error(sink, taken.error(), Doing::kWriting);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

// The last files are written before the end of the stream is told.
bool finish(GstBaseSink* sink, Run& run) {
  if (run.frames == 0) {
    GST_ELEMENT_WARNING(sink, STREAM, FAILED, ("The video had no frames: no pictures were made."),
                        (nullptr));
    return true;
  }
  if (!run.collector) return true;
  // Where only parts were played, no frame tells how long the whole is.
  gint64 length = 0;
  if (!run.interrupted ||
      !gst_pad_peer_query_duration(GST_BASE_SINK_PAD(sink), GST_FORMAT_TIME, &length)) {
    length = 0;
  }
  auto finished =
      run.collector->finish(announcer(sink), static_cast<uint64_t>(std::max<gint64>(0, length)));
  run.collector.reset();
  if (!finished) post_error(sink, finished.error(), Doing::kWriting);
  return finished.ok();
}

gboolean event(GstBaseSink* sink, GstEvent* incoming) noexcept {
  // A flush begins while the streaming thread may be anywhere.
  if (GST_EVENT_IS_SERIALIZED(incoming)) {
    Run& run = *impl_of(sink).run;
    switch (GST_EVENT_TYPE(incoming)) {
      case GST_EVENT_TAG:
      case GST_EVENT_STREAM_START:
        run.tags.observe(incoming);
        break;
      case GST_EVENT_FLUSH_STOP:
        run.interrupted = run.interrupted || run.collector;
        if (run.collector) run.collector->interrupt();
        break;
      case GST_EVENT_EOS:
        if (!finish(sink, run)) {
          gst_event_unref(incoming);
          return FALSE;
        }
        break;
      default:
        break;
    }
  }
  return GST_BASE_SINK_CLASS(gst_thumbnail_sink_parent_class)->event(sink, incoming);
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) noexcept {
  ObjectLock lock(object);
  if (!set_setting(impl_of(object).settings, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) noexcept {
  if (!get_setting(settings_of(object), id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) noexcept {
  delete GST_THUMBNAIL_SINK(object)->impl;
  G_OBJECT_CLASS(gst_thumbnail_sink_parent_class)->finalize(object);
}

}  // namespace

static void gst_thumbnail_sink_class_init(GstThumbnailSinkClass* klass) {
  GST_DEBUG_CATEGORY_INIT(thumbnail_sink_debug, "thumbnailsink", 0, "thumbnailsink element");
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_settings(object_class);

  auto* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = change_state;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_set_static_metadata(
      element_class, "Thumbnail sink", "Sink/Video/File",
      "Makes posters, numbered pictures and sprite sheets of a video", "The Filmgate authors");
  gst_type_mark_as_plugin_api(format_type(), static_cast<GstPluginAPIFlags>(0));

  auto* base_class = GST_BASE_SINK_CLASS(klass);
  base_class->set_caps = set_caps;
  base_class->propose_allocation = propose_allocation;
  base_class->render = render;
  // GstVideoSink shows a frame in preroll too; files are for frames that play.
  base_class->preroll = nullptr;
  base_class->event = event;
}

static void gst_thumbnail_sink_init(GstThumbnailSink* self) {
  self->impl = new Impl;
  gst_base_sink_set_sync(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_qos_enabled(GST_BASE_SINK(self), FALSE);
  gst_base_sink_set_max_lateness(GST_BASE_SINK(self), -1);
}
