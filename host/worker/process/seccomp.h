// System calls by seccomp: an allow-list for every thread of the process.
#pragma once

#include "plugins/core/result.h"

namespace filmgate::worker {

// Calls that decoding needs are allowed, some with particular arguments only. Calls that a library
// might try without harm (sockets, exec, fork, chmod…) fail with EPERM, unknown ones with ENOSYS.
// Calls that only an attacker makes (ptrace, bpf, mount, io_uring…) end the process with SIGSYS.
Result<void> apply_seccomp();

}  // namespace filmgate::worker
