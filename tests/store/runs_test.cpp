#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

class Runs : public StoreTest {
 protected:
  Asset asset_;
  void SetUp() override {
    StoreTest::SetUp();
    asset_ = insert_asset("clip.mp4", AssetState::kTranscoding);
  }
};
FILMGATE_STORE_SUITE(Runs);

TEST_P(Runs, AreOpenUntilTheyEnd) {
  filmgate::Run run{.id = "run-1",
                    .asset_id = asset_.id,
                    .stage = "probe",
                    .owner = "host-a",
                    .boot_id = "boot",
                    .pid = 4711,
                    .pid_start = int64_t{1} << 40,
                    .folder = ".work/run-1",
                    .started_ms = 5};
  write([&](Transaction& t) { return t.insert_run(run); });
  auto open = get([](Transaction& t) { return t.open_runs(); });
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].asset_id, asset_.id);
  EXPECT_EQ(open[0].stage, "probe");
  EXPECT_EQ(open[0].owner, "host-a");
  EXPECT_EQ(open[0].boot_id, "boot");
  EXPECT_EQ(open[0].pid, 4711);
  EXPECT_EQ(open[0].pid_start, run.pid_start);
  EXPECT_EQ(open[0].folder, ".work/run-1");
  run.ended_ms = 9;
  run.outcome = "ok";
  write([&](Transaction& t) { return t.update_run(run); });
  EXPECT_TRUE(get([](Transaction& t) { return t.open_runs(); }).empty());
  run.id = "absent";
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_run(run); }), ErrorCode::kNotFound);
}

TEST_P(Runs, ReplaceOutputsByName) {
  Output output{.asset_id = asset_.id,
                .revision = 1,
                .name = "1080p",
                .path = "a/1080p.mp4",
                .media_type = "video/mp4",
                .size = 5,
                .sha256 = "ab",
                .info = Json::object({{"height", 1080}})};
  write([&](Transaction& t) { return t.insert_output(output); });
  output.sha256 = "cd";
  write([&](Transaction& t) { return t.insert_output(output); });
  const auto outputs = get([&](Transaction& t) { return t.outputs_of(asset_.id, 1); });
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].path, "a/1080p.mp4");
  EXPECT_EQ(outputs[0].media_type, "video/mp4");
  EXPECT_EQ(outputs[0].size, 5);
  EXPECT_EQ(outputs[0].sha256, "cd");
  EXPECT_EQ(outputs[0].info, output.info);
  EXPECT_TRUE(get([&](Transaction& t) { return t.outputs_of(asset_.id, 2); }).empty());
}

}  // namespace
}  // namespace filmgate
