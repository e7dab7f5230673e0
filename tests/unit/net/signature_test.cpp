#include "host/net/webhook_signature.h"

#include <gtest/gtest.h>

#include "host/net/http_post.h"

namespace filmgate {
namespace {

// The vector that the Standard Webhooks libraries test against; the same from
// `openssl dgst -sha256 -mac HMAC -macopt hexkey:<key>`.
TEST(WebhookSignature, AgreesWithThePublishedVector) {
  const auto key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  ASSERT_TRUE(key.ok()) << key.error().message;
  EXPECT_EQ(webhook_signature(*key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                              R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSignature, CoversIdTimeAndBody) {
  const std::string key(24, 'k');
  const std::string base = webhook_signature(key, "a", 1, "b");
  EXPECT_NE(webhook_signature(key, "c", 1, "b"), base);
  EXPECT_NE(webhook_signature(key, "a", 2, "b"), base);
  EXPECT_NE(webhook_signature(key, "a", 1, "c"), base);
  EXPECT_NE(webhook_signature(std::string(24, 'l'), "a", 1, "b"), base);
}

TEST(WebhookKey, RefusesBrokenAndShortSecrets) {
  EXPECT_FALSE(webhook_key("whsec_not base64").ok());
  EXPECT_FALSE(webhook_key("whsec_YWJj").ok());
  EXPECT_FALSE(webhook_key("short").ok());
  const auto raw = webhook_key("a raw key of enough length");
  ASSERT_TRUE(raw.ok());
  EXPECT_EQ(*raw, "a raw key of enough length");
}

TEST(RetryAfter, TakesSecondsAndDates) {
  EXPECT_EQ(retry_after_ms("120", 0), 120'000);
  EXPECT_EQ(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", 1445412480'000 - 5000), 5000);
  EXPECT_EQ(retry_after_ms("Wed, 21 Oct 2015 07:28:00 GMT", 1445412480'000 + 5000), 0);
  EXPECT_EQ(retry_after_ms("999999999", 0), 86'400'000);
  EXPECT_EQ(retry_after_ms("", 0), 0);
  EXPECT_EQ(retry_after_ms("soon", 0), 0);
}

}  // namespace
}  // namespace filmgate
