// What operators do to many assets at once, to lanes and to priorities.
#include "tests/http/http_fixture.h"

namespace filmgate {
namespace {

class SteerTest : public HttpTest {};

TEST_F(SteerTest, LanesArePausedAndResumed) {
  Json lanes = json_of(get("/v1/lanes")).get("lanes");
  ASSERT_EQ(lanes.size(), 3u);
  const Answer paused = post_json("/v1/lanes/probe/pause", "{}");
  EXPECT_EQ(paused.status, 200) << paused.body;
  EXPECT_EQ(json_of(paused).get("name").string_or(""), "probe");
  EXPECT_TRUE(json_of(paused).get("paused").bool_or(false));
  EXPECT_EQ(json_of(paused).get("waiting").integer_or(0), 7);
  EXPECT_EQ(engine_.paused, std::set<Lane>{Lane::kProbe});
  EXPECT_EQ(post_json("/v1/lanes/probe/resume", "{}").status, 200);
  EXPECT_TRUE(engine_.paused.empty());
  EXPECT_EQ(post_json("/v1/lanes/fast/pause", "{}").status, 404);
}

TEST_F(SteerTest, TheConsoleHasAButtonForEachLane) {
  const std::string page = get("/", kBrowser).body;
  EXPECT_NE(page.find("<b>probe</b> <span class=\"sub\">0 of 2 run, 7 wait</span>"),
            std::string::npos);
  EXPECT_NE(page.find("action=\"/v1/lanes/probe/pause\""), std::string::npos);
  const std::string path = "/v1/lanes/probe/pause";
  EXPECT_EQ(post_form(path, "", kBrowser).status, 403);
  const std::string others = nonce_in(get(std::string("/assets/") + kAsset, kBrowser).body);
  EXPECT_EQ(post_form(path, "nonce=" + others, kBrowser).status, 403);
  EXPECT_EQ(ask("POST", path, {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(ask("POST", path, {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_TRUE(engine_.paused.empty());
  const Answer done = post_form(path, "nonce=" + nonce_in(page), kBrowser);
  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(done.header("location"), "/");
  EXPECT_EQ(engine_.paused, std::set<Lane>{Lane::kProbe});
  EXPECT_NE(get("/", kBrowser).body.find("action=\"/v1/lanes/probe/resume\""), std::string::npos);

  HttpOptions options;
  options.tokens = {{Role::kReviewer, "re", to_hex(sha256("re-0123456789abcdef"))}};
  start(options);
  Headers reviewer = kBrowser;
  reviewer.emplace_back("Authorization", "Bearer re-0123456789abcdef");
  const std::string seen = get("/", reviewer).body;
  EXPECT_NE(seen.find(">paused</span>"), std::string::npos);
  EXPECT_EQ(seen.find("<form method=\"post\""), std::string::npos);
}

TEST_F(SteerTest, AssetsAreGivenAPriorityAndSayWhatTheyWaitFor) {
  const std::string asset = std::string("/v1/assets/") + kAsset;
  EXPECT_EQ(post_json(asset + "/prioritize?priority=-5", "{}").status, 200);
  EXPECT_EQ(engine_.asked.back(), std::string("prioritize -5 ") + kAsset);
  for (const char* wrong : {"", "?priority=", "?priority=high", "?priority=5x"}) {
    EXPECT_EQ(post_json(asset + "/prioritize" + wrong, "{}").status, 400) << wrong;
  }
  Event event;
  event.kind = "asset.prioritized";
  event.data = Json::object({{"from", 0}, {"to", -5}});
  engine_.stored.push_back(event);
  EXPECT_NE(get(std::string("/assets/") + kAsset, kBrowser).body.find("asset prioritized: -5"),
            std::string::npos);
  engine_.views[kAsset].waits_for = "a slot of the encode lane";
  const Json told = json_of(get(asset));
  EXPECT_EQ(told.get("waits_for").string_or(""), "a slot of the encode lane") << to_text(told);
}

TEST_F(SteerTest, ManyAreTriedAgainPageByPage) {
  for (int i = 0; i < 5; ++i) add_asset(i, AssetState::kUnableToProcess);
  add_asset(5, AssetState::kFailed);
  const std::string path = "/v1/assets/retry?state=unable_to_process&limit=3";
  const Json dry = json_of(ask("POST", path + "&dry_run=true"));
  EXPECT_EQ(dry.get("count").integer_or(0), 3);
  EXPECT_TRUE(dry.get("dry_run").bool_or(false));
  EXPECT_TRUE(engine_.asked.empty());
  const Json first = json_of(ask("POST", path));
  EXPECT_EQ(first.get("assets").size(), 3u);
  const std::string cursor = first.get("next_cursor").string_or("");
  ASSERT_FALSE(cursor.empty());
  const Json second = json_of(ask("POST", path + "&cursor=" + cursor));
  EXPECT_EQ(second.get("count").integer_or(0), 2);
  EXPECT_EQ(second.find("next_cursor"), nullptr);
  ASSERT_EQ(engine_.asked.size(), 5u);
  EXPECT_EQ(engine_.asked.front(), "retry 0193a5f0-1c2d-7e3f-8a4b-000000000114");
  EXPECT_EQ(engine_.asked.back(), "retry 0193a5f0-1c2d-7e3f-8a4b-000000000110");
  for (const char* wrong :
       {"", "?state=processed", "?state=failed&limit=201", "?state=failed&dry_run=maybe",
        "?state=failed&descripton=web", "?state=failed&description=%ff"}) {
    EXPECT_EQ(ask("POST", std::string("/v1/assets/retry") + wrong).status, 400) << wrong;
  }
  EXPECT_EQ(ask("POST", path, {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(engine_.asked.size(), 5u);
}

TEST_F(SteerTest, NobodyWaitsLongForTheEngineWhileManyAreCancelled) {
  for (int i = 0; i < 10; ++i) add_asset(i, AssetState::kProbing);
  engine_.takes = std::chrono::milliseconds(100);
  const std::string path = "/v1/assets/cancel?state=probing";
  const Json first = json_of(ask("POST", path));
  const int64_t count = first.get("count").integer_or(0);
  EXPECT_GE(count, 1);
  EXPECT_LE(count, 4);
  // The next request goes on with the next of them, however many of them this one reached.
  engine_.takes = std::chrono::milliseconds(0);
  const Json rest =
      json_of(ask("POST", path + "&cursor=" + first.get("next_cursor").string_or("")));
  EXPECT_EQ(rest.get("count").integer_or(0), 10 - count);
  EXPECT_EQ(std::set<std::string>(engine_.asked.begin(), engine_.asked.end()).size(), 10u);
  EXPECT_EQ(engine_.asked.size(), 10u);
}

TEST_F(SteerTest, ManyAreCancelledButForThoseThatCannotBe) {
  add_asset(0, AssetState::kProbing);
  add_asset(1, AssetState::kProcessed);
  add_asset(2, AssetState::kTranscoding);
  for (auto& [id, view] : engine_.views) view.asset.description = "web";
  engine_.refused = kAsset;
  EXPECT_EQ(ask("POST", "/v1/assets/cancel").status, 400);
  EXPECT_EQ(ask("POST", "/v1/assets/cancel?state=rejected").status, 400);
  const Json answer = json_of(ask("POST", "/v1/assets/cancel?description=web"));
  EXPECT_EQ(answer.get("count").integer_or(0), 2);
  ASSERT_EQ(answer.get("refused").size(), 1u);
  EXPECT_EQ(answer.find_path("refused.0.id")->string_or(""), kAsset);
  EXPECT_FALSE(answer.find_path("refused.0.detail")->string_or("").empty());
  EXPECT_EQ(engine_.asked.size(), 2u);
  // A file that can't be read is the matter of one of them; a database that is away, of all.
  for (const ErrorCode code : {ErrorCode::kPermission, ErrorCode::kIo, ErrorCode::kInternal}) {
    engine_.refusal = code;
    const Json others = json_of(ask("POST", "/v1/assets/cancel?description=web"));
    EXPECT_EQ(others.get("count").integer_or(0), 2) << to_text(others);
  }
  engine_.refusal = ErrorCode::kUnavailable;
  EXPECT_EQ(ask("POST", "/v1/assets/cancel?description=web").status, 503);
  engine_.asked.clear();
  EXPECT_EQ(json_of(ask("POST", "/v1/assets/cancel?state=probing")).get("count").integer_or(0), 1);
}

}  // namespace
}  // namespace filmgate
