// A decoded frame as the makers of pictures see it, and how they get it small.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "plugins/core/result.h"
#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/picture.h"
#include "plugins/renditionscale/scaler.h"
#include "plugins/thumbnailsink/still.h"

namespace filmgate::stills {

// In ns; the largest uint64 where unknown, as GST_CLOCK_TIME_NONE.
struct Moment {
  uint64_t timestamp = UINT64_MAX;
  uint64_t stream_time = UINT64_MAX;
  uint64_t running_time = UINT64_MAX;
  uint64_t duration = UINT64_MAX;
};

struct Frame {
  scaler::Picture picture;  // borrowed
  scaler::Format format;
  scaler::Region region;
  int par_n = 1;
  int par_d = 1;
  scaler::Orientation orientation = scaler::Orientation::kRotate0;
  double peak = 1000;  // of HDR, cd/m²
  Moment moment;
  uint64_t time = 0;      // position in the media, ns; always known
  uint64_t duration = 0;  // ns; 0 where unknown
};

struct FinishedFile {
  const char* type;  // poster, image, sprite, vtt
  std::string location;
  int width = 0;
  int height = 0;
  Moment moment;
};
using Announce = std::function<void(const FinishedFile&)>;

// The size of a still: as the frame is shown, within `bound` (0 = any), never larger, even sides.
scaler::Size still_size(const Frame& frame, scaler::Size bound);

// Makes stills of frames; keeps its scaler as long as the frames stay alike.
class Shrinker {
 public:
  // Into `target`, whose samples `format` describes.
  Result<void> shrink(const Frame& frame, const scaler::Format& format,
                      const scaler::MutablePicture& target);
  Result<Still> still(const Frame& frame, StillType type, scaler::Size bound);

 private:
  std::unique_ptr<scaler::Scaler> scaler_;
  scaler::Format out_;
  scaler::Orientation orientation_ = scaler::Orientation::kRotate0;
  double peak_ = 0;
};

// Encodes, writes and announces a still.
Result<void> publish(const Still& still, StillType type, int quality, const std::string& location,
                     const char* what, const Moment& moment, const Announce& announce);

}  // namespace filmgate::stills
