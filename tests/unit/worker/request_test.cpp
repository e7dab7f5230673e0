#include "host/worker/process/request.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "host/worker/supervise/supervisor.h"

namespace filmgate::worker {
namespace {

Json good() {
  Json request = Json::object({{"stage", "renditions"}, {"launch", "fdsrc fd=3 ! fakesink"}});
  request.set("limits", to_json(Limits{}));
  return request;
}

TEST(Request, LimitsOfTheHostArriveInTheWorker) {
  Limits limits;
  limits.wall_ms = 1234;
  limits.max_side = 77;
  Json json = good();
  json.set("limits", to_json(limits));
  const Result<Request> request = parse_request(to_text(json));
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->stage, Stage::kRenditions);
  EXPECT_EQ(request->limits.wall_ms, 1234);
  EXPECT_EQ(request->limits.side, 77);
  EXPECT_EQ(request->limits.streams, limits.max_streams);
  EXPECT_DOUBLE_EQ(request->limits.framerate, limits.max_framerate);
  EXPECT_DOUBLE_EQ(request->limits.duration_s, limits.max_duration_s);
  EXPECT_EQ(request->limits.pixels, limits.max_pixels);
}

TEST(Request, NoLimitMayBeLeftOut) {
  for (const char* limit : {"wall_ms", "stall_ms", "memory_bytes", "output_bytes", "pixels", "side",
                            "streams", "framerate", "duration_s"}) {
    Json json = good();
    json.find("limits")->erase(limit);
    EXPECT_FALSE(parse_request(to_text(json)).ok()) << limit;
  }
}

TEST(Request, FilesToVerifyLieInTheWorkFolder) {
  for (const char* file : {"", "/etc/passwd", "../a.mp4", "a/../../b"}) {
    Json json = good();
    Json verify = Json::array();
    verify.push_back(Json::object({{"name", "720p"}, {"file", file}}));
    json.set("verify", std::move(verify));
    EXPECT_FALSE(parse_request(to_text(json)).ok()) << file;
  }
}

TEST(Request, StageMustBeKnown) {
  Json json = good();
  json.set("stage", "publish");
  const Result<Request> request = parse_request(to_text(json));
  ASSERT_FALSE(request.ok());
  EXPECT_NE(request.error().message.find("publish"), std::string::npos);
}

TEST(Processes, OwnStartTimeIsKnown) {
  EXPECT_GT(process_start_ticks(getpid()), 0);
  EXPECT_EQ(process_start_ticks(0x3fffffff), 0);
  EXPECT_FALSE(boot_id().empty());
}

}  // namespace
}  // namespace filmgate::worker
