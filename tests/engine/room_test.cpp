// Uploads while the disk has little room. Marks of more than any disk has stand for a full one.
#include "host/engine/disk_gate.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

constexpr SpaceMark kMoreThanAny{0, int64_t{1} << 60};

TEST(Room, UploadsWaitWhereTheyAreUntilThereIsSome) {
  Bench bench({description("required")});
  bench.options.pause_below = kMoreThanAny;
  bench.restart();
  bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
  bench.write("uploads/clip.mp4", "the bytes");
  const auto refused = bench.admit("uploads/clip.mp4");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kNoSpace);
  EXPECT_NE(refused.error().message.find("uploads/clip.mp4 waits: "), std::string::npos);
  const IntakeState state = bench.engine->intake();
  EXPECT_EQ(state.pace, IntakePace::kPaused);
  EXPECT_GT(state.missing_bytes, int64_t{1} << 59);
  EXPECT_TRUE(bench.all().empty());
  EXPECT_EQ(bench.read("uploads/clip.mp4"), "the bytes");

  bench.options.pause_below = {};
  bench.restart();
  EXPECT_EQ(bench.engine->intake().pace, IntakePace::kFull);
  const auto id = bench.admit("uploads/clip.mp4");
  ASSERT_TRUE(id.ok()) << id.error().message;
  EXPECT_TRUE(bench.run_to(*id, AssetState::kProcessed)) << bench.asset(*id).detail;
}

TEST(Room, WhatWasTakenInGoesOnWithoutAny) {
  Bench bench({description("required")});
  const std::string waits = bench.upload("uploads/clip.mp4");
  bench.options.pause_below = kMoreThanAny;
  bench.restart();
  EXPECT_EQ(bench.admit("uploads/clip.mp4").value(), waits);
  bench.write("uploads/clip.mp4.json", R"({"title": "t"})");
  EXPECT_EQ(bench.admit("uploads/clip.mp4.json").value(), waits);
  EXPECT_TRUE(bench.run_to(waits, AssetState::kProcessed)) << bench.asset(waits).detail;
}

TEST(Room, WithLittleTheyComeOneAfterAnother) {
  Bench bench({description()});
  bench.options.slow_below = kMoreThanAny;
  bench.restart();
  EXPECT_EQ(bench.engine->intake().pace, IntakePace::kSlow);
  for (const char* name : {"a", "b", "c"})
    bench.write(std::string("uploads/") + name + ".mp4", name);
  EXPECT_TRUE(bench.admit("uploads/a.mp4").ok());
  EXPECT_EQ(bench.admit("uploads/b.mp4").error().code, ErrorCode::kNoSpace);
  bench.clock.now += 9'000;
  EXPECT_EQ(bench.admit("uploads/b.mp4").error().code, ErrorCode::kNoSpace);
  bench.clock.now += 1'000;
  EXPECT_TRUE(bench.admit("uploads/b.mp4").ok());
  EXPECT_EQ(bench.admit("uploads/c.mp4").error().code, ErrorCode::kNoSpace);
  bench.clock.now -= 3'600'000;  // a clock that is set back holds nothing up
  EXPECT_TRUE(bench.admit("uploads/c.mp4").ok());
}

TEST(Room, OneThatCantBeTakenInHoldsNobodyUp) {
  Bench bench({description()});
  bench.options.slow_below = kMoreThanAny;
  bench.restart();
  for (const char* name : {"a", "b"}) bench.write(std::string("uploads/") + name + ".mp4", name);
  bench.store->refuse = bench.store->commits + 1;
  EXPECT_EQ(bench.admit("uploads/a.mp4").error().code, ErrorCode::kIo);
  EXPECT_TRUE(bench.admit("uploads/b.mp4").ok());
}

TEST(Room, AMarkNearTheWholeDiskIsNoReasonToWaitForEver) {
  engine::DiskGate gate({0.95, 0}, {0, 0});
  EXPECT_EQ(gate.look({949, 1000}).pace, IntakePace::kPaused);
  EXPECT_EQ(gate.look({974, 1000}).pace, IntakePace::kPaused);
  EXPECT_EQ(gate.look({975, 1000}).pace, IntakePace::kFull);
}

TEST(Room, APaceLastsUntilATenthMoreThanItsMarkIsFree) {
  engine::DiskGate gate({0.05, 0}, {0.10, 0});
  const auto pace = [&gate](int64_t free) { return gate.look({free, 1000}).pace; };
  EXPECT_EQ(pace(100), IntakePace::kFull);
  EXPECT_EQ(pace(99), IntakePace::kSlow);
  EXPECT_EQ(pace(109), IntakePace::kSlow);
  EXPECT_EQ(pace(110), IntakePace::kFull);
  EXPECT_EQ(pace(50), IntakePace::kSlow);
  EXPECT_EQ(pace(49), IntakePace::kPaused);
  EXPECT_EQ(gate.state().missing_bytes, 6);
  EXPECT_EQ(pace(54), IntakePace::kPaused);
  EXPECT_EQ(pace(55), IntakePace::kSlow);
  EXPECT_EQ(gate.state().missing_bytes, 0);
}

// Reading works on a full disk, so the message is found again as one that has to leave.
TEST(Room, AMessageLeavesOnceThoughTheDatabaseCannotNoteIt) {
  Bench bench({description()});
  bench.upload("uploads/clip.mp4");
  while (bench.deliveries->messages.empty()) {
    if (bench.executor->run_one() || bench.executor->wait_for_task()) continue;
    ASSERT_TRUE(bench.executor->jump_to_timer());
  }
  bench.store->full = true;
  for (int i = 0; i < 200; ++i) {
    if (!bench.executor->run_one()) bench.executor->jump_to_timer();
  }
  bench.store->full = false;
  bench.run_until([] { return false; }, 5000);
  EXPECT_EQ(bench.deliveries->messages.size(), 1u);
}

TEST(Room, TheSlowPaceIsSlowerTheLessThereIs) {
  engine::DiskGate gate({0, 1000}, {0, 2000});
  const auto waits = [&gate](int64_t free) {
    (void)gate.look({free, 10'000});
    int64_t now = 1'000'000'000;
    EXPECT_TRUE(gate.is_open(now));
    gate.took(now);
    const int64_t begin = now;
    while (!gate.is_open(now)) now += 100;
    (void)gate.look({10'000, 10'000});
    gate.took(0);
    return now - begin;
  };
  EXPECT_EQ(waits(2000 - 1), 1100);  // looked at every 100 ms
  EXPECT_EQ(waits(1500), 5500);
  EXPECT_EQ(waits(1000), 10'000);
}

}  // namespace
}  // namespace filmgate::test
