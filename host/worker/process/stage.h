// One stage on one input: from the launch text to reported, durable files.
#pragma once

#include "host/worker/process/report.h"
#include "host/worker/process/request.h"

namespace filmgate::worker {

// Runs inside the finished sandbox, in the work folder. The last line it reports is the caller's.
std::optional<Failure> run_stage(const Request& request, Reporter& reporter);

}  // namespace filmgate::worker
