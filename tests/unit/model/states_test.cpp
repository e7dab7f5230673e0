#include "host/model/states.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace filmgate {
namespace {

template <typename Enum>
std::vector<Enum> all(Enum last) {
  std::vector<Enum> values;
  for (int i = 0; i <= static_cast<int>(last); ++i) values.push_back(static_cast<Enum>(i));
  return values;
}
const auto kAssets = all(AssetState::kCancelled);
const auto kJobs = all(JobState::kCancelled);

template <typename Enum>
std::set<Enum> reachable_from(Enum start, bool through_final) {
  std::set<Enum> seen{start};
  std::vector<Enum> open{start};
  while (!open.empty()) {
    const Enum state = open.back();
    open.pop_back();
    if (is_final(state) && !through_final) continue;
    for (const Enum next : next_states(state)) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return seen;
}

TEST(Names, RoundTrip) {
  std::set<std::string> names;
  for (const AssetState state : kAssets) {
    EXPECT_EQ(asset_state_from(to_string(state)), state);
    names.insert(to_string(state));
  }
  EXPECT_EQ(names.size(), kAssets.size());
  for (const JobState state : kJobs) EXPECT_EQ(job_state_from(to_string(state)), state);
  for (const JobKind kind : all(JobKind::kNotify)) EXPECT_EQ(job_kind_from(to_string(kind)), kind);
  for (const Lane lane : all(Lane::kEncode)) EXPECT_EQ(lane_from(to_string(lane)), lane);
  EXPECT_STREQ(to_string(AssetState::kUnableToProcess), "unable_to_process");
  EXPECT_STREQ(to_string(JobState::kLeased), "leased");
  EXPECT_STREQ(to_string(JobKind::kRendition), "rendition");
  EXPECT_STREQ(to_string(Lane::kLight), "light");
}

TEST(Names, OthersAreUnknown) {
  for (const char* name : {"", "Received", "received ", "nowhere"}) {
    EXPECT_FALSE(asset_state_from(name).has_value());
    EXPECT_FALSE(job_state_from(name).has_value());
    EXPECT_FALSE(job_kind_from(name).has_value());
    EXPECT_FALSE(lane_from(name).has_value());
  }
}

TEST(AssetTable, NoStateFollowsItself) {
  for (const AssetState state : kAssets) EXPECT_FALSE(may_follow(state, state));
}

TEST(AssetTable, TheWholeWayIsOpen) {
  using enum AssetState;
  const AssetState way[] = {kReceived,         kWaitingMetadata, kInspecting, kProbing,
                            kAwaitingApproval, kTranscoding,     kProcessed};
  for (size_t i = 0; i + 1 < std::size(way); ++i) {
    EXPECT_TRUE(may_follow(way[i], way[i + 1])) << to_string(way[i]);
  }
  // Stages that a description leaves out.
  EXPECT_TRUE(may_follow(kReceived, kInspecting));
  EXPECT_TRUE(may_follow(kInspecting, kTranscoding));
  EXPECT_TRUE(may_follow(kProbing, kTranscoding));
}

TEST(AssetTable, NothingIsPublishedUnseen) {
  using enum AssetState;
  for (const AssetState state : kAssets) {
    EXPECT_EQ(may_follow(state, kProcessed), state == kTranscoding) << to_string(state);
  }
  EXPECT_FALSE(may_follow(kReceived, kTranscoding));
  EXPECT_FALSE(may_follow(kWaitingMetadata, kTranscoding));
  EXPECT_FALSE(may_follow(kWaitingMetadata, kProbing));
}

TEST(AssetTable, StagesWithAWorkerCanFailAndBeTriedAgain) {
  using enum AssetState;
  for (const AssetState stage : {kReceived, kInspecting, kProbing, kTranscoding}) {
    EXPECT_TRUE(may_follow(stage, kFailed)) << to_string(stage);
    EXPECT_TRUE(may_follow(kFailed, stage)) << to_string(stage);
    EXPECT_TRUE(may_follow(stage, kUnableToProcess)) << to_string(stage);
    EXPECT_TRUE(may_follow(kUnableToProcess, stage)) << "redrive to " << to_string(stage);
  }
  EXPECT_TRUE(may_follow(kFailed, kUnableToProcess));
  EXPECT_FALSE(may_follow(kWaitingMetadata, kFailed));
  EXPECT_FALSE(may_follow(kAwaitingApproval, kFailed));
}

TEST(AssetTable, WhatIsUnderwayCanBeRejectedAndCancelled) {
  for (const AssetState state : kAssets) {
    if (is_final(state)) continue;
    EXPECT_TRUE(may_follow(state, AssetState::kRejected)) << to_string(state);
    EXPECT_TRUE(may_follow(state, AssetState::kCancelled)) << to_string(state);
  }
}

TEST(AssetTable, OnlyWaitingExpires) {
  using enum AssetState;
  for (const AssetState state : kAssets) {
    EXPECT_EQ(may_follow(state, kExpired), state == kWaitingMetadata || state == kAwaitingApproval)
        << to_string(state);
  }
}

TEST(AssetTable, FinalStatesEndTheWayButAPersonLeadsOut) {
  using enum AssetState;
  const std::set<AssetState> final_states{kProcessed, kRejected, kUnableToProcess, kExpired,
                                          kCancelled};
  for (const AssetState state : kAssets) {
    EXPECT_EQ(is_final(state), final_states.count(state) == 1) << to_string(state);
    if (!is_final(state)) continue;
    EXPECT_TRUE(may_follow(state, kReceived)) << "the next revision of " << to_string(state);
    EXPECT_FALSE(may_follow(state, kFailed)) << to_string(state);
    EXPECT_EQ(reachable_from(state, true).size(), kAssets.size());
  }
  EXPECT_FALSE(may_follow(kProcessed, kCancelled)) << "what is published is not taken back";
  EXPECT_FALSE(may_follow(kProcessed, kRejected));
}

TEST(AssetTable, NoRevisionBeginsWhileAWorkerMayHoldTheOldOne) {
  using enum AssetState;
  for (const AssetState state : {kInspecting, kProbing, kTranscoding}) {
    EXPECT_FALSE(may_follow(state, kReceived)) << to_string(state);
  }
}

TEST(AssetTable, FromEveryStateSomeEndIsReached) {
  EXPECT_EQ(reachable_from(AssetState::kReceived, false).size(), kAssets.size());
  for (const AssetState state : kAssets) {
    const auto seen = reachable_from(state, true);
    EXPECT_EQ(seen.count(AssetState::kProcessed), 1u) << to_string(state);
  }
}

TEST(JobTable, IsWhatTheQueueNeeds) {
  using enum JobState;
  const std::set<std::pair<JobState, JobState>> allowed{
      {kBlocked, kReady},     {kBlocked, kCancelled}, {kReady, kLeased},   {kReady, kDead},
      {kReady, kCancelled},   {kLeased, kStaged},     {kLeased, kDone},    {kLeased, kReady},
      {kLeased, kDead},       {kLeased, kCancelled},  {kLeased, kBlocked}, {kStaged, kDone},
      {kStaged, kReady},      {kStaged, kCancelled},  {kDead, kReady},     {kDead, kCancelled},
      {kCancelled, kBlocked}, {kCancelled, kReady}};
  for (const JobState from : kJobs) {
    for (const JobState to : kJobs) {
      EXPECT_EQ(may_follow(from, to), allowed.count({from, to}) == 1)
          << to_string(from) << " -> " << to_string(to);
    }
  }
}

TEST(JobTable, OnlyReadyJobsAreLeasedAndDoneIsTheEnd) {
  for (const JobState state : kJobs) {
    EXPECT_EQ(may_follow(state, JobState::kLeased), state == JobState::kReady);
    EXPECT_EQ(is_final(state), state == JobState::kDone || state == JobState::kDead ||
                                   state == JobState::kCancelled);
  }
  EXPECT_TRUE(next_states(JobState::kDone).empty());
}

TEST(Lanes, AreOfTheKind) {
  using enum JobKind;
  for (const JobKind kind : {kInspect, kPublish, kImport, kNotify}) {
    EXPECT_EQ(lane_of(kind), Lane::kLight) << to_string(kind);
  }
  EXPECT_EQ(lane_of(kProbe), Lane::kProbe);
  EXPECT_EQ(lane_of(kRendition), Lane::kEncode);
  EXPECT_EQ(lane_of(kCaptions), Lane::kEncode);
}

}  // namespace
}  // namespace filmgate
