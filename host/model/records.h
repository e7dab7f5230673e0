// What the store keeps, as plain values. Times are integer ms since 1970, 0 = never; paths are
// relative to the library's root; ids are UUIDv7 text. JSON columns hold text that we wrote.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/model/states.h"
#include "plugins/core/json.h"

namespace filmgate {

// Where the source of an asset lies now.
struct Source {
  std::string path;      // "uploads/news/clip.mp4", later "processed/…", "rejected/…"
  int64_t size = 0;      // bytes
  int64_t mtime_ns = 0;  // with size and inode: which file it was that we admitted
  uint64_t inode = 0;
  std::string sha256;  // hex; "" until hashed
};

struct Asset {
  std::string id;
  int revision = 1;
  std::string name;                // path below uploads/ as it came in: "news/clip.mp4"
  std::string description;         // name of the description…
  std::string description_sha256;  // …and the hash of its text that the asset is pinned to
  AssetState state = AssetState::kReceived;
  std::string detail;  // why it is there, in words: what it waits for, why it was rejected
  Source source;
  std::string sidecar_path;  // relative, "" when none
  std::string sidecar_sha256;
  Json metadata;            // the sidecar's object; null until read
  Json facts;               // metadata, media, quality; null until inspected
  std::string output_path;  // "processed/news/clip" once published
  // Moves of source and sidecar that this row promises: [{"from": "uploads/a.mp4", "to": "rejected/
  // a.mp4"}]. Committed first, then carried out; what is still listed is rolled forward at start.
  Json moves;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string key;      // what makes an upload the next revision of this one; "" = nothing does
  int64_t wake_ms = 0;  // when the engine must look again (grace time, expiry, undo); 0 = no need
  // Of its jobs, those to come included; greater goes first. Once the row is there, only
  // Transaction::prioritize() changes it.
  int priority = 0;
};

struct Job {
  std::string id;
  std::string asset_id;
  int revision = 1;
  JobKind kind = JobKind::kInspect;
  std::string variant;  // the rendition's name; "" otherwise
  JobState state = JobState::kBlocked;
  Lane lane = Lane::kLight;
  int priority = 0;         // greater goes first
  std::string description;  // its name, by which a claim leaves out those that have their fill
  int attempt = 0;          // claims so far
  int max_attempts = 5;     // from the description
  int crashes = 0;          // runs that died with it
  int64_t fence = 0;        // grows with every claim
  int64_t run_at_ms = 0;    // not before
  int64_t lease_until_ms = 0;
  int64_t deadline_ms = 0;  // of the present claim
  std::string owner;        // host instance that holds it
  std::string run_id;
  std::string error_class;  // of the latest failed attempt: media, io, crash, limit, …
  std::string error;
  Json staged;  // a verified rendition: path, sha256, size, …; of a publish job: its intent
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
};

// One worker process; enough to recognise after a restart whether it still lives.
struct Run {
  std::string id;
  std::string asset_id;
  std::string stage;  // inspect, probe, renditions
  std::string owner;
  std::string boot_id;
  int pid = 0;
  int64_t pid_start = 0;  // start time in clock ticks, from /proc/PID/stat
  std::string folder;     // ".work/<run>"
  int64_t started_ms = 0;
  int64_t ended_ms = 0;
  std::string outcome;  // "", ok, failed, crashed, killed, lost
};

struct Attempt {
  std::string job_id;
  std::string run_id;
  int number = 0;
  int64_t fence = 0;
  int64_t started_ms = 0;
  int64_t ended_ms = 0;
  std::string outcome;
  std::string error_class;
  std::string error;
  std::string log;  // the tail of what the worker said
};

// A published file.
struct Output {
  std::string asset_id;
  int revision = 1;
  std::string name;  // "1080p", "poster", "sprite", "report"
  std::string path;
  std::string media_type;
  int64_t size = 0;
  std::string sha256;
  Json info;  // codec, width, height, duration…
};

struct Approval {
  std::string id;
  std::string asset_id;
  int revision = 1;
  std::string state;  // pending, approved, rejected, expired, superseded
  int quorum = 1;
  std::vector<std::string> reviewers;
  int64_t created_ms = 0;
  int64_t expires_ms = 0;  // 0 = never
  int64_t decided_ms = 0;
  Json decisions;  // [{reviewer, decision, reason, at}]
};

// Append-only, hash-chained per asset (event_chain.h).
struct Event {
  int64_t seq = 0;  // global order
  std::string asset_id;
  int64_t number = 0;  // within the asset, from 1
  std::string kind;    // "asset.received", "asset.state", "job.done", "approval.decided"…
  int64_t at_ms = 0;
  Json data;
  std::string previous_hash;
  std::string hash;
  // What stands beside the chain (personal.h): null where there is none, or where it was erased.
  Json personal;
  std::string salt;
  // Written when everything still stood within the chain, and taken out of it since: its hash
  // stands for what it said.
  bool redacted = false;
};

// A message that must leave: written in the transaction that caused it, delivered at least once
// with the same id each time, in order per endpoint.
struct OutboxMessage {
  int64_t seq = 0;
  std::string id;
  std::string endpoint;  // name in the configuration
  std::string topic;     // "asset.awaiting_approval"
  std::string asset_id;
  Json body;
  std::string state;  // waiting, sent, dead
  int attempt = 0;
  int64_t not_before_ms = 0;
  std::string error;
  int64_t created_ms = 0;
  int64_t sent_ms = 0;
};

}  // namespace filmgate
