#include "host/worker/process/watch.h"

#include <gst/video/video.h>

#include <atomic>
#include <cmath>
#include <deque>

#include "host/worker/protocol.h"
#include "plugins/common/codec_name.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

bool is_raw(const GstStructure* structure) {
  return gst_structure_has_name(structure, "video/x-raw") ||
         gst_structure_has_name(structure, "audio/x-raw");
}

bool is_video(const char* caps_name) {
  return g_str_has_prefix(caps_name, "video/") || g_str_has_prefix(caps_name, "image/");
}

void take_picture_caps(DecodedTrack& track, const GstCaps* caps) {
  const char* colorimetry =
      gst_structure_get_string(gst_caps_get_structure(caps, 0), "colorimetry");
  track.colorimetry = colorimetry ? colorimetry : "";
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return;
  track.bit_depth = static_cast<int>(GST_VIDEO_INFO_COMP_DEPTH(&info, 0));
  track.interlaced = GST_VIDEO_INFO_IS_INTERLACED(&info);
}

}  // namespace

struct StreamWatch::Impl {
  // One pad under watch; lives as long as the watch, so that probes can point at it.
  struct Tap {
    Impl* impl = nullptr;
    bool counts = false;  // decoded buffers are counted here
    bool has_segment = false;
    GstSegment segment;
    DecodedTrack track;
  };

  StageLimits limits;
  OnViolation on_violation;
  OnFirstPicture on_first_picture;
  GstElement* pipeline = nullptr;
  std::atomic<uint64_t> activity{0};
  std::atomic<bool> violated{false};
  std::atomic<bool> pictured{false};
  mutable std::mutex lock;
  std::deque<Tap> taps;
  int demuxed = 0;
  bool saw_video = false, saw_audio = false;

  void violate(const std::string& message, const std::string& detail) {
    if (!violated.exchange(true)) on_violation({kClassUnsupported, message, "", detail});
  }

  void attach(GstElement* element);
  void attach_activity(GstPad* pad);
  void attach_tap(GstPad* pad, bool decoder, std::string codec);
  void check_picture(const GstStructure* structure);
  void take_caps(Tap& tap, GstCaps* caps);
  void take_tags(Tap& tap, GstTagList* tags);
  void count(Tap& tap, GstBuffer* buffer);
  void handle_event(Tap& tap, GstEvent* event);
};

void StreamWatch::Impl::check_picture(const GstStructure* structure) {
  int width = 0, height = 0;
  gst_structure_get_int(structure, "width", &width);
  gst_structure_get_int(structure, "height", &height);
  const int64_t pixels = int64_t{width} * height;
  if (width > limits.side || height > limits.side || pixels > limits.pixels) {
    violate("the picture is " + std::to_string(width) + "x" + std::to_string(height) +
                ", larger than the " + std::to_string(limits.side) + " a side and " +
                std::to_string(limits.pixels / 1'000'000) + " megapixels that are accepted here",
            gst_structure_get_name(structure));
  }
}

void StreamWatch::Impl::take_caps(Tap& tap, GstCaps* caps) {
  if (gst_caps_is_empty(caps) || gst_caps_is_any(caps)) return;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const char* name = gst_structure_get_name(structure);
  const bool video = is_video(name);
  if (video) check_picture(structure);
  std::lock_guard held(lock);
  saw_video |= video;
  saw_audio |= g_str_has_prefix(name, "audio/") == TRUE;
  if (!is_raw(structure)) return;
  tap.counts = true;
  tap.track.video = video;
  if (tap.track.codec.empty()) tap.track.codec = "raw";
  gst_structure_get_int(structure, "width", &tap.track.width);
  gst_structure_get_int(structure, "height", &tap.track.height);
  gst_structure_get_fraction(structure, "pixel-aspect-ratio", &tap.track.pixel_aspect_n,
                             &tap.track.pixel_aspect_d);
  gst_structure_get_int(structure, "channels", &tap.track.channels);
  gst_structure_get_int(structure, "rate", &tap.track.rate);
  if (video) take_picture_caps(tap.track, caps);
  int n = 0, d = 1;
  if (gst_structure_get_fraction(structure, "framerate", &n, &d) && n > 0 && d > 0) {
    tap.track.framerate = static_cast<double>(n) / d;
  }
}

void StreamWatch::Impl::take_tags(Tap& tap, GstTagList* tags) {
  char* orientation = nullptr;
  if (!gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &orientation)) return;
  const GString8 owned(orientation);
  std::lock_guard held(lock);
  tap.track.orientation = orientation;
}

void StreamWatch::Impl::handle_event(Tap& tap, GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS: {
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      take_caps(tap, caps);
      break;
    }
    case GST_EVENT_SEGMENT: {
      std::lock_guard held(lock);
      gst_event_copy_segment(event, &tap.segment);
      tap.has_segment = tap.segment.format == GST_FORMAT_TIME;
      break;
    }
    case GST_EVENT_TAG: {
      GstTagList* tags = nullptr;
      gst_event_parse_tag(event, &tags);
      take_tags(tap, tags);
      break;
    }
    default:
      break;
  }
}

void StreamWatch::Impl::count(Tap& tap, GstBuffer* buffer) {
  std::unique_lock held(lock);
  if (!tap.counts) return;
  if (tap.track.video && on_first_picture && !pictured.exchange(true)) {
    held.unlock();
    on_first_picture();
    held.lock();
  }
  activity.fetch_add(1, std::memory_order_relaxed);
  DecodedTrack& track = tap.track;
  ++track.frames;
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED)) ++track.corrupted;
  if (!tap.has_segment || !GST_BUFFER_PTS_IS_VALID(buffer)) return;
  GstClockTime length = GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : 0;
  if (length == 0 && track.video && track.framerate > 0) {
    length = static_cast<GstClockTime>(GST_SECOND / track.framerate);
  }
  guint64 begin = 0, end = 0;
  if (!gst_segment_clip(&tap.segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer),
                        GST_BUFFER_PTS(buffer) + length, &begin, &end)) {
    return;
  }
  const auto seconds = [&tap](guint64 position) {
    return static_cast<double>(
               gst_segment_to_running_time(&tap.segment, GST_FORMAT_TIME, position)) /
           GST_SECOND;
  };
  const double from = seconds(begin), to = seconds(end);
  track.begin_s = track.frames == 1 ? from : std::min(track.begin_s, from);
  track.end_s = std::max(track.end_s, to);
  const double span = track.duration_s();
  const bool too_long = span > limits.duration_s;
  // A second's worth of slack, so that a burst at the beginning is no violation.
  const bool too_many =
      track.video && static_cast<double>(track.frames) > limits.framerate * (span + 1);
  held.unlock();
  if (too_long) {
    violate("the video runs longer than the " + std::to_string(std::llround(limits.duration_s)) +
                " seconds that are accepted here",
            "counted while decoding");
  } else if (too_many) {
    violate("the video has more than the " + std::to_string(std::llround(limits.framerate)) +
                " pictures a second that are accepted here",
            "counted while decoding");
  }
}

void StreamWatch::Impl::attach_activity(GstPad* pad) {
  const auto grow = [](GstPad*, GstPadProbeInfo*, gpointer user) -> GstPadProbeReturn {
    static_cast<Impl*>(user)->activity.fetch_add(1, std::memory_order_relaxed);
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(
      pad,
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                                   GST_PAD_PROBE_TYPE_PULL),
      grow, this, nullptr);
}

void StreamWatch::Impl::attach_tap(GstPad* pad, bool decoder, std::string codec) {
  Tap* tap = nullptr;
  {
    std::lock_guard held(lock);
    tap = &taps.emplace_back();
    tap->impl = this;
    tap->track.codec = std::move(codec);
    gst_segment_init(&tap->segment, GST_FORMAT_TIME);
  }
  const auto look = [](GstPad* from, GstPadProbeInfo* info, gpointer user) -> GstPadProbeReturn {
    auto& seen = *static_cast<Tap*>(user);
    if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) {
      GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
      if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS && seen.track.codec.empty()) {
        // A decoder knows by now what it decodes.
        auto element = Ref<GstElement>::adopt(gst_pad_get_parent_element(from));
        auto sink = element ? Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), "sink"))
                            : Ref<GstPad>();
        auto caps =
            sink ? Ref<GstCaps>::adopt(gst_pad_get_current_caps(sink.get())) : Ref<GstCaps>();
        std::lock_guard held(seen.impl->lock);
        seen.track.codec = codec_name(caps.get());
      }
      seen.impl->handle_event(seen, event);
    } else if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
      seen.impl->count(seen, GST_PAD_PROBE_INFO_BUFFER(info));
    }
    return GST_PAD_PROBE_OK;
  };
  // Some demuxers announce a pad with its caps and tags already on it.
  const auto replay = [](GstPad*, GstEvent** event, gpointer user) -> gboolean {
    auto& seen = *static_cast<Tap*>(user);
    seen.impl->handle_event(seen, *event);
    return TRUE;
  };
  gst_pad_sticky_events_foreach(pad, replay, tap);
  const int buffers = decoder ? GST_PAD_PROBE_TYPE_BUFFER : 0;
  gst_pad_add_probe(pad,
                    static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | buffers),
                    look, tap, nullptr);
}

void StreamWatch::Impl::attach(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  const char* metadata =
      factory ? gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS) : nullptr;
  const std::string_view klass = metadata ? metadata : "";
  const auto is = [klass](std::string_view word) { return klass.find(word) != klass.npos; };

  if (!GST_IS_BIN(element) && GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SINK)) {
    if (auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"))) {
      attach_activity(pad.get());
    }
  }
  if (!GST_IS_BIN(element) && GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SOURCE)) {
    if (auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "src"))) {
      attach_activity(pad.get());
    }
  }
  if (is("Demuxer")) {
    const auto added = [](GstElement*, GstPad* pad, gpointer user) {
      auto* impl = static_cast<Impl*>(user);
      if (gst_pad_get_direction(pad) != GST_PAD_SRC) return;
      int streams = 0;
      {
        std::lock_guard held(impl->lock);
        streams = ++impl->demuxed;
      }
      if (streams > impl->limits.streams) {
        impl->violate("the file has more than the " + std::to_string(impl->limits.streams) +
                          " streams that are accepted here",
                      "");
      }
      impl->attach_tap(pad, true, "raw");  // counts only where the demuxer hands out raw samples
    };
    g_signal_connect(element, "pad-added", G_CALLBACK(+added), this);
  } else if (!GST_IS_BIN(element) && (is("Decoder") || is("Parser"))) {
    if (auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "src"))) {
      attach_tap(pad.get(), is("Decoder"), "");
    }
  }
}

StreamWatch::StreamWatch(GstElement* pipeline, const StageLimits& limits, OnViolation on_violation,
                         OnFirstPicture on_first_picture)
    : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
  impl_->on_violation = std::move(on_violation);
  impl_->on_first_picture = std::move(on_first_picture);
  impl_->pipeline = pipeline;
  if (!GST_IS_BIN(pipeline)) {
    impl_->attach(pipeline);
    return;
  }
  const auto added = [](GstBin*, GstBin*, GstElement* element, gpointer user) {
    static_cast<Impl*>(user)->attach(element);
  };
  g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(+added), impl_.get());
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  const auto visit = [](const GValue* item, gpointer user) {
    static_cast<Impl*>(user)->attach(GST_ELEMENT(g_value_get_object(item)));
  };
  gst_iterator_foreach(elements, visit, impl_.get());
  gst_iterator_free(elements);
}

StreamWatch::~StreamWatch() = default;

uint64_t StreamWatch::activity() const {
  return impl_->activity.load(std::memory_order_relaxed);
}

std::vector<DecodedTrack> StreamWatch::tracks() const {
  std::lock_guard held(impl_->lock);
  std::vector<DecodedTrack> tracks;
  for (const Impl::Tap& tap : impl_->taps) {
    if (tap.counts) tracks.push_back(tap.track);
  }
  std::stable_sort(tracks.begin(), tracks.end(),
                   [](const auto& a, const auto& b) { return a.duration_s() > b.duration_s(); });
  return tracks;
}

std::optional<DecodedTrack> StreamWatch::longest(bool video) const {
  for (const DecodedTrack& track : tracks()) {
    if (track.video == video && track.frames > 0) return track;
  }
  return std::nullopt;
}

int StreamWatch::streams() const {
  std::lock_guard held(impl_->lock);
  return impl_->demuxed;
}

bool StreamWatch::announced(bool video) const {
  std::lock_guard held(impl_->lock);
  return video ? impl_->saw_video : impl_->saw_audio;
}

}  // namespace filmgate::worker
