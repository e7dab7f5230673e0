// Reading what the gate is told by files: the sidecar and the rules. Bounded, never blocking on a
// FIFO. Free of GStreamer.
#pragma once

#include <string>
#include <string_view>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

// The whole of a small file. `location` is a path to a regular file, or "fd://N" for a descriptor
// that the caller keeps open; a seekable one is read from its start whatever its position is.
// kNotFound, kPermission, kIo for what the system says; kInvalidInput for a location that can't be
// meant; kLimit when it is larger than `max_bytes`.
Result<std::string> read_small_file(const std::string& location, size_t max_bytes);

// How a location is called in messages: the last part of a path, `fallback` for a descriptor.
std::string source_name(const std::string& location, std::string_view fallback);

// A sidecar's text as a JSON object within kSidecarLimits; kInvalidInput or kLimit with line and
// column otherwise.
Result<Json> parse_sidecar(std::string_view text, std::string_view source);

}  // namespace filmgate
