// The state of an asset, told by its events alone. Pure.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/model/records.h"

namespace filmgate {

struct ReplayedJob {
  int revision = 1;
  std::string kind;
  std::string variant;
  JobState state = JobState::kReady;
  int attempt = 0;
  int64_t fence = 0;
};

struct ReplayedApproval {
  int revision = 1;
  std::string state;  // as in Approval
  int decisions = 0;
};

struct Replayed {
  bool began = false;  // there is an asset.received
  // Histories that began with an older release don't tell of every job; of those only what is told
  // can be compared.
  bool whole = true;
  int revision = 1;
  AssetState state = AssetState::kReceived;
  std::string source_sha256;  // "" until hashed
  bool erased = false;
  std::map<std::string, ReplayedJob> jobs;  // by id
  std::map<std::string, ReplayedApproval> approvals;
  // Published files: revision and name -> sha256.
  std::map<std::pair<int, std::string>, std::string> outputs;
  // Steps that may never happen, one sentence each: a state that doesn't follow, a fence that fell.
  std::vector<std::string> faults;
};

// `events`: all of one asset, by number.
Replayed replay(const std::vector<Event>& events);

}  // namespace filmgate
