#include "plugins/thumbnailsink/frame.h"

#include <algorithm>

namespace filmgate::stills {

using scaler::Size;

Size still_size(const Frame& frame, Size bound) {
  const Size coded{frame.region.width, frame.region.height};
  const Size shown = display_size(coded, frame.par_n, frame.par_d, frame.orientation);
  // plan_size() bounds the sides by length; here they are bounded by direction.
  double factor = 1;
  if (bound.width > 0) factor = std::min(factor, static_cast<double>(bound.width) / shown.width);
  if (bound.height > 0) factor = std::min(factor, static_cast<double>(bound.height) / shown.height);
  const auto even = [factor](int side, int limit) {
    int rounded = static_cast<int>(side * factor / 2 + 0.4999) * 2;
    if (limit > 1) rounded = std::min(rounded, limit & ~1);
    return std::max(2, rounded);
  };
  return Size{even(shown.width, bound.width), even(shown.height, bound.height)};
}

Result<void> Shrinker::shrink(const Frame& frame, const scaler::Format& format,
                              const scaler::MutablePicture& target) {
  if (!scaler_ || scaler_->in() != frame.format || scaler_->region() != frame.region ||
      out_ != format || orientation_ != frame.orientation || peak_ != frame.peak) {
    scaler::Options options;
    options.orientation = frame.orientation;
    options.source_peak = frame.peak;
    auto made = scaler::Scaler::create(frame.format, frame.region, format, options);
    if (!made) return made.error();
    scaler_ = std::move(made).value();
    out_ = format;
    orientation_ = frame.orientation;
    peak_ = frame.peak;
  }
  return scaler_->process(frame.picture, target);
}

Result<Still> Shrinker::still(const Frame& frame, StillType type, Size bound) {
  Still still(still_format(type, still_size(frame, bound), frame.format.colour));
  if (!still.picture.components()[0].data) {
    return Error{ErrorCode::kLimit, "not enough memory for a picture"};
  }
  FILMGATE_TRY(shrink(frame, still.format, still.picture.components()));
  return still;
}

Result<void> publish(const Still& still, StillType type, int quality, const std::string& location,
                     const char* what, const Moment& moment, const Announce& announce) {
  auto bytes = encode(still, type, quality);
  if (!bytes) return bytes.error();
  FILMGATE_TRY(write_whole(location, *bytes));
  announce(FinishedFile{what, location, still.format.width, still.format.height, moment});
  return {};
}

}  // namespace filmgate::stills
