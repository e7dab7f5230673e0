// Files that a stage has made: made durable, hashed, and, for renditions, decoded again.
#pragma once

#include <functional>
#include <string>

#include "host/worker/process/report.h"
#include "host/worker/process/request.h"
#include "host/worker/process/runner.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

// fsyncs the file and its folder and hashes it: the `output` report of protocol.h.
Result<Json> seal_output(const std::string& name, const std::string& file, Json info);

struct VerifyContext {
  StageLimits limits;
  const Deadline* deadline = nullptr;
  std::optional<DecodedTrack> source_video;  // what the source decoded to
  std::function<void()> on_progress;
};

// Opens the rendition, decodes all of it and holds it against what was asked for and against the
// source. On success the `info` of its output report; the failure's class is kClassInternal, for a
// bad output of a good input is ours, and worth another attempt.
std::optional<Failure> verify_rendition(const VerifyEntry& entry, const VerifyContext& context,
                                        Json& info);

}  // namespace filmgate::worker
