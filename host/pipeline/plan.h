// From a description and the facts of an upload to what will be made of it, and the gst-launch text
// of each stage. What `filmgate plan` prints is what the worker runs, with another source.
#pragma once

#include <string>
#include <vector>

#include "host/pipeline/description.h"
#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

struct Rung {
  std::string name;
  bool chosen = false;
  std::string reason;  // why, or why not, in words
  int width = 0, height = 0;  // of the output, upright, even
  bool video = true, audio = true;
  std::string file;        // relative to the asset's output folder: "1080p.mp4"
  std::string media_type;  // "video/mp4"
};

struct Plan {
  std::vector<Rung> rungs;  // in the order of the description
  std::vector<std::string> notes;  // "2 audio tracks; the first is used"
};

// The error (kUnsupported) says in words what can't be handled: no video track, HDR…
Result<Plan> plan_renditions(const Description& description, const Json& facts);

// Where a stage reads and writes.
struct StageIo {
  std::string source;   // "filesrc location=clip.mp4", or "fdsrc fd=3" in the worker
  std::string folder;   // prefix of output names; "" = the current folder (the worker)
  std::string sidecar;  // JSON text of the metadata; "" = none
};

// The inspect stage: gates with metadatagate on the stream's facts and the sidecar.
std::string inspect_launch(const Description& description, const StageIo& io);
// The probe stage: decodes everything once; qualityprobe on picture and sound, thumbnailsink on the
// picture. Writes poster.jpg, sprite.jpg, sprite.vtt as the description asks.
std::string probe_launch(const Description& description, const Json& facts, const StageIo& io);
// The chosen rungs whose names are in `only` (all when empty) from one decode.
std::string renditions_launch(const Description& description, const Plan& plan, const Json& facts,
                              const StageIo& io, const std::vector<std::string>& only = {});

// Name templates: {stem} {asset} {date} {owner} {project} {step} {name}. Unsafe characters in values
// become "-"; the result is a safe relative path.
Result<std::string> expand_template(const std::string& text, const Json& values);

// A text as one argument of gst-launch, quoted when needed.
std::string launch_quote(const std::string& text);

}  // namespace filmgate
