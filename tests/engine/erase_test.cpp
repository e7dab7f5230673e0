// A person is forgotten, old work is dropped; what the events tell stays true (see ~Bench).
#include "host/base/hash.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

constexpr int64_t kDay = 86'400'000;

const std::string kApproval =
    R"(, "approval": {"required": true, "reviewers": ["zoe@example.org"]})";

// Published after zoe@example.org approved it "for Ben".
std::string published(Bench& bench) {
  bench.write("uploads/holiday.mp4.json", R"({"title": "Ben at sea", "owner": "ben@example.org"})");
  const std::string id = bench.upload("uploads/holiday.mp4");
  EXPECT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval)) << bench.asset(id).detail;
  EXPECT_TRUE(
      bench.engine->decide({bench.pending(id).id, "zoe@example.org", Decision::kApprove, "for Ben"})
          .ok());
  EXPECT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  return id;
}

// Every byte that the database and the library hold.
std::string everything(Bench& bench) {
  bench.kill();  // the database goes into its one file
  std::string all = read_file(bench.root + "/test.db", 64 << 20).value();
  for (const char* folder : {"processed", "rejected", "failed", "uploads", ".work"}) {
    for (const std::string& path : bench.files(folder)) {
      all += path + "\n" + bench.read(std::string(folder) + "/" + path);
    }
  }
  bench.start();
  return all;
}

TEST(Erase, LeavesTheMediaAndNothingOfThePeople) {
  // Whom a description names is the operator's to say, and stays in its text.
  Bench bench({description("optional", R"(, "approval": {"required": true})")});
  const std::string id = published(bench);
  for (const char* trace : {"zoe@example", "ben@example", "Ben at sea", "for Ben"}) {
    EXPECT_NE(everything(bench).find(trace), std::string::npos) << trace;
  }
  ASSERT_TRUE(bench.engine->erase(id, false).ok());
  bench.run_now();
  const std::string left = everything(bench);
  for (const char* trace : {"zoe@example", "ben@example", "Ben at sea", "for Ben"}) {
    EXPECT_EQ(left.find(trace), std::string::npos) << trace;
  }
  EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed);
  EXPECT_TRUE(bench.has("processed/holiday/720p.mp4"));
  EXPECT_TRUE(bench.has("processed/holiday/source/holiday.mp4"));
  EXPECT_FALSE(bench.has("processed/holiday/source/holiday.mp4.json"));
  for (const Output& output : bench.view(id).outputs) {
    EXPECT_EQ(filmgate::to_hex(filmgate::sha256(bench.read(output.path))), output.sha256)
        << output.path;
  }
  const auto audit = bench.engine->audit(id);
  ASSERT_TRUE(audit.ok());
  EXPECT_TRUE(audit->erased);
  EXPECT_EQ(audit->problems, std::vector<std::string>());
}

// Not only once the host has ended: what was overwritten stands in the log of changes, and in the
// file until that is written back.
TEST(Erase, LeavesNoTraceInTheFilesOfTheRunningDatabase) {
  Bench bench({description("optional", R"(, "approval": {"required": true})")});
  const auto database = [&] {
    std::string all;
    for (const char* file : {"/test.db", "/test.db-wal"}) {
      if (exists(bench.root + file)) all += read_file(bench.root + file, 64 << 20).value();
    }
    return all;
  };
  const std::string id = published(bench);
  const std::string other = bench.upload("uploads/other.mp4");
  bench.run_now();
  const auto traces = {"zoe@example", "ben@example", "Ben at sea", "for Ben", "holiday"};
  for (const char* trace : traces) EXPECT_NE(database().find(trace), std::string::npos) << trace;
  ASSERT_TRUE(bench.engine->erase(id, true).ok());
  bench.run_now();
  for (const char* trace : traces) EXPECT_EQ(database().find(trace), std::string::npos) << trace;
  EXPECT_FALSE(is_final(bench.asset(other).state));
}

TEST(Erase, WhatEarlierRevisionsSayOfPeopleGoesAsWell) {
  Bench bench({description("optional")});
  std::string id;
  for (const char* name : {"uploads/one.mp4", "uploads/two.mp4"}) {
    bench.write(std::string(name) + ".json",
                R"({"title": "T", "project": "f", "step": "s", "owner": "ben@example.org"})");
    id = bench.upload(name, name);
    ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
    bench.run_now();
  }
  ASSERT_EQ(bench.asset(id).revision, 2);
  ASSERT_TRUE(bench.has("processed/one.r1/source/one.mp4.json"));
  ASSERT_TRUE(bench.engine->erase(id, false).ok());
  bench.run_now();
  EXPECT_TRUE(bench.has("processed/one.r1/source/one.mp4"));
  EXPECT_EQ(everything(bench).find("ben@example"), std::string::npos);
}

TEST(Erase, FindsWhatWasSetAsideOfEarlierRevisions) {
  for (const bool media : {false, true}) {
    Bench bench({description("optional")});
    std::string id;
    for (const char* name : {"one", "two"}) {
      const std::string video = std::string("uploads/") + name + ".mp4";
      const std::string title = id.empty() ? "" : "T";
      bench.write(video + ".json", R"({"title": ")" + title +
                                       R"(", "project": "f", "step": "s", "owner": "ben@x.org"})");
      id = bench.upload(video, name);
      bench.run_until([&] { return is_final(bench.asset(id).state); });
      bench.run_now();
    }
    ASSERT_EQ(bench.asset(id).state, AssetState::kProcessed);
    ASSERT_EQ(bench.asset(id).revision, 2);
    ASSERT_TRUE(bench.has("rejected/one.mp4.json"));
    // A stranger's file of such a name stays.
    bench.write("rejected/other.mp4.reason.json", R"({"asset": "another"})");
    ASSERT_TRUE(bench.engine->erase(id, media).ok());
    bench.run_now();
    // What stays without its story is found all the same when the media is to go later.
    if (!media) {
      EXPECT_EQ(bench.files("rejected"), (std::vector<std::string>{"one.mp4", "one.mp4.reason.json",
                                                                   "other.mp4.reason.json"}));
      const Json note = *parse_json(bench.read("rejected/one.mp4.reason.json"), "note");
      EXPECT_EQ(note, Json::object({{"asset", id}}));
      ASSERT_TRUE(bench.engine->erase(id, true).ok());
      bench.run_now();
    }
    EXPECT_EQ(bench.files("rejected"), std::vector<std::string>{"other.mp4.reason.json"});
  }
}

TEST(Erase, TakesTheMediaWhenAsked) {
  Bench bench({description("optional", kApproval)});
  const std::string id = published(bench);
  ASSERT_TRUE(bench.engine->erase(id, true).ok());
  bench.run_now();
  EXPECT_TRUE(bench.files("processed").empty());
  EXPECT_EQ(everything(bench).find("holiday"), std::string::npos);
  EXPECT_TRUE(bench.view(id).outputs.empty());
  EXPECT_TRUE(bench.pending(id).reviewers.empty());
}

TEST(Erase, WhatWasRejectedGoesWithItsNote) {
  Bench bench({description("optional")});
  bench.write("uploads/clip.mp4.json", R"({"title": "", "owner": "ben@example.org"})");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  ASSERT_TRUE(bench.has("rejected/clip.mp4.reason.json"));
  ASSERT_TRUE(bench.engine->erase(id, false).ok());
  bench.run_now();
  EXPECT_EQ(bench.files("rejected"), std::vector<std::string>{"clip.mp4"});
  EXPECT_EQ(bench.asset(id).detail, "a person's data was erased");
}

// Somebody took the first one away to mend it, and the second was rejected to the name that was
// free again. Both rows name it.
TEST(Erase, LeavesWhatAnotherHasUnderItsName) {
  for (const bool media : {false, true}) {
    Bench bench({description("optional")});
    const auto rejected = [&](const std::string& bytes) {
      bench.write("uploads/clip.mp4.json", R"({"title": "", "owner": ")" + bytes + "\"}");
      const std::string id = bench.upload("uploads/clip.mp4", bytes);
      EXPECT_TRUE(bench.run_to(id, AssetState::kRejected));
      bench.run_now();
      EXPECT_EQ(bench.read("rejected/clip.mp4"), bytes);
      return id;
    };
    const std::string first = rejected("one");
    for (const char* path : {"rejected/clip.mp4", "rejected/clip.mp4.json"}) {
      ASSERT_TRUE(bench.library->remove(path).ok());
    }
    const std::string second = rejected("two");
    const auto again = bench.engine->retry(first);
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kConflict);
    ASSERT_TRUE(bench.engine->erase(first, media).ok());
    bench.run_now();
    EXPECT_EQ(bench.files("rejected"),
              (std::vector<std::string>{"clip.mp4", "clip.mp4.json", "clip.mp4.reason.json"}));
    bench.write("rejected/clip.mp4.json", R"({"title": "mended"})");
    ASSERT_TRUE(bench.engine->retry(second).ok());
    ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed)) << bench.asset(second).detail;
    bench.run_now();
    EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "two");
  }
}

TEST(Erase, LeavesTheSourceOfTheOneThatTookItsPlace) {
  Bench bench({description("optional")});
  bench.worker->next("inspect", ScriptedWorker::fails("io", "the disk is slow"));
  bench.write("uploads/clip.mp4.json", R"({"title": "T"})");
  const std::string first = bench.upload("uploads/clip.mp4", "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kFailed));
  bench.run_now();
  bench.worker->hang_next("inspect");
  const std::string second = bench.upload("failed/clip.mp4", "two, longer");
  ASSERT_NE(first, second);
  bench.run_now();
  ASSERT_EQ(bench.asset(first).state, AssetState::kCancelled);
  ASSERT_TRUE(bench.engine->erase(first, true).ok());
  bench.run_now();
  bench.worker->release();
  ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed)) << bench.asset(second).detail;
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "two, longer");
  EXPECT_TRUE(bench.has("processed/clip/source/clip.mp4.json"));
  // Nor what a person puts there later on.
  bench.write("failed/clip.mp4", "three");
  ASSERT_TRUE(bench.engine->erase(first, true).ok());
  bench.run_now();
  EXPECT_EQ(bench.read("failed/clip.mp4"), "three");
}

TEST(Erase, IsRefusedWhileItIsWorkedOn) {
  Bench bench({description("optional", kApproval)});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  EXPECT_EQ(bench.engine->erase(id, false).error().code, ErrorCode::kConflict);
  EXPECT_EQ(bench.engine->erase("nobody", false).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.asset(id).name, "clip.mp4");
}

TEST(Erase, AHostThatEndsOnTheWayGoesOnWithIt) {
  for (const bool after : {false, true}) {
    Bench bench({description("optional", kApproval)});
    const std::string id = published(bench);
    (after ? bench.store->kill_after : bench.store->kill_before) = bench.store->commits + 1;
    EXPECT_THROW((void)bench.engine->erase(id, true), Killed);
    bench.restart();
    bench.run_now();
    EXPECT_EQ(bench.files("processed").empty(), after);
    EXPECT_EQ(bench.view(id).outputs.empty(), after);
  }
}

TEST(Retention, DoneWorkGoesAfterAMonthAndItsHistoryStays) {
  Bench bench({description("optional", kApproval)});
  const std::string id = published(bench);
  const auto events = bench.kinds(id).size();
  EXPECT_FALSE(bench.run_until([&] { return bench.view(id).jobs.empty(); }, 29 * kDay));
  EXPECT_TRUE(bench.run_until([&] { return bench.view(id).jobs.empty(); }, 3 * kDay));
  EXPECT_EQ(bench.kinds(id).size(), events);
  EXPECT_TRUE(bench.view(id).approval.has_value());
  EXPECT_FALSE(bench.view(id).outputs.empty());
}

TEST(Retention, WhatWaitsForAPersonKeepsItsWork) {
  Bench bench({description("optional", kApproval)});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
  EXPECT_FALSE(bench.run_until([&] { return bench.view(id).jobs.empty(); }, 33 * kDay));
  EXPECT_TRUE(bench.has(bench.view(id).previews.at(0).path));
}

TEST(Retention, FoldersThatNobodyNeedsGoWithoutARestart) {
  Bench bench({description("optional")});
  bench.run_now();
  bench.write(".work/left-behind/720p.mp4", "half a video");
  EXPECT_TRUE(bench.run_until([&] { return bench.files(".work").empty(); }, kDay));
}

}  // namespace
}  // namespace filmgate::test
