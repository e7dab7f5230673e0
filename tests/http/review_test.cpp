#include "tests/http/http_fixture.h"

namespace filmgate {
namespace {

class ReviewTest : public HttpTest {
 protected:
  std::string& state() { return engine_.views[kAsset].approval->state; }
};

TEST_F(ReviewTest, GetShowsAndNeverDecides) {
  for (const char* more : {"", "?decision=approve", "?approve=1&nonce=x"}) {
    const Answer page = get(review_path() + more, kBrowser);
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("ann@example.org"), std::string::npos);
    EXPECT_NE(page.body.find("The picture is black from 0:12.0 to 0:15.5 (3.5 s)"),
              std::string::npos);
    EXPECT_NE(page.body.find("1920 × 1080"), std::string::npos);
  }
  ask("HEAD", review_path());
  EXPECT_TRUE(engine_.decisions.empty());
  EXPECT_EQ(state(), "pending");
}

TEST_F(ReviewTest, ThePageChoosesNothingBeforehand) {
  const std::string page = get(review_path(), kBrowser).body;
  EXPECT_NE(page.find("value=\"approve\" required"), std::string::npos);
  EXPECT_NE(page.find("value=\"reject\" required"), std::string::npos);
  EXPECT_EQ(page.find("checked>"), std::string::npos);
  EXPECT_EQ(page.find(" checked"), std::string::npos);
}

// In the order of a narrow screen: what it looks like, the decision, everything else.
TEST_F(ReviewTest, TheDecisionComesBeforeTheFacts) {
  const std::string page = get(review_path(), kBrowser).body;
  const size_t poster = page.find("class=\"poster\""), form = page.find("<form"),
               facts = page.find("class=\"facts\"");
  ASSERT_NE(poster, std::string::npos);
  ASSERT_NE(facts, std::string::npos);
  EXPECT_LT(poster, form);
  EXPECT_LT(form, facts);
}

TEST_F(ReviewTest, HostileNamesAreEscaped) {
  for (const std::string& path :
       {review_path(), std::string("/"), std::string("/assets/") + kAsset}) {
    const Answer page = get(path, kBrowser);
    ASSERT_EQ(page.status, 200) << path;
    for (const char* raw :
         {"<script>alert", "<b>\"clip", "<img src=y>", "<i>a person", "<u>broke"}) {
      EXPECT_EQ(page.body.find(raw), std::string::npos) << path << " " << raw;
    }
    EXPECT_NE(page.body.find("&lt;script&gt;alert(1)"), std::string::npos) << path;
  }
}

TEST_F(ReviewTest, PagesCarryTheirSecurityHeaders) {
  const Answer page = get(review_path(), kBrowser);
  EXPECT_TRUE(page.header("content-security-policy").starts_with("default-src 'self';"));
  EXPECT_EQ(page.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(page.header("referrer-policy"), "no-referrer");
  EXPECT_EQ(page.header("cache-control"), "no-store");
}

TEST_F(ReviewTest, AFormWithTheNonceDecidesOnce) {
  const std::string nonce = nonce_in(get(review_path(), kBrowser).body);
  ASSERT_FALSE(nonce.empty());
  const std::string form = "decision=approve&reason=&nonce=" + nonce;
  const Answer first = post_form(review_path(), form, kBrowser);
  EXPECT_EQ(first.status, 200);
  EXPECT_NE(first.body.find("Approved"), std::string::npos);
  EXPECT_EQ(post_form(review_path(), form, kBrowser).status, 200);
  ASSERT_EQ(engine_.decisions.size(), 1u);
  EXPECT_EQ(engine_.decisions[0].reviewer, "ann@example.org");
  EXPECT_EQ(engine_.decisions[0].decision, Decision::kApprove);
  const Answer other =
      post_form(review_path(), "decision=reject&reason=late&nonce=" + nonce, kBrowser);
  EXPECT_EQ(other.status, 409);
  EXPECT_NE(other.body.find("this request was already approved"), std::string::npos);
  EXPECT_NE(get(review_path(), kBrowser).body.find("This video was approved"), std::string::npos);
}

TEST_F(ReviewTest, AFormWithoutTheNonceOrFromElsewhereDecidesNothing) {
  const std::string nonce = nonce_in(get(review_path(), kBrowser).body);
  EXPECT_EQ(post_form(review_path(), "decision=approve").status, 403);
  EXPECT_EQ(post_form(review_path(), "decision=approve&nonce=1.x.y").status, 403);
  EXPECT_EQ(post_form(review_path(""), "decision=approve&nonce=" + nonce).status, 403);
  EXPECT_EQ(post_form(review_path(), "decision=approve&nonce=" + nonce,
                      {{"Origin", "https://evil.example"}})
                .status,
            403);
  EXPECT_EQ(post_form(review_path(), "decision=approve&nonce=" + nonce,
                      {{"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}})
                .status,
            403);
  EXPECT_EQ(
      post_json(review_path(), R"({"decision":"approve"})", {{"Origin", "https://evil.example"}})
          .status,
      403);
  EXPECT_TRUE(engine_.decisions.empty());
}

TEST_F(ReviewTest, ABrowsersOwnFormPassesWithAndWithoutAnOrigin) {
  const std::string nonce = nonce_in(get(review_path(), kBrowser).body);
  // no-referrer pages send "null" even to themselves.
  EXPECT_EQ(post_form(review_path(), "decision=approve&nonce=" + nonce,
                      {{"Origin", "null"}, {"Sec-Fetch-Site", "same-origin"}})
                .status,
            200);
  EXPECT_EQ(post_form(review_path(), "decision=approve&nonce=" + nonce, {{"Origin", base_}}).status,
            200);
}

TEST_F(ReviewTest, AProgramDecidesWithJson) {
  const Answer answer = post_json(review_path(), R"({"decision":"reject","reason":"no rights"})");
  EXPECT_EQ(answer.status, 200);
  const auto json = parse_json(answer.body, "answer");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->get("state").string_or(""), "rejected");
  EXPECT_FALSE(json->get("repeated").bool_or(true));
  ASSERT_EQ(engine_.decisions.size(), 1u);
  EXPECT_EQ(engine_.decisions[0].reason, "no rights");
  const Answer again = post_json(review_path(), R"({"decision":"reject","reason":"no rights"})");
  EXPECT_EQ(again.status, 200);
  EXPECT_TRUE(parse_json(again.body, "answer")->get("repeated").bool_or(false));
}

TEST_F(ReviewTest, ADecisionMustBeOneAndARejectionHasAReason) {
  EXPECT_EQ(post_json(review_path(), R"({})").status, 400);
  EXPECT_EQ(post_json(review_path(), R"({"decision":"maybe"})").status, 400);
  EXPECT_EQ(post_json(review_path(), R"({"decision":"reject"})").status, 400);
  EXPECT_EQ(post_json(review_path(), R"({"decision":["approve"]})").status, 400);
  EXPECT_EQ(post_json(review_path(), R"({"decision")").status, 400);
  EXPECT_EQ(post_json(review_path(),
                      R"({"decision":"reject","reason":")" + std::string(2001, 'x') + "\"}")
                .status,
            400);
  EXPECT_TRUE(engine_.decisions.empty());
}

TEST_F(ReviewTest, ExpiredIs410) {
  const std::string path = review_path();
  engine_.views[kAsset].approval->expires_ms = 1000;
  EXPECT_EQ(get(path, kBrowser).status, 410);
  state() = "expired";
  EXPECT_EQ(get(path).status, 410);
  EXPECT_EQ(post_json(path, R"({"decision":"approve"})").status, 410);
}

TEST_F(ReviewTest, UnknownTokensAre404AndAllLookTheSame) {
  std::string changed = review_path();
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  const Answer unknown = get("/review/nonsense");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.header("content-type"), "application/problem+json");
  EXPECT_EQ(get(changed).body, unknown.body);
  EXPECT_EQ(post_json(changed, R"({"decision":"approve"})").status, 404);
  EXPECT_EQ(get(changed + "/poster").status, 404);
  EXPECT_TRUE(engine_.decisions.empty());
}

TEST_F(ReviewTest, PosterAndSpriteComeFromTheWorkFolder) {
  const Answer poster = get(review_path() + "/poster");
  EXPECT_EQ(poster.status, 200);
  EXPECT_EQ(poster.body, "POSTER");
  EXPECT_EQ(poster.header("content-type"), "image/jpeg");
  EXPECT_EQ(get(review_path() + "/sprite").body, "SPRITE");
  engine_.views[kAsset].previews.clear();
  EXPECT_EQ(get(review_path() + "/poster").status, 404);
}

TEST_F(ReviewTest, TheLogHoldsNoToken) {
  testing::internal::CaptureStderr();
  const std::string path = review_path();
  post_json(path, R"({"decision":"approve"})");
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find(kAsset), std::string::npos) << lines;
  EXPECT_EQ(lines.find(path.substr(strlen("/review/"))), std::string::npos);
}

}  // namespace
}  // namespace filmgate
