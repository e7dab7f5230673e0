#include "host/http/words.h"

#include <cmath>
#include <cstdio>
#include <ctime>

namespace filmgate::http {
namespace {

constexpr size_t kMaxIntervals = 20;
constexpr size_t kMaxMetadata = 40;
constexpr size_t kMaxValueLength = 500;

constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

tm utc_parts(int64_t ms) {
  const auto seconds = static_cast<time_t>(ms / 1000);
  tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::optional<double> number_at(const Json& facts, const char* path) {
  const Json* const value = facts.find_path(path);
  return value != nullptr ? value->if_number() : std::nullopt;
}

std::string text_at(const Json& facts, const char* path) {
  const Json* const value = facts.find_path(path);
  return value != nullptr ? value->string_or("") : "";
}

void append(std::string& text, const std::string& part) {
  if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
}

std::string picture_in_words(const Json& facts) {
  std::string text;
  const auto width = number_at(facts, "media.video.width");
  const auto height = number_at(facts, "media.video.height");
  if (width && height) append(text, fixed(*width, 0) + " × " + fixed(*height, 0));
  if (const auto rate = number_at(facts, "media.video.framerate")) {
    std::string number = fixed(*rate, 2);
    while (number.ends_with('0')) number.pop_back();
    if (number.ends_with('.')) number.pop_back();
    append(text, number + " frames/s");
  }
  append(text, text_at(facts, "media.video.codec"));
  if (const auto depth = number_at(facts, "media.video.bit_depth"); depth && *depth > 8) {
    append(text, fixed(*depth, 0) + " bit");
  }
  if (const std::string hdr = text_at(facts, "media.video.hdr"); !hdr.empty() && hdr != "none") {
    append(text, "HDR (" + hdr + ")");
  }
  if (const Json* interlaced = facts.find_path("media.video.interlaced");
      interlaced != nullptr && interlaced->bool_or(false)) {
    append(text, "interlaced");
  }
  return text;
}

std::string sound_in_words(const Json& facts) {
  std::string text;
  if (const auto channels = number_at(facts, "media.audio.channels")) {
    if (*channels == 1) {
      append(text, "mono");
    } else if (*channels == 2) {
      append(text, "stereo");
    } else {
      append(text, fixed(*channels, 0) + " channels");
    }
  }
  if (const auto rate = number_at(facts, "media.audio.rate")) {
    append(text, fixed(*rate / 1000, std::fmod(*rate, 1000) == 0 ? 0 : 1) + " kHz");
  }
  append(text, text_at(facts, "media.audio.codec"));
  append(text, text_at(facts, "media.audio.language"));
  return text;
}

struct Finding {
  const char* path;
  const char* words;
};
constexpr Finding kFindings[] = {
    {"quality.video.black", "The picture is black"},
    {"quality.video.freeze", "The picture stands still"},
    {"quality.video.blur", "The picture is blurred"},
    {"quality.video.levels", "Light or dark parts lie outside the legal levels"},
    {"quality.video.blockiness", "The picture shows coding blocks"},
    {"quality.video.noise", "The picture is noisy"},
    {"quality.video.letterbox", "The picture has black bars"},
    {"quality.video.combing", "The picture is combed by interlacing"},
    {"quality.audio.silence", "There is no sound"},
    {"quality.audio.clipping", "The sound is clipped"},
    {"quality.audio.dc_offset", "The sound has a DC offset"},
    {"quality.audio.phase", "Left and right are out of phase"},
    {"quality.audio.dropout", "A channel is silent while others play"},
    {"quality.audio.invalid", "The sound holds samples that are no numbers"},
};

}  // namespace

std::string time_in_words(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const auto tenths = static_cast<int64_t>(std::llround(seconds * 10));
  const int64_t whole = tenths / 10;
  char text[64];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", static_cast<long long>(whole / 3600),
                  static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld.%lld", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60), static_cast<long long>(tenths % 10));
  }
  return text;
}

std::string moment_in_words(int64_t ms) {
  const tm parts = utc_parts(ms);
  char text[64];
  std::snprintf(text, sizeof text, "%d %s %d, %02d:%02d UTC", parts.tm_mday,
                kMonths[parts.tm_mon % 12], parts.tm_year + 1900, parts.tm_hour, parts.tm_min);
  return text;
}

std::string clock_in_words(int64_t ms) {
  const tm parts = utc_parts(ms);
  char text[64];
  std::snprintf(text, sizeof text, "%d %s, %02d:%02d:%02d", parts.tm_mday,
                kMonths[parts.tm_mon % 12], parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

std::string state_in_words(const std::string& state) {
  std::string words = state;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

Rows media_in_words(const Json& facts) {
  Rows rows;
  if (const auto duration = number_at(facts, "media.duration")) {
    rows.emplace_back("Duration", time_in_words(*duration));
  }
  if (const std::string picture = picture_in_words(facts); !picture.empty()) {
    rows.emplace_back("Picture", picture);
  }
  if (const std::string sound = sound_in_words(facts); !sound.empty()) {
    rows.emplace_back("Sound", sound);
  }
  if (const std::string container = text_at(facts, "media.container"); !container.empty()) {
    rows.emplace_back("Container", container);
  }
  return rows;
}

Rows metadata_in_words(const Json& facts) {
  Rows rows;
  const Json::Object* const metadata = facts.get("metadata").if_object();
  if (metadata == nullptr) return rows;
  for (const Json::Member& member : *metadata) {
    if (rows.size() == kMaxMetadata) break;
    std::string value =
        member.value.is_string() ? *member.value.if_string() : to_text(member.value);
    if (value.size() > kMaxValueLength) {
      size_t end = kMaxValueLength;
      while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;
      value = value.substr(0, end) + "…";
    }
    rows.emplace_back(member.key, value);
  }
  return rows;
}

Rows measures_in_words(const Json& facts) {
  Rows rows;
  const auto add = [&](const char* name, const char* path, int digits, const char* unit) {
    if (const auto value = number_at(facts, path)) {
      rows.emplace_back(name, fixed(*value, digits) + unit);
    }
  };
  const auto share = [&](const char* name, const char* path) {
    if (const auto value = number_at(facts, path)) {
      rows.emplace_back(name, fixed(*value * 100, 1) + " %");
    }
  };
  add("Loudness", "quality.audio.loudness.integrated", 1, " LUFS");
  add("Loudness range", "quality.audio.loudness.range", 1, " LU");
  add("True peak", "quality.audio.loudness.true_peak", 1, " dBTP");
  share("Silence", "quality.audio.silence.ratio");
  share("Black", "quality.video.black.ratio");
  share("Standing still", "quality.video.freeze.ratio");
  share("Outside legal levels", "quality.video.levels.outside_ratio");
  add("Detail (SI), mean", "quality.video.si.mean", 1, "");
  add("Motion (TI), mean", "quality.video.ti.mean", 1, "");
  add("Scene cuts", "quality.video.scene_cuts.count", 0, "");
  return rows;
}

std::vector<std::string> findings_in_words(const Json& facts) {
  std::vector<std::string> findings;
  for (const Finding& finding : kFindings) {
    const Json* const found = facts.find_path(finding.path);
    const Json::Array* const intervals =
        found != nullptr ? found->get("intervals").if_array() : nullptr;
    if (intervals == nullptr) continue;
    const auto unlisted = static_cast<size_t>(found->get("unlisted").integer_or(0));
    for (size_t i = 0; i < intervals->size(); ++i) {
      if (i == kMaxIntervals) {
        findings.push_back(std::string(finding.words) + " " +
                           std::to_string(intervals->size() - i + unlisted) + " more times");
        break;
      }
      const double start = (*intervals)[i].get("start").number_or(0);
      const double end = (*intervals)[i].get("end").number_or(start);
      // Times are shown in tenths: what is shorter has no end that would say anything.
      constexpr double kShortest = 0.1;
      findings.push_back(std::string(finding.words) +
                         (end - start < kShortest
                              ? " at " + time_in_words(start) + " (under 0.1 s)"
                              : " from " + time_in_words(start) + " to " + time_in_words(end) +
                                    " (" + fixed(end - start, 1) + " s)"));
    }
  }
  return findings;
}

}  // namespace filmgate::http
