// A description: one JSON document that declares an asset's whole way (docs/descriptions.md).
// Parsing is strict: unknown keys, wrong types and impossible values are refused with file, line
// and the nearest right name. Pure: files come in through the reader that the caller passes.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/pipeline/catalogue.h"
#include "plugins/core/json.h"
#include "plugins/core/result.h"
#include "plugins/core/rules.h"

namespace filmgate {

enum class SidecarPolicy { kRequired, kOptional, kIgnored };

struct AcceptSpec {
  std::vector<std::string> prefixes;  // of the path below uploads/; empty = any
  std::vector<std::string> suffixes;  // lower case with dot; empty = known_video_suffixes()
  SidecarPolicy sidecar = SidecarPolicy::kRequired;
  // What makes an upload the next revision of an earlier one; "" = nothing does. An upload that
  // lacks something of it is an asset of its own.
  std::string key = "{project}/{step}/{owner}";
  int64_t settle_ms = 2000;
  int64_t grace_ms = 60'000;  // how long a missing sidecar is waited for before somebody is told
};

struct ProbeSpec {
  Json properties;  // for the qualityprobe elements: property -> value, durations in ns
  Rules reject;     // triggers
  Rules hold;
};

struct ApprovalSpec {
  bool required = false;
  std::vector<std::string> reviewers;  // e-mail addresses; may be empty
  int quorum = 1;
  int64_t expires_ms = 0;  // 0 = never
};

struct RenditionSpec {
  std::string name;  // "1080p"
  int height = 0;    // short side, upright; 0 = as the source
  int width = 0;     // bound of the long side; 0 = from the aspect
  std::string
      video;  // gst-launch text: "x264enc speed-preset=veryfast bitrate=5000"; "" = no video
  std::string audio;   // "avenc_aac bitrate=128000"; "" = no audio
  std::string mux;     // "mp4mux faststart=true"
  std::string filter;  // between scaling and encoding
  std::string output;  // template below the asset's folder; "" = "{name}" and the muxer's suffix
  Position at;
  // Where each of video, audio, mux and filter was written, its preset's file included:
  // "web-720p.json:4:12".
  std::map<std::string, std::string> origins;
};

struct PosterSpec {
  int width = 0;  // 0 = as the source, at most 1920
};
struct SpriteSpec {
  int64_t interval_ms = 5000;
  int count = 0;  // tiles over the whole, whatever its length; 0 = by the interval
  int width = 160;
  int columns = 5;
};
struct ThumbnailSpec {
  std::optional<PosterSpec> poster;
  std::optional<SpriteSpec> sprite;
  Json properties;  // for thumbnailsink
};

struct RetrySpec {
  int attempts = 5;
  std::vector<int64_t> backoff_ms = {10'000, 60'000, 300'000, 900'000};  // the last repeats
};

struct NotifySpec {
  std::string to;               // an endpoint of the configuration, or "log"
  std::vector<std::string> on;  // asset states
};

// Bounds of "priority" and of "concurrency".
inline constexpr int kMaxPriority = 1000;  // and -kMaxPriority
inline constexpr int kMaxConcurrency = 1000;

struct Description {
  std::string name;
  std::string source;  // file name, for messages
  std::string text;    // as it was read, with what presets brought in resolved: what is pinned
  std::string sha256;  // hex, of text
  AcceptSpec accept;
  Rules gate;
  Json gate_json;  // as metadatagate takes it
  ProbeSpec probe;
  ApprovalSpec approval;
  std::vector<RenditionSpec> renditions;
  ThumbnailSpec thumbnails;
  RetrySpec retry;
  int priority = 0;     // of new assets: the greater goes first
  int concurrency = 0;  // runs of its assets at once in the probe and in the encode lane; 0 = any
  std::vector<NotifySpec> notify;
  std::string folder;  // template of the output folder; "{stem}" by default
};

// Gives the text of pipelines/presets/<name>.json, or kNotFound naming the presets there are.
using PresetReader = std::function<Result<std::string>(const std::string& name)>;

// The keys of each object of a description ("description", "accept", "gate"…, "rendition",
// "preset"), as the parser takes them; "$schema" and a preset's "description" are for people and
// editors.
const std::map<std::string, std::vector<std::string>>& description_keys();

// ".mp4", ".mov"…: what uploads a description without suffixes takes.
const std::vector<std::string>& known_video_suffixes();

Result<Description> parse_description(const std::string& text, const std::string& source,
                                      const PresetReader& presets);

// Against the elements of this machine: every element known, every property there and its value
// possible, every rung muxable (encoder's caps meet the muxer's). All findings, each a sentence
// with file and line; empty = good.
std::vector<std::string> check_description(const Description& description,
                                           const Catalogue& catalogue);

// Names of all elements that the description's gst-launch texts mention.
std::vector<std::string> elements_of(const Description& description);

// Which description takes an upload: the longest matching prefix, then the longest suffix (a
// description without suffixes comes after those that name the suffix). Two that could claim the
// same upload with equal right are refused when the set is made.
class Router {
 public:
  static Result<Router> make(std::vector<Description> descriptions);
  const Description* route(const std::string& name) const;  // null: none accepts it
  const Description* find(const std::string& description_name) const;
  const std::vector<Description>& all() const { return descriptions_; }

 private:
  std::vector<Description> descriptions_;
};

}  // namespace filmgate
