#include "plugins/thumbnailsink/vtt.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace filmgate::stills {
namespace {

namespace fs = std::filesystem;

std::string clock(uint64_t ns) {
  const uint64_t ms = ns / 1000000 + (ns % 1000000 >= 500000 ? 1 : 0);
  char text[48];
  std::snprintf(text, sizeof text, "%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64,
                ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
  return text;
}

// RFC 3986: what may stand in a path stays, all else is escaped.
std::string url(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || (c != '\0' && std::strchr("-._~/!$&'()*+,;=@", c))) {
      escaped += c;
    } else {
      char hex[4];
      std::snprintf(hex, sizeof hex, "%%%02X", byte);
      escaped += hex;
    }
  }
  return escaped;
}

std::string relative_url(const std::string& sheet, const std::string& vtt_location) {
  const fs::path folder = fs::path(vtt_location).parent_path();
  std::error_code failure;
  fs::path relative =
      fs::absolute(sheet, failure)
          .lexically_normal()
          .lexically_relative(
              fs::absolute(folder.empty() ? "." : folder, failure).lexically_normal());
  if (failure || relative.empty()) relative = fs::path(sheet).filename();
  return url(relative.generic_string());
}

}  // namespace

std::string vtt_text(const std::vector<Cue>& cues, const std::string& vtt_location) {
  std::string text = "WEBVTT\n";
  for (const Cue& cue : cues) {
    const std::string start = clock(cue.start);
    const std::string end = clock(cue.end);
    if (start == end) continue;
    text += "\n" + start + " --> " + end + "\n" + relative_url(cue.sheet, vtt_location) +
            "#xywh=" + std::to_string(cue.x) + "," + std::to_string(cue.y) + "," +
            std::to_string(cue.width) + "," + std::to_string(cue.height) + "\n";
  }
  return text;
}

}  // namespace filmgate::stills
