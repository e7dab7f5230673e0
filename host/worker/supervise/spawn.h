// Starting a worker process with exactly the descriptors and the environment it may have.
#pragma once

#include <string>
#include <vector>

#include "host/base/file.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

struct Child {
  int pid = 0;
  Fd process;  // pidfd: readable when the process has ended
};

// `descriptors[i]` becomes descriptor i of the process (-1: closed); it gets no other, an empty
// environment, no blocked or ignored signals and a process group of its own. The child's
// PDEATHSIG follows the calling thread.
Result<Child> spawn(const std::vector<std::string>& arguments, const std::vector<int>& descriptors);

struct Ended {
  int exit_code = -1;
  int signal = 0;
};
// Collects a process that has ended, or waits for it.
Ended reap(const Child& child);

// An anonymous file with this content, at its start.
Result<Fd> file_in_memory(std::string_view content, const char* name);

struct Pipe {
  Fd read, write;
};
Result<Pipe> make_pipe();

}  // namespace filmgate::worker
