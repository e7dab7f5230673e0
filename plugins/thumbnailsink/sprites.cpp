#include "plugins/thumbnailsink/sprites.h"

#include <algorithm>
#include <cstring>
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
  if (settings_.count > 0) {
    if (!spread_.wants(frame.time)) return {};
    auto still = shrunk(frame);
    if (!still) return still.error();
    spread_.add(frame.time, Tile{std::move(still).value(), frame.moment}, settings_.count);
    return {};
  }
  const uint64_t slot = frame.time / settings_.interval;
  if (slot_ && slot <= *slot_) return {};
  slot_ = slot;
  auto still = shrunk(frame);
  if (!still) return still.error();
  return put(Tile{std::move(still).value(), frame.moment}, slot * settings_.interval, announce);
}

// Each tile has memory of its own: a scaler that writes whole vectors can't reach its neighbours.
Result<Still> Sprites::shrunk(const Frame& frame) {
  if (tile_.width == 0) {
    tile_ = still_size(frame, {tile_bound(settings_.bound.width, settings_.columns),
                               tile_bound(settings_.bound.height, settings_.rows)});
    colour_ = frame.format.colour;
  }
  scaler::Size size = still_size(frame, tile_);
  // A frame of the tile's own aspect fills it; one that rounding made 2 pixels smaller does too.
  if (tile_.width - size.width <= 2 && tile_.height - size.height <= 2) size = tile_;
  Still still(still_format(settings_.type, size, colour_));
  if (!still.picture.components()[0].data) {
    return Error{ErrorCode::kLimit, "not enough memory for a tile"};
  }
  FILMGATE_TRY(shrinker_.shrink(frame, still.format, still.picture.components()));
  return still;
}

Result<void> Sprites::put(const Tile& tile, uint64_t start, const Announce& announce) {
  if (!sheet_) {
    const scaler::Size size{tile_.width * settings_.columns, tile_.height * settings_.rows};
    sheet_.emplace(still_format(settings_.type, size, colour_));
    if (!sheet_->picture.components()[0].data) {
      return Error{ErrorCode::kLimit, "not enough memory for a sprite sheet"};
    }
    fill_black(*sheet_);
    sheet_moment_ = tile.moment;
  }
  const int column = tiles_on_sheet_ % settings_.columns;
  const int row = tiles_on_sheet_ / settings_.columns;
  paste(tile.still, column, row);

  auto name = numbered_name(settings_.location, sheets_ + 1);
  if (!name) return name.error();
  // The first tile stands for all that is before it, too.
  if (cues_.empty()) start = 0;
  if (!cues_.empty()) cues_.back().end = start;
  cues_.push_back(Cue{start, start, *name, column * tile_.width, row * tile_.height, tile_.width,
                      tile_.height});
  if (++tiles_on_sheet_ == settings_.columns * settings_.rows) return write_sheet(announce);
  return {};
}

void Sprites::paste(const Still& still, int column, int row) {
  const scaler::Format& format = still.format;
  // Even, so that chroma samples lie on chroma samples.
  const int left = column * tile_.width + (tile_.width - format.width) / 4 * 2;
  const int top = row * tile_.height + (tile_.height - format.height) / 4 * 2;
  for (int c = 0; c < format.components(); ++c) {
    const auto& from = still.picture.components()[static_cast<size_t>(c)];
    const auto& sheet = sheet_->picture.components()[static_cast<size_t>(c)];
    uint8_t* to = sheet.data + (top >> format.subsample_h_of(c)) * sheet.stride +
                  (left >> format.subsample_w_of(c));
    for (int y = 0; y < format.height_of(c); ++y) {
      std::memcpy(to + y * sheet.stride, from.data + y * from.stride,
                  static_cast<size_t>(format.width_of(c)));
    }
  }
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

Result<void> Sprites::finish(const Announce& announce, uint64_t length) {
  uint64_t end = end_;
  if (settings_.count > 0) {
    end = std::max(end, length);
    const auto badness = [](const auto& kept, uint64_t middle, const auto*) {
      return away(kept.time, middle);
    };
    // A tile stands for what is nearer to it than to its neighbours.
    uint64_t before = 0;
    for (const auto* kept : spread_.choose(settings_.count, end, badness)) {
      FILMGATE_TRY(put(kept->picture, before + (kept->time - before) / 2, announce));
      before = kept->time;
    }
    spread_.clear();
  } else if (interrupted_ && !cues_.empty()) {
    // Few of the frames came by: the last tile, too, stands for its whole interval.
    const uint64_t whole = cues_.back().start + settings_.interval;
    end = std::max(end, length > 0 ? std::min(length, whole) : whole);
  }
  if (sheet_) FILMGATE_TRY(write_sheet(announce));
  if (cues_.empty() || settings_.vtt_location.empty()) return {};
  Cue& last = cues_.back();
  last.end = std::max(end, last.start + 1'000'000);
  FILMGATE_TRY(write_whole(settings_.vtt_location, vtt_text(cues_, settings_.vtt_location)));
  announce(FinishedFile{"vtt", settings_.vtt_location, 0, 0, Moment{}});
  cues_.clear();
  return {};
}

}  // namespace filmgate::stills
