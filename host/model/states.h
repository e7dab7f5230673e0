// The states of assets and jobs, and which may follow which: pure data and pure functions.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace filmgate {

enum class AssetState {
  kReceived,
  kWaitingMetadata,
  kInspecting,
  kProbing,
  kAwaitingApproval,
  kTranscoding,
  kProcessed,
  kRejected,
  kFailed,
  kUnableToProcess,
  kExpired,
  kCancelled,
};

enum class JobState { kBlocked, kReady, kLeased, kStaged, kDone, kDead, kCancelled };

enum class JobKind { kInspect, kProbe, kRendition, kCaptions, kPublish, kImport, kNotify };

enum class Lane { kLight, kProbe, kEncode };

// Stable names as in the store, the API and the logs: "waiting_metadata", "leased", "rendition"…
const char* to_string(AssetState state);
const char* to_string(JobState state);
const char* to_string(JobKind kind);
const char* to_string(Lane lane);
std::optional<AssetState> asset_state_from(std::string_view name);
std::optional<JobState> job_state_from(std::string_view name);
std::optional<JobKind> job_kind_from(std::string_view name);
std::optional<Lane> lane_from(std::string_view name);

// The two tables. A state never follows itself.
std::span<const AssetState> next_states(AssetState state);
std::span<const JobState> next_states(JobState state);
bool may_follow(AssetState from, AssetState to);
bool may_follow(JobState from, JobState to);

// Nothing happens to the asset any more unless a person asks for it.
bool is_final(AssetState state);
bool is_final(JobState state);

// inspect, publish, import and notify are light; rendition and captions are encode.
Lane lane_of(JobKind kind);

}  // namespace filmgate
