#include <utility>

#include "plugins/thumbnailsink/settings.h"

namespace filmgate::stills {
namespace {

Result<StillType> usable(const std::string& location, StillType asked) {
  FILMGATE_TRY(check_folder(location));
  return type_of(location, asked);
}

}  // namespace

Result<Collector> Collector::make(const Settings& settings) {
  Collector collector;
  const scaler::Size bound{settings.width, settings.height};
  if (settings.poster_location.empty() && settings.location.empty() &&
      settings.sprite_location.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 "there is nothing to make: set poster-location, location or sprite-location"};
  }
  if (!settings.vtt_location.empty() && settings.sprite_location.empty()) {
    return Error{ErrorCode::kInvalidInput,
                 "vtt-location is set but sprite-location, which it describes, is not"};
  }
  if (!settings.poster_location.empty()) {
    auto type = usable(settings.poster_location, settings.format);
    if (!type) return type.error();
    collector.poster_.emplace(
        PosterSettings{settings.poster_location, *type, bound, settings.quality});
  }
  if (!settings.location.empty()) {
    auto pattern = Pattern::parse(settings.location);
    if (!pattern) return pattern.error();
    auto type = usable(pattern->name(0), settings.format);
    if (!type) return type.error();
    collector.series_.emplace(SeriesSettings{std::move(pattern).value(), *type, bound,
                                             settings.quality, settings.interval, settings.count});
  }
  if (!settings.sprite_location.empty()) {
    auto name = numbered_name(settings.sprite_location, 1);
    if (!name) return name.error();
    auto type = usable(*name, settings.format);
    if (!type) return type.error();
    if (!settings.vtt_location.empty()) FILMGATE_TRY(check_folder(settings.vtt_location));
    collector.sprites_.emplace(
        SpriteSettings{settings.sprite_location, settings.vtt_location, *type,
                       scaler::Size{settings.sprite_width, settings.sprite_height},
                       settings.quality, settings.sprite_columns, settings.sprite_rows,
                       settings.sprite_interval, settings.sprite_count});
  }
  return collector;
}

Result<void> Collector::take(const Frame& frame, const Announce& announce) {
  if (poster_) FILMGATE_TRY(poster_->take(frame));
  if (series_) FILMGATE_TRY(series_->take(frame, announce));
  if (sprites_) FILMGATE_TRY(sprites_->take(frame, announce));
  return {};
}

void Collector::interrupt() {
  if (poster_) poster_->interrupt();
  if (sprites_) sprites_->interrupt();
}

Result<void> Collector::finish(const Announce& announce, uint64_t length) {
  if (poster_) FILMGATE_TRY(poster_->finish(announce));
  if (series_) FILMGATE_TRY(series_->finish(announce, length));
  if (sprites_) FILMGATE_TRY(sprites_->finish(announce, length));
  return {};
}

}  // namespace filmgate::stills
