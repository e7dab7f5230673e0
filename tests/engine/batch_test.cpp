// Many files at once: one commit for those that are new, and no file pays for another.
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

using Outcomes = std::vector<Result<std::string>>;

Arrival arrival(Bench& bench, const std::string& path) {
  return {bench.library->stat(path).value(), path.substr(path.find('/') + 1),
          path.starts_with("failed/")};
}

std::vector<Arrival> drop(Bench& bench, int count) {
  std::vector<Arrival> arrivals;
  for (int number = 10; number < 10 + count; ++number) {
    const std::string path = "uploads/clip-" + std::to_string(number) + ".mp4";
    bench.write(path, "video " + std::to_string(number));
    arrivals.push_back(arrival(bench, path));
  }
  return arrivals;
}

std::set<std::string> ids_of(const Outcomes& outcomes) {
  std::set<std::string> ids;
  for (const Result<std::string>& outcome : outcomes) {
    EXPECT_TRUE(outcome.ok()) << outcome.error().message;
    if (outcome.ok()) ids.insert(*outcome);
  }
  return ids;
}

TEST(Batch, TakesInManyWithOneCommit) {
  Bench bench({description()});
  const std::vector<Arrival> arrivals = drop(bench, 20);
  const int before = bench.store->commits;
  const auto ids = ids_of(bench.engine->admit_batch(arrivals));
  EXPECT_EQ(bench.store->commits, before + 1);
  EXPECT_EQ(ids.size(), 20u);
  for (const std::string& id : ids) {
    EXPECT_EQ(bench.kinds(id), (std::vector<std::string>{"asset.received", "job.created"}));
    EXPECT_TRUE(bench.engine->audit(id).value().problems.empty());
  }
  for (const std::string& id : ids) EXPECT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  EXPECT_TRUE(bench.files("uploads").empty());
}

TEST(Batch, AFileThatIsKnownIsNotTakenAgain) {
  Bench bench({description()});
  std::vector<Arrival> arrivals = drop(bench, 3);
  const std::string first = bench.engine->admit(arrivals[0]).value();
  arrivals.push_back(arrivals[2]);
  const Outcomes outcomes = bench.engine->admit_batch(arrivals);
  ASSERT_EQ(outcomes.size(), 4u);
  EXPECT_EQ(outcomes[0].value(), first);
  EXPECT_EQ(outcomes[2].value(), outcomes[3].value());
  EXPECT_EQ(bench.all().size(), 3u);
}

TEST(Batch, WhatIsRefusedHurtsNoOther) {
  Bench bench({description()});
  std::vector<Arrival> arrivals = drop(bench, 4);
  bench.write("uploads/notes.txt", "no video");
  arrivals.insert(arrivals.begin() + 1, arrival(bench, "uploads/notes.txt"));
  bench.write("uploads/stray.mp4.json", "{}");
  arrivals.push_back(arrival(bench, "uploads/stray.mp4.json"));
  bench.write("uploads/clip-11.mp4", "it grew after it was looked at");
  bench.write("uploads/clip-12.mp4.json", "{ broken");
  const Outcomes outcomes = bench.engine->admit_batch(arrivals);
  ASSERT_EQ(outcomes.size(), 6u);
  EXPECT_EQ(outcomes[1].error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(outcomes[2].error().code, ErrorCode::kConflict);
  EXPECT_EQ(outcomes[5].error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.asset(outcomes[0].value()).state, AssetState::kReceived);
  EXPECT_EQ(bench.asset(outcomes[3].value()).state, AssetState::kRejected);
  EXPECT_EQ(bench.asset(outcomes[4].value()).state, AssetState::kReceived);
  EXPECT_TRUE(bench.has("rejected/clip-12.mp4"));
  EXPECT_EQ(bench.all().size(), 3u);
}

TEST(Batch, UploadsUnderOneKeyAreRevisions) {
  Bench bench({description()});
  std::vector<Arrival> arrivals = drop(bench, 3);
  for (const Arrival& upload : {arrivals[0], arrivals[2]}) {
    bench.write(upload.file.path + ".json",
                R"({"title": "T", "project": "film", "step": "cut", "owner": "a@example.org"})");
  }
  const Outcomes outcomes = bench.engine->admit_batch(arrivals);
  EXPECT_EQ(ids_of(outcomes).size(), 2u);
  EXPECT_EQ(outcomes[0].value(), outcomes[2].value());
  EXPECT_EQ(bench.asset(outcomes[0].value()).revision, 2);
  EXPECT_EQ(bench.asset(outcomes[0].value()).name, "clip-12.mp4");
}

TEST(Batch, AFileInAKnownPlaceIsTakenInAnew) {
  Bench bench({description()});
  const std::string former = bench.upload("uploads/clip-11.mp4", "the former one");
  const Outcomes outcomes = bench.engine->admit_batch(drop(bench, 3));
  EXPECT_EQ(ids_of(outcomes).size(), 3u);
  EXPECT_NE(outcomes[1].value(), former);
  EXPECT_EQ(bench.asset(former).state, AssetState::kCancelled);
}

TEST(Batch, ACommitThatFailsIsMadeUpForOneByOne) {
  Bench bench({description()});
  const std::vector<Arrival> arrivals = drop(bench, 5);
  bench.store->refuse = bench.store->commits + 1;
  EXPECT_EQ(ids_of(bench.engine->admit_batch(arrivals)).size(), 5u);
  EXPECT_EQ(bench.all().size(), 5u);
}

TEST(Batch, WithoutADatabaseNoneIsTakenAndLaterEach) {
  Bench bench({description()});
  const std::vector<Arrival> arrivals = drop(bench, 5);
  bench.store->lose = bench.store->commits + 1;
  for (const auto& outcome : bench.engine->admit_batch(arrivals)) {
    EXPECT_EQ(outcome.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_TRUE(bench.all().empty());
  EXPECT_EQ(ids_of(bench.engine->admit_batch(arrivals)).size(), 5u);
}

}  // namespace
}  // namespace filmgate::test
