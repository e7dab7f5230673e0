// The host dies around every commit of a whole way; started again, it must end with the asset
// processed once and nothing left over.
#include <cstdio>

#include "host/base/hash.h"
#include "host/worker/protocol.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

using Scenario = std::function<void(Bench&)>;

// What a host does with its library until nothing is left to do; approvals are given as they come.
void live(Bench& bench) {
  bench.scan();
  for (int round = 0; round < 50; ++round) {
    bench.run_until([&] {
      const auto assets = bench.all();
      return std::all_of(assets.begin(), assets.end(), [](const Asset& asset) {
        return is_final(asset.state) || asset.state == AssetState::kAwaitingApproval;
      });
    });
    bool decided = false;
    for (const Asset& asset : bench.all()) {
      if (asset.state != AssetState::kAwaitingApproval) continue;
      const auto outcome =
          bench.engine->decide({bench.pending(asset.id).id, "", Decision::kApprove, ""});
      ASSERT_TRUE(outcome.ok()) << outcome.error().message;
      decided = true;
    }
    if (!decided) break;
  }
  bench.run_now();
}

void expect_published_once(Bench& bench, const std::string& bytes) {
  const auto assets = bench.all();
  ASSERT_EQ(assets.size(), 1u);
  const Asset& asset = assets.front();
  ASSERT_EQ(asset.state, AssetState::kProcessed) << asset.detail;
  EXPECT_EQ(asset.moves.size(), 0u);
  EXPECT_EQ(bench.read(asset.source.path), bytes);
  for (const char* folder : {"uploads", "failed", "rejected", "unable_to_process", ".work"}) {
    EXPECT_TRUE(bench.files(folder).empty()) << folder << "/" << bench.files(folder).front();
  }
  // Rungs, poster, report, manifest, source and sidecar, once.
  EXPECT_EQ(bench.files("processed").size(), 7u);
  const auto view = bench.view(asset.id);
  EXPECT_EQ(view.outputs.size(), 5u);
  for (const Output& output : view.outputs) {
    EXPECT_EQ(to_hex(sha256(bench.read(output.path))), output.sha256) << output.path;
  }
  for (const Job& job : view.jobs) EXPECT_EQ(job.state, JobState::kDone) << to_string(job.kind);
  const auto kinds = bench.kinds(asset.id);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), "asset.published"), 1);
  const auto topics = bench.topics();
  // The last message was enqueued once; a death while it was sent may repeat it, with its id.
  std::set<std::string> ids;
  for (const OutboxMessage& message : bench.deliveries->messages) {
    if (message.topic == "asset.processed") ids.insert(message.id);
  }
  EXPECT_LE(ids.size(), 1u);
}

void expect_no_open_run(Bench& bench) {
  const auto read = bench.store->read([](Transaction& tx) -> Result<void> {
    EXPECT_TRUE(tx.open_runs().value().empty());
    EXPECT_TRUE(tx.leased_jobs().value().empty());
    return {};
  });
  EXPECT_TRUE(read.ok());
}

struct Kill {
  bool after = false;
  bool stumbles = false;  // the first ladder loses a rung, so the asset goes through failed/
  bool approval = false;
};

class KilledHost : public testing::TestWithParam<Kill> {};

TEST_P(KilledHost, EndsWithTheAssetProcessedOnce) {
  const Kill kill = GetParam();
  const std::string text =
      description("required", kill.approval ? R"(, "approval": {"required": true})" : "");
  bool finished = false;
  int point = 0;
  while (!finished) {
    ++point;
    ASSERT_LT(point, 400);
    SCOPED_TRACE("killed " + std::string(kill.after ? "after" : "before") + " commit " +
                 std::to_string(point));
    Bench bench({text});
    bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
    bench.write("uploads/clip.mp4", "the bytes");
    if (kill.stumbles) {
      bench.worker->next("renditions", [](const auto& request, const auto& report) {
        return ScriptedWorker::renders(request, report, {"480p"});
      });
    }
    (kill.after ? bench.store->kill_after : bench.store->kill_before) =
        bench.store->commits + point;
    try {
      live(bench);
      finished = true;
    } catch (const Killed&) {
      bench.restart();
      live(bench);
    }
    expect_published_once(bench, "the bytes");
    if (HasFailure()) return;
    // A start finds nothing more to recover.
    const auto before = bench.kinds(bench.all().front().id).size();
    bench.restart();
    bench.run_now();
    EXPECT_EQ(bench.kinds(bench.all().front().id).size(), before);
  }
  EXPECT_GT(point, 15);
}

INSTANTIATE_TEST_SUITE_P(, KilledHost,
                         testing::Values(Kill{false, false, false}, Kill{true, false, false},
                                         Kill{false, true, false}, Kill{true, true, false},
                                         Kill{false, false, true}, Kill{true, false, true}),
                         [](const auto& each) {
                           return std::string(each.param.after ? "After" : "Before") +
                                  (each.param.stumbles ? "Stumbling" : "") +
                                  (each.param.approval ? "Approved" : "");
                         });

// The database forgets a transaction, and the host lives on with what it believes.
TEST(LostCommit, WhicheverItIsTheAssetIsProcessedOnce) {
  for (const bool stumbles : {false, true}) {
    bool lost = true;
    int point = 0;
    for (; lost; ++point) {
      ASSERT_LT(point, 400);
      SCOPED_TRACE("lost commit " + std::to_string(point + 1));
      Bench bench({description("required")});
      bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
      bench.write("uploads/clip.mp4", "the bytes");
      if (stumbles) {
        bench.worker->next("renditions", [](const auto& request, const auto& report) {
          return ScriptedWorker::renders(request, report, {"480p"});
        });
      }
      bench.store->lose = bench.store->commits + point + 1;
      live(bench);
      live(bench);  // the watch looks again at what could not be taken in
      lost = bench.store->commits >= bench.store->lose;
      expect_published_once(bench, "the bytes");
      for (const Job& job : bench.view(bench.all().front().id).jobs) {
        EXPECT_EQ(job.attempt, stumbles && job.variant == "720p" ? 2 : 1) << to_string(job.kind);
      }
      EXPECT_EQ(bench.worker->requests.size(), stumbles ? 4u : 3u);
      if (HasFailure()) return;
    }
    EXPECT_GT(point, 15);
  }
}

// The database keeps a transaction, and nobody learns of it: that costs no attempt.
TEST(MutedCommit, WhicheverItIsTheAssetIsProcessedOnce) {
  bool muted = true;
  for (int point = 1; muted; ++point) {
    ASSERT_LT(point, 400);
    SCOPED_TRACE("commit " + std::to_string(point));
    Bench bench({description("required")});
    bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
    bench.write("uploads/clip.mp4", "the bytes");
    bench.store->mute = bench.store->commits + point;
    live(bench);
    live(bench);
    muted = bench.store->commits >= bench.store->mute;
    expect_published_once(bench, "the bytes");
    for (const Job& job : bench.view(bench.all().front().id).jobs) {
      EXPECT_EQ(job.attempt, 1) << to_string(job.kind);
    }
    EXPECT_EQ(bench.worker->requests.size(), 3u);
    expect_no_open_run(bench);
    if (HasFailure()) return;
  }
}

TEST(MutedCommit, WhatWasTakenInIsBegunSoon) {
  Bench bench({description()});
  bench.run_now();
  bench.write("uploads/clip.mp4", "the bytes");
  bench.store->mute = bench.store->commits + 1;
  bench.scan();
  ASSERT_EQ(bench.store->commits, bench.store->mute);
  bench.scan();
  const auto processed = [&] { return bench.all().front().state == AssetState::kProcessed; };
  EXPECT_TRUE(bench.run_until(processed, 60'000));
}

TEST(MutedCommit, WhatWasApprovedIsBegunSoon) {
  Bench bench({description("optional", R"(, "approval": {"required": true})")});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  bench.run_now();
  bench.store->mute = bench.store->commits + 1;
  DecisionRequest request;
  request.approval_id = bench.view(id).approval->id;
  request.decision = Decision::kApprove;
  EXPECT_FALSE(bench.engine->decide(request).ok());
  EXPECT_TRUE(bench.engine->decide(request).ok());
  const auto processed = [&] { return bench.asset(id).state == AssetState::kProcessed; };
  EXPECT_TRUE(bench.run_until(processed, 60'000));
}

TEST(MutedCommit, ABrokenSidecarRejectsItsVideoOnce) {
  bool muted = true;
  for (int point = 1; muted; ++point) {
    ASSERT_LT(point, 400);
    SCOPED_TRACE("commit " + std::to_string(point));
    Bench bench({description("required")});
    bench.write("uploads/clip.mp4.json", "{");
    bench.write("uploads/clip.mp4", "the bytes");
    bench.store->mute = bench.store->commits + point;
    live(bench);
    live(bench);
    muted = bench.store->commits >= bench.store->mute;
    ASSERT_EQ(bench.all().size(), 1u);
    EXPECT_EQ(bench.all().front().state, AssetState::kRejected);
    EXPECT_EQ(bench.all().front().moves.size(), 0u);
    EXPECT_TRUE(bench.files("uploads").empty());
    EXPECT_EQ(bench.files("rejected").size(), 3u);
    if (HasFailure()) return;
  }
}

// And soon after it the host is killed: what it believed is gone, what it did to files is not.
void kill_soon_after(int KillingStore::*const trouble) {
  for (const int after : {1, 4}) {
    bool killed = true;
    for (int point = 1; killed; ++point) {
      ASSERT_LT(point, 400);
      SCOPED_TRACE("commit " + std::to_string(point) + ", killed " + std::to_string(after) +
                   " later");
      Bench bench({description("required")});
      bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
      bench.write("uploads/clip.mp4", "the bytes");
      bench.clock.step = 100;  // what is prepared anew says another time
      (*bench.store).*trouble = bench.store->commits + point;
      bench.store->kill_before = bench.store->commits + point + after;
      killed = false;
      try {
        live(bench);
        live(bench);  // the watch looks again at what could not be taken in
      } catch (const Killed&) {
        killed = true;
        bench.restart();
        live(bench);
      }
      expect_published_once(bench, "the bytes");
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(LostCommit, AHostKilledSoonAfterItHasDoneNothingThatNoRowKnows) {
  kill_soon_after(&KillingStore::lose);
}

TEST(MutedCommit, AHostKilledSoonAfterItHasDoneWhatItsRowsSay) {
  kill_soon_after(&KillingStore::mute);
}

TEST(Recovery, AHostKilledOverAndOverStillGetsThere) {
  Bench bench({description("required")});
  bench.write("uploads/clip.mp4.json", "{}");
  bench.write("uploads/clip.mp4", "the bytes");
  int deaths = 0;
  for (int step = 6;; step = step % 11 + 3) {
    bench.store->kill_after = bench.store->commits + step;
    try {
      live(bench);
      break;
    } catch (const Killed&) {
      ASSERT_LT(++deaths, 300);
      bench.restart();
    }
  }
  EXPECT_GT(deaths, 2);
  expect_published_once(bench, "the bytes");
}

// Between the rename that publishes and the row that says so there is no way back any more: neither
// for a person nor for another file at the upload's place.
TEST(Recovery, WhatIsInItsPlaceIsNeitherCancelledNorReplaced) {
  Bench bench({description()});
  // The disk is full just when the set is in its place.
  bench.engine->observe([&](const Event& event) {
    if (event.kind == "job.intent") bench.store->full = true;
  });
  const std::string id = bench.upload("uploads/clip.mp4", "the bytes");
  ASSERT_TRUE(bench.run_until([&] { return bench.has("processed/clip/manifest.json"); }));
  bench.store->full = false;
  ASSERT_EQ(bench.asset(id).state, AssetState::kTranscoding);
  const auto cancelled = bench.engine->cancel(id);
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, ErrorCode::kConflict);
  bench.write("other", "other bytes");
  const Library& library = *bench.library;
  ASSERT_EQ(
      ::rename(library.absolute("other").c_str(), library.absolute("uploads/clip.mp4").c_str()), 0);
  EXPECT_FALSE(bench.admit("uploads/clip.mp4").ok());
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.all().size(), 1u);
  EXPECT_TRUE(bench.admit("uploads/clip.mp4").ok());  // now it is an upload of its own
  EXPECT_EQ(bench.all().size(), 2u);
}

TEST(Recovery, AWorkFolderOfNobodyIsRemoved) {
  Bench bench({description()});
  bench.write(".work/0193-gone/half.mp4", "half");
  bench.restart();
  EXPECT_TRUE(bench.files(".work").empty());
}

TEST(Recovery, StagedRungsSurviveARestart) {
  Bench bench({description()});
  bench.worker->next("renditions", [](const auto& request, const auto& report) {
    return ScriptedWorker::renders(request, report, {"720p"});
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kFailed));
  bench.restart();
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  ASSERT_EQ(bench.worker->requests.size(), 1u);
  EXPECT_EQ(bench.worker->requests[0].request.get("verify").size(), 1u);
}

TEST(Recovery, AnExpiredLeaseIsTakenBackAndItsRunCanChangeNothing) {
  Bench bench({description()});
  worker::Supervisor::OnReport late_report;
  worker::RunRequest late_request;
  bench.worker->next("renditions", [&](const auto& request, const auto& report) {
    // The whole host was stopped for longer than its leases, then goes on as if nothing was.
    late_report = report;
    late_request = request;
    bench.clock.now += 40'000;
    worker::RunOutcome outcome;
    outcome.error_class = worker::kClassInternal;
    outcome.message = "stopped";
    return outcome;
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  const size_t events = bench.kinds(id).size();
  ScriptedWorker::renders(late_request, [&](const Json& report) { late_report(report); });
  bench.run_now();
  EXPECT_EQ(bench.kinds(id).size(), events);
  EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed);
}

}  // namespace
}  // namespace filmgate::test
