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
  std::string reason;         // why, or why not, in words
  int width = 0, height = 0;  // of the output, upright, even
  bool video = true, audio = true;
  std::string file;        // relative to the asset's output folder: "1080p.mp4"
  std::string media_type;  // "video/mp4"
};

struct Plan {
  std::vector<Rung> rungs;         // in the order of the description
  std::vector<std::string> notes;  // "1 subtitle track is left out"
};

// What no description can change: a track that is missing or one too many. The error
// (kUnsupported) is the sentence for the sender. plan_renditions asks it too.
Result<void> check_tracks(const Description& description, const Json& facts);

// The error (kUnsupported) says in words what can't be handled: no video track, several… `values`
// are those of the output templates (expand_template); owner, project and step are taken from the
// facts' metadata where `values` has none.
Result<Plan> plan_renditions(const Description& description, const Json& facts,
                             const Json& values = {});

// Where a stage reads and writes.
struct StageIo {
  std::string source;   // "filesrc location=clip.mp4", or "fdsrc fd=3" in the worker
  std::string folder;   // prefix of output names; "" = the current folder (the worker)
  std::string sidecar;  // JSON text of the metadata; "" = none
  int cores = 1;        // of the machine, for this ladder
};

// The inspect stage: gates with metadatagate on the stream's facts and the sidecar.
std::string inspect_launch(const Description& description, const StageIo& io);
// The probe stage: decodes everything once; qualityprobe on picture and sound, thumbnailsink on the
// picture. Writes poster.jpg, sprite.jpg, sprite.vtt as the description asks.
std::string probe_launch(const Description& description, const Json& facts, const StageIo& io);
// Poster and sprite alone, for the worker's thumbnails stage: it links "parsed" to "picture" and
// decodes only the key frames it needs.
std::string thumbnails_launch(const ThumbnailSpec& thumbnails, const StageIo& io);
// The chosen rungs whose names are in `only` (all when empty) from one decode. Folders of the
// files must exist.
std::string renditions_launch(const Description& description, const Plan& plan, const Json& facts,
                              const StageIo& io, const std::vector<std::string>& only = {});

// What the worker does beyond the line of the renditions because no element of a line can: one
// sentence each.
std::vector<std::string> beyond_launch(const Json& facts);

// Elements that the launch lines hold beyond what a description names: for the allow-list of the
// process that runs them. Demuxers and decoders, which decodebin chooses, are not among them.
const std::vector<std::string>& launch_elements();

// Name templates: {stem} {asset} {date} {owner} {project} {step} {name}, the last being the
// rendition's. Unsafe characters in values become "-"; the result is a safe relative path. The
// error names the key that is unknown or that `values` lacks.
Result<std::string> expand_template(const std::string& text, const Json& values);
const std::vector<std::string>& template_keys();

// A text as the value of a property in gst-launch text, quoted when needed. It reads the same in a
// shell, so a launch line can be typed as it is printed.
std::string launch_quote(const std::string& text);

}  // namespace filmgate
