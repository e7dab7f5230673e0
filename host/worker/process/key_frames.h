// Thumbnails from a few key frames: seeks to each moment that the thumbnailsink needs and lets one
// encoded key frame through to the decoder, so that nothing else is decoded.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <optional>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate::worker {

// The names of the two elements that the worker links: the pipeline's text can't say which of a
// file's streams is its first picture.
inline constexpr const char* kParsedElement = "parsed";    // gives encoded streams
inline constexpr const char* kPictureElement = "picture";  // takes the one of the picture

class KeyFrames {
 public:
  enum class Decode { kKeyFrames, kEverything };

  // Before the pipeline leaves NULL. The error names the element that its text lacks.
  static Result<std::unique_ptr<KeyFrames>> attach(GstElement* pipeline, Decode decode);
  ~KeyFrames();

  enum class Step { kNotMine, kGoOn, kGaveUp };
  // An element message of the pipeline, from the thread that runs it. kGaveUp: the file can't be
  // sought in, or has too few key frames; run the pipeline anew and decode everything.
  Step handle(GstMessage* message);

  // How far the seeks have come, in seconds; nothing while everything is decoded.
  std::optional<double> position_s() const;

 private:
  struct Gate;

  KeyFrames(std::shared_ptr<Gate> gate, GstElement* sink);
  Step begin();
  Step next();

  std::shared_ptr<Gate> gate_;  // its probes may outlive this
  GstElement* sink_;            // borrowed
  std::vector<uint64_t> times_;
  size_t sought_ = 0;
  size_t fruitless_ = 0;  // seeks in a row
};

}  // namespace filmgate::worker
