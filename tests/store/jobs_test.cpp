#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

using Ids = std::vector<std::string>;

ClaimRequest encode_at(int64_t now_ms) {
  return {.lane = Lane::kEncode,
          .owner = "host-a",
          .run_id = "run-1",
          .now_ms = now_ms,
          .lease_ms = 30,
          .deadline_ms = now_ms + 1000};
}

class Jobs : public StoreTest {
 protected:
  Asset asset_;
  void SetUp() override {
    StoreTest::SetUp();
    asset_ = insert_asset("clip.mp4", AssetState::kTranscoding);
  }
  // One leased rendition.
  Job leased() {
    insert_job(asset_, JobKind::kRendition, "1080p");
    const auto jobs = claim(encode_at(100));
    EXPECT_EQ(jobs.size(), 1u);
    return jobs.empty() ? Job{} : jobs.front();
  }
  Ids leased_ids() {
    return ids_of(get([](Transaction& t) { return t.leased_jobs(); }));
  }
};
FILMGATE_STORE_SUITE(Jobs);

TEST_P(Jobs, KeepEveryField) {
  Job job = new_job(asset_, JobKind::kRendition, "1080p");
  job.state = JobState::kStaged;
  job.priority = -3;
  job.attempt = 2;
  job.max_attempts = 7;
  job.crashes = 1;
  job.fence = 4;
  job.run_at_ms = 11;
  job.run_id = "run";
  job.error_class = "io";
  job.error = "gone";
  job.staged = Json::object({{"path", ".work/x"}, {"size", 5}});
  write([&](Transaction& t) { return t.insert_job(job); });
  const Job kept = this->job(job.id);
  EXPECT_EQ(kept.asset_id, asset_.id);
  EXPECT_EQ(kept.revision, 1);
  EXPECT_EQ(kept.kind, JobKind::kRendition);
  EXPECT_EQ(kept.variant, "1080p");
  EXPECT_EQ(kept.state, JobState::kStaged);
  EXPECT_EQ(kept.lane, Lane::kEncode);
  EXPECT_EQ(kept.priority, -3);
  EXPECT_EQ(kept.attempt, 2);
  EXPECT_EQ(kept.max_attempts, 7);
  EXPECT_EQ(kept.crashes, 1);
  EXPECT_EQ(kept.fence, 4);
  EXPECT_EQ(kept.run_at_ms, 11);
  EXPECT_EQ(kept.run_id, "run");
  EXPECT_EQ(kept.error_class, "io");
  EXPECT_EQ(kept.error, "gone");
  EXPECT_EQ(kept.staged, job.staged);
  EXPECT_EQ(kept.created_ms, 1000);
}

TEST_P(Jobs, NeedTheirAsset) {
  Asset absent = new_asset("x.mp4");
  const Job job = new_job(absent, JobKind::kInspect);
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_job(job); }), ErrorCode::kNotFound);
}

TEST_P(Jobs, TheSameWorkIsQueuedOnceUntilItIsOver) {
  Job first = insert_job(asset_, JobKind::kProbe);
  const Job second = new_job(asset_, JobKind::kProbe);
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_job(second); }), ErrorCode::kConflict);
  first.state = JobState::kCancelled;
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.update_job(first, JobState::kReady));
    return t.insert_job(second);
  });
}

TEST_P(Jobs, AClaimLeasesAndCountsAndWritesAnAttempt) {
  const Job ready = insert_job(asset_, JobKind::kRendition, "1080p");
  const auto jobs = claim(encode_at(100));
  ASSERT_EQ(jobs.size(), 1u);
  for (const Job& job : {jobs[0], this->job(ready.id)}) {
    EXPECT_EQ(job.id, ready.id);
    EXPECT_EQ(job.state, JobState::kLeased);
    EXPECT_EQ(job.attempt, 1);
    EXPECT_EQ(job.fence, 1);
    EXPECT_EQ(job.owner, "host-a");
    EXPECT_EQ(job.run_id, "run-1");
    EXPECT_EQ(job.lease_until_ms, 130);
    EXPECT_EQ(job.deadline_ms, 1100);
  }
  const auto attempts = get([&](Transaction& t) { return t.attempts_of(ready.id); });
  ASSERT_EQ(attempts.size(), 1u);
  EXPECT_EQ(attempts[0].number, 1);
  EXPECT_EQ(attempts[0].fence, 1);
  EXPECT_EQ(attempts[0].run_id, "run-1");
  EXPECT_EQ(attempts[0].started_ms, 100);
  EXPECT_EQ(attempts[0].ended_ms, 0);
  EXPECT_EQ(leased_ids(), Ids{ready.id});
}

TEST_P(Jobs, AClaimIsExclusive) {
  insert_job(asset_, JobKind::kProbe);
  const ClaimRequest request{.lane = Lane::kProbe, .owner = "a", .run_id = "r", .now_ms = 5};
  EXPECT_EQ(claim(request).size(), 1u);
  EXPECT_TRUE(claim(request).empty());
}

TEST_P(Jobs, AreClaimedByPriorityThenTimeThenId) {
  Job jobs[5];
  const int priorities[] = {0, 0, 5, 0, 5};
  const int64_t times[] = {20, 10, 50, 10, 60};
  for (int i = 0; i < 5; ++i) {
    jobs[i] = new_job(insert_asset("order" + std::to_string(i)), JobKind::kProbe);
    jobs[i].priority = priorities[i];
    jobs[i].run_at_ms = times[i];
    write([&](Transaction& t) { return t.insert_job(jobs[i]); });
  }
  ClaimRequest request{.lane = Lane::kProbe, .owner = "a", .run_id = "r", .now_ms = 100};
  request.limit = 2;
  EXPECT_EQ(ids_of(claim(request)), (Ids{jobs[2].id, jobs[4].id}));
  EXPECT_EQ(ids_of(claim(request)), (Ids{jobs[1].id, jobs[3].id}));
  EXPECT_EQ(ids_of(claim(request)), Ids{jobs[0].id});
}

TEST_P(Jobs, APriorityHoldsForWhatWaitsAndForWhatRuns) {
  const Job first = insert_job(asset_, JobKind::kProbe);
  const Job second = insert_job(insert_asset("second.mp4"), JobKind::kProbe);
  Job running = leased();
  Job over = new_job(asset_, JobKind::kInspect);
  over.state = JobState::kDone;
  write([&](Transaction& t) { return t.insert_job(over); });
  write([&](Transaction& t) { return t.prioritize(second.asset_id, 5, 77); });
  write([&](Transaction& t) { return t.prioritize(asset_.id, -5, 78); });
  EXPECT_EQ(job(first.id).priority, -5);
  EXPECT_EQ(job(over.id).priority, 0);
  const auto kept = get([&](Transaction& t) { return t.asset(asset_.id); });
  EXPECT_EQ(kept->priority, -5);
  EXPECT_EQ(kept->updated_ms, 78);
  // A claim from before ends without knowing of it, and so does whoever changes the asset.
  running.state = JobState::kReady;
  write([&](Transaction& t) { return t.finish_job(running); });
  write([&](Transaction& t) { return t.update_asset(asset_, asset_.state); });
  EXPECT_EQ(job(running.id).priority, -5);
  EXPECT_EQ(get([&](Transaction& t) { return t.asset(asset_.id); })->priority, -5);
  EXPECT_EQ(failure([](Transaction& t) { return t.prioritize("nobody", 1, 1); }),
            ErrorCode::kNotFound);
  const auto due = [&](const Job* before) {
    return get([&](Transaction& t) { return t.count_due(Lane::kProbe, 5000, before); });
  };
  EXPECT_EQ(due(nullptr), 2);
  const Job now_first = job(first.id);
  EXPECT_EQ(due(&now_first), 1);
  ClaimRequest request{.lane = Lane::kProbe, .owner = "a", .run_id = "r", .now_ms = 100};
  EXPECT_EQ(ids_of(claim(request)), Ids{second.id});
}

TEST_P(Jobs, AClaimLeavesOutDescriptions) {
  const auto probe = [&](const char* name, const char* description) {
    Job job = new_job(insert_asset(name), JobKind::kProbe);
    job.description = description;
    write([&](Transaction& t) { return t.insert_job(job); });
    return job.id;
  };
  const std::string batch = probe("a.mp4", "batch"), live = probe("b.mp4", "live"),
                    other = probe("c.mp4", "other");
  ClaimRequest request{.lane = Lane::kProbe, .owner = "a", .run_id = "r", .now_ms = 5000};
  request.except = {"batch", "live"};
  EXPECT_EQ(ids_of(claim(request)), Ids{other});
  EXPECT_TRUE(claim(request).empty());
  request.except = {"batch"};
  EXPECT_EQ(ids_of(claim(request)), Ids{live});
  request.except = {};
  EXPECT_EQ(ids_of(claim(request)), Ids{batch});
}

TEST_P(Jobs, OnlyTheLaneAndWhatIsDueIsClaimed) {
  Job later = new_job(asset_, JobKind::kProbe);
  later.run_at_ms = 200;
  write([&](Transaction& t) { return t.insert_job(later); });
  insert_job(asset_, JobKind::kInspect);
  ClaimRequest request{.lane = Lane::kProbe, .owner = "a", .run_id = "r", .now_ms = 199};
  EXPECT_TRUE(claim(request).empty());
  request.now_ms = 200;
  EXPECT_EQ(ids_of(claim(request)), Ids{later.id});
}

TEST_P(Jobs, WhatWasWrittenInTheFutureIsDue) {
  Job ahead = new_job(asset_, JobKind::kProbe);
  ahead.run_at_ms = ahead.updated_ms = 7'200'000;
  write([&](Transaction& t) { return t.insert_job(ahead); });
  Job later = new_job(asset_, JobKind::kInspect);
  later.lane = Lane::kProbe;
  later.run_at_ms = 7'200'000;
  later.updated_ms = 130'000;  // another host's clock may be ahead by as much
  write([&](Transaction& t) { return t.insert_job(later); });
  ClaimRequest request{.lane = Lane::kProbe, .owner = "a", .run_id = "r", .now_ms = 100'000};
  EXPECT_EQ(ids_of(claim(request)), Ids{ahead.id});
  EXPECT_TRUE(claim(request).empty());
}

TEST_P(Jobs, AClaimTakesTheWholeLadderAndNothingElse) {
  const Job high = insert_job(asset_, JobKind::kRendition, "1080p");
  const Job low = insert_job(asset_, JobKind::kRendition, "480p");
  Job later = new_job(asset_, JobKind::kRendition, "720p");
  later.run_at_ms = 500;
  Job blocked = new_job(asset_, JobKind::kRendition, "360p");
  blocked.state = JobState::kBlocked;
  Job next_revision = new_job(asset_, JobKind::kRendition, "1080p");
  next_revision.revision = 2;
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_job(later));
    FILMGATE_TRY(t.insert_job(blocked));
    return t.insert_job(next_revision);
  });
  insert_job(asset_, JobKind::kCaptions);
  insert_job(insert_asset("other.mp4"), JobKind::kRendition, "1080p");
  EXPECT_EQ(ids_of(claim(encode_at(100))), (Ids{high.id, low.id}));
}

TEST_P(Jobs, RungsAreClaimedOneByOneWhenAsked) {
  insert_job(asset_, JobKind::kRendition, "1080p");
  insert_job(asset_, JobKind::kRendition, "480p");
  ClaimRequest request = encode_at(100);
  request.whole_ladder = false;
  EXPECT_EQ(claim(request).size(), 1u);
  EXPECT_EQ(claim(request).size(), 1u);
  EXPECT_EQ(claim(request).size(), 0u);
}

TEST_P(Jobs, FinishEndsTheClaim) {
  Job job = leased();
  job.state = JobState::kStaged;
  job.staged = Json::object({{"sha256", "ab"}});
  job.updated_ms = 120;
  write([&](Transaction& t) { return t.finish_job(job); });
  const Job kept = this->job(job.id);
  EXPECT_EQ(kept.state, JobState::kStaged);
  EXPECT_EQ(kept.staged, job.staged);
  EXPECT_EQ(kept.lease_until_ms, 0);
  EXPECT_EQ(kept.deadline_ms, 0);
  EXPECT_EQ(kept.owner, "");
  EXPECT_EQ(kept.run_id, "run-1");
  EXPECT_EQ(kept.fence, 1);
  EXPECT_TRUE(leased_ids().empty());
}

TEST_P(Jobs, AStaleFenceChangesNothing) {
  const Job first = leased();
  // Its host went away, the lease was taken back, another run holds it now.
  Job taken_back = first;
  taken_back.state = JobState::kReady;
  write([&](Transaction& t) { return t.update_job(taken_back, JobState::kLeased); });
  ClaimRequest again = encode_at(200);
  again.run_id = "run-2";
  ASSERT_EQ(claim(again).size(), 1u);

  Job late = first;
  late.state = JobState::kDone;
  late.error = "from the dead";
  EXPECT_EQ(failure([&](Transaction& t) { return t.finish_job(late); }), ErrorCode::kConflict);
  EXPECT_EQ(failure([&](Transaction& t) { return t.renew_lease(late, 9999); }),
            ErrorCode::kConflict);
  EXPECT_EQ(failure([&](Transaction& t) { return t.edit_claim(late); }), ErrorCode::kConflict);
  const Job kept = this->job(first.id);
  EXPECT_EQ(kept.state, JobState::kLeased);
  EXPECT_EQ(kept.fence, 2);
  EXPECT_EQ(kept.attempt, 2);
  EXPECT_EQ(kept.run_id, "run-2");
  EXPECT_EQ(kept.error, "");
  EXPECT_EQ(kept.lease_until_ms, 230);
}

TEST_P(Jobs, AFinishedClaimCannotBeFinishedAgain) {
  Job job = leased();
  job.state = JobState::kDone;
  write([&](Transaction& t) { return t.finish_job(job); });
  job.state = JobState::kReady;
  EXPECT_EQ(failure([&](Transaction& t) { return t.finish_job(job); }), ErrorCode::kConflict);
  EXPECT_EQ(this->job(job.id).state, JobState::kDone);
}

TEST_P(Jobs, ForbiddenStepsAreRefused) {
  Job job = leased();
  EXPECT_EQ(failure([&](Transaction& t) { return t.finish_job(job); }), ErrorCode::kInternal);
  job.state = JobState::kBlocked;
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_job(job, JobState::kStaged); }),
            ErrorCode::kInternal);
  Job ready = insert_job(asset_, JobKind::kProbe);
  ready.state = JobState::kLeased;  // only claim() leases
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_job(ready, JobState::kReady); }),
            ErrorCode::kInternal);
  ready.state = JobState::kDone;
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_job(ready, JobState::kReady); }),
            ErrorCode::kInternal);
  EXPECT_EQ(this->job(ready.id).state, JobState::kReady);
}

TEST_P(Jobs, UpdateOfAnotherStateIsAConflict) {
  Job job = insert_job(asset_, JobKind::kProbe);
  job.state = JobState::kReady;
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_job(job, JobState::kBlocked); }),
            ErrorCode::kConflict);
  job.id = "absent";
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_job(job, JobState::kBlocked); }),
            ErrorCode::kNotFound);
}

TEST_P(Jobs, CancellingTakesTheClaimAway) {
  Job job = leased();
  Job cancelled = job;
  cancelled.state = JobState::kCancelled;
  write([&](Transaction& t) { return t.update_job(cancelled, JobState::kLeased); });
  EXPECT_EQ(this->job(job.id).owner, "");
  EXPECT_EQ(failure([&](Transaction& t) { return t.renew_lease(job, 500); }), ErrorCode::kConflict);
}

TEST_P(Jobs, AClaimIsEditedUnderItsFence) {
  Job job = leased();
  job.staged = Json::object({{"to", "processed/a"}});
  job.state = JobState::kDone;  // not looked at
  write([&](Transaction& t) { return t.edit_claim(job); });
  EXPECT_EQ(this->job(job.id).state, JobState::kLeased);
  EXPECT_EQ(this->job(job.id).staged, job.staged);
}

TEST_P(Jobs, LeasesExpireUnlessRenewed) {
  const Job job = leased();  // until 130
  const auto expired = [&](int64_t now) {
    return ids_of(get([&](Transaction& t) { return t.expired_leases(now); }));
  };
  EXPECT_EQ(expired(129), Ids());
  EXPECT_EQ(expired(130), Ids{job.id});
  write([&](Transaction& t) { return t.renew_lease(job, 160); });
  EXPECT_EQ(expired(130), Ids());
  EXPECT_EQ(expired(160), Ids{job.id});
}

TEST_P(Jobs, ARetryKeepsTheHistoryOfAttempts) {
  Job job = leased();
  Attempt attempt{.job_id = job.id,
                  .fence = job.fence,
                  .ended_ms = 125,
                  .outcome = "failed",
                  .error_class = "io",
                  .error = "cannot read",
                  .log = std::string("a\0b", 3)};
  job.state = JobState::kReady;
  job.run_at_ms = 200;
  job.error_class = "io";
  job.error = "cannot read";
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.end_attempt(attempt));
    return t.finish_job(job);
  });
  EXPECT_EQ(failure([&](Transaction& t) { return t.end_attempt(attempt); }), ErrorCode::kConflict);
  EXPECT_TRUE(claim(encode_at(199)).empty());
  ASSERT_EQ(claim(encode_at(200)).size(), 1u);
  const auto attempts = get([&](Transaction& t) { return t.attempts_of(job.id); });
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].outcome, "failed");
  EXPECT_EQ(attempts[0].error, "cannot read");
  EXPECT_EQ(attempts[0].log, attempt.log);
  EXPECT_EQ(attempts[0].ended_ms, 125);
  EXPECT_EQ(attempts[1].number, 2);
  EXPECT_EQ(attempts[1].outcome, "");
}

TEST_P(Jobs, AreListedByAssetAndByState) {
  const Job probe = insert_job(asset_, JobKind::kProbe);
  const Job inspect = insert_job(asset_, JobKind::kInspect);
  Job dead = insert_job(insert_asset("other.mp4"), JobKind::kProbe);
  dead.state = JobState::kDead;
  write([&](Transaction& t) { return t.update_job(dead, JobState::kReady); });
  EXPECT_EQ(ids_of(get([&](Transaction& t) { return t.jobs_of(asset_.id, 1); })),
            (Ids{probe.id, inspect.id}));
  EXPECT_TRUE(get([&](Transaction& t) { return t.jobs_of(asset_.id, 2); }).empty());
  EXPECT_EQ(ids_of(get([](Transaction& t) { return t.jobs(JobState::kDead, 10); })), Ids{dead.id});
  EXPECT_EQ(ids_of(get([](Transaction& t) { return t.jobs(std::nullopt, 2); })),
            (Ids{dead.id, inspect.id}));
}

TEST_P(Jobs, TheNextWakeIsTheEarliestOfAll) {
  const auto next = [&](int64_t after) {
    return get([&](Transaction& t) { return t.next_wake_ms(after); });
  };
  EXPECT_EQ(next(-1), std::nullopt);
  Asset waking = new_asset("w.mp4");
  waking.wake_ms = 900;
  write([&](Transaction& t) { return t.insert_asset(waking); });
  EXPECT_EQ(next(-1), 900);
  const Job held = leased();  // at 100, until 130
  Job ready = new_job(asset_, JobKind::kProbe);
  ready.run_at_ms = 400;
  Job blocked = new_job(asset_, JobKind::kPublish);
  blocked.state = JobState::kBlocked;
  OutboxMessage first{.id = "m1", .endpoint = "ops", .not_before_ms = 600};
  OutboxMessage second{.id = "m2", .endpoint = "ops", .not_before_ms = 50};  // waits for the first
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_job(ready));
    FILMGATE_TRY(t.insert_job(blocked));
    FILMGATE_TRY(t.enqueue(first));
    return t.enqueue(second);
  });
  EXPECT_EQ(get([](Transaction& t) { return t.next_wake_ms(); }), 130);
  EXPECT_EQ(next(130), 400);
  EXPECT_EQ(next(400), 600);
  EXPECT_EQ(next(600), 900);
  EXPECT_EQ(next(900), std::nullopt);
}

}  // namespace
}  // namespace filmgate
