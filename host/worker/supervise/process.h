// A worker process as the host holds it, and what it works on.
#pragma once

#include <string>
#include <vector>

#include "host/base/file.h"
#include "host/worker/supervise/spawn.h"

namespace filmgate::worker {

// What a job consists of, opened for the worker.
struct JobFiles {
  Fd request, input, folder;
};

struct Process {
  Child child;
  Fd reports, log;  // our ends, non-blocking
  Fd channel;       // of one that was started ahead
};

Result<Process> start_process(const std::vector<std::string>& arguments, const JobFiles& job);
// Without a job, which give_job brings.
Result<Process> start_ahead(std::vector<std::string> arguments);
// False when the process has ended; true doesn't say that it takes the job.
bool give_job(const Process& process, const JobFiles& job);

// What it said on its channel since the last call.
std::string heard_from(const Process& process);

}  // namespace filmgate::worker
