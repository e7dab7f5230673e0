// What gst-launch-1.0 can't be told: the worker looks into buffers on their way.
#include "host/pipeline/plan.h"

namespace filmgate {

std::vector<std::string> beyond_launch(const Json& facts) {
  std::vector<std::string> sentences;
  const Json* const sound = facts.find_path("media.audio.codec");
  if (sound != nullptr && sound->string_or("") == "aac") {
    sentences.emplace_back(
        "the worker hides the mark of libfaac from avdec_aac, which would cut the first 1024 "
        "samples of such sound and bring it ahead of the picture");
  }
  const Json* const picture = facts.find_path("media.video.codec");
  if (picture != nullptr &&
      (picture->string_or("") == "h264" || picture->string_or("") == "h265")) {
    sentences.emplace_back(
        "the worker takes colours and range from the stream where its container says otherwise; "
        "the "
        "parser would believe the container");
  }
  if (facts.find_path("media.video") != nullptr &&
      facts.find_path("media.video.framerate") == nullptr) {
    sentences.emplace_back(
        "the rate of pictures varies or isn't believable: the worker gives each picture the time "
        "until the next for its length, and calls the rate variable");
  }
  return sentences;
}

}  // namespace filmgate
