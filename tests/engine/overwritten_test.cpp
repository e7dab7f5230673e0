// Somebody writes into a source after it was judged and before it was filed: what was filed must be
// what was judged, and what was written must not get lost.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/hash.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

constexpr const char* kUploaded = "uploads/clip.mp4";
constexpr const char* kFiled = "processed/clip/source/clip.mp4";

// In place, as `cat new > clip.mp4` does; the time stamp surely differs.
void overwrite(Bench& bench, const std::string& path, const std::string& bytes) {
  bench.write(path, bytes);
  const timespec times[2] = {{0, UTIME_OMIT}, {1'900'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, bench.library->absolute(path).c_str(), times, 0), 0);
}

// Does something between a commit and the moves that it promised.
void after_event(Bench& bench, const std::string& kind, std::function<void()> act) {
  bench.engine->observe([kind, act = std::move(act), done = false](const Event& event) mutable {
    if (done || event.kind != kind) return;
    done = true;
    act();
  });
}

// The first asset ends with what it was made from; the new bytes go the whole way by themselves.
void expect_a_new_upload(Bench& bench, const std::string& first, const std::string& bytes) {
  EXPECT_EQ(bench.read(kUploaded), bytes);
  EXPECT_FALSE(bench.has(kFiled));
  const Asset before = bench.asset(first);
  EXPECT_EQ(before.state, AssetState::kProcessed);
  EXPECT_EQ(before.source.path, "");
  EXPECT_NE(before.detail.find("taken in as a new upload"), std::string::npos) << before.detail;
  EXPECT_EQ(before.moves.size(), 0u);

  const std::string second = bench.admit(kUploaded).value();
  ASSERT_NE(first, second);
  ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed)) << bench.asset(second).detail;
  bench.run_now();
  const Asset after = bench.asset(second);
  EXPECT_EQ(bench.read(after.source.path), bytes);
  EXPECT_EQ(after.source.sha256, to_hex(sha256(bytes)));
  EXPECT_EQ(after.metadata.get("title").string_or(""), "Both");
  EXPECT_TRUE(bench.files("uploads").empty());
  EXPECT_TRUE(bench.files(".work").empty());
}

class Overwritten : public testing::Test {
 protected:
  std::string upload(const std::string& bytes) {
    bench_.write("uploads/clip.mp4.json", R"({"title": "Both"})");
    return bench_.upload(kUploaded, bytes);
  }
  // Dies right after an event's commit, or at the commit that follows.
  void die_after(const std::string& kind, bool moved) {
    after_event(bench_, kind, [this, moved] {
      if (!moved) throw Killed{};
      bench_.store->kill_before = bench_.store->commits + 1;
    });
    EXPECT_THROW(bench_.run_until([] { return false; }), Killed);
    bench_.kill();
  }

  // What was promised is done; it may take the hash of a file.
  bool filed(const std::string& id) {
    return bench_.run_until([&] { return bench_.asset(id).moves.size() == 0; });
  }

  Bench bench_{{description("required")}};
};

TEST_F(Overwritten, WhatWasWrittenBeforeTheMoveIsANewUpload) {
  after_event(bench_, "asset.published", [&] { overwrite(bench_, kUploaded, "two, longer"); });
  const std::string id = upload("one");
  ASSERT_TRUE(bench_.run_to(id, AssetState::kProcessed));
  ASSERT_TRUE(filed(id));
  expect_a_new_upload(bench_, id, "two, longer");
}

TEST_F(Overwritten, AsManyBytesAsBeforeAreComparedByTheirHash) {
  after_event(bench_, "asset.published", [&] { overwrite(bench_, kUploaded, "two"); });
  const std::string id = upload("one");
  ASSERT_TRUE(bench_.run_to(id, AssetState::kProcessed));
  ASSERT_TRUE(filed(id));
  expect_a_new_upload(bench_, id, "two");
}

TEST(OverwrittenAndPublished, ItsPlaceCanBeTakenBySomethingElse) {
  Bench bench({description()});
  after_event(bench, "asset.published", [&] { overwrite(bench, kUploaded, "two"); });
  const std::string first = bench.upload(kUploaded, "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kProcessed));
  ASSERT_TRUE(bench.run_until([&] { return bench.asset(first).moves.size() == 0; }));
  const auto second = bench.admit(kUploaded);
  ASSERT_TRUE(second.ok()) << second.error().message;
  ASSERT_TRUE(bench.run_to(*second, AssetState::kProcessed)) << bench.asset(*second).detail;
}

// While it is compared with what was judged, the next revision of its asset comes.
TEST(OverwrittenAndPublished, TheNextRevisionWaitsUntilTheSourceIsFiled) {
  Bench bench({description()});
  constexpr const char* kKeyed =
      R"({"title": "T", "project": "film", "step": "cut", "owner": "ann@example.org"})";
  after_event(bench, "asset.published", [&] { overwrite(bench, "uploads/a.mp4", "new"); });
  bench.write("uploads/a.mp4.json", kKeyed);
  const std::string id = bench.upload("uploads/a.mp4", "one");
  while (bench.asset(id).state != AssetState::kProcessed) {  // not a step more
    ASSERT_TRUE(bench.executor->run_one() || bench.executor->wait_for_task() ||
                bench.executor->jump_to_timer());
  }
  ASSERT_GT(bench.asset(id).moves.size(), 0u);
  bench.write("uploads/b.mp4.json", kKeyed);
  bench.write("uploads/b.mp4", "two");
  const auto early = bench.admit("uploads/b.mp4");
  EXPECT_FALSE(early.ok());
  ASSERT_TRUE(bench.run_until([&] { return bench.asset(id).moves.size() == 0; }));
  if (!early.ok()) {
    EXPECT_EQ(early.error().code, ErrorCode::kConflict);
    EXPECT_EQ(bench.admit("uploads/b.mp4").value(), id);
  }
  ASSERT_TRUE(bench.run_until([&] { return is_final(bench.asset(id).state); }));
  EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.read("processed/a/source/b.mp4"), "two");
  EXPECT_EQ(bench.read("uploads/a.mp4"), "new");
}

TEST_F(Overwritten, ATouchedSourceIsStillTheSame) {
  after_event(bench_, "asset.published", [&] { overwrite(bench_, kUploaded, "one"); });
  const std::string id = upload("one");
  ASSERT_TRUE(bench_.run_to(id, AssetState::kProcessed));
  ASSERT_TRUE(filed(id));
  EXPECT_EQ(bench_.read(kFiled), "one");
  EXPECT_EQ(bench_.asset(id).source.path, kFiled);
  EXPECT_TRUE(bench_.files("uploads").empty());
}

TEST_F(Overwritten, WhileTheHostWasDead) {
  const std::string id = upload("one");
  die_after("asset.published", false);
  overwrite(bench_, kUploaded, "two");
  bench_.start();
  ASSERT_TRUE(filed(id));
  expect_a_new_upload(bench_, id, "two");
}

TEST_F(Overwritten, WhatWasMovedAlreadyGoesBack) {
  const std::string id = upload("one");
  die_after("asset.published", true);
  ASSERT_TRUE(bench_.has(kFiled));
  bench_.write("uploads/clip.mp4.json", R"({"title": "Both"})");
  overwrite(bench_, kFiled, "two, longer");
  bench_.start();
  ASSERT_TRUE(filed(id));
  expect_a_new_upload(bench_, id, "two, longer");
}

TEST_F(Overwritten, AnotherFileInItsPlaceKeepsItsMetadata) {
  after_event(bench_, "asset.published", [&] {
    bench_.write("uploads/new.part", "two");
    ASSERT_EQ(::rename(bench_.library->absolute("uploads/new.part").c_str(),
                       bench_.library->absolute(kUploaded).c_str()),
              0);
  });
  const std::string id = upload("one");
  ASSERT_TRUE(bench_.run_to(id, AssetState::kProcessed));
  ASSERT_TRUE(filed(id));
  expect_a_new_upload(bench_, id, "two");
}

TEST(OverwrittenInFailed, EndsTheAssetAndIsTakenInAnew) {
  Bench bench({description()});
  bench.worker->next("inspect", ScriptedWorker::fails("io", "the disk is full"));
  after_event(bench, "job.failed", [&] { overwrite(bench, kUploaded, "two, longer"); });
  const std::string first = bench.upload(kUploaded, "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kCancelled)) << to_string(bench.asset(first).state);
  bench.run_now();
  EXPECT_TRUE(bench.files("failed").empty());
  const std::string second = bench.admit(kUploaded).value();
  ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed));
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "two, longer");
}

TEST(OverwrittenInRejected, CannotBeTriedAgain) {
  Bench bench({description()});
  bench.worker->next("inspect", ScriptedWorker::fails("media", "this is not a video"));
  after_event(bench, "job.dead", [&] { overwrite(bench, kUploaded, "two, longer"); });
  const std::string first = bench.upload(kUploaded, "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kRejected));
  bench.run_now();
  EXPECT_FALSE(bench.has("rejected/clip.mp4"));
  EXPECT_EQ(bench.read(kUploaded), "two, longer");
  const auto again = bench.engine->retry(first);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_NE(again.error().message.find("upload"), std::string::npos) << again.error().message;
}

}  // namespace
}  // namespace filmgate::test
