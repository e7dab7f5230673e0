// Sheets of small tiles for a player's seek bar, and the WebVTT file that leads to them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/thumbnailsink/frame.h"
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
};

// All tiles have the size that the first frame gave them; a frame of another aspect is fitted in,
// on black. A full sheet is written at once, the last one cut to the rows it uses.
class Sprites {
 public:
  explicit Sprites(SpriteSettings settings) : settings_(std::move(settings)) {}

  Result<void> take(const Frame& frame, const Announce& announce);
  Result<void> finish(const Announce& announce);

 private:
  Result<void> draw(const Frame& frame, int column, int row);
  Result<void> write_sheet(const Announce& announce);

  SpriteSettings settings_;
  Shrinker shrinker_;
  std::optional<Still> sheet_;
  scaler::Size tile_;
  int tiles_on_sheet_ = 0;
  unsigned sheets_ = 0;
  Moment sheet_moment_;
  std::optional<uint64_t> slot_;
  uint64_t end_ = 0;  // of the latest frame
  std::vector<Cue> cues_;
};

}  // namespace filmgate::stills
