#include "tests/http/http_fixture.h"

namespace filmgate {
namespace {

class ApiTest : public HttpTest {};

TEST_F(ApiTest, ListsPagesAndFilters) {
  for (int i = 0; i < 4; ++i) add_asset(i, AssetState::kProcessed);
  const Json first = json_of(get("/v1/assets?limit=3"));
  ASSERT_EQ(first.get("assets").size(), 3u);
  const std::string cursor = first.get("next_cursor").string_or("");
  ASSERT_FALSE(cursor.empty());
  const Json second = json_of(get("/v1/assets?limit=3&cursor=" + cursor));
  EXPECT_EQ(second.get("assets").size(), 2u);
  EXPECT_EQ(second.find("next_cursor"), nullptr);
  EXPECT_EQ(json_of(get("/v1/assets?state=awaiting_approval")).get("assets").size(), 1u);
  EXPECT_EQ(json_of(get("/v1/assets?text=clip-2")).get("assets").size(), 1u);
  EXPECT_EQ(get("/v1/assets?state=nonsense").status, 400);
  EXPECT_EQ(get("/v1/assets?limit=0").status, 400);
  EXPECT_EQ(get("/v1/assets?limit=9999").status, 400);
}

TEST_F(ApiTest, AnAssetTellsWhatItIsAndWhereToDecide) {
  const Json asset = json_of(get(kPath));
  EXPECT_EQ(asset.get("state").string_or(""), "awaiting_approval");
  EXPECT_EQ(asset.find_path("facts.media.video.width")->integer_or(0), 1920);
  EXPECT_EQ(asset.find_path("outputs.0.name")->string_or(""), "1080p");
  const std::string url = asset.get("approval").get("review_url").string_or("");
  ASSERT_TRUE(url.starts_with(base_ + "/review/")) << url;
  EXPECT_EQ(get(url.substr(base_.size())).status, 200);
  engine_.views[kAsset].approval->state = "approved";
  EXPECT_EQ(json_of(get(kPath)).get("approval").find("review_url"), nullptr);
}

TEST_F(ApiTest, SaysThatUploadsWaitForRoom) {
  EXPECT_EQ(json_of(get("/readyz")).find_path("intake.pace")->string_or(""), "full");
  engine_.room = {IntakePace::kPaused, {3, 100}, 7, "uploads wait for <room>"};
  const Json ready = json_of(get("/readyz"));
  EXPECT_EQ(ready.get("status").string_or(""), "ready");
  const Json& intake = ready.get("intake");
  EXPECT_EQ(intake.get("pace").string_or(""), "paused");
  EXPECT_EQ(intake.get("free_bytes").integer_or(0), 3);
  EXPECT_EQ(intake.get("missing_bytes").integer_or(0), 7);
  EXPECT_EQ(intake.get("detail").string_or(""), "uploads wait for <room>");
  EXPECT_NE(get("/", kBrowser).body.find("uploads wait for &lt;room&gt;"), std::string::npos);
}

TEST_F(ApiTest, EventsAndReport) {
  EXPECT_EQ(json_of(get(kPath + "/events")).get("events").size(), 3u);
  EXPECT_EQ(get("/v1/assets/nope/events").status, 404);
  EXPECT_NE(json_of(get(kPath + "/report")).find_path("quality.video.black.ratio"), nullptr);
  engine_.views[kAsset].asset.facts.erase("quality");
  EXPECT_EQ(get(kPath + "/report").status, 404);
}

TEST_F(ApiTest, ProblemsAreProblemJson) {
  const Answer answer = get("/v1/assets/nope");
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.header("content-type"), "application/problem+json");
  const Json problem = json_of(answer);
  EXPECT_EQ(problem.get("status").integer_or(0), 404);
  EXPECT_EQ(problem.get("title").string_or(""), "Not Found");
  EXPECT_EQ(problem.get("detail").string_or(""), "there is no asset nope");
  const Answer page = get("/v1/assets/nope", kBrowser);
  EXPECT_EQ(page.status, 404);
  EXPECT_TRUE(page.header("content-type").starts_with("text/html"));
}

TEST_F(ApiTest, UnknownPathsAndMethods) {
  EXPECT_EQ(get("/v2/assets").status, 404);
  EXPECT_EQ(get("/v1/assets/").status, 404);
  const Answer wrong = post_json("/v1/assets", "{}");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET");
  EXPECT_EQ(ask("HEAD", "/healthz").status, 200);
}

TEST_F(ApiTest, OutputsComeWholeAndInRanges) {
  const std::string path = kPath + "/outputs/1080p";
  const Answer whole = get(path);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, "0123456789");
  EXPECT_EQ(whole.header("accept-ranges"), "bytes");
  const Answer part = get(path, {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.header("content-range"), "bytes 2-4/10");
  EXPECT_EQ(get(path, {{"Range", "bytes=-3"}}).body, "789");
  EXPECT_EQ(get(path, {{"Range", "bytes=8-"}}).body, "89");
  const Answer beyond = get(path, {{"Range", "bytes=10-"}});
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.header("content-range"), "bytes */10");
  EXPECT_EQ(get(path, {{"Range", "bytes=2-4"}, {"If-Range", "\"other\""}}).body, "0123456789");
  EXPECT_EQ(get(path, {{"If-None-Match", whole.header("etag")}}).status, 304);
  const Answer head = ask("HEAD", path);
  EXPECT_EQ(head.header("content-length"), "10");
  EXPECT_EQ(get(kPath + "/outputs/nope").status, 404);
}

TEST_F(ApiTest, ALongFileArrivesWholeInBlocks) {
  std::string content(3 * 1024 * 1024 + 17, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 + (i >> 13));
  engine_.views[kAsset].outputs.push_back(
      output("long", "processed/clip/long.mp4", "video/mp4", content));
  EXPECT_TRUE(get(kPath + "/outputs/long").body == content);
  EXPECT_TRUE(get(kPath + "/outputs/long", {{"Range", "bytes=1000000-2999999"}}).body ==
              content.substr(1'000'000, 2'000'000));
}

TEST_F(ApiTest, ALinkInPlaceOfAnOutputIsNotFollowed) {
  const std::string path = folder_ + "/processed/clip/1080p.mp4";
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/etc/hostname", path);
  EXPECT_EQ(get(kPath + "/outputs/1080p").status, 404);
}

TEST_F(ApiTest, CancelAndRetryReachTheEngine) {
  EXPECT_EQ(post_json(kPath + "/cancel", "").status, 200);
  EXPECT_EQ(ask("POST", kPath + "/retry").status, 200);
  EXPECT_EQ(engine_.asked, (std::vector<std::string>{std::string("cancel ") + kAsset,
                                                     std::string("retry ") + kAsset}));
  EXPECT_EQ(post_json("/v1/assets/nope/cancel", "").status, 404);
  engine_.views[kAsset].asset.state = AssetState::kProcessed;
  EXPECT_EQ(post_json(kPath + "/cancel", "").status, 409);
}

TEST_F(ApiTest, ListsByDescriptionAndTime) {
  for (int i = 0; i < 3; ++i) add_asset(i, AssetState::kProcessed);
  EXPECT_EQ(json_of(get("/v1/assets?description=review")).get("assets").size(), 1u);
  EXPECT_EQ(json_of(get("/v1/assets?since=2023-11-14")).get("assets").size(), 1u);
  EXPECT_EQ(engine_.last_query.since_ms, 1'699'920'000'000);
  EXPECT_EQ(json_of(get("/v1/assets?since=2023-11-15T00:00:00Z")).get("assets").size(), 0u);
  EXPECT_EQ(json_of(get("/v1/assets?since=1d")).get("assets").size(), 0u);
  EXPECT_LT(std::abs(engine_.last_query.since_ms + 86'400'000 - system_clock().now_ms()), 60'000);
  EXPECT_EQ(get("/v1/assets?since=recently").status, 400);
}

TEST_F(ApiTest, ADecisionIsTheSameAsByLink) {
  EXPECT_EQ(post_json(kPath + "/reject", "").status, 400);
  EXPECT_EQ(post_json(kPath + "/reject", R"({"reason":")" + std::string(2001, 'x') + "\"}").status,
            400);
  EXPECT_EQ(ask("POST", kPath + "/approve", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(ask("POST", kPath + "/approve", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(post_form(kPath + "/approve", "reason=x").status, 403);
  EXPECT_TRUE(engine_.decisions.empty());
  const Answer first = post_json(kPath + "/reject", R"({"reason":"too dark"})");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(json_of(first).get("state").string_or(""), "rejected");
  EXPECT_FALSE(json_of(first).get("repeated").bool_or(true));
  ASSERT_EQ(engine_.decisions.size(), 1u);
  EXPECT_EQ(engine_.decisions[0].reason, "too dark");
  EXPECT_TRUE(
      json_of(post_json(kPath + "/reject", R"({"reason":"x"})")).get("repeated").bool_or(false));
  const Answer other = ask("POST", kPath + "/approve");
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.header("content-type"), "application/problem+json");
  engine_.views[kAsset].approval->state = "expired";
  EXPECT_EQ(ask("POST", kPath + "/approve").status, 410);
  engine_.views[kAsset].approval.reset();
  EXPECT_EQ(ask("POST", kPath + "/approve").status, 409);
  EXPECT_EQ(ask("POST", "/v1/assets/nope/approve").status, 404);
}

TEST_F(ApiTest, TheConsolesFormsNeedTheirNonceAndOrigin) {
  const std::string nonce = nonce_in(get(std::string("/assets/") + kAsset, kBrowser).body);
  ASSERT_FALSE(nonce.empty());
  EXPECT_EQ(post_form(kPath + "/cancel", "", kBrowser).status, 403);
  EXPECT_EQ(ask("POST", kPath + "/cancel", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(ask("POST", kPath + "/cancel", {{"Sec-Fetch-Site", "cross-site"}}).status, 403);
  EXPECT_EQ(ask("POST", kPath + "/cancel", {}, "text/plain", "x").status, 400);
  EXPECT_TRUE(engine_.asked.empty());
  const Answer done = post_form(kPath + "/cancel", "nonce=" + nonce, kBrowser);
  EXPECT_EQ(done.status, 303);
  EXPECT_EQ(done.header("location"), std::string("/assets/") + kAsset);
}

TEST_F(ApiTest, RebindingNamesAreRefused) {
  const auto misdirected = get("/v1/assets", {{"Host", "evil.example"}});
  EXPECT_EQ(misdirected.status, 421);
  EXPECT_NE(misdirected.body.find("\"Misdirected Request\""), std::string::npos);
  EXPECT_EQ(get("/v1/assets/%ff%fe").status, 400);  // an answer that quoted it were no JSON
  EXPECT_EQ(get("/v1/assets", {{"Host", "localhost:1"}}).status, 200);
  HttpOptions options;
  options.public_url = "https://films.example";
  start(options);
  EXPECT_EQ(get("/v1/assets", {{"Host", "films.example"}}).status, 200);
}

TEST_F(ApiTest, TokensAndRoles) {
  HttpOptions options;
  const auto token = [](Role role, const char* name) {
    return AccessToken{role, name, to_hex(sha256(std::string(name) + "-0123456789abcdef"))};
  };
  options.tokens = {token(Role::kUploader, "up"), token(Role::kReviewer, "re"),
                    token(Role::kOperator, "op")};
  start(options);
  const auto as = [](const std::string& name) {
    return Headers{{"Authorization", "Bearer " + name + "-0123456789abcdef"}};
  };
  const Answer nobody = get("/v1/assets");
  EXPECT_EQ(nobody.status, 401);
  EXPECT_TRUE(nobody.header("www-authenticate").starts_with("Basic "));
  EXPECT_EQ(get("/v1/assets", as("xx")).status, 401);
  EXPECT_EQ(get("/v1/assets", as("up")).status, 200);
  EXPECT_EQ(get("/", as("up")).status, 403);
  EXPECT_EQ(get("/", as("re")).status, 200);
  EXPECT_EQ(ask("POST", kPath + "/retry", as("re")).status, 403);
  EXPECT_EQ(ask("POST", kPath + "/approve", as("up")).status, 403);
  for (const std::string& path :
       {kPath + "/cancel", kPath + "/erase", kPath + "/prioritize?priority=1",
        std::string("/v1/assets/retry?state=failed"), std::string("/v1/assets/cancel?state=failed"),
        std::string("/v1/lanes/probe/pause"), std::string("/v1/lanes/probe/resume")}) {
    EXPECT_EQ(post_json(path, "{}").status, 401) << path;
    for (const char* name : {"up", "re"})
      EXPECT_EQ(ask("POST", path, as(name)).status, 403) << path;
    EXPECT_EQ(ask("POST", path, as("op")).status, 200) << path;
  }
  EXPECT_EQ(get("/v1/lanes").status, 401);
  EXPECT_EQ(get("/v1/lanes", as("up")).status, 200);
  EXPECT_EQ(ask("POST", kPath + "/approve", as("re")).status, 200);
  ASSERT_EQ(engine_.decisions.size(), 1u);
  EXPECT_EQ(engine_.decisions[0].reviewer, "re");
  engine_.views[kAsset].approval->state = "pending";
  EXPECT_EQ(ask("POST", kPath + "/retry", as("op")).status, 200);
  EXPECT_EQ(get("/v1/assets", {{"Authorization", "Basic " + to_base64("any:up-0123456789abcdef")}})
                .status,
            200);
  // The link is the credential of a reviewer; health is everybody's.
  EXPECT_EQ(get(review_path()).status, 200);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  EXPECT_EQ(json_of(get(kPath, as("up"))).get("approval").find("review_url"), nullptr);
  EXPECT_NE(json_of(get(kPath, as("re"))).get("approval").find("review_url"), nullptr);
}

TEST_F(ApiTest, WhomTheTokenNamesIsWhoDecidesFromTheConsole) {
  HttpOptions options;
  for (const char* name : {"ann@example.org", "desk"}) {
    options.tokens.push_back(
        {Role::kReviewer, name, to_hex(sha256(std::string(name) + "-0123456789abcdef"))});
  }
  start(options);
  for (const auto& [name, reviewer] :
       {std::pair("ann@example.org", "ann@example.org"), std::pair("desk", "")}) {
    Headers headers = {{"Authorization", std::string("Bearer ") + name + "-0123456789abcdef"}};
    const std::string url =
        json_of(get(kPath, headers)).find_path("approval.review_url")->string_or("");
    const std::string link = url.substr(url.find("/review/"));
    EXPECT_EQ(json_of(get(link)).get("reviewer").string_or(""), reviewer);
    headers.insert(headers.end(), kBrowser.begin(), kBrowser.end());
    const std::string page = get(std::string("/assets/") + kAsset, headers).body;
    EXPECT_NE(page.find("href=\"" + link + "\""), std::string::npos);
  }
}

TEST_F(ApiTest, TheConsoleListsAndSaysWhenThereIsNothing) {
  const Answer console = get("/", kBrowser);
  EXPECT_EQ(console.status, 200);
  EXPECT_NE(console.body.find(std::string("/assets/") + kAsset), std::string::npos);
  EXPECT_NE(get("/?state=processed", kBrowser).body.find("Nothing here fits"), std::string::npos);
  EXPECT_EQ(get("/static/filmgate.css").header("content-type"), "text/css; charset=utf-8");
  EXPECT_EQ(get("/static/head.html").status, 404);
  EXPECT_EQ(get(std::string("/assets/") + kAsset + "/previews/poster").body, "POSTER");
}

// --- server-sent events

class EventsTest : public HttpTest {
 protected:
  // Reads the stream until `enough` of it is there.
  std::string stream(const Headers& headers, const std::function<bool(const std::string&)>& enough,
                     const std::function<void()>& meanwhile = {}) {
    std::string text;
    std::atomic<bool> connected = false;
    std::thread trigger;
    if (meanwhile) {
      trigger = std::thread([&] {
        while (!connected) std::this_thread::yield();
        meanwhile();
      });
    }
    beside([&] {
      GMainContext* const context = g_main_context_new();
      g_main_context_push_thread_default(context);
      SoupSession* const session = soup_session_new();
      SoupMessage* const message = soup_message_new("GET", (base_ + "/v1/events").c_str());
      for (const auto& [name, value] : headers) {
        soup_message_headers_replace(soup_message_get_request_headers(message), name.c_str(),
                                     value.c_str());
      }
      GInputStream* const input = soup_session_send(session, message, nullptr, nullptr);
      char block[512];
      while (input != nullptr && !enough(text)) {
        const gssize size = g_input_stream_read(input, block, sizeof block, nullptr, nullptr);
        if (size <= 0) break;
        text.append(block, static_cast<size_t>(size));
        connected = true;
      }
      connected = true;
      g_clear_object(&input_);
      if (input != nullptr) g_object_unref(input);
      g_object_unref(message);
      soup_session_abort(session);
      g_object_unref(session);
      g_main_context_pop_thread_default(context);
      g_main_context_unref(context);
    });
    if (trigger.joinable()) trigger.join();
    return text;
  }

  void happen(int64_t seq, const std::string& kind) {
    executor_->post([this, seq, kind] {
      Event event;
      event.seq = seq;
      event.asset_id = kAsset;
      event.kind = kind;
      if (seq != 0) engine_.stored.push_back(event);
      for (const EventObserver& observer : engine_.observers) observer(event);
    });
  }

 private:
  GObject* input_ = nullptr;
};

TEST_F(EventsTest, ReplaysWhatWasMissedThenGoesOn) {
  const std::string text = stream(
      {{"Last-Event-ID", "1"}},
      [](const std::string& so_far) { return so_far.find("id: 4\n") != std::string::npos; },
      [this] { happen(4, "asset.published"); });
  EXPECT_EQ(text.find("id: 1\n"), std::string::npos);
  const size_t two = text.find("id: 2\n"), three = text.find("id: 3\n"),
               four = text.find("id: 4\n");
  ASSERT_NE(two, std::string::npos) << text;
  EXPECT_LT(two, three);
  EXPECT_LT(three, four);
  EXPECT_EQ(text.find("id: 2\n", two + 1), std::string::npos) << "twice";
}

TEST_F(EventsTest, StartsWithNowAndCarriesProgress) {
  const std::string text = stream(
      {}, [](const std::string& so_far) { return so_far.find("id: 9\n") != std::string::npos; },
      [this] {
        happen(0, "run.progress");
        happen(9, "asset.state");
      });
  EXPECT_EQ(text.find("id: 3\n"), std::string::npos);
  EXPECT_NE(text.find("\"kind\":\"run.progress\""), std::string::npos) << text;
  EXPECT_LT(text.find("run.progress"), text.find("id: 9\n"));
}

TEST_F(EventsTest, ANonsenseIdIsRefused) {
  EXPECT_EQ(get("/v1/events", {{"Last-Event-ID", "x"}}).status, 400);
}

}  // namespace
}  // namespace filmgate
