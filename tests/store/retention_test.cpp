// What goes, and what never does; who does it.
#include "host/model/event_chain.h"
#include "host/model/personal.h"
#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

class Retention : public StoreTest {
 protected:
  std::string add_job(const Asset& asset, JobState state, int64_t ms, const std::string& variant) {
    Job job = new_job(asset, JobKind::kRendition, variant);
    job.created_ms = job.updated_ms = ms;
    write([&](Transaction& t) { return t.insert_job(job); });
    ClaimRequest request;
    request.lane = Lane::kEncode;
    request.now_ms = ms;
    request.owner = "o";
    request.run_id = "r";
    if (state == JobState::kReady) return job.id;
    write([&](Transaction& t) -> Result<void> {
      auto claimed = t.claim(request);
      if (!claimed.ok()) return claimed.error();
      Job done = claimed->at(0);
      done.state = state;
      done.updated_ms = ms;
      return t.finish_job(done);
    });
    return job.id;
  }
  int64_t prune(Kept what, int64_t before_ms, int limit = 100) {
    int64_t removed = 0;
    write([&](Transaction& t) -> Result<void> {
      auto gone = t.prune(what, before_ms, limit);
      if (!gone.ok()) return gone.error();
      removed = *gone;
      return {};
    });
    return removed;
  }
  bool there(const std::string& job) {
    return get([&](Transaction& t) { return t.job(job); }).has_value();
  }
  bool take(const char* owner, int64_t now_ms) {
    bool ours = false;
    write([&](Transaction& t) -> Result<void> {
      auto claimed = t.claim_duty("sweep", owner, now_ms, 100, 10'000);
      if (!claimed.ok()) return claimed.error();
      ours = *claimed;
      return {};
    });
    return ours;
  }
};
FILMGATE_STORE_SUITE(Retention);

TEST_P(Retention, OldJobsOfFinalAssetsGoWithTheirAttempts) {
  const Asset asset = insert_asset("a.mp4", AssetState::kProcessed);
  const std::string old_done = add_job(asset, JobState::kDone, 1'000'000, "1");
  const std::string old_cancelled = add_job(asset, JobState::kCancelled, 1'000'000, "2");
  const std::string old_dead = add_job(asset, JobState::kDead, 1'000'000, "3");
  const std::string young = add_job(asset, JobState::kDone, 3'000'000, "4");
  const std::string queued = add_job(asset, JobState::kReady, 1'000'000, "5");
  EXPECT_EQ(prune(Kept::kJobs, 2'000'000), 2);
  EXPECT_FALSE(there(old_done));
  EXPECT_FALSE(there(old_cancelled));
  EXPECT_TRUE(there(old_dead));
  EXPECT_TRUE(there(young));
  EXPECT_TRUE(there(queued));
  EXPECT_TRUE(get([&](Transaction& t) { return t.attempts_of(old_done); }).empty());
  EXPECT_EQ(get([&](Transaction& t) { return t.attempts_of(old_dead); }).size(), 1u);
  EXPECT_EQ(prune(Kept::kJobs, 2'000'000), 0);
}

TEST_P(Retention, WhatIsUnderwayKeepsItsJobs) {
  const Asset asset = insert_asset("a.mp4", AssetState::kAwaitingApproval);
  const std::string probe = add_job(asset, JobState::kDone, 1'000'000, "1");
  EXPECT_EQ(prune(Kept::kJobs, 2'000'000), 0);
  EXPECT_TRUE(there(probe));
}

TEST_P(Retention, GoesInSteps) {
  const Asset asset = insert_asset("a.mp4", AssetState::kRejected);
  for (const char* variant : {"1", "2", "3"}) add_job(asset, JobState::kDone, 1'000'000, variant);
  EXPECT_EQ(prune(Kept::kJobs, 2'000'000, 2), 2);
  EXPECT_EQ(prune(Kept::kJobs, 2'000'000, 2), 1);
}

TEST_P(Retention, EndedRunsAndSentMessagesGo) {
  const Asset asset = insert_asset("a.mp4", AssetState::kProcessed);
  for (const auto& [ended, state] : {std::pair(1'000'000, "sent"), std::pair(0, "waiting"),
                                     std::pair(3'000'000, "sent"), std::pair(1, "dead")}) {
    filmgate::Run run;
    run.id = new_id(system_clock());
    run.asset_id = asset.id;
    run.ended_ms = ended;
    OutboxMessage message;
    message.id = run.id;
    message.endpoint = "ops";
    message.asset_id = asset.id;
    message.state = state;
    message.sent_ms = ended;
    write([&](Transaction& t) -> Result<void> {
      FILMGATE_TRY(t.insert_run(run));
      return t.enqueue(message);
    });
  }
  EXPECT_EQ(prune(Kept::kRuns, 2'000'000), 2);
  EXPECT_EQ(get([](Transaction& t) { return t.open_runs(); }).size(), 1u);
  EXPECT_EQ(prune(Kept::kMessages, 2'000'000), 1);
  EXPECT_EQ(get([&](Transaction& t) { return t.messages_of(asset.id); }).size(), 3u);
}

TEST_P(Retention, ADutyIsOnesAtATimeAndOnlyWhenItIsDue) {
  EXPECT_TRUE(take("one", 1000));
  EXPECT_FALSE(take("other", 1050));
  EXPECT_TRUE(take("other", 1100));  // its lease ran out
  EXPECT_EQ(failure([](Transaction& t) { return t.end_duty("sweep", "one", 5000); }),
            ErrorCode::kConflict);
  write([](Transaction& t) { return t.end_duty("sweep", "other", 5000); });
  EXPECT_FALSE(take("one", 4999));
  EXPECT_TRUE(take("one", 5000));
}

TEST_P(Retention, ADutyIsDueWhenTheClockWasSetBack) {
  const int64_t ahead = 1'800'000'000'000;
  const int64_t set_back = ahead - 7'200'000;
  EXPECT_TRUE(take("one", ahead));
  EXPECT_FALSE(take("other", ahead - 50'000));  // clocks of two hosts may differ as much
  EXPECT_TRUE(take("other", set_back));         // but no lease lasts so long
  EXPECT_TRUE(take("other", ahead));
  write([&](Transaction& t) { return t.end_duty("sweep", "other", ahead + 5000); });
  EXPECT_FALSE(take("one", ahead - 50'000));
  EXPECT_TRUE(take("one", set_back));
}

TEST_P(Retention, ErasingLeavesAChainThatHolds) {
  const Asset asset = insert_asset("zoe.mp4", AssetState::kProcessed);
  const std::string job = add_job(asset, JobState::kDone, 1'000'000, "1");
  const auto append = [&](const char* kind, Json data, Json personal) {
    Event event;
    event.asset_id = asset.id;
    event.kind = kind;
    event.data = std::move(data);
    event.personal = std::move(personal);
    write([&](Transaction& t) { return t.append_event(event); });
    return event;
  };
  append("asset.received", Json(), Json::object({{"name", "zoe.mp4"}}));
  Event old = append("asset.state", Json::object({{"detail", "Zoe"}, {"to", "processed"}}), Json());
  old.data = Json::object({{"to", "processed"}});
  OutboxMessage message;
  message.id = "m";
  message.asset_id = asset.id;
  message.body = Json::object({{"name", "zoe.mp4"}});
  message.error = "no zoe";
  Output output;
  output.asset_id = asset.id;
  output.name = "poster";
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.enqueue(message));
    FILMGATE_TRY(t.insert_output(output));
    auto reserved = t.reserve_output("processed/zoe", asset.id);
    if (!reserved.ok()) return reserved.error();
    FILMGATE_TRY(t.redact_event(old));
    return t.erase(asset.id, false);
  });
  append(kErased, Json::object({{"redacted", Json(Json::Array{Json(2)})}}), Json());
  const auto events = get([&](Transaction& t) { return t.events_of(asset.id); });
  EXPECT_TRUE(check_chain(events).ok());
  EXPECT_TRUE(events[0].personal.is_null());
  EXPECT_EQ(events[1].data, old.data);
  EXPECT_TRUE(events[1].redacted);
  EXPECT_EQ(failure([&](Transaction& t) { return t.redact_event(old); }), ErrorCode::kConflict);
  const auto kept = get([&](Transaction& t) { return t.messages_of(asset.id); });
  EXPECT_EQ(kept[0].body.find("name"), nullptr);
  EXPECT_EQ(kept[0].error, "");
  EXPECT_EQ(get([&](Transaction& t) { return t.outputs_of(asset.id, 1); }).size(), 1u);
  write([&](Transaction& t) { return t.erase(asset.id, true); });
  EXPECT_TRUE(get([&](Transaction& t) { return t.outputs_of(asset.id, 1); }).empty());
  EXPECT_TRUE(there(job));
}

}  // namespace
}  // namespace filmgate
