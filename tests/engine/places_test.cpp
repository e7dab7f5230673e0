// Names that collide: a file where a folder is needed, a published set where an upload's folder
// would be, a folder where a note goes. Each asset has a place of its own, and nothing is tried for
// ever.
#include <filesystem>

#include "host/worker/protocol.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

std::string rejected(Bench& bench, const std::string& path, const std::string& bytes) {
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassMedia, "not a video"));
  const std::string id = bench.upload(path, bytes);
  EXPECT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  EXPECT_EQ(bench.asset(id).moves.size(), 0u) << path;
  return id;
}

std::string published(Bench& bench, const std::string& path, const std::string& bytes) {
  const std::string id = bench.upload(path, bytes);
  EXPECT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  return id;
}

TEST(Places, AFileIsInTheWayOfAFolder) {
  Bench bench({description()});
  rejected(bench, "uploads/a.mp4", "one");
  const std::string id = rejected(bench, "uploads/a.mp4/b.mp4", "two");
  EXPECT_EQ(bench.asset(id).source.path, "rejected/a.mp4-2/b.mp4");
  EXPECT_EQ(bench.read("rejected/a.mp4"), "one");
  EXPECT_EQ(bench.read("rejected/a.mp4-2/b.mp4"), "two");
  EXPECT_TRUE(bench.has("rejected/a.mp4-2/b.mp4.reason.json"));
}

TEST(Places, AFolderIsInTheWayOfANote) {
  Bench bench({description()});
  rejected(bench, "uploads/a.mp4.reason.json/b.mp4", "one");
  const std::string id = rejected(bench, "uploads/a.mp4", "two");
  EXPECT_EQ(bench.read(bench.asset(id).source.path), "two");
  EXPECT_TRUE(bench.has(bench.asset(id).source.path + ".reason.json"));
}

TEST(Places, APublishedSetHoldsNothingOfOthers) {
  Bench bench({description()});
  const std::string outer = published(bench, "uploads/clip.mp4", "one");
  const std::string inner = published(bench, "uploads/clip/part.mp4", "two");
  EXPECT_EQ(bench.asset(outer).output_path, "processed/clip");
  EXPECT_EQ(bench.asset(inner).output_path, "processed/clip-2/part");
  ASSERT_TRUE(bench.engine->erase(outer, true).ok());
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip-2/part/source/part.mp4"), "two");
  for (const Output& output : bench.view(inner).outputs) EXPECT_TRUE(bench.has(output.path));
}

TEST(Places, AStrangersFolderIsNoPublishedSet) {
  Bench bench({description()});
  bench.worker->next("renditions", [&](const auto& request, const auto& report) {
    EXPECT_TRUE(bench.engine->pause(Lane::kLight).ok());
    return ScriptedWorker::renders(request, report);
  });
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  bench.run_now();
  // The host dies once the set is promised to processed/clip, and somebody takes the place.
  bench.store->kill_after = bench.store->commits + 3;
  ASSERT_TRUE(bench.engine->resume(Lane::kLight).ok());
  EXPECT_THROW(bench.run_now(), Killed);
  bench.kill();
  const std::string promised = [&] {
    for (const auto& each : fs::directory_iterator(bench.library->absolute(".work"))) {
      if (fs::exists(each.path() / "set")) return (each.path() / "set").string();
    }
    return std::string();
  }();
  ASSERT_FALSE(promised.empty());
  fs::remove_all(promised);
  bench.write("processed/clip/theirs.txt", "a stranger's");
  bench.start();
  const auto cancelled = bench.engine->cancel(id);
  EXPECT_TRUE(cancelled.ok()) << cancelled.error().message;
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kCancelled);
  EXPECT_EQ(bench.files("processed"), std::vector<std::string>{"clip/theirs.txt"});
}

TEST(Places, AFolderThatCantBeWrittenCostsNoAttempts) {
  Bench bench({description()});
  fs::remove(bench.library->absolute("failed"));
  bench.write("failed", "a file");
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "a disk was away"));
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  const auto given_up = [&] { return bench.asset(id).state == AssetState::kUnableToProcess; };
  EXPECT_FALSE(bench.run_until(given_up, 120'000));
  EXPECT_EQ(bench.asset(id).state, AssetState::kFailed);
  EXPECT_EQ(bench.read("uploads/clip.mp4"), "bytes");
  fs::remove(bench.library->absolute("failed"));
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "bytes");
}

// The first one waits there, but for its file, which a person took out.
TEST(Places, ANameInFailedThatAnotherWaitsUnderIsTaken) {
  Bench bench({description()});
  const auto failed = [&](const std::string& bytes) {
    bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "the disk is slow"));
    const std::string id = bench.upload("uploads/clip.mp4", bytes);
    EXPECT_TRUE(bench.run_to(id, AssetState::kFailed));
    EXPECT_EQ(bench.asset(id).state, AssetState::kFailed);
    return id;
  };
  const std::string first = failed("one");
  ASSERT_EQ(bench.asset(first).source.path, "failed/clip.mp4");
  ASSERT_TRUE(bench.library->remove("failed/clip.mp4").ok());
  const std::string second = failed("two");
  EXPECT_EQ(bench.asset(second).source.path, "failed/clip-2.mp4");
  EXPECT_EQ(bench.read("failed/clip-2.mp4"), "two");
}

// Of two rungs that run apart one fails while the way into failed/ is barred, and the other shows
// that there is nothing to be tried again.
TEST(Places, WhatIsRejectedOnItsWayIntoFailedDoesNotComeThereLater) {
  Bench bench({description()});
  bench.options.slots.encode = 2;
  bench.restart();
  const std::string barred = bench.library->absolute("failed");
  ASSERT_TRUE(fs::remove(barred));
  bench.write("failed", "no folder");
  bench.worker->next("renditions", [](const auto& request, const auto& report) {
    const worker::RunOutcome outcome = ScriptedWorker::renders(request, report);
    for (const Json& entry : *request.request.get("verify").if_array()) {
      EXPECT_TRUE(fs::remove(join(request.folder, entry.get("file").string_or(""))));
    }
    return outcome;
  });
  bench.worker->next("renditions", ScriptedWorker::fails(worker::kClassIo, "a slow disk"));
  bench.worker->next("renditions", ScriptedWorker::fails(worker::kClassMedia, "not a video"));
  bench.write("uploads/clip.mp4.json", "{}");
  const std::string id = bench.upload("uploads/clip.mp4", "the bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected)) << bench.asset(id).detail;
  ASSERT_TRUE(fs::remove(barred));
  ASSERT_TRUE(make_folders(barred).ok());
  ASSERT_TRUE(bench.run_until([&] { return bench.asset(id).moves.size() == 0; }));
  bench.scan();
  EXPECT_EQ(bench.all().size(), 1u);
  EXPECT_EQ(bench.files("rejected"),
            (std::vector<std::string>{"clip.mp4", "clip.mp4.json", "clip.mp4.reason.json"}));
}

// Where its file is to go is asked again; what else comes has nothing to do with it.
TEST(Places, ARowThatCannotBeReadHoldsUpNoOtherUpload) {
  Bench bench({description()});
  bench.engine->observe([&](const Event& event) {
    if (event.data.get("to").string_or("") == "rejected") bench.store->refuse_reads = 1;
  });
  bench.write("uploads/bad.mp4.json", "no metadata");
  testing::internal::CaptureStderr();
  bench.upload("uploads/bad.mp4", "one");
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("the disk gave an error"), std::string::npos) << said;
  EXPECT_EQ(bench.read("uploads/bad.mp4"), "one");
  const std::string good = bench.upload("uploads/good.mp4", "two");
  bench.run_now();
  EXPECT_EQ(bench.read("rejected/bad.mp4"), "one");
  ASSERT_TRUE(bench.run_to(good, AssetState::kProcessed)) << bench.asset(good).detail;
}

}  // namespace
}  // namespace filmgate::test
