#include "plugins/qualityprobe/stream.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "plugins/qualityprobe/media.h"
#include "plugins/qualityprobe/report.h"

namespace filmgate::quality {
namespace {

// Demuxers round timestamps to their container's clock (1 ms in Matroska); audio that comes this
// close to where it should is the continuation of what came.
constexpr GstClockTimeDiff kAudioTolerance = 40 * GST_MSECOND;

// Where a discontinuity leaves out more video than this, no finding goes over it.
constexpr GstClockTime kLostTime = GST_SECOND;

// Nothing is centuries away: such times are broken, as is GST_CLOCK_TIME_NONE, and are not added
// up.
bool plausible(GstClockTime time) {
  return time <= G_MAXINT64;
}

}  // namespace

Result<void> Stream::set_caps(GstCaps* caps, const ElementSettings& settings) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const bool video = gst_structure_has_name(structure, "video/x-raw");
  if (known() && video != is_video()) {
    return Error{ErrorCode::kUnsupported,
                 std::string("the stream was ") + media() + " and has become " +
                     (video ? "video" : "audio") +
                     "; one qualityprobe measures one of them, so put one into each branch"};
  }
  if (video) {
    GstVideoInfo info;
    if (g_strcmp0(gst_structure_get_string(structure, "interlace-mode"), "alternate") == 0) {
      return Error{ErrorCode::kUnsupported,
                   "fields that come one by one (interlace-mode=alternate) cannot be measured; put "
                   "an element that weaves or deinterlaces them before qualityprobe"};
    }
    if (!gst_video_info_from_caps(&info, caps)) {
      return Error{ErrorCode::kInvalidInput, "the video caps are incomplete"};
    }
    // Caps that don't state a range mean limited range, for gray as for colour: GStreamer's own
    // default for gray is full, but its converters make gray by copying limited luma.
    if (!gst_structure_has_field(structure, "colorimetry"))
      info.colorimetry.range = GST_VIDEO_COLOR_RANGE_16_235;
    info_ = info;
    video_.configure(settings.video);
    return {};
  }
  GstAudioInfo info;
  if (!gst_audio_info_from_caps(&info, caps)) {
    return Error{ErrorCode::kInvalidInput,
                 "the audio caps are incomplete; more than two channels need a channel-mask, which "
                 "capssetter "
                 "before qualityprobe can give them"};
  }
  info_ = info;
  if (!audio_) return reset(settings);
  auto set = audio_->set_format(audio_format(info));
  if (!set) audio_.reset();  // caps that can be measured begin anew
  return set;
}

Result<void> Stream::reset(const ElementSettings& settings) {
  window_.reset();
  expected_pts_.reset();
  last_pts_ = GST_CLOCK_TIME_NONE;
  video_ = VideoProbe();
  video_.configure(settings.video);
  audio_.reset();
  if (const auto* info = std::get_if<GstAudioInfo>(&info_)) {
    auto probe = AudioProbe::create(audio_format(*info), settings.audio);
    if (!probe) return probe.error();
    audio_ = std::move(probe).value();
  }
  return {};
}

// Clips [pts, pts + length) to the segment and says when in stream time that is.
std::optional<Stream::Span> Stream::place(GstClockTime pts, GstClockTime length,
                                          const GstSegment& segment) {
  Span span{.pts = pts, .length = length};
  if (segment.format != GST_FORMAT_TIME) {
    span.start = pts;
    span.end = pts + length;
    return span;
  }
  guint64 start = 0;
  guint64 stop = 0;
  if (!gst_segment_clip(&segment, GST_FORMAT_TIME, pts, pts + length, &start, &stop))
    return std::nullopt;
  span.pts = start;
  span.length = stop - start;
  const guint64 one = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, start);
  const guint64 other = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, stop);
  if (one == GST_CLOCK_TIME_NONE || other == GST_CLOCK_TIME_NONE) return std::nullopt;
  span.start = std::min(one, other);
  span.end = std::max(one, other);
  return span;
}

Result<void> Stream::measure(GstBuffer* buffer, const GstSegment& segment,
                             const ElementSettings& settings, Outbox& outbox) {
  const bool jumped = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  if (jumped && expected_pts_ && is_video()) {
    const GstClockTime pts = GST_BUFFER_PTS(buffer);
    if (plausible(pts) && pts > *expected_pts_ + kLostTime)
      interrupt(segment, settings, outbox);
    else
      release_pictures();
  }
  if (const auto* info = std::get_if<GstVideoInfo>(&info_)) {
    GstClockTime pts = GST_BUFFER_PTS(buffer);
    if (!plausible(pts)) pts = expected_pts_.value_or(segment.start);
    if (GST_CLOCK_TIME_IS_VALID(last_pts_) && pts > last_pts_) last_step_ = pts - last_pts_;
    last_pts_ = pts;
    GstClockTime length = GST_BUFFER_DURATION(buffer);
    if (!plausible(length)) {
      length = info->fps_n > 0 ? gst_util_uint64_scale_int(GST_SECOND, info->fps_d, info->fps_n)
                               : last_step_;
    }
    expected_pts_ = pts + length;
    const auto span = place(pts, length, segment);
    return span ? measure_video(buffer, *span, segment, settings, outbox) : Result<void>();
  }
  if (is_video() || !audio_) return {};
  return measure_audio(buffer, segment, settings, outbox);
}

Result<void> Stream::measure_video(GstBuffer* buffer, const Span& span, const GstSegment& segment,
                                   const ElementSettings& settings, Outbox& outbox) {
  auto picture = map_picture(std::get<GstVideoInfo>(info_), buffer);
  if (!picture) return picture.error();
  std::vector<Finding> findings;
  video_.configure(settings.video);
  open_window(span, segment, settings, outbox);
  const FrameFigures figures =
      video_.measure(std::move(picture).value(), span.start, span.end, findings);
  window_->add(figures);
  ++window_->frames;
  say(findings, settings, outbox);
  if (settings.post_messages && settings.per_frame) {
    Structure frame = make_message("frame", media(), segment, span.pts, span.length);
    add_figures(frame.get(), figures);
    outbox.push_back(std::move(frame));
  }
  return {};
}

Result<void> Stream::measure_audio(GstBuffer* buffer, const GstSegment& segment,
                                   const ElementSettings& settings, Outbox& outbox) {
  const GstAudioInfo& info = std::get<GstAudioInfo>(info_);
  const auto bytes_per_frame = static_cast<gsize>(GST_AUDIO_INFO_BPF(&info));
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    return Error{ErrorCode::kIo, "an audio buffer could not be mapped for reading"};
  }
  const std::unique_ptr<GstMapInfo, std::function<void(GstMapInfo*)>> unmap(
      &map, [buffer](GstMapInfo* mapped) { gst_buffer_unmap(buffer, mapped); });
  if (map.size % bytes_per_frame != 0) {
    return Error{ErrorCode::kInvalidInput,
                 "an audio buffer of " + std::to_string(map.size) +
                     " bytes is no whole number of samples; the decoder before qualityprobe is "
                     "broken, or the stream is"};
  }
  const auto rate = static_cast<guint64>(GST_AUDIO_INFO_RATE(&info));
  gsize frames = map.size / bytes_per_frame;
  GstClockTime pts = GST_BUFFER_PTS(buffer);
  std::vector<Finding> findings;
  if (!plausible(pts)) pts = expected_pts_.value_or(segment.start);
  if (expected_pts_) {
    // Timestamps that jitter are smoothed, so that intervals do not; one that jumps is a new run,
    // as is each buffer in reverse playback.
    const GstClockTimeDiff off = GST_CLOCK_DIFF(*expected_pts_, pts);
    if (off > kAudioTolerance || off < -kAudioTolerance || segment.rate < 0)
      audio_->interrupt(findings);
    else
      pts = *expected_pts_;
  }
  const GstClockTime length = gst_util_uint64_scale(frames, GST_SECOND, rate);
  expected_pts_ = pts + length;
  const auto span = place(pts, length, segment);
  Result<void> measured;
  if (span && frames > 0) {
    const auto skipped =
        static_cast<gsize>(gst_util_uint64_scale_round(span->pts - pts, rate, GST_SECOND));
    frames =
        std::min(frames - std::min(frames, skipped),
                 static_cast<gsize>(gst_util_uint64_scale_round(span->length, rate, GST_SECOND)));
    audio_->configure(settings.audio);
    open_window(*span, segment, settings, outbox);
    measured = audio_->measure(map.data + skipped * bytes_per_frame, frames, span->start, findings);
    window_->frames += frames;
  }
  say(findings, settings, outbox);
  if (span && settings.post_messages && settings.per_frame) {
    Structure frame = make_message("frame", media(), segment, span->pts, span->length);
    add_figures(frame.get(), audio_->loudness());
    outbox.push_back(std::move(frame));
  }
  return measured;
}

void Stream::gap(GstClockTime timestamp, GstClockTime duration, const GstSegment& segment,
                 const ElementSettings& settings, Outbox& outbox) {
  if (!known() || !plausible(timestamp)) return;
  if (is_video()) {
    interrupt(segment, settings, outbox);
    return;
  }
  if (!audio_ || !plausible(duration)) return;
  std::vector<Finding> findings;
  if (const auto span = place(timestamp, duration, segment))
    audio_->gap(span->start, span->end, findings);
  expected_pts_ = timestamp + duration;
  say(findings, settings, outbox);
}

void Stream::interrupt(const GstSegment& segment, const ElementSettings& settings, Outbox& outbox) {
  std::vector<Finding> findings;
  close_window(segment, settings, outbox);
  video_.interrupt(findings);
  if (audio_) audio_->interrupt(findings);
  say(findings, settings, outbox);
  expected_pts_.reset();
  last_pts_ = GST_CLOCK_TIME_NONE;
}

void Stream::release_pictures() {
  video_.release_pictures();
}

Json Stream::summary() const {
  Json summary = Json::object();
  summary.set(media(), is_video() ? video_.summary() : audio_->summary());
  return summary;
}

void Stream::open_window(const Span& span, const GstSegment& segment,
                         const ElementSettings& settings, Outbox& outbox) {
  if (window_ && settings.interval > 0 &&
      (span.start < window_->start || span.start - window_->start >= settings.interval)) {
    window_->end = std::max(window_->start, span.start);  // a picture lasts until the next one
    close_window(segment, settings, outbox);
  }
  if (!window_) window_ = Window{.pts = span.pts, .start = span.start, .end = span.end};
  window_->end = std::max(window_->start, span.end);
}

void Stream::close_window(const GstSegment& segment, const ElementSettings& settings,
                          Outbox& outbox) {
  if (!window_) return;
  if (settings.post_messages && settings.interval > 0 && window_->frames > 0) {
    Structure message =
        make_message("interval", media(), segment, window_->pts, window_->end - window_->start);
    gst_structure_set(message.get(), "frames", G_TYPE_UINT64, window_->frames, nullptr);
    if (is_video())
      add_figures(message.get(), window_->figures());
    else if (audio_)
      add_figures(message.get(), audio_->loudness());
    outbox.push_back(std::move(message));
  }
  window_.reset();
}

void Stream::say(const std::vector<Finding>& findings, const ElementSettings& settings,
                 Outbox& outbox) {
  if (!settings.post_messages) return;
  for (const Finding& finding : findings) outbox.push_back(make_finding(media(), finding));
}

}  // namespace filmgate::quality
