// The state of an asset, told by its events alone. Pure.
#pragma once

#include <map>
#include <optional>
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
  int64_t fence = 0;  // each claim raised it by one
  int crashes = 0;
  std::string staged_sha256;  // of the file that it made; "" where none is told
};

struct ReplayedApproval {
  int revision = 1;
  std::string state;  // as in Approval
  int decisions = 0;
  int quorum = 1;
  int64_t expires_ms = 0;
};

struct ReplayedOutput {
  std::string sha256;
  // Older releases didn't tell; an erasure took the path.
  std::optional<int64_t> size;
  std::optional<std::string> path;
};

// What the row of an asset says beside its state, by what it is called in an audit ("size",
// "source path"…), as text.
using AssetFields = std::map<std::string, std::string>;
AssetFields fields_of(const Asset& asset);
// What the fields "facts" and "metadata" hold: SHA-256 in hex of the compact JSON, "" for null.
// Facts without their metadata, which is personal and has a field of its own.
std::string facts_digest(const Json& facts);
std::string document_digest(const Json& document);

struct Replayed {
  bool began = false;  // there is an asset.received
  // Histories that began with an older release don't tell of every job; of those only what is told
  // can be compared.
  bool whole = true;
  int revision = 1;
  AssetState state = AssetState::kReceived;
  std::string source_sha256;  // "" until hashed
  // Only those that are told: older releases didn't tell of all, and an erasure takes some.
  AssetFields fields;
  bool erased = false;
  std::map<std::string, ReplayedJob> jobs;  // by id
  std::map<std::string, ReplayedApproval> approvals;
  // Published files, by revision and name.
  std::map<std::pair<int, std::string>, ReplayedOutput> outputs;
  // Steps that may never happen, one sentence each: a state that doesn't follow, a fence that fell.
  std::vector<std::string> faults;
};

// `events`: all of one asset, by number.
Replayed replay(const std::vector<Event>& events);

}  // namespace filmgate
