// Metadata that comes first, late, broken, shared or not at all.
#include <sys/stat.h>
#include <unistd.h>

#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

// Metadata with all that a key is made of.
std::string about(const std::string& step) {
  return R"({"title": "T", "project": "film", "owner": "ann", "step": ")" + step + "\"}";
}

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

TEST(Sidecar, OfAVideoThatWasTakenAwayGoesWithTheNextOfThatName) {
  Bench bench({description("required")});
  bench.write("uploads/clip.mp4.json", R"({"title": "again"})");
  const std::string gone = bench.upload("uploads/clip.mp4", "one");
  ASSERT_EQ(::unlink(bench.library->absolute("uploads/clip.mp4").c_str()), 0);
  ASSERT_TRUE(bench.run_to(gone, AssetState::kUnableToProcess));
  EXPECT_NE(bench.asset(gone).detail.find("uploads/clip.mp4.json stays for the next video"),
            std::string::npos)
      << bench.asset(gone).detail;
  const std::string next = bench.upload("uploads/clip.mp4", "two");
  ASSERT_TRUE(bench.run_to(next, AssetState::kProcessed));
  EXPECT_EQ(bench.asset(next).metadata.get("title").string_or(""), "again");
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

// One of them is a revision of an asset whose files can't be moved as yet.
TEST(Sidecar, OneThatTwoVideosWaitForLetsTheSecondGoOnBeforeTheFirst) {
  Bench bench({description("required"), description("required", "", "mov", ".mov")});
  const std::string barred = bench.library->absolute("rejected");
  ASSERT_EQ(::rmdir(barred.c_str()), 0);
  bench.write("rejected", "no folder");
  bench.worker->next("inspect", ScriptedWorker::fails("media", "this is not a video"));
  bench.write("uploads/one.mp4.json", about("rough"));
  const std::string id = bench.upload("uploads/one.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  ASSERT_GT(bench.asset(id).moves.size(), 0u);
  const std::string second = bench.upload("uploads/clip.mov", "two");
  const std::string first = bench.upload("uploads/clip.mp4", "three");  // it is asked first
  bench.write("uploads/clip.json", about("rough"));
  const auto refused = bench.admit("uploads/clip.json");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict) << refused.error().message;
  EXPECT_EQ(bench.asset(first).state, AssetState::kWaitingMetadata);
  EXPECT_EQ(bench.asset(second).state, AssetState::kReceived);
  ASSERT_EQ(::unlink(barred.c_str()), 0);
  ASSERT_TRUE(bench.run_until([&] { return bench.asset(id).moves.size() == 0; }));
  const auto taken = bench.admit("uploads/clip.json");
  EXPECT_TRUE(taken.ok()) << taken.error().message;
  EXPECT_EQ(bench.asset(id).revision, 2);
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

// Whoever may write into uploads/ must not have us read what isn't theirs, nor wait for a pipe.
class SwappedSidecar : public testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(SwappedSidecar, StaysWhereItIs) {
  const auto [shared, pipe] = GetParam();
  Bench bench({description(), description("optional", "", "mov", ".mov")});
  bench.write("uploads/clip.json", "{}");
  if (shared) bench.write("uploads/clip.mov", "not settled yet");
  const std::string secret = bench.root + "/secret";
  ASSERT_TRUE(write_file_durably(secret, "a token").ok());
  bench.worker->next("inspect", [&, pipe = pipe](const auto& request, const auto& report) {
    const std::string path = bench.library->absolute("uploads/clip.json");
    EXPECT_EQ(::unlink(path.c_str()), 0);
    EXPECT_EQ(pipe ? ::mkfifo(path.c_str(), 0600) : ::symlink(secret.c_str(), path.c_str()), 0);
    return ScriptedWorker::fails("media", "this is not a video")(request, report);
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  EXPECT_EQ(bench.asset(id).moves.size(), 0u);
  EXPECT_EQ(bench.files("rejected"),
            (std::vector<std::string>{"clip.mp4", "clip.mp4.reason.json"}));
}

INSTANTIATE_TEST_SUITE_P(, SwappedSidecar, testing::Combine(testing::Bool(), testing::Bool()));

class ChangedSidecar : public testing::TestWithParam<AssetState> {};

// Wherever the asset has got to, the metadata that lies there now is what is published.
TEST_P(ChangedSidecar, IsTheNextRevision) {
  Bench bench({description("required", R"(, "approval": {"required": true})")});
  bench.write("uploads/clip.mp4.json", R"({"title": "wrong"})");
  const std::map<AssetState, std::string> stages = {{AssetState::kInspecting, "inspect"},
                                                    {AssetState::kProbing, "probe"},
                                                    {AssetState::kTranscoding, "renditions"}};
  if (const auto stage = stages.find(GetParam()); stage != stages.end()) {
    bench.worker->hang_next(stage->second);
  }
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  const auto approve = [&] {
    ASSERT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval));
    ASSERT_TRUE(bench.engine->decide({bench.pending(id).id, "", Decision::kApprove, ""}).ok());
  };
  if (GetParam() == AssetState::kTranscoding) approve();
  ASSERT_TRUE(bench.run_to(id, GetParam()));
  bench.run_now();
  const std::string before =
      GetParam() == AssetState::kAwaitingApproval ? bench.pending(id).id : "";
  EXPECT_EQ(bench.admit("uploads/clip.mp4.json").value(), id);
  EXPECT_EQ(bench.asset(id).revision, 1);  // nothing was changed

  bench.write("uploads/clip.mp4.json", R"({"title": "right"})");
  EXPECT_EQ(bench.admit("uploads/clip.mp4.json").value(), id);
  EXPECT_EQ(bench.asset(id).revision, 2);
  if (!before.empty()) {
    const auto late = bench.engine->decide({before, "", Decision::kApprove, ""});
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  }
  approve();
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  const std::string manifest = bench.read("processed/clip/manifest.json");
  EXPECT_NE(manifest.find("right"), std::string::npos) << manifest;
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4.json"), R"({"title": "right"})");
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "bytes");
  EXPECT_TRUE(bench.files("uploads").empty());
  EXPECT_TRUE(bench.files(".work").empty());
  EXPECT_EQ(bench.all().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(, ChangedSidecar,
                         testing::Values(AssetState::kInspecting, AssetState::kProbing,
                                         AssetState::kAwaitingApproval, AssetState::kTranscoding),
                         [](const auto& each) { return std::string(to_string(each.param)); });

TEST(Sidecar, OneThatComesLaterIsTakenAsWell) {
  Bench bench({description("optional")});
  bench.worker->hang_next("probe");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProbing));
  bench.write("uploads/clip.json", R"({"title": "late"})");
  EXPECT_EQ(bench.admit("uploads/clip.json").value(), id);
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "late");
}

TEST(Sidecar, NamesInCapitalsAreNoOtherFiles) {
  Bench bench({description("optional")});
  bench.worker->hang_next("probe");
  bench.write("uploads/CLIP.json", R"({"title": "wrong"})");
  const std::string id = bench.upload("uploads/CLIP.MP4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProbing));
  bench.write("uploads/CLIP.json", R"({"title": "right"})");
  bench.write("uploads/CLIP.Mov", "its neighbour");
  const auto known = bench.admit("uploads/CLIP.json");
  ASSERT_TRUE(known.ok()) << known.error().message;
  EXPECT_EQ(*known, id);
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "right");
  EXPECT_TRUE(bench.has("uploads/CLIP.json"));
}

TEST(Sidecar, AChangeThatCannotBeReadChangesNothing) {
  Bench bench({description("optional")});
  bench.write("uploads/clip.json", R"({"title": "good"})");
  bench.worker->hang_next("probe");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProbing));
  bench.write("uploads/clip.json", R"({"title": )");
  const auto refused = bench.admit("uploads/clip.json");
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("clip.json:1:"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(bench.asset(id).revision, 1);
  bench.worker->release();
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  // It is not filed as if the video had been judged by it.
  EXPECT_EQ(bench.read("uploads/clip.json"), R"({"title": )");
  EXPECT_FALSE(bench.has("processed/clip/source/clip.mp4.json"));
  EXPECT_NE(bench.asset(id).detail.find("uploads/clip.json was changed after it was judged"),
            std::string::npos)
      << bench.asset(id).detail;
  EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "good");
}

TEST(Sidecar, OneThatNamesAnotherKeyMovesTheVideoOverToItsAsset) {
  Bench bench({description("optional")});
  bench.write("uploads/one.mp4.json", about("rough"));
  const std::string first = bench.upload("uploads/one.mp4", "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kProcessed));
  bench.write("uploads/two.mp4.json", about("final"));
  bench.worker->hang_next("probe");
  const std::string second = bench.upload("uploads/two.mp4", "two");
  ASSERT_TRUE(bench.run_to(second, AssetState::kProbing));
  bench.write("uploads/two.mp4.json", about("rough"));
  EXPECT_EQ(bench.admit("uploads/two.mp4.json").value(), second);
  EXPECT_EQ(bench.asset(second).state, AssetState::kCancelled);
  ASSERT_TRUE(bench.run_until(
      [&] { return bench.asset(first).revision == 2 && is_final(bench.asset(first).state); }));
  bench.run_now();
  EXPECT_EQ(bench.asset(first).state, AssetState::kProcessed) << bench.asset(first).detail;
  EXPECT_EQ(bench.read(bench.asset(first).source.path), "two");
  EXPECT_TRUE(bench.files("uploads").empty());
}

// What is out under the old key stays that key's, whether the new one is known or not.
TEST(Sidecar, OneThatNamesAnotherKeyLeavesWhatIsPublishedUnderItsOwn) {
  for (const bool known : {false, true}) {
    Bench bench({description("optional")});
    const auto publish = [&](const std::string& name, const std::string& step) {
      bench.write("uploads/" + name + ".mp4.json", about(step));
      const std::string id = bench.upload("uploads/" + name + ".mp4", name);
      EXPECT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
      bench.run_now();
      return id;
    };
    const std::string rough = publish("one", "rough");
    const std::string cut = known ? publish("cut", "final") : "";
    bench.write("uploads/two.mp4.json", about("rough"));
    bench.worker->hang_next("probe");
    ASSERT_EQ(bench.upload("uploads/two.mp4", "two"), rough);
    ASSERT_TRUE(bench.run_to(rough, AssetState::kProbing));
    bench.write("uploads/two.mp4.json", about("final"));
    EXPECT_EQ(bench.admit("uploads/two.mp4.json").value(), rough);
    EXPECT_EQ(bench.asset(rough).state, AssetState::kCancelled);
    const Asset moved = bench.all().front();  // the newest
    const std::string second = known ? cut : moved.id;
    ASSERT_NE(second, rough);
    ASSERT_TRUE(bench.run_until([&] {
      const Asset asset = bench.asset(second);
      return asset.revision == (known ? 2 : 1) && asset.state == AssetState::kProcessed;
    })) << bench.asset(second).detail;
    bench.run_now();
    EXPECT_EQ(bench.read(bench.asset(second).source.path), "two");
    EXPECT_EQ(bench.read("processed/one/source/one.mp4"), "one");
    EXPECT_FALSE(bench.has("processed/one.r1"));
    EXPECT_EQ(publish("three", "rough"), rough);
    EXPECT_EQ(bench.asset(rough).revision, 3);
    EXPECT_EQ(bench.read("processed/one/source/three.mp4"), "three");
    EXPECT_EQ(bench.read(bench.asset(second).source.path), "two");
    EXPECT_EQ(bench.all().size(), 2u);
  }
}

TEST(Sidecar, ARetryUnderAnotherKeyLeavesWhatIsPublishedUnderItsOwn) {
  Bench bench({description("optional")});
  bench.write("uploads/one.mp4.json", about("rough"));
  const std::string id = bench.upload("uploads/one.mp4", "one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  bench.write("uploads/two.mp4.json", about("rough"));
  bench.worker->next("inspect", ScriptedWorker::fails("media", "this is not a video"));
  ASSERT_EQ(bench.upload("uploads/two.mp4", "two"), id);
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  bench.write("rejected/two.mp4.json", about("final"));
  const auto retried = bench.engine->retry(id);
  ASSERT_FALSE(retried.ok());
  EXPECT_EQ(retried.error().code, ErrorCode::kConflict);
  EXPECT_EQ(bench.read("rejected/two.mp4"), "two");
  bench.write("rejected/two.mp4.json", about("rough"));
  ASSERT_TRUE(bench.engine->retry(id).ok());
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
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
