// The database is away for longer than a lease. What runs meanwhile goes on, and costs no attempt.
#include <algorithm>

#include "host/worker/protocol.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

constexpr int64_t kLong = 120'000;  // four leases

void pass(Bench& bench, int64_t ms) {
  bench.run_until([] { return false; }, ms);
}

// An upload whose worker hangs in that stage.
std::string hang_in(Bench& bench, const std::string& stage) {
  bench.worker->hang_next(stage);
  const std::string id = bench.upload("uploads/clip.mp4");
  EXPECT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  bench.run_now();
  return id;
}

// Reports 720p, and goes on.
void finish_720p(Bench& bench) {
  bench.worker->meanwhile([](const auto& request, const auto& report) {
    return ScriptedWorker::renders(request, report, {"720p"});
  });
}

void expect_no_attempt_lost(Bench& bench, const std::string& id) {
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  EXPECT_EQ(bench.worker->requests.size(), 3u);
  const AssetView view = bench.view(id);
  for (const Job& job : view.jobs) {
    EXPECT_EQ(job.attempt, 1) << to_string(job.kind) << " " << job.variant;
    EXPECT_EQ(job.fence, 1) << to_string(job.kind) << " " << job.variant;
  }
}

class Outage : public testing::TestWithParam<const char*> {
 protected:
  // Hangs in that stage while the database goes away.
  std::string begin(Bench& bench) {
    const std::string id = hang_in(bench, GetParam());
    bench.store->away = true;
    return id;
  }
};

TEST_P(Outage, WhatRunsGoesOnAfterIt) {
  Bench bench({description()});
  const std::string id = begin(bench);
  pass(bench, kLong);
  EXPECT_EQ(bench.worker->running(), 1);
  bench.store->away = false;
  pass(bench, kLong);
  EXPECT_EQ(bench.worker->running(), 1);
  bench.worker->release();
  expect_no_attempt_lost(bench, id);
}

TEST_P(Outage, WhatEndsMeanwhileIsWrittenAfterIt) {
  Bench bench({description()});
  const std::string id = begin(bench);
  pass(bench, kLong / 2);
  bench.worker->release();
  pass(bench, kLong);
  bench.store->away = false;
  expect_no_attempt_lost(bench, id);
}

TEST_P(Outage, AHostThatIsStoppedMeanwhileEndsAndTheNextGoesOn) {
  Bench bench({description()});
  const std::string id = begin(bench);
  bench.worker->release();
  pass(bench, kLong);
  bool stopped = false;
  bench.engine->stop([&] { stopped = true; });
  bench.run_now();
  EXPECT_TRUE(stopped);
  bench.restart();
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  for (const Job& job : bench.view(id).jobs) EXPECT_EQ(job.attempt, 1) << to_string(job.kind);
}

INSTANTIATE_TEST_SUITE_P(, Outage, testing::Values("inspect", "probe", "renditions"));

// From the claim of the publishing, and from its intent on: the set is in its place meanwhile.
TEST(Publishing, GoesOnAfterAnOutage) {
  for (const std::string from : {"job.leased", "job.intent"}) {
    Bench bench({description()});
    bench.engine->observe([&](const Event& event) {
      if (event.kind == from && event.data.get("kind").string_or("") == "publish") {
        bench.store->away = true;
      }
    });
    const std::string id = bench.upload("uploads/clip.mp4", "bytes");
    ASSERT_TRUE(bench.run_until([&] { return bench.store->away; }));
    pass(bench, kLong);
    EXPECT_EQ(bench.read("uploads/clip.mp4"), "bytes");
    bench.store->away = false;
    expect_no_attempt_lost(bench, id);
  }
}

// The engine asks at many moments; whichever is the first that finds it away, nothing waits for
// ever.
TEST(Publishing, GoesOnWheneverTheDatabaseWentAway) {
  bool published = false;
  for (int reads = 1; !published; ++reads) {
    ASSERT_LT(reads, 200);
    SCOPED_TRACE("away after " + std::to_string(reads) + " reads");
    Bench bench({description()});
    const std::string id = bench.upload("uploads/clip.mp4", "bytes");
    bench.restart();  // nobody hashes its source any more
    bench.store->away_after_reads = reads;
    ASSERT_TRUE(bench.run_until([&] { return bench.store->away; }));
    published = bench.has("processed/clip/source/clip.mp4");
    pass(bench, 2000);
    bench.store->away = false;
    ASSERT_TRUE(bench.run_until([&] { return bench.asset(id).state == AssetState::kProcessed; },
                                10 * kLong))
        << bench.asset(id).detail;
    expect_no_attempt_lost(bench, id);
  }
}

// A host that is stopped while the database comes back and goes again has spent nothing.
TEST(Publishing, OfAHostThatIsStoppedMeanwhileCostsNoAttempt) {
  Bench bench({description()});
  bench.engine->observe([&](const Event& event) {
    if (event.kind == "job.leased" && event.data.get("kind").string_or("") == "publish") {
      bench.store->away = true;
    }
  });
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_until([&] { return bench.store->away; }));
  pass(bench, 3000);
  bench.store->away = false;
  bench.store->lose = bench.store->commits + 1;
  bool stopped = false;
  bench.engine->stop([&] { stopped = true; });
  bench.run_now();
  EXPECT_TRUE(stopped);
  bench.restart();
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  for (const Job& job : bench.view(id).jobs) EXPECT_EQ(job.attempt, 1) << to_string(job.kind);
}

// Nothing is missing: that the end of the run could not be written is no failure.
TEST(Publishing, OfAWholeLadderWhoseEndCouldNotBeWritten) {
  Bench bench({description()});
  int staged = 0;
  bench.engine->observe([&](const Event& event) {
    if (event.kind != "job.staged" || ++staged < 2) return;
    bench.store->refuse = bench.store->commits + 1;
  });
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  ASSERT_GT(bench.store->refuse, 0);
  EXPECT_EQ(bench.topics(), std::vector<std::string>{"asset.processed"});
  const auto open = bench.store->read([](Transaction& tx) -> Result<void> {
    EXPECT_TRUE(tx.open_runs().value().empty());
    return {};
  });
  EXPECT_TRUE(open.ok());
}

// When the time for retention comes, which is five minutes after the start.
TEST(Duty, ThatCannotBeDoneIsTriedAgainFromTimeToTime) {
  for (bool KillingStore::*const trouble : {&KillingStore::away, &KillingStore::full}) {
    Bench bench({description()});
    bench.run_now();
    bench.clock.now += 300'000;
    (*bench.store).*trouble = true;
    const int64_t began = bench.clock.now;
    int looks = 0;
    bench.run_until([&] { return ++looks == 300; }, 60'000);
    EXPECT_GT(bench.clock.now - began, 30'000);
    EXPECT_LT(looks, 300);
  }
}

// What was finished in the outage is told as soon as the database answers, not when all is over.
TEST(Rung, ThatIsFinishedInAnOutageIsStagedAfterIt) {
  Bench bench({description()});
  const std::string id = hang_in(bench, "renditions");
  bench.store->away = true;
  finish_720p(bench);
  pass(bench, 3000);
  bench.store->away = false;
  pass(bench, 3000);
  const std::vector<Job> jobs = bench.view(id).jobs;
  EXPECT_TRUE(std::any_of(jobs.begin(), jobs.end(), [](const Job& job) {
    return job.variant == "720p" && job.state == JobState::kStaged;
  }));
  EXPECT_EQ(bench.worker->running(), 1);
  bench.worker->release();
  expect_no_attempt_lost(bench, id);
}

// It is staged, and nobody knows; then the leases are renewed.
TEST(Rung, WhoseReplyIsLostDoesNotEndTheOthers) {
  Bench bench({description()});
  const std::string id = hang_in(bench, "renditions");
  bench.store->mute = bench.store->commits + 1;
  finish_720p(bench);
  ASSERT_EQ(bench.store->commits, bench.store->mute);
  bench.clock.now += 20'000;
  pass(bench, 3000);
  EXPECT_EQ(bench.worker->running(), 1);
  bench.worker->release();
  expect_no_attempt_lost(bench, id);
}

// The clock was set forward, or the host stood still, between two renewals.
TEST(Lease, ThatRanOutIsTakenUpAgainByTheRunThatGoesOn) {
  Bench bench({description()});
  bench.options.renew_ms = 3'600'000;
  bench.restart();
  const std::string id = hang_in(bench, "probe");
  bench.clock.now += 40'000;
  pass(bench, 1000);
  EXPECT_EQ(bench.worker->running(), 1);
  bench.worker->release();
  expect_no_attempt_lost(bench, id);
}

// Only the fence says whose a job is: a lease that ran out is not taken up again when another host
// has claimed it meanwhile.
TEST(Lease, WhatAnotherHostClaimedMeanwhileIsItsOwn) {
  Bench bench({description()});
  const std::string id = hang_in(bench, "probe");
  const auto taken = bench.store->transact([&](Transaction& tx) -> Result<void> {
    Job job = tx.leased_jobs().value().at(0);
    Attempt attempt;
    attempt.job_id = job.id;
    attempt.fence = job.fence;
    attempt.ended_ms = bench.clock.now;
    attempt.outcome = "lost";
    FILMGATE_TRY(tx.end_attempt(attempt));
    job.state = JobState::kReady;
    FILMGATE_TRY(tx.finish_job(job));
    ClaimRequest request;
    request.lane = Lane::kProbe;
    request.owner = "another host";
    request.run_id = "its run";
    request.now_ms = bench.clock.now;
    auto claimed = tx.claim(request);
    return claimed.ok() ? Result<void>() : claimed.error();
  });
  ASSERT_TRUE(taken.ok());
  const auto told = [&] {
    const auto kinds = bench.kinds(id);
    return std::count(kinds.begin(), kinds.end(), "job.lost") == 1;
  };
  ASSERT_TRUE(bench.run_until(told, kLong));  // the other one is gone as well
  EXPECT_EQ(bench.worker->running(), 0);
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
}

}  // namespace
}  // namespace filmgate::test
