// Sheets of small tiles for a player's seek bar, and the WebVTT file that leads to them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/thumbnailsink/frame.h"
#include "plugins/thumbnailsink/spread.h"
#include "plugins/thumbnailsink/vtt.h"

namespace filmgate::stills {

struct SpriteSettings {
  std::string location;
  std::string vtt_location;  // empty: none
  StillType type = StillType::kJpeg;
  scaler::Size bound;  // of a tile
  int quality = 85;
  int columns = 5;
  int rows = 5;
  uint64_t interval = 0;  // ns
  unsigned count = 0;     // 0: by the interval
};

// All tiles have the size that the first frame gave them; a frame of another aspect is fitted in,
// on black. A full sheet is written at once, the last one cut to the tiles it uses. By count, small
// pictures are kept and the sheets are put together at the end.
class Sprites {
 public:
  explicit Sprites(SpriteSettings settings) : settings_(std::move(settings)) {}

  Result<void> take(const Frame& frame, const Announce& announce);
  // The stream is interrupted: what follows may lie far from what was before.
  void interrupt() { interrupted_ = true; }
  // `length` as told by the container, ns; 0 where the frames themselves tell it.
  Result<void> finish(const Announce& announce, uint64_t length);

 private:
  struct Tile {
    Still still;
    Moment moment;
  };
  Result<Still> shrunk(const Frame& frame);
  // `start` is that of the tile's cue, which the next one ends.
  Result<void> put(const Tile& tile, uint64_t start, const Announce& announce);
  void paste(const Still& still, int column, int row);
  Result<void> write_sheet(const Announce& announce);

  SpriteSettings settings_;
  Shrinker shrinker_;
  std::optional<Still> sheet_;
  scaler::Size tile_;
  scaler::Colour colour_;  // of the first frame: all sheets have its primaries
  int tiles_on_sheet_ = 0;
  unsigned sheets_ = 0;
  Moment sheet_moment_;
  std::optional<uint64_t> slot_;
  Spread<Tile> spread_;
  bool interrupted_ = false;
  uint64_t end_ = 0;  // of the latest frame
  std::vector<Cue> cues_;
};

}  // namespace filmgate::stills
