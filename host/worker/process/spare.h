// A worker that is started ahead of its job (host/worker/protocol.h).
#pragma once

#include "host/worker/process/sandbox.h"

namespace filmgate::worker {

// Gives up privileges and loads GStreamer with the plugins that every run needs: code and files of
// this machine, nothing of an upload. Then waits; returns when the job is there and all descriptors
// are in their places. Ends the process when the host has no use for it any more, and where the
// sandbox couldn't be put up later as well as at once.
void wait_for_job(const SandboxOptions& options);

}  // namespace filmgate::worker
