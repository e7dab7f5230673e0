// The walls around the worker, put up in this order: limits of the process, no new privileges, no
// capabilities, Landlock; then GStreamer is loaded; then seccomp; then the proof that they hold.
#pragma once

#include <string>
#include <vector>

#include "host/worker/process/request.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

struct SandboxOptions {
  std::string plugin_folder;  // libgstfilmgate.so; "" = none of its own
  std::string registry;       // GStreamer's registry cache file
  int parent = 0;             // the host's process id; 0 = don't care
  int landlock_cap = 0;       // use no later Landlock ABI than this; 0 = the kernel's
};

// What stands, and what is missing: "landlock 7, seccomp" / "no landlock".
struct SandboxState {
  int landlock = 0;
  bool seccomp = false;
  std::vector<std::string> missing;  // a sentence each
  std::string describe() const;
};

// Address space (but not under AddressSanitizer), descriptors, core files, size of a file.
Result<void> limit_process(const StageLimits& limits);

// Before any thread exists. Ties our life to the host's, gives up privileges and applies Landlock
// with the folder on `work_folder` as the only writable one.
Result<void> enter_walls(const SandboxOptions& options, int work_folder, SandboxState& state);

// After all plugins that will be needed are loaded.
void enter_seccomp(SandboxState& state);

}  // namespace filmgate::worker
