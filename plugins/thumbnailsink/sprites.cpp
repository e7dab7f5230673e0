#include "plugins/thumbnailsink/sprites.h"

#include <algorithm>
#include <utility>

#include "plugins/thumbnailsink/pattern.h"

namespace filmgate::stills {
namespace {

// The side that a tile may have at most, so that so many of them fit on a sheet.
int tile_bound(int asked, int count) {
  const int room = kLargestSide / count;
  return asked > 0 ? std::min(asked, room) : room;
}

}  // namespace

Result<void> Sprites::take(const Frame& frame, const Announce& announce) {
  end_ = std::max(end_, frame.time + frame.duration);
  const uint64_t slot = frame.time / settings_.interval;
  if (slot_ && slot <= *slot_) return {};
  slot_ = slot;

  if (!sheet_) {
    if (tile_.width == 0) {
      tile_ = still_size(frame, {tile_bound(settings_.bound.width, settings_.columns),
                                 tile_bound(settings_.bound.height, settings_.rows)});
    }
    const scaler::Size size{tile_.width * settings_.columns, tile_.height * settings_.rows};
    sheet_.emplace(still_format(settings_.type, size, frame.format.colour));
    if (!sheet_->picture.components()[0].data) {
      return Error{ErrorCode::kLimit, "not enough memory for a sprite sheet"};
    }
    fill_black(*sheet_);
    sheet_moment_ = frame.moment;
  }
  const int column = tiles_on_sheet_ % settings_.columns;
  const int row = tiles_on_sheet_ / settings_.columns;
  FILMGATE_TRY(draw(frame, column, row));

  auto name = numbered_name(settings_.location, sheets_ + 1);
  if (!name) return name.error();
  // A tile stands for its whole interval, though its frame may come a little later; the first one
  // for all that is before it.
  const uint64_t start = cues_.empty() ? 0 : slot * settings_.interval;
  if (!cues_.empty()) cues_.back().end = start;
  cues_.push_back(Cue{start, start, *name, column * tile_.width, row * tile_.height, tile_.width,
                      tile_.height});
  if (++tiles_on_sheet_ == settings_.columns * settings_.rows) return write_sheet(announce);
  return {};
}

Result<void> Sprites::draw(const Frame& frame, int column, int row) {
  scaler::Size size = still_size(frame, tile_);
  // A frame of the tile's own aspect fills it; one that rounding made 2 pixels smaller does too.
  if (tile_.width - size.width <= 2 && tile_.height - size.height <= 2) size = tile_;
  scaler::Format format = sheet_->format;
  format.width = size.width;
  format.height = size.height;
  const int left = column * tile_.width + (tile_.width - size.width) / 4 * 2;
  const int top = row * tile_.height + (tile_.height - size.height) / 4 * 2;
  scaler::MutablePicture target = sheet_->picture.components();
  for (int c = 0; c < format.components(); ++c) {
    auto& plane = target[static_cast<size_t>(c)];
    plane.data += (top >> format.subsample_h_of(c)) * plane.stride +
                  static_cast<ptrdiff_t>(left >> format.subsample_w_of(c)) * plane.step;
  }
  return shrinker_.shrink(frame, format, target);
}

Result<void> Sprites::write_sheet(const Announce& announce) {
  auto name = numbered_name(settings_.location, ++sheets_);
  if (!name) return name.error();
  const int used_rows = (tiles_on_sheet_ + settings_.columns - 1) / settings_.columns;
  sheet_->format.height = used_rows * tile_.height;
  sheet_->format.width = std::min(tiles_on_sheet_, settings_.columns) * tile_.width;
  FILMGATE_TRY(publish(*sheet_, settings_.type, settings_.quality, *name, "sprite", sheet_moment_,
                       announce));
  sheet_.reset();
  tiles_on_sheet_ = 0;
  return {};
}

Result<void> Sprites::finish(const Announce& announce) {
  if (sheet_) FILMGATE_TRY(write_sheet(announce));
  if (cues_.empty() || settings_.vtt_location.empty()) return {};
  Cue& last = cues_.back();
  last.end = std::max(end_, last.start + 1'000'000);
  FILMGATE_TRY(write_whole(settings_.vtt_location, vtt_text(cues_, settings_.vtt_location)));
  announce(FinishedFile{"vtt", settings_.vtt_location, 0, 0, Moment{}});
  cues_.clear();
  return {};
}

}  // namespace filmgate::stills
