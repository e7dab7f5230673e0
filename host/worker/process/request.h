// The request a host sends (host/worker/protocol.h), read strictly.
#pragma once

#include <string>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

enum class Stage { kInspect, kProbe, kRenditions, kThumbnails };

struct StageLimits {
  int64_t wall_ms = 0, stall_ms = 0;
  int64_t memory_bytes = 0, output_bytes = 0;
  int64_t pixels = 0;
  int side = 0;
  int streams = 0;
  double framerate = 0;
  double duration_s = 0;
};

// A file that the renditions stage has to have made, and what it must hold.
struct VerifyEntry {
  std::string name, file;
  bool video = true, audio = true;
  int width = 0, height = 0;  // upright, square pixels; 0 = any
};

struct Request {
  Stage stage = Stage::kInspect;
  std::string launch;
  std::string name;  // of the input, for messages
  std::vector<std::string> elements;
  StageLimits limits;
  std::vector<VerifyEntry> verify;
  bool insecure = false;
};

Result<Request> parse_request(const std::string& text);

}  // namespace filmgate::worker
