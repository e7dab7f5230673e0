// Watches the streams of a running pipeline from pad probes: keeps them within the limits as soon
// as their caps are known, and counts what is decoded. Believes decoded frames, never headers.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/worker/process/report.h"
#include "host/worker/process/request.h"

namespace filmgate::worker {

// What came out of one decoder (or raw out of a demuxer).
struct DecodedTrack {
  bool video = false;
  std::string codec;              // short name: "h264", "aac"; "raw"
  std::string orientation;        // GStreamer's image-orientation tag, "" = none
  uint64_t frames = 0;            // buffers; for video one a frame
  uint64_t corrupted = 0;         // flagged as such by the decoder
  double begin_s = 0, end_s = 0;  // running time covered
  int width = 0, height = 0;      // coded
  int pixel_aspect_n = 1, pixel_aspect_d = 1;
  double framerate = 0;  // from the caps; 0 = variable or unknown
  int bit_depth = 0;     // of luma
  bool interlaced = false;
  std::string colorimetry;  // GStreamer's text, "" = not stated
  int channels = 0, rate = 0;

  double duration_s() const { return frames ? end_s - begin_s : 0; }
  double frame_s() const { return frames ? duration_s() / static_cast<double>(frames) : 0; }
};

class StreamWatch {
 public:
  // Each called once at most, from a streaming thread.
  using OnViolation = std::function<void(const Failure&)>;
  using OnFirstPicture = std::function<void()>;  // one was decoded

  // Before the pipeline leaves NULL. The watch must outlive it.
  StreamWatch(GstElement* pipeline, const StageLimits& limits, OnViolation on_violation,
              OnFirstPicture on_first_picture = {});
  ~StreamWatch();
  StreamWatch(const StreamWatch&) = delete;
  StreamWatch& operator=(const StreamWatch&) = delete;

  // Grows with every buffer that is read from the source, leaves a decoder or reaches a sink: a
  // small file is read at once, and a muxer may write nothing before the end.
  uint64_t activity() const;
  // All tracks so far, the longest video and the longest audio first of their kind.
  std::vector<DecodedTrack> tracks() const;
  // The longest of its kind: where several tracks are decoded, only the used one goes on to the
  // end.
  std::optional<DecodedTrack> longest(bool video) const;
  int streams() const;
  // Whether a demuxer or parser announced picture (sound) at all.
  bool announced(bool video) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace filmgate::worker
