#include "host/model/states.h"

#include <array>
#include <initializer_list>

namespace filmgate {
namespace {

// One row of a table: the states that may follow `from`. Rows stand in the order of the enum.
template <typename State, size_t kCapacity>
struct Row {
  State from{};
  std::array<State, kCapacity> to{};
  size_t count = 0;

  consteval Row(State from_state, std::initializer_list<State> following) : from(from_state) {
    for (const State state : following) to[count++] = state;
  }
};

template <typename State, size_t kRows, size_t kCapacity>
consteval bool is_sound(const std::array<Row<State, kCapacity>, kRows>& table) {
  for (size_t i = 0; i < kRows; ++i) {
    if (static_cast<size_t>(table[i].from) != i) return false;
    for (size_t k = 0; k < table[i].count; ++k) {
      if (table[i].to[k] == table[i].from) return false;
      for (size_t m = 0; m < k; ++m) {
        if (table[i].to[m] == table[i].to[k]) return false;
      }
    }
  }
  return true;
}

// Of assets. What the rows have in common:
// - A stage that a description leaves out (probe, approval) is stepped over.
// - failed is where an asset waits for the next attempt: back to the stage whose job is tried
//   again, or on to unable_to_process when the attempts are used up.
// - The next revision begins at received, and only while no worker can hold the old one.
// - A final state is left when a person asks: redrive, waiver, undo, the next revision.
using AssetRow = Row<AssetState, 8>;
using enum AssetState;
constexpr std::array<AssetRow, 12> kAssetTable{{
    {kReceived, {kWaitingMetadata, kInspecting, kRejected, kFailed, kUnableToProcess, kCancelled}},
    {kWaitingMetadata, {kReceived, kInspecting, kRejected, kExpired, kCancelled}},
    // Back to waiting when the sidecar turns out to lack what the gate waits for; on to approval
    // at once when the gate holds or nothing probes.
    {kInspecting,
     {kWaitingMetadata, kProbing, kAwaitingApproval, kTranscoding, kRejected, kFailed,
      kUnableToProcess, kCancelled}},
    {kProbing, {kAwaitingApproval, kTranscoding, kRejected, kFailed, kUnableToProcess, kCancelled}},
    {kAwaitingApproval, {kReceived, kTranscoding, kRejected, kExpired, kCancelled}},
    // Back to approval: the undo window holds back publishing, not encoding.
    {kTranscoding,
     {kAwaitingApproval, kProcessed, kRejected, kFailed, kUnableToProcess, kCancelled}},
    // Rungs can be encoded again after publishing.
    {kProcessed, {kReceived, kTranscoding}},
    // A waiver lets it go on behind the stage that rejected it.
    {kRejected, {kReceived, kInspecting, kProbing, kAwaitingApproval, kTranscoding, kCancelled}},
    {kFailed,
     {kReceived, kInspecting, kProbing, kTranscoding, kRejected, kUnableToProcess, kCancelled}},
    {kUnableToProcess, {kReceived, kInspecting, kProbing, kTranscoding, kRejected, kCancelled}},
    {kExpired, {kReceived, kWaitingMetadata, kInspecting, kAwaitingApproval, kCancelled}},
    {kCancelled, {kReceived, kInspecting, kProbing, kAwaitingApproval, kTranscoding}},
}};
static_assert(is_sound(kAssetTable));

// Of jobs. Only done is never left: doing it again is a new job.
using JobRow = Row<JobState, 6>;
constexpr std::array<JobRow, 7> kJobTable{{
    {JobState::kBlocked, {JobState::kReady, JobState::kCancelled}},
    // dead from ready: a file that killed its workers too often isn't tried again.
    {JobState::kReady, {JobState::kLeased, JobState::kDead, JobState::kCancelled}},
    // Back to ready: the next attempt, or its host went away. Back to blocked: what it was to
    // publish got lost and is made again.
    {JobState::kLeased,
     {JobState::kBlocked, JobState::kReady, JobState::kStaged, JobState::kDone, JobState::kDead,
      JobState::kCancelled}},
    // Back to ready: the staged file was lost before it was published.
    {JobState::kStaged, {JobState::kDone, JobState::kReady, JobState::kCancelled}},
    {JobState::kDone, {}},
    {JobState::kDead, {JobState::kReady, JobState::kCancelled}},
    {JobState::kCancelled, {JobState::kBlocked, JobState::kReady}},
}};
static_assert(is_sound(kJobTable));

constexpr std::array<const char*, 12> kAssetNames{
    "received",    "waiting_metadata", "inspecting", "probing", "awaiting_approval",
    "transcoding", "processed",        "rejected",   "failed",  "unable_to_process",
    "expired",     "cancelled"};
constexpr std::array<const char*, 7> kJobNames{"blocked", "ready", "leased",   "staged",
                                               "done",    "dead",  "cancelled"};
constexpr std::array<const char*, 7> kKindNames{"inspect", "probe",  "rendition", "captions",
                                                "publish", "import", "notify"};
constexpr std::array<const char*, 3> kLaneNames{"light", "probe", "encode"};

template <typename Enum, size_t kCount>
std::optional<Enum> find_name(const std::array<const char*, kCount>& names, std::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (name == names[i]) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <typename State, size_t kRows, size_t kCapacity>
std::span<const State> row_of(const std::array<Row<State, kCapacity>, kRows>& table, State state) {
  const auto& row = table[static_cast<size_t>(state)];
  return {row.to.data(), row.count};
}

template <typename State>
bool contains(std::span<const State> states, State wanted) {
  for (const State state : states) {
    if (state == wanted) return true;
  }
  return false;
}

}  // namespace

const char* to_string(AssetState state) {
  return kAssetNames[static_cast<size_t>(state)];
}
const char* to_string(JobState state) {
  return kJobNames[static_cast<size_t>(state)];
}
const char* to_string(JobKind kind) {
  return kKindNames[static_cast<size_t>(kind)];
}
const char* to_string(Lane lane) {
  return kLaneNames[static_cast<size_t>(lane)];
}

std::optional<AssetState> asset_state_from(std::string_view name) {
  return find_name<AssetState>(kAssetNames, name);
}
std::optional<JobState> job_state_from(std::string_view name) {
  return find_name<JobState>(kJobNames, name);
}
std::optional<JobKind> job_kind_from(std::string_view name) {
  return find_name<JobKind>(kKindNames, name);
}
std::optional<Lane> lane_from(std::string_view name) {
  return find_name<Lane>(kLaneNames, name);
}

std::span<const AssetState> next_states(AssetState state) {
  return row_of(kAssetTable, state);
}
std::span<const JobState> next_states(JobState state) {
  return row_of(kJobTable, state);
}
bool may_follow(AssetState from, AssetState to) {
  return contains(next_states(from), to);
}
bool may_follow(JobState from, JobState to) {
  return contains(next_states(from), to);
}

bool is_final(AssetState state) {
  switch (state) {
    case kProcessed:
    case kRejected:
    case kUnableToProcess:
    case kExpired:
    case kCancelled:
      return true;
    default:
      return false;
  }
}

bool is_final(JobState state) {
  return state == JobState::kDone || state == JobState::kDead || state == JobState::kCancelled;
}

Lane lane_of(JobKind kind) {
  switch (kind) {
    case JobKind::kProbe:
      return Lane::kProbe;
    case JobKind::kRendition:
    case JobKind::kCaptions:
      return Lane::kEncode;
    default:
      return Lane::kLight;
  }
}

}  // namespace filmgate
