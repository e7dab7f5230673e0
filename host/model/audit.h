// Whether the rows of an asset are what its events tell. Pure.
#pragma once

#include <string>
#include <vector>

#include "host/model/records.h"

namespace filmgate {

// Everything that the store holds of one asset, of all its revisions.
struct AssetRows {
  Asset asset;
  std::vector<Job> jobs;
  std::vector<Attempt> attempts;
  std::vector<Approval> approvals;
  std::vector<Output> outputs;
};

struct AuditLine {
  std::string what;       // "state", "facts", "revision 1: rendition 720p"
  std::string by_events;  // "" where the events don't tell of it
  std::string by_rows;    // "" where there is no row
  bool agrees = false;
};

struct Audit {
  std::string asset_id;
  int64_t events = 0;
  std::string latest_hash;  // kept elsewhere, it tells later whether the end was cut off
  bool erased = false;
  std::vector<AuditLine> lines;
  std::vector<std::string> problems;  // one sentence each; none: everything agrees
};

// {asset, verdict: "agrees" | "differs", erased, events, latest_hash, problems: […],
// lines: [{what, by_events, by_rows, agrees}]}
Json to_json(const Audit& audit);

// Checks the chain, replays it and compares. Jobs that are over need not have a row any more
// (retention), but a row needs its events.
Audit audit(const AssetRows& rows, const std::vector<Event>& events);

}  // namespace filmgate
