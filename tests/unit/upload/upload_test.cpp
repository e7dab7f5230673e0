#include <gtest/gtest.h>

#include "host/upload/pairing.h"
#include "host/upload/settling.h"

namespace filmgate {
namespace {

FoundFile file(const std::string& path, int64_t size = 1, int64_t mtime_ns = 1,
               uint64_t inode = 1) {
  return FoundFile{path, size, mtime_ns, inode};
}

std::vector<std::string> paths(const std::vector<FoundFile>& files) {
  std::vector<std::string> names;
  for (const FoundFile& each : files) names.push_back(each.path);
  return names;
}

using Names = std::vector<std::string>;

TEST(Settling, AFileMustBeStillForItsTime) {
  Settling settling([](const std::string&) { return 2000; });
  settling.observe({file("a.mp4")}, 10'000);
  EXPECT_TRUE(settling.ready(11'999).empty());
  EXPECT_EQ(settling.next_ms(), 12'000);
  EXPECT_EQ(paths(settling.ready(12'000)), Names{"a.mp4"});
}

TEST(Settling, SizeTimeAndInodeEachBeginAnew) {
  for (const FoundFile& changed : {file("a.mp4", 2), file("a.mp4", 1, 2), file("a.mp4", 1, 1, 2)}) {
    Settling settling([](const std::string&) { return 2000; });
    settling.observe({file("a.mp4")}, 0);
    settling.observe({changed}, 1999);
    EXPECT_FALSE(settling.is_settled("a.mp4", 2000));
    EXPECT_TRUE(settling.is_settled("a.mp4", 3999));
  }
}

TEST(Settling, LookingAgainDoesNotBeginAnew) {
  Settling settling([](const std::string&) { return 2000; });
  for (int64_t now = 0; now < 2000; now += 100) settling.observe({file("a.mp4")}, now);
  EXPECT_TRUE(settling.is_settled("a.mp4", 2000));
}

TEST(Settling, AClockThatIsSetBackDelaysNothing) {
  Settling settling([](const std::string&) { return 2000; });
  settling.observe({file("a.mp4")}, 7'200'000);
  settling.observe({file("a.mp4")}, 10'000);
  EXPECT_FALSE(settling.is_settled("a.mp4", 11'999));
  EXPECT_TRUE(settling.is_settled("a.mp4", 12'000));
}

TEST(Settling, HandledFilesRestUntilTheyChange) {
  Settling settling([](const std::string&) { return 0; });
  settling.observe({file("a.mp4")}, 0);
  settling.mark_handled("a.mp4");
  EXPECT_TRUE(settling.ready(1).empty());
  EXPECT_EQ(settling.next_ms(), std::nullopt);
  settling.observe({file("a.mp4", 2)}, 2);
  EXPECT_EQ(settling.ready(2).size(), 1u);
}

TEST(Settling, WhatIsGoneIsForgotten) {
  Settling settling([](const std::string&) { return 0; });
  settling.observe({file("a.mp4")}, 0);
  settling.mark_handled("a.mp4");
  settling.observe({}, 1);
  EXPECT_FALSE(settling.knows("a.mp4"));
  settling.observe({file("a.mp4")}, 2);
  EXPECT_EQ(settling.ready(2).size(), 1u);
}

TEST(Pairing, AVideoWaitsForMetadataThatIsBeingWritten) {
  const std::set<std::string> present = {"uploads/a.mp4", "uploads/a.json"};
  const auto is_present = [&](const std::string& path) { return present.contains(path); };
  bool written = false;
  const auto is_settled = [&](const std::string&) { return written; };
  EXPECT_TRUE(sort_arrivals({file("uploads/a.mp4")}, is_present, is_settled).videos.empty());
  written = true;
  EXPECT_EQ(paths(sort_arrivals({file("uploads/a.mp4")}, is_present, is_settled).videos),
            Names{"uploads/a.mp4"});
}

TEST(Pairing, TellsVideosSidecarsAndOurNotesApart) {
  const auto no = [](const std::string&) { return false; };
  const Intake intake = sort_arrivals(
      {file("failed/a.mp4"), file("failed/a.mp4.json"), file("failed/a.mp4.reason.json")}, no, no);
  EXPECT_EQ(paths(intake.videos), Names{"failed/a.mp4"});
  EXPECT_EQ(paths(intake.sidecars), Names{"failed/a.mp4.json"});
}

}  // namespace
}  // namespace filmgate
