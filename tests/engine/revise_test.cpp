// The next revision of an asset: what waits makes way, what is published stays until the new set is
// out.
#include "host/base/hash.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

constexpr const char* kKeyed =
    R"({"title": "T", "project": "film", "step": "cut", "owner": "ann@example.org"})";
const std::string kApproval = R"(, "approval": {"required": true})";

std::string keyed(Bench& bench, const std::string& path, const std::string& bytes) {
  bench.write(path + ".json", kKeyed);
  return bench.upload(path, bytes);
}

// Rows and files of what is published agree, and those of earlier revisions.
void expect_served(Bench& bench, const std::string& id, int revision) {
  const auto read = bench.store->read([&](Transaction& tx) -> Result<void> {
    const std::vector<Output> every = tx.all_outputs_of(id).value();
    for (const Output& output : every) {
      EXPECT_EQ(to_hex(sha256(bench.read(output.path))), output.sha256) << output.path;
    }
    return {};
  });
  EXPECT_TRUE(read.ok());
  const AssetView view = bench.view(id);
  ASSERT_FALSE(view.outputs.empty());
  for (const Output& output : view.outputs) {
    EXPECT_EQ(output.revision, revision) << output.name;
  }
}

TEST(Revise, WhatIsPublishedStaysUntilTheNewSetTakesItsPlace) {
  Bench bench({description("optional", kApproval)});
  const std::string id = keyed(bench, "uploads/news/clip.mp4", "one");
  const auto approve = [&] {
    ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval)) << bench.asset(id).detail;
    ASSERT_TRUE(bench.engine->decide({bench.pending(id).id, "ann", Decision::kApprove, ""}).ok());
    ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
    bench.run_now();
  };
  approve();
  EXPECT_EQ(keyed(bench, "uploads/news/clip-final.mp4", "two"), id);
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  EXPECT_EQ(bench.asset(id).revision, 2);
  EXPECT_EQ(bench.read("processed/news/clip/source/clip.mp4"), "one");
  expect_served(bench, id, 1);
  approve();
  EXPECT_EQ(bench.read("processed/news/clip/source/clip-final.mp4"), "two");
  EXPECT_EQ(bench.read("processed/news/clip.r1/source/clip.mp4"), "one");
  expect_served(bench, id, 2);
  EXPECT_EQ(bench.asset(id).output_path, "processed/news/clip");
  EXPECT_TRUE(bench.files(".work").empty());
  EXPECT_TRUE(bench.files("uploads").empty());
  // And once more: each set keeps its own place.
  EXPECT_EQ(keyed(bench, "uploads/news/clip.mp4", "three"), id);
  approve();
  EXPECT_EQ(bench.read("processed/news/clip/source/clip.mp4"), "three");
  EXPECT_EQ(bench.read("processed/news/clip.r2/source/clip-final.mp4"), "two");
  EXPECT_EQ(bench.all().size(), 1u);
  ASSERT_TRUE(bench.engine->erase(id, true).ok());
  bench.run_now();
  EXPECT_TRUE(bench.files("processed").empty());
}

TEST(Revise, ARejectedRevisionLeavesWhatIsPublished) {
  Bench bench({description("optional", kApproval)});
  const std::string id = keyed(bench, "uploads/clip.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  ASSERT_TRUE(bench.engine->decide({bench.pending(id).id, "ann", Decision::kApprove, ""}).ok());
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  keyed(bench, "uploads/clip.mp4", "two");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  ASSERT_TRUE(bench.engine->decide({bench.pending(id).id, "ann", Decision::kReject, ""}).ok());
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kRejected);
  EXPECT_EQ(bench.read("rejected/clip.mp4"), "two");
  expect_served(bench, id, 1);
}

TEST(Revise, WhatWaitsForADecisionMakesWay) {
  Bench bench({description("optional", kApproval)});
  const std::string id = keyed(bench, "uploads/a.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  const std::string first = bench.pending(id).id;
  EXPECT_EQ(keyed(bench, "uploads/b.mp4", "two"), id);
  EXPECT_EQ(bench.engine->approval(first).value()->state, "superseded");
  EXPECT_EQ(bench.engine->decide({first, "ann", Decision::kApprove, ""}).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(bench.read("rejected/a.mp4"), "one");
  EXPECT_NE(bench.read("rejected/a.mp4.reason.json").find("revision 2 took its place"),
            std::string::npos);
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  ASSERT_TRUE(bench.engine->decide({bench.pending(id).id, "ann", Decision::kApprove, ""}).ok());
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  EXPECT_EQ(bench.read("processed/b/source/b.mp4"), "two");
  EXPECT_TRUE(bench.files(".work").empty());
}

TEST(Revise, AWorkerThatRunsIsStopped) {
  Bench bench({description()});
  bench.worker->hang_next("probe");
  const std::string id = keyed(bench, "uploads/a.mp4", "one");
  ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  const int64_t then = bench.clock.now;
  keyed(bench, "uploads/b.mp4", "two");
  bench.run_now();
  EXPECT_EQ(bench.worker->running(), 0);
  EXPECT_EQ(bench.clock.now, then) << "nothing waits for its lease";
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.worker->running(), 0);
  EXPECT_EQ(bench.read("processed/b/source/b.mp4"), "two");
  EXPECT_EQ(bench.read("rejected/a.mp4"), "one");
}

TEST(Revise, AnEarlierSourceThatIsTouchedGoesAsideAllTheSame) {
  Bench bench({description("optional", kApproval)});
  const std::string id = keyed(bench, "uploads/a.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  // Between the commit that promises its move and the move.
  bench.engine->observe([&](const Event& event) {
    if (event.kind == "asset.revised") bench.write("uploads/a.mp4", "and");
  });
  keyed(bench, "uploads/b.mp4", "two");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval)) << bench.asset(id).detail;
  EXPECT_EQ(bench.read("rejected/a.mp4"), "and");
  EXPECT_EQ(bench.asset(id).source.path, "uploads/b.mp4");
}

TEST(Revise, OneThatWasPutOverTheOtherIsItsNextRevision) {
  Bench bench({description("optional", kApproval)});
  const std::string id = keyed(bench, "uploads/a.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  EXPECT_EQ(keyed(bench, "uploads/a.mp4", "and two"), id);
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  EXPECT_EQ(bench.asset(id).revision, 2);
  EXPECT_EQ(bench.read("uploads/a.mp4"), "and two");
  EXPECT_TRUE(bench.files("rejected").empty());
}

TEST(Revise, MetadataThatComesLaterShowsWhoseRevisionItIs) {
  Bench bench({description("required")});
  const std::string id = keyed(bench, "uploads/a.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  const std::string waiting = bench.upload("uploads/b.mp4", "two");
  ASSERT_NE(waiting, id);
  ASSERT_TRUE(bench.run_to(waiting, AssetState::kWaitingMetadata));
  const auto hashed = [&] { return !bench.asset(waiting).source.sha256.empty(); };
  for (int i = 0; i < 500 && !hashed(); ++i) bench.run_now();  // on a thread of its own
  ASSERT_TRUE(hashed());
  bench.write("uploads/b.mp4.json", kKeyed);
  ASSERT_TRUE(bench.admit("uploads/b.mp4.json").ok());
  bench.restart();  // its hash is known already, and isn't told once more
  EXPECT_EQ(bench.asset(waiting).state, AssetState::kCancelled);
  EXPECT_TRUE(bench.asset(waiting).metadata.is_null());
  EXPECT_NE(bench.asset(waiting).detail.find("revision 2 of " + id), std::string::npos);
  ASSERT_TRUE(bench.run_until([&] { return bench.view(id).outputs.at(0).revision == 2; }));
  bench.run_now();
  EXPECT_EQ(bench.read("processed/a/source/b.mp4"), "two");
  EXPECT_EQ(bench.read("processed/a.r1/source/a.mp4"), "one");
  EXPECT_TRUE(bench.files("uploads").empty());
}

TEST(Revise, WithoutAWholeKeyEachUploadIsItsOwn) {
  Bench bench({description()});
  bench.write("uploads/a.mp4.json", R"({"title": "T", "project": "film", "step": "cut"})");
  bench.write("uploads/b.mp4.json", R"({"title": "T", "project": "film", "step": "cut"})");
  EXPECT_NE(bench.upload("uploads/a.mp4"), bench.upload("uploads/b.mp4"));
}

// Whatever commit a host ends around, the set of the second revision is out in the end, whole, and
// the first one beside it.
void expect_roll_forward(bool after) {
  bool finished = false;
  for (int point = 1; !finished; ++point) {
    SCOPED_TRACE(std::to_string(point) + (after ? " after" : " before"));
    Bench bench({description()});
    const std::string id = keyed(bench, "uploads/clip.mp4", "one");
    ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
    bench.run_now();
    bench.write("uploads/clip.mp4.json", kKeyed);
    bench.write("uploads/clip.mp4", "two");
    const auto live = [&] {
      bench.scan();
      return bench.run_until([&] {
        const Asset asset = bench.asset(id);
        return asset.revision == 2 && is_final(asset.state) && asset.moves.size() == 0;
      });
    };
    (after ? bench.store->kill_after : bench.store->kill_before) = bench.store->commits + point;
    try {
      ASSERT_TRUE(live());
      finished = true;
    } catch (const Killed&) {
      bench.restart();
      ASSERT_TRUE(live()) << bench.asset(id).detail;
    }
    bench.run_now();
    EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed) << bench.asset(id).detail;
    EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "two");
    EXPECT_EQ(bench.read("processed/clip.r1/source/clip.mp4"), "one");
    expect_served(bench, id, 2);
    EXPECT_TRUE(bench.files(".work").empty());
    EXPECT_TRUE(bench.files("uploads").empty());
    EXPECT_EQ(bench.all().size(), 1u);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Revise, AHostThatEndsBeforeAnyCommitRollsForward) {
  expect_roll_forward(false);
}
TEST(Revise, AHostThatEndsAfterAnyCommitRollsForward) {
  expect_roll_forward(true);
}

// The two steps on the disk, ended after each.
TEST(Revise, ReplacingGoesOnFromWhereverItEnded) {
  Bench bench({description()});
  const auto prepare = [&] {
    bench.write(".work/r/set/manifest.json", "new");
    bench.write("processed/clip/manifest.json", "old");
    return bench.library->folder_inode(".work/r/set").value();
  };
  for (int done = 0; done <= 2; ++done) {
    const uint64_t inode = prepare();
    const auto path = [&](const char* name) { return bench.library->absolute(name); };
    if (done >= 1) {
      ASSERT_TRUE(rename_noreplace(path(".work/r/set"), path("processed/clip.r1")).ok());
    }
    if (done >= 2) {
      ASSERT_TRUE(exchange(path("processed/clip"), path("processed/clip.r1")).ok());
    }
    for (int again = 0; again < 2; ++again) {
      ASSERT_TRUE(
          bench.library->replace(".work/r/set", "processed/clip", "processed/clip.r1", inode).ok());
      EXPECT_EQ(bench.read("processed/clip/manifest.json"), "new");
      EXPECT_EQ(bench.read("processed/clip.r1/manifest.json"), "old");
    }
    EXPECT_EQ(bench.library->replace(".work/r/set", "processed/clip", "processed/clip.r1", 1)
                  .error()
                  .code,
              ErrorCode::kNotFound);
    ASSERT_TRUE(bench.library->remove_published("processed/clip").ok());
    ASSERT_TRUE(bench.library->remove_published("processed/clip.r1").ok());
  }
}

}  // namespace
}  // namespace filmgate::test
