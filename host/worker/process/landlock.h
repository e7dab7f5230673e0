// File access by Landlock (Linux 5.13 and later), by direct system calls: Debian 12's C library has
// no wrappers. Works without privileges and binds root too. Call before any thread exists: the
// rules hold for the calling thread and those it starts later.
#pragma once

#include <string>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate::worker {

// The kernel's Landlock ABI; 0 when it has none or it is switched off.
int landlock_abi();

struct LandlockRules {
  std::vector<std::string> read_only;  // files and folders; absent ones are passed over
  int work_folder = -1;                // descriptor: everything but devices and sockets below it
};

// Applies `rules` with the features of `abi` (at least 1). From ABI 3 on, truncation is confined;
// from 4, TCP; from 5, ioctl on devices; from 6, signals and abstract sockets. What an older kernel
// leaves open is closed by seccomp.
Result<void> apply_landlock(const LandlockRules& rules, int abi);

}  // namespace filmgate::worker
