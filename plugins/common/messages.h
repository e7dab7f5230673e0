// The wire contract of our element messages: names of structures and fields. Applications match on
// them, so they change only with a major version; a golden test guards them.
#pragma once

#include <gst/gst.h>

namespace filmgate::message {

// Structure names: each message is named after the element that posts it.
inline constexpr const char* kMetadataGate = "metadatagate";
inline constexpr const char* kQualityProbe = "qualityprobe";
inline constexpr const char* kThumbnailSink = "thumbnailsink";

// Fields common to all: the moment, each a guint64 in ns (GST_CLOCK_TIME_NONE where unknown).
inline constexpr const char* kTimestamp = "timestamp";
inline constexpr const char* kStreamTime = "stream-time";
inline constexpr const char* kRunningTime = "running-time";
inline constexpr const char* kDuration = "duration";

// metadatagate: "verdict" pass|hold|reject, "reasons" GST_TYPE_ARRAY of strings,
// "facts" JSON text of the facts that were judged.
inline constexpr const char* kVerdict = "verdict";
inline constexpr const char* kReasons = "reasons";
inline constexpr const char* kFacts = "facts";

// qualityprobe: "type" frame|interval|finding|summary, "media" video|audio. A finding carries
// "finding" (its name: black, freeze, silence…), "start" and "end" (guint64 ns, stream time) and
// "severity", and "channel" (gint, from 0) where it is about one of audio; a summary carries
// "summary", JSON text.
inline constexpr const char* kType = "type";
inline constexpr const char* kMedia = "media";
inline constexpr const char* kFinding = "finding";
inline constexpr const char* kStart = "start";
inline constexpr const char* kEnd = "end";
inline constexpr const char* kSeverity = "severity";
inline constexpr const char* kChannel = "channel";
inline constexpr const char* kSummary = "summary";

// thumbnailsink: "type" poster|image|sprite|vtt, "location" of the finished file, "width",
// "height".
inline constexpr const char* kLocation = "location";
inline constexpr const char* kWidth = "width";
inline constexpr const char* kHeight = "height";

// Adds the four moment fields for a buffer that covers [pts, pts + duration) of `segment`.
inline void set_moment(GstStructure* structure, const GstSegment* segment, GstClockTime pts,
                       GstClockTime duration) {
  GstClockTime stream_time = GST_CLOCK_TIME_NONE;
  GstClockTime running_time = GST_CLOCK_TIME_NONE;
  if (segment->format == GST_FORMAT_TIME && GST_CLOCK_TIME_IS_VALID(pts)) {
    stream_time = gst_segment_to_stream_time(segment, GST_FORMAT_TIME, pts);
    running_time = gst_segment_to_running_time(segment, GST_FORMAT_TIME, pts);
  }
  gst_structure_set(structure, kTimestamp, G_TYPE_UINT64, pts, kStreamTime, G_TYPE_UINT64,
                    stream_time, kRunningTime, G_TYPE_UINT64, running_time, kDuration,
                    G_TYPE_UINT64, duration, nullptr);
}

}  // namespace filmgate::message
