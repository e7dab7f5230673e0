// `filmgate-worker --self-test`: shows on this machine what the sandbox refuses.
#pragma once

#include "host/worker/process/sandbox.h"

namespace filmgate::worker {

// Prints a line for each thing that is tried. 0 when every wall holds, else 1.
int run_self_test(const SandboxOptions& options);

}  // namespace filmgate::worker
