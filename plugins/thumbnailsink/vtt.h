// The WebVTT file that tells a player which tile of which sheet shows which moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace filmgate::stills {

struct Cue {
  uint64_t start = 0;  // ns
  uint64_t end = 0;
  std::string sheet;  // path of the sheet
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

// Sheets are named by URLs relative to `vtt_location`. Cues that WebVTT's milliseconds can't tell
// apart are left out but for the last.
std::string vtt_text(const std::vector<Cue>& cues, const std::string& vtt_location);

}  // namespace filmgate::stills
