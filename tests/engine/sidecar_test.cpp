// Metadata that comes first, late, broken, shared or not at all.
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

TEST(Sidecar, AVideoWaitsForItAndSomebodyIsToldAfterTheGraceTime) {
  Bench bench({description("required")});
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kWaitingMetadata);
  EXPECT_TRUE(bench.topics().empty());
  const int64_t began = bench.clock.now;
  ASSERT_TRUE(bench.run_until([&] { return !bench.deliveries->messages.empty(); }));
  EXPECT_EQ(bench.topics(), std::vector<std::string>{"asset.waiting_metadata"});
  EXPECT_GE(bench.clock.now - began, 60'000);
  EXPECT_TRUE(bench.has("uploads/clip.mp4"));

  bench.write("uploads/clip.json", R"({"title": "late"})");
  EXPECT_EQ(bench.admit("uploads/clip.json").value(), id);
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "late");
  EXPECT_TRUE(bench.files("uploads").empty());
}

TEST(Sidecar, MayComeFirst) {
  Bench bench({description("required")});
  bench.write("uploads/clip.mp4.json", R"({"title": "first"})");
  EXPECT_EQ(bench.admit("uploads/clip.mp4.json").error().code, ErrorCode::kNotFound);
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "first");
}

TEST(Sidecar, TheMoreExactNameWins) {
  Bench bench({description("required")});
  bench.write("uploads/clip.json", R"({"title": "shared"})");
  bench.write("uploads/clip.mp4.json", R"({"title": "own"})");
  const std::string id = bench.upload("uploads/clip.mp4");
  EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "own");
}

struct BrokenCase {
  const char* name;
  std::string text;
  const char* said;
};

class BrokenSidecar : public testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenSidecar, RejectsWithOneSentence) {
  Bench bench({description("required")});
  bench.write("uploads/clip.json", GetParam().text);
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kRejected);
  EXPECT_NE(bench.asset(id).detail.find(GetParam().said), std::string::npos)
      << bench.asset(id).detail;
  EXPECT_EQ(bench.read("rejected/clip.mp4"), "bytes");
  EXPECT_EQ(bench.read("rejected/clip.mp4.json"), GetParam().text);
  EXPECT_TRUE(bench.worker->requests.empty());
}

INSTANTIATE_TEST_SUITE_P(
    , BrokenSidecar,
    testing::Values(BrokenCase{"syntax", "{\n  \"title\": nope\n}", "clip.json:2:"},
                    BrokenCase{"array", "[1, 2]", "an object"},
                    BrokenCase{"empty", "", "clip.json:1:1"},
                    BrokenCase{"brackets", std::string(50'000, '['), "clip.json:1:"},
                    BrokenCase{"huge", std::string(100'000, '['), "65536"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Sidecar, OneThatTwoVideosShareMovesWithTheLast) {
  Bench bench({description("required"), description("required", "", "mov", ".mov")});
  bench.write("uploads/clip.json", R"({"title": "both"})");
  const std::string first = bench.upload("uploads/clip.mp4", "one");
  const std::string second = bench.upload("uploads/clip.mov", "two");
  ASSERT_TRUE(bench.run_until([&] {
    return bench.asset(first).state == AssetState::kProcessed &&
           bench.asset(second).state == AssetState::kProcessed;
  }));
  bench.run_now();
  EXPECT_TRUE(bench.files("uploads").empty());
  for (const std::string& id : {first, second}) {
    const Asset asset = bench.asset(id);
    EXPECT_EQ(bench.read(asset.sidecar_path), R"({"title": "both"})");
    EXPECT_EQ(folder_of(asset.sidecar_path), folder_of(asset.source.path));
  }
}

TEST(Sidecar, StaysForANeighbourThatIsStillBeingUploaded) {
  Bench bench({description("required"), description("required", "", "mov", ".mov")});
  bench.write("uploads/clip.json", "{}");
  bench.write("uploads/clip.mov", "not settled yet");
  const std::string first = bench.upload("uploads/clip.mp4", "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kProcessed));
  bench.run_now();
  EXPECT_TRUE(bench.has("uploads/clip.json"));
  EXPECT_TRUE(bench.has("processed/clip/source/clip.mp4.json"));
}

TEST(Sidecar, TextThatIgnoresItsSidecarTakesTheVideoAlone) {
  Bench bench({description("ignored")});
  bench.write("uploads/clip.json", "not json at all");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  EXPECT_TRUE(bench.has("uploads/clip.json"));
}

}  // namespace
}  // namespace filmgate::test
