// What goes first and what may not go now, and how that is said.
#include <filesystem>

#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

LaneState lane(Bench& bench, Lane which) {
  const std::vector<LaneState> all = bench.engine->lanes().value();
  for (const LaneState& state : all) {
    if (state.lane == which) return state;
  }
  return {};
}

std::string waits_for(Bench& bench, const std::string& id) {
  return bench.view(id).waits_for;
}

TEST(Lanes, APausedLaneBeginsNothingUntilItIsResumed) {
  Bench bench({description()});
  ASSERT_TRUE(bench.engine->pause(Lane::kProbe).ok());
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kProbing);
  EXPECT_EQ(waits_for(bench, id), "the probe lane, which is paused");
  EXPECT_TRUE(lane(bench, Lane::kProbe).paused);
  EXPECT_EQ(lane(bench, Lane::kProbe).waiting, 1);
  EXPECT_FALSE(lane(bench, Lane::kLight).paused);

  bench.restart();  // it is kept
  bench.run_now();
  EXPECT_TRUE(lane(bench, Lane::kProbe).paused);
  EXPECT_EQ(bench.asset(id).state, AssetState::kProbing);

  ASSERT_TRUE(bench.engine->resume(Lane::kProbe).ok());
  ASSERT_TRUE(bench.engine->resume(Lane::kProbe).ok());
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed) << bench.asset(id).detail;
  EXPECT_EQ(bench.kinds(""), (std::vector<std::string>{"lane.paused", "lane.resumed"}));
}

TEST(Lanes, WhatRunsInALaneThatIsPausedIsFinished) {
  Bench bench({description()});
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.worker->next(
      "probe", [&](const worker::RunRequest& request, const worker::Supervisor::OnReport& report) {
        EXPECT_TRUE(bench.engine->pause(Lane::kProbe).ok());
        return ScriptedWorker::probes(request, report, good_quality());
      });
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed) << bench.asset(id).detail;
}

TEST(Lanes, UploadsAreTakenInWhileTheLightLaneIsPaused) {
  Bench bench({description()});
  ASSERT_TRUE(bench.engine->pause(Lane::kLight).ok());
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kReceived);
  EXPECT_TRUE(bench.worker->requests.empty());
}

TEST(Lanes, AReplyThatWasLostLeavesNoneOfThemPausedForEver) {
  Bench bench({description()});
  bench.store->mute = bench.store->commits + 1;
  EXPECT_EQ(bench.engine->pause(Lane::kEncode).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(bench.engine->resume(Lane::kEncode).ok());
  bench.restart();
  EXPECT_FALSE(lane(bench, Lane::kEncode).paused);
}

TEST(Priority, ComesFromTheDescriptionAndCanBeChanged) {
  Bench bench({description("optional", R"(, "priority": 3)"),
               description("optional", "", "later", ".mov")});
  ASSERT_TRUE(bench.engine->pause(Lane::kEncode).ok());
  const std::string low = bench.upload("uploads/low.mov");
  const std::string high = bench.upload("uploads/high.mp4");
  bench.run_now();
  EXPECT_EQ(bench.asset(high).priority, 3);
  EXPECT_EQ(bench.view(high).jobs.back().priority, 3);
  ASSERT_TRUE(bench.engine->prioritize(low, 4).ok());
  EXPECT_EQ(bench.engine->prioritize(low, 1001).error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(bench.engine->prioritize("nobody", 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.kinds(low).back(), "asset.prioritized");
  bench.worker->requests.clear();
  ASSERT_TRUE(bench.engine->resume(Lane::kEncode).ok());
  bench.run_now();
  ASSERT_EQ(bench.worker->requests.size(), 2u);
  EXPECT_TRUE(bench.worker->requests[0].input.ends_with("low.mov"));
  EXPECT_TRUE(bench.worker->requests[1].input.ends_with("high.mp4"));
  EXPECT_EQ(bench.view(low).jobs.back().priority, 4);
  EXPECT_EQ(bench.engine->prioritize(low, 1).error().code, ErrorCode::kConflict);
}

TEST(Concurrency, ADescriptionWithItsFillBlocksNoOther) {
  Bench bench({description("optional", R"(, "concurrency": 1)", "batch"),
               description("optional", "", "live", ".mov")});
  bench.options.slots.encode = 2;
  bench.restart();
  bench.worker->hang_next("renditions");
  const std::string first = bench.upload("uploads/a.mp4");
  bench.run_now();
  const std::string second = bench.upload("uploads/b.mp4");
  bench.run_now();
  EXPECT_EQ(waits_for(bench, first), "");
  EXPECT_EQ(bench.asset(second).state, AssetState::kTranscoding);
  EXPECT_EQ(waits_for(bench, second),
            "another asset of the description batch, which may have 1 run in the encode lane at "
            "once");
  const std::string other = bench.upload("uploads/c.mov");
  bench.run_now();
  EXPECT_EQ(bench.asset(other).state, AssetState::kProcessed) << bench.asset(other).detail;
  EXPECT_EQ(bench.asset(second).state, AssetState::kTranscoding);
  ASSERT_TRUE(bench.engine->cancel(first).ok());
  bench.run_now();
  EXPECT_EQ(bench.asset(second).state, AssetState::kProcessed) << bench.asset(second).detail;
}

TEST(Concurrency, HoldsForTheRungsOfOneLadderThatRunApart) {
  Bench bench({description("optional", R"(, "concurrency": 1)")});
  bench.options.slots.encode = 3;
  bench.restart();
  bench.worker->next("renditions", ScriptedWorker::fails("io", "a disk was away"));
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kFailed));
  bench.worker->hang_next("renditions");
  const auto run = [&] { return lane(bench, Lane::kEncode).running > 0; };
  ASSERT_TRUE(bench.run_until(run, 60'000));
  // The other rung is due before long, and waits.
  const auto both = [&] {
    const LaneState encode = lane(bench, Lane::kEncode);
    return encode.running + encode.waiting == 2;
  };
  ASSERT_TRUE(bench.run_until(both, 60'000));
  const auto other = [&] { return lane(bench, Lane::kEncode).waiting == 0; };
  EXPECT_FALSE(bench.run_until(other, 60'000));
}

TEST(Concurrency, HoldsForADescriptionThatIsNoLongerThere) {
  Bench bench({description("optional", R"(, "concurrency": 1)", "batch"),
               description("optional", "", "live", ".mov")});
  ASSERT_TRUE(bench.engine->pause(Lane::kEncode).ok());
  for (const char* name : {"uploads/a.mp4", "uploads/b.mp4"}) bench.upload(name, name);
  bench.run_now();
  std::vector<Description> left;
  for (const Description& each : bench.router->all()) {
    if (each.name != "batch") left.push_back(each);
  }
  bench.kill();
  bench.router = Router::make(std::move(left)).value();
  bench.options.slots.encode = 2;
  bench.start();
  bench.worker->hang_next("renditions");
  ASSERT_TRUE(bench.engine->resume(Lane::kEncode).ok());
  bench.run_now();
  EXPECT_EQ(lane(bench, Lane::kEncode).running, 1);
  EXPECT_EQ(lane(bench, Lane::kEncode).waiting, 2);
}

// Work that a host ended with runs by itself; what runs is waited for, and nothing else begins.
TEST(Waits, OfWorkThatRunsByItselfEndWithIt) {
  Bench bench({description()});
  bench.worker->next("renditions",
                     [](const auto&, const auto&) -> worker::RunOutcome { throw Killed{}; });
  const std::string deadly = bench.upload("uploads/a.mp4", "a");
  EXPECT_THROW(bench.run_until([] { return false; }), Killed);
  bench.restart();
  ASSERT_TRUE(bench.engine->pause(Lane::kEncode).ok());
  bench.worker->hang_next("inspect");
  bench.upload("uploads/b.mp4", "b");
  ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  ASSERT_TRUE(bench.engine->resume(Lane::kEncode).ok());
  const std::string third = bench.upload("uploads/c.mp4", "c");
  bench.run_now();
  EXPECT_EQ(waits_for(bench, deadly),
            "the end of all that runs, because hosts ended while it ran before");
  EXPECT_EQ(waits_for(bench, third),
            "work that runs by itself, because hosts ended while it ran before");
  ASSERT_TRUE(bench.engine->cancel(deadly).ok());
  bench.run_now();
  EXPECT_EQ(bench.asset(third).state, AssetState::kProcessed);
}

TEST(Waits, AreForTheFilesWhereThoseCantBeMoved) {
  Bench bench({description()});
  std::filesystem::remove(bench.library->absolute("failed"));
  bench.write("failed", "a file");
  bench.worker->next("inspect", ScriptedWorker::fails("io", "a disk was away"));
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.run_now();
  bench.clock.now += 3'600'000;
  EXPECT_EQ(waits_for(bench, id), "its files to be moved to where they belong");
  const auto listed = bench.engine->waits_for(std::vector<Asset>{bench.asset(id)});
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->front(), waits_for(bench, id));
  bench.kill();  // nothing of it is judged: the folder is in nobody's events
  std::filesystem::remove(bench.library->absolute("failed"));
  std::filesystem::create_directory(bench.library->absolute("failed"));
  bench.start();
}

TEST(Waits, AreForTheLeaseOfARunWhoseEndCouldNotBeKept) {
  Bench bench({description()});
  bench.worker->next("inspect", [&](const auto& request, const auto& report) {
    bench.store->full = true;
    return ScriptedWorker::fails("io", "the disk is full")(request, report);
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.run_now();
  bench.store->full = false;
  const Job job = bench.view(id).jobs.front();
  ASSERT_EQ(job.state, JobState::kLeased);
  EXPECT_EQ(waits_for(bench, id), "the end of its lease at " + format_time(job.lease_until_ms) +
                                      ", for how its run ended could not be kept");
  EXPECT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
}

TEST(Waits, AreSaidInWords) {
  Bench bench({description("required", R"(, "approval": {"required": true, "quorum": 2,
                "reviewers": ["a@example.org", "b@example.org"], "expires": "1d"})"),
               description("optional", "", "open", ".mov")});
  const std::string clip = bench.upload("uploads/clip.mp4");
  EXPECT_EQ(
      waits_for(bench, clip),
      "its metadata, until " + format_time(bench.asset(clip).wake_ms) + ", when somebody is told");
  bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
  ASSERT_TRUE(bench.admit("uploads/clip.mp4.json").ok());
  ASSERT_TRUE(bench.run_to(clip, AssetState::kAwaitingApproval));
  EXPECT_EQ(waits_for(bench, clip),
            "a person's decision (a@example.org, b@example.org), 0 of 2 approvals so far, until " +
                format_time(bench.pending(clip).expires_ms));

  bench.worker->next("inspect", ScriptedWorker::fails("io", "the disk is full"));
  const std::string failed = bench.upload("uploads/failed.mov");
  bench.run_now();
  EXPECT_EQ(waits_for(bench, failed), "its next attempt (2 of 3) at " +
                                          format_time(bench.view(failed).jobs.front().run_at_ms) +
                                          ", for the last one failed: the disk is full");

  bench.worker->hang_next("renditions");
  const std::string runs = bench.upload("uploads/runs.mov");
  bench.run_now();
  const std::string next = bench.upload("uploads/next.mov");
  bench.run_now();
  const std::string last = bench.upload("uploads/last.mov");
  bench.run_now();
  EXPECT_EQ(waits_for(bench, next), "a slot of the encode lane, where runs.mov runs");
  const AssetView view = bench.view(last);
  EXPECT_EQ(view.waits_for.substr(0, 24), "a slot of the encode lan");
  EXPECT_NE(view.waits_for.find("before it"), std::string::npos) << view.waits_for;
  ASSERT_EQ(view.jobs_wait_for.size(), view.jobs.size());
  EXPECT_EQ(view.jobs_wait_for.back().substr(0, 15), "the renditions ");
  const auto listed = bench.engine->waits_for(std::vector<Asset>{view.asset, bench.asset(runs)});
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->front(), "a slot of the encode lane, where runs.mov runs");
  EXPECT_EQ(listed->back(), "");
}

}  // namespace
}  // namespace filmgate::test
