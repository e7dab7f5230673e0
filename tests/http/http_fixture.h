// A real server on a free port of 127.0.0.1, an engine's thread, and a client on another thread, so
// that requests go through the socket while the main context turns.
#pragma once

#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "host/base/hash.h"
#include "host/http/server.h"
#include "host/net/http_call.h"
#include "host/review/review_link.h"
#include "tests/http/engine_double.h"

namespace filmgate {

inline constexpr const char* kAsset = "0193a5f0-1c2d-7e3f-8a4b-000000000001";
inline const std::string kPath = std::string("/v1/assets/") + kAsset;
inline constexpr const char* kApproval = "0193a5f0-1c2d-7e3f-8a4b-0000000000aa";

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found != headers.end() ? found->second : "";
  }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class HttpTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/filmgate-http-XXXXXX";
    folder_ = mkdtemp(name);
    library_.emplace(*Library::open(folder_));
    fill();
    start({});
  }
  void TearDown() override {
    server_.reset();
    executor_.reset();
    library_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start(HttpOptions options) {
    server_.reset();
    options.listen = "127.0.0.1:0";
    auto server =
        HttpServer::start({engine_, *executor_, *library_, system_clock(), std::string(32, 'k'),
                           [this](int64_t seq, int limit) -> Result<std::vector<Event>> {
                             std::vector<Event> found;
                             for (const Event& event : engine_.stored) {
                               if (event.seq > seq && static_cast<int>(found.size()) < limit)
                                 found.push_back(event);
                             }
                             return found;
                           }},
                          options);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = *std::move(server);
    base_ = "http://127.0.0.1:" + std::to_string(server_->port());
  }

  void fill() {
    AssetView view;
    view.asset.id = kAsset;
    view.asset.name = "news/<b>\"clip\" & 'co'.mp4";
    view.asset.description = "review";
    view.asset.state = AssetState::kAwaitingApproval;
    view.asset.detail = "waits for <i>a person</i>";
    view.asset.source.size = 12'345'678;
    view.asset.created_ms = view.asset.updated_ms = 1'700'000'000'000;
    view.asset.facts = *parse_json(R"({
      "metadata": {"title": "<script>alert(1)</script>", "x\"><img src=y>": "v"},
      "media": {"duration": 75.25, "video": {"width": 1920, "height": 1080, "codec": "h264"}},
      "quality": {"video": {"black": {"ratio": 0.1, "intervals": [{"start": 12, "end": 15.5}]}}}
    })",
                                   "facts");
    Approval approval;
    approval.id = kApproval;
    approval.asset_id = kAsset;
    approval.state = "pending";
    approval.reviewers = {"ann@example.org"};
    view.approval = approval;
    view.previews.push_back(output("poster", ".work/run/poster.jpg", "image/jpeg", "POSTER"));
    view.previews.push_back(output("sprite", ".work/run/sprite.jpg", "image/jpeg", "SPRITE"));
    view.outputs.push_back(output("1080p", "processed/clip/1080p.mp4", "video/mp4", "0123456789"));
    Job job;
    job.id = "job-1";
    job.state = JobState::kReady;
    job.error = "<u>broke</u>";
    view.jobs.push_back(job);
    engine_.views[kAsset] = view;
    for (int seq = 1; seq <= 3; ++seq) {
      Event event;
      event.seq = event.number = seq;
      event.asset_id = kAsset;
      event.kind = "asset.state";
      event.data = Json::object({{"to", "probing"}});
      engine_.stored.push_back(event);
    }
  }

  Output output(const std::string& name, const std::string& path, const std::string& type,
                const std::string& content) {
    const std::string absolute = folder_ + "/" + path;
    std::filesystem::create_directories(std::filesystem::path(absolute).parent_path());
    std::ofstream(absolute, std::ios::binary) << content;
    Output one;
    one.asset_id = kAsset;
    one.name = name;
    one.path = path;
    one.media_type = type;
    one.size = static_cast<int64_t>(content.size());
    one.sha256 = to_hex(sha256(content));
    return one;
  }

  // Runs `work` on a thread of its own while the main context turns.
  template <typename Work>
  void beside(Work work) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
      work();
      done = true;
      g_main_context_wakeup(nullptr);
    });
    while (!done) g_main_context_iteration(nullptr, TRUE);
    thread.join();
  }

  Answer ask(const std::string& method, const std::string& path, const Headers& headers = {},
             const std::string& type = "", const std::string& body = "") {
    Answer answer;
    beside([&] {
      GMainContext* const context = g_main_context_new();
      g_main_context_push_thread_default(context);
      SoupSession* const session = soup_session_new();
      SoupMessage* const message = soup_message_new(method.c_str(), (base_ + path).c_str());
      soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
      for (const auto& [name, value] : headers) {
        soup_message_headers_replace(soup_message_get_request_headers(message), name.c_str(),
                                     value.c_str());
      }
      if (!type.empty()) {
        GBytes* const bytes = g_bytes_new(body.data(), body.size());
        soup_message_set_request_body_from_bytes(message, type.c_str(), bytes);
        g_bytes_unref(bytes);
      }
      GBytes* const bytes = soup_session_send_and_read(session, message, nullptr, nullptr);
      if (bytes != nullptr) {
        gsize size = 0;
        const auto* const data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
        answer.body.assign(data != nullptr ? data : "", size);
        g_bytes_unref(bytes);
      }
      answer.status = static_cast<int>(soup_message_get_status(message));
      soup_message_headers_foreach(
          soup_message_get_response_headers(message),
          [](const char* name, const char* value, gpointer data) {
            std::string lower;
            for (const char* c = name; *c != '\0'; ++c) lower += g_ascii_tolower(*c);
            static_cast<Answer*>(data)->headers[lower] = value;
          },
          &answer);
      g_object_unref(message);
      g_object_unref(session);
      g_main_context_pop_thread_default(context);
      g_main_context_unref(context);
    });
    return answer;
  }
  Answer get(const std::string& path, const Headers& headers = {}) {
    return ask("GET", path, headers);
  }
  Answer post_json(const std::string& path, const std::string& body, const Headers& headers = {}) {
    return ask("POST", path, headers, "application/json", body);
  }
  Answer post_form(const std::string& path, const std::string& body, const Headers& headers = {}) {
    return ask("POST", path, headers, "application/x-www-form-urlencoded", body);
  }

  Json json_of(const Answer& answer) {
    auto json = parse_json(answer.body, "answer");
    EXPECT_TRUE(json.ok()) << answer.body;
    return json ? *json : Json();
  }
  void add_asset(int number, AssetState state) {
    AssetView view;
    view.asset.id = "0193a5f0-1c2d-7e3f-8a4b-0000000001" + std::to_string(10 + number);
    view.asset.name = "clip-" + std::to_string(number) + ".mp4";
    view.asset.state = state;
    engine_.views[view.asset.id] = view;
  }

  std::string review_path(const std::string& reviewer = "ann@example.org") {
    return "/review/" +
           ReviewLinks(std::string(32, 'k'), "").token(*engine_.views[kAsset].approval, reviewer);
  }
  // The nonce in a page's form.
  static std::string nonce_in(const std::string& page) {
    const std::string before = "name=\"nonce\" value=\"";
    const size_t at = page.find(before);
    if (at == std::string::npos) return "";
    return page.substr(at + before.size(), page.find('"', at + before.size()) - at - before.size());
  }

  std::string folder_;
  std::optional<Library> library_;
  EngineDouble engine_;
  std::unique_ptr<Executor> executor_ = start_executor_thread("engine");
  std::unique_ptr<HttpServer> server_;
  std::string base_;
};

inline const Headers kBrowser = {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};

}  // namespace filmgate
