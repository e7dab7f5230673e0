// The folder watch on a real folder, with a real clock: waits for conditions, bounded.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "host/base/file.h"
#include "host/intake/folder_watch.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

class Watched : public testing::Test {
 protected:
  // The engine runs on the bench's own executor; the watch needs a context for inotify.
  void start(int64_t scan_ms = 20) {
    context_ = g_main_context_new();
    executor_ = make_executor(context_);
    watch_ = FolderWatch::start(*bench_.engine, *bench_.library, *bench_.router, system_clock(),
                                *executor_, scan_ms)
                 .value();
  }
  void TearDown() override {
    watch_.reset();
    executor_.reset();
    if (context_ != nullptr) g_main_context_unref(context_);
  }
  bool wait(const std::function<bool()>& done) {
    const gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (!done()) {
      if (g_get_monotonic_time() > end) return false;
      // A timer of the watch or a change in a folder wakes it.
      auto alarm = executor_->after(100, [] {});
      g_main_context_iteration(context_, TRUE);
    }
    return true;
  }
  size_t count() { return bench_.engine->assets({.limit = 1000}).value().size(); }
  static size_t times(const std::string& text, const std::string& what) {
    size_t found = 0;
    for (size_t at = 0; (at = text.find(what, at)) != text.npos; ++at) ++found;
    return found;
  }
  static std::string quick(std::string text) {
    const std::string slow = "\"settle\": \"1s\"";
    return text.replace(text.find(slow), slow.size(), "\"settle\": \"100ms\"");
  }

  Bench bench_{{quick(description("required"))}};
  GMainContext* context_ = nullptr;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<FolderWatch> watch_;
};

TEST_F(Watched, TakesWhatWasThereAndWhatComesInSubfoldersMadeLater) {
  bench_.write("uploads/there.mp4", "1");
  start();
  EXPECT_TRUE(wait([&] { return bench_.all().size() == 1; }));
  bench_.write("uploads/a/b/later.mp4", "2");
  EXPECT_TRUE(wait([&] { return bench_.all().size() == 2; }));
  EXPECT_EQ(bench_.all().front().name, "a/b/later.mp4");
}

TEST_F(Watched, ABigDropLeavesTheOthersTheirTurn) {
  for (int i = 0; i < 150; ++i) {
    bench_.write("uploads/clip-" + std::to_string(1000 + i) + ".mp4", std::to_string(i));
  }
  start();
  EXPECT_TRUE(wait([&] { return count() > 0; }));
  EXPECT_LT(count(), 150u);
  // Metadata that is still written when the turn of its video comes.
  bench_.write("uploads/clip-1149.mp4.json", "{");
  EXPECT_TRUE(wait([&] { return count() == 149; }));
  EXPECT_EQ(bench_.engine->assets({.text = "clip-1149"}).value().size(), 0u);
  bench_.write("uploads/clip-1149.mp4.json", R"({"title": "x"})");
  EXPECT_TRUE(wait([&] { return count() == 150; }));
  EXPECT_EQ(bench_.all().front().state, AssetState::kReceived) << bench_.all().front().detail;
}

TEST_F(Watched, PairsAVideoWithMetadataThatComesLater) {
  start();
  bench_.write("uploads/clip.mp4", "1");
  EXPECT_TRUE(wait([&] {
    return bench_.all().size() == 1 && bench_.all()[0].state == AssetState::kWaitingMetadata;
  }));
  bench_.write("uploads/clip.mp4.json", R"({"title": "x"})");
  EXPECT_TRUE(wait([&] { return bench_.all()[0].state == AssetState::kReceived; }));
}

TEST_F(Watched, LeavesFilesOfOthersAlone) {
  start();
  bench_.write("uploads/.hidden.mp4", "1");
  bench_.write("uploads/half.mp4.part", "1");
  bench_.write("uploads/readme.txt", "1");
  bench_.write("failed/old.mp4.reason.json", "{}");
  bench_.write("uploads/good.mp4", "1");
  EXPECT_TRUE(wait([&] { return !bench_.all().empty(); }));
  EXPECT_EQ(bench_.all().size(), 1u);
  EXPECT_EQ(bench_.all()[0].name, "good.mp4");
}

TEST_F(Watched, TriesWhatAPersonPutsIntoFailed) {
  start();
  bench_.write("failed/clip.mp4.json", "{}");
  bench_.write("failed/clip.mp4", "1");
  EXPECT_TRUE(wait([&] { return bench_.all().size() == 1; }));
  EXPECT_EQ(bench_.all()[0].name, "clip.mp4");
  EXPECT_EQ(bench_.all()[0].source.path, "failed/clip.mp4");
  EXPECT_EQ(bench_.all()[0].state, AssetState::kReceived);
}

TEST_F(Watched, AGrowingFileIsNotTakenBeforeItIsStill) {
  start();
  const std::string path = bench_.library->absolute("uploads/grows.mp4");
  std::string bytes;
  for (int i = 0; i < 20; ++i) {
    bytes += "more";
    std::ofstream(path, std::ios::app) << "more";
    g_main_context_iteration(context_, FALSE);
    EXPECT_TRUE(bench_.all().empty() || bench_.all()[0].source.size == 80);
  }
  EXPECT_TRUE(wait([&] { return bench_.all().size() == 1; }));
  EXPECT_EQ(bench_.all()[0].source.size, 80);
}

TEST_F(Watched, AnOutageOfTheDatabaseIsToldOnce) {
  size_t files = 0;
  for (int outage = 1; outage <= 2; ++outage) {
    bench_.store->away = true;
    for (int i = 0; i < 50; ++i) {
      bench_.write("uploads/clip-" + std::to_string(++files) + ".mp4", "1");
    }
    testing::internal::CaptureStderr();
    if (watch_ == nullptr) start();
    const int before = bench_.store->refused;
    EXPECT_TRUE(wait([&] { return bench_.store->refused >= before + 5; }));
    bench_.store->away = false;
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_EQ(times(said, "database is away"), 1u) << said;
    EXPECT_TRUE(wait([&] { return count() == files; }));
  }
}

// As many as one batch holds, so that those behind them come by only if these are passed.
TEST_F(Watched, MetadataThatAWriterHoldsIsToldOnceAndHoldsUpNoOther) {
  ::signal(SIGIO, SIG_IGN);  // tells the holder that somebody asks for it
  std::vector<Fd> held;
  for (int i = 0; i < 64; ++i) {
    const std::string name = bench_.write("uploads/a-" + std::to_string(100 + i) + ".mp4", "1");
    const std::string sidecar = bench_.library->absolute(bench_.write(name + ".json", "{}"));
    held.push_back(open_file(sidecar, O_RDWR).value());
    if (::fcntl(held.back().get(), F_SETLEASE, F_WRLCK) != 0) {
      GTEST_SKIP() << "the file system knows no leases";
    }
  }
  bench_.write("uploads/b.mp4", "1");
  testing::internal::CaptureStderr();
  start();
  EXPECT_TRUE(wait([&] { return count() == 1; }));
  bench_.write("uploads/c.mp4", "1");
  EXPECT_TRUE(wait([&] { return count() == 2; }));
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(times(said, "cannot open"), held.size()) << said;
  EXPECT_EQ(times(said, "until it answers"), 0u) << said;
  held.clear();
  EXPECT_TRUE(wait([&] { return count() == 66; }));
}

// A revision of an asset whose files can't be moved as yet.
TEST_F(Watched, WhatKeepsAnUploadWaitingIsToldOnce) {
  const std::string about = R"({"title": "T", "project": "film", "owner": "ann", "step": "rough"})";
  const std::string barred = bench_.library->absolute("rejected");
  ASSERT_TRUE(std::filesystem::remove(barred));
  bench_.write("rejected", "no folder");
  bench_.worker->next("inspect", ScriptedWorker::fails("media", "this is not a video"));
  bench_.write("uploads/one.mp4.json", about);
  const std::string id = bench_.upload("uploads/one.mp4", "1");
  ASSERT_TRUE(bench_.run_to(id, AssetState::kRejected));
  ASSERT_GT(bench_.asset(id).moves.size(), 0u);
  bench_.write("uploads/two.mp4.json", about);
  bench_.write("uploads/two.mp4", "2");
  testing::internal::CaptureStderr();
  start();
  for (const size_t others : {1, 2, 3}) {
    bench_.write("uploads/other-" + std::to_string(others) + ".mp4", "1");
    EXPECT_TRUE(wait([&] { return count() == 1 + others; }));
  }
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(times(said, "the files of one.mp4 are still being moved"), 1u) << said;
  ASSERT_TRUE(std::filesystem::remove(barred));
  ASSERT_TRUE(bench_.run_until([&] { return bench_.asset(id).moves.size() == 0; }));
  EXPECT_TRUE(wait([&] { return bench_.asset(id).revision == 2; }));
}

// On a disk of its own that somebody fills and clears.
TEST_F(Watched, LeavesWhatComesWhileTheDiskIsShortAndTakesItAfterwards) {
  const std::string disk = bench_.root + "/library";
  bench_.kill();
  if (::mount("filmgate-test", disk.c_str(), "tmpfs", 0, "size=8m") != 0) {
    bench_.start();
    GTEST_SKIP() << "mounting a small disk needs root";
  }
  bench_.library = Library::open(disk).value();
  bench_.options.pause_below = parse_space_mark("50%").value();
  bench_.start();
  const std::string there = bench_.upload("uploads/there.mp4");
  bench_.write("filler", std::string(5 << 20, 'x'));
  bench_.write("uploads/a.mp4", "1");
  bench_.write("uploads/b.mp4", "2");
  start();
  // Metadata is looked at after the videos, and goes to what was taken in before.
  bench_.write("uploads/there.mp4.json", R"({"title": "x"})");
  EXPECT_TRUE(wait([&] { return bench_.asset(there).state == AssetState::kReceived; }));
  EXPECT_EQ(bench_.all().size(), 1u);
  EXPECT_EQ(bench_.engine->intake().pace, IntakePace::kPaused);
  std::filesystem::remove(disk + "/filler");
  EXPECT_TRUE(wait([&] { return bench_.all().size() == 3; }));
  EXPECT_EQ(bench_.read("uploads/a.mp4"), "1");
  watch_.reset();
  bench_.kill();
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace filmgate::test
