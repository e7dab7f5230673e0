#include "host/notify/notify.h"

#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include "host/net/webhook_signature.h"

namespace filmgate {
namespace {

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

// A receiver on loopback that answers with one status and keeps what it got.
class Receiver {
 public:
  explicit Receiver(guint status, const char* retry_after = nullptr)
      : server_(soup_server_new(nullptr, nullptr)), status_(status), retry_after_(retry_after) {
    soup_server_add_handler(server_, "/", &Receiver::handle, this, nullptr);
    GError* error = nullptr;
    EXPECT_TRUE(soup_server_listen_local(server_, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  }
  ~Receiver() {
    soup_server_disconnect(server_);
    g_object_unref(server_);
  }
  std::string url() const {
    GSList* const uris = soup_server_get_uris(server_);
    const int port = g_uri_get_port(static_cast<GUri*>(uris->data));
    g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    return "http://127.0.0.1:" + std::to_string(port) + "/hook";
  }

  int calls = 0;
  std::string id, timestamp, signature, body;

 private:
  static void handle(SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                     gpointer data) noexcept {
    auto* const self = static_cast<Receiver*>(data);
    ++self->calls;
    SoupMessageHeaders* const headers = soup_server_message_get_request_headers(message);
    const auto header = [headers](const char* name) {
      const char* const value = soup_message_headers_get_one(headers, name);
      return std::string(value != nullptr ? value : "");
    };
    self->id = header("webhook-id");
    self->timestamp = header("webhook-timestamp");
    self->signature = header("webhook-signature");
    const SoupMessageBody* const body = soup_server_message_get_request_body(message);
    self->body.assign(body->data, static_cast<size_t>(body->length));
    if (self->retry_after_ != nullptr) {
      soup_message_headers_replace(soup_server_message_get_response_headers(message), "Retry-After",
                                   self->retry_after_);
    }
    soup_server_message_set_status(message, self->status_, nullptr);
  }

  SoupServer* server_;
  guint status_;
  const char* retry_after_;
};

class FixedClock final : public Clock {
 public:
  int64_t now_ms() const override { return 1'700'000'123'456; }
};

class NotifyTest : public testing::Test {
 protected:
  DeliveryOutcome deliver(const std::string& endpoint, const std::string& url,
                          bool allow_private = true) {
    DelivererOptions options;
    options.endpoints = {{"ops", "webhook", url, kSecret}, {"plain", "log", "", ""}};
    options.allow_private_addresses = allow_private;
    auto deliverer = make_deliverer(options, *executor_, clock_);
    EXPECT_TRUE(deliverer.ok()) << deliverer.error().message;
    message_.id = "msg_1";
    message_.endpoint = endpoint;
    message_.topic = "asset.awaiting_approval";
    message_.asset_id = "asset-1";
    message_.created_ms = 1'700'000'000'000;
    message_.body = Json::object({{"name", "news/clip.mp4"}});
    std::optional<DeliveryOutcome> outcome;
    (*deliverer)->deliver(message_, [&](const DeliveryOutcome& one) { outcome = one; });
    EXPECT_FALSE(outcome) << "answered from within the call";
    while (!outcome) g_main_context_iteration(nullptr, TRUE);
    return *outcome;
  }

  FixedClock clock_;
  std::unique_ptr<Executor> executor_ = make_executor(nullptr);
  OutboxMessage message_;
};

TEST_F(NotifyTest, AWebhookIsSignedOverWhatArrives) {
  Receiver receiver(200);
  EXPECT_EQ(deliver("ops", receiver.url()).result, DeliveryResult::kDelivered);
  EXPECT_EQ(receiver.id, "msg_1");
  EXPECT_EQ(receiver.timestamp, "1700000123");
  EXPECT_EQ(receiver.signature,
            webhook_signature(*webhook_key(kSecret), receiver.id, 1700000123, receiver.body));
  EXPECT_EQ(receiver.body,
            R"({"type":"asset.awaiting_approval","timestamp":"2023-11-14T22:13:20.000Z",)"
            R"("data":{"name":"news/clip.mp4"}})");
}

TEST_F(NotifyTest, StatusesMeanWhatTheContractSays) {
  const auto result_of = [this](guint status) {
    Receiver receiver(status);
    return deliver("ops", receiver.url()).result;
  };
  EXPECT_EQ(result_of(204), DeliveryResult::kDelivered);
  EXPECT_EQ(result_of(410), DeliveryResult::kRefused);
  for (const guint status : {302U, 400U, 401U, 404U, 429U, 500U, 503U}) {
    EXPECT_EQ(result_of(status), DeliveryResult::kRetry) << status;
  }
}

TEST_F(NotifyTest, HandsOnRetryAfter) {
  Receiver receiver(429, "30");
  EXPECT_EQ(deliver("ops", receiver.url()).retry_after_ms, 30'000);
}

TEST_F(NotifyTest, PrivateAddressesAreRefusedForGood) {
  Receiver receiver(200);
  EXPECT_EQ(deliver("ops", receiver.url(), false).result, DeliveryResult::kRefused);
  EXPECT_EQ(receiver.calls, 0);
}

TEST_F(NotifyTest, LogTakesEverythingAndUnknownNamesNothing) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(deliver("log", "http://127.0.0.1:1/").result, DeliveryResult::kDelivered);
  EXPECT_EQ(deliver("plain", "http://127.0.0.1:1/").result, DeliveryResult::kDelivered);
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find("news/clip.mp4: awaiting approval"), std::string::npos) << lines;
  const DeliveryOutcome outcome = deliver("nobody", "http://127.0.0.1:1/");
  EXPECT_EQ(outcome.result, DeliveryResult::kRefused);
  EXPECT_EQ(outcome.error, "the configuration has no endpoint named nobody");
}

TEST_F(NotifyTest, ABrokenSecretIsRefusedAtStart) {
  DelivererOptions options;
  options.endpoints = {{"ops", "webhook", "https://a.example/", "whsec_%%"}};
  const auto made = make_deliverer(options, *executor_, clock_);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().message.find("[notify ops] secret: "), 0u) << made.error().message;
}

}  // namespace
}  // namespace filmgate
