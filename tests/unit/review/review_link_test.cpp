#include "host/review/review_link.h"

#include <gtest/gtest.h>

namespace filmgate {
namespace {

const std::string kKey(32, 'k');

Approval an_approval() {
  Approval approval;
  approval.id = "0193a5f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b";
  approval.revision = 3;
  approval.reviewers = {"ann@example.org", "bob@example.org"};
  return approval;
}

TEST(ReviewLinks, TheSameMessageCarriesTheSameLink) {
  const ReviewLinks links(kKey, "https://films.example");
  const std::string link = links.link(an_approval(), "ann@example.org");
  EXPECT_TRUE(link.starts_with("https://films.example/review/"));
  EXPECT_EQ(link,
            ReviewLinks(kKey, "https://films.example").link(an_approval(), "ann@example.org"));
  EXPECT_NE(link, links.link(an_approval(), "bob@example.org"));
}

TEST(ReviewLinks, ATokenNamesItsApprovalAndReviewer) {
  const ReviewLinks links(kKey, "");
  const std::string token = links.token(an_approval(), "bob@example.org");
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_EQ(ReviewLinks::approval_id_of(token), an_approval().id);
  EXPECT_EQ(links.verify(token, an_approval()), "bob@example.org");
}

TEST(ReviewLinks, SomebodyNotNamedIsNobodyInParticular) {
  const ReviewLinks links(kKey, "");
  EXPECT_EQ(links.verify(links.token(an_approval(), "eve@example.org"), an_approval()), "");
}

TEST(ReviewLinks, EveryChangedCharacterIsNoticed) {
  const ReviewLinks links(kKey, "");
  const std::string token = links.token(an_approval(), "ann@example.org");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(links.verify(changed, an_approval())) << i;
  }
  EXPECT_FALSE(links.verify("", an_approval()));
  EXPECT_FALSE(ReviewLinks::approval_id_of(token + "A"));
  EXPECT_FALSE(ReviewLinks::approval_id_of("not a token"));
}

TEST(ReviewLinks, ATokenIsBoundToKeyRevisionAndReviewers) {
  const ReviewLinks links(kKey, "");
  const std::string token = links.token(an_approval(), "bob@example.org");
  EXPECT_FALSE(ReviewLinks(std::string(32, 'x'), "").verify(token, an_approval()));
  Approval later = an_approval();
  later.revision = 4;
  EXPECT_FALSE(links.verify(token, later));
  Approval other = an_approval();
  other.id = "0193a5f0-1c2d-7e3f-8a4b-5c6d7e8f9a0c";
  EXPECT_FALSE(links.verify(token, other));
  Approval renamed = an_approval();
  renamed.reviewers[1] = "eve@example.org";
  EXPECT_FALSE(links.verify(token, renamed));
  Approval fewer = an_approval();
  fewer.reviewers.pop_back();
  EXPECT_FALSE(links.verify(token, fewer));
}

TEST(Nonce, IsGoodForItsPageAndItsTime) {
  const ReviewLinks links(kKey, "");
  const int64_t now = 1'700'000'000'000;
  const std::string nonce = links.nonce("page", now);
  EXPECT_TRUE(links.check_nonce(nonce, "page", now));
  EXPECT_TRUE(links.check_nonce(nonce, "page", now + ReviewLinks::kNonceLifeMs - 1));
  EXPECT_FALSE(links.check_nonce(nonce, "page", now + ReviewLinks::kNonceLifeMs));
  EXPECT_FALSE(links.check_nonce(nonce, "page", now - 1));
  EXPECT_FALSE(links.check_nonce(nonce, "other page", now));
  EXPECT_FALSE(links.check_nonce("", "page", now));
  EXPECT_FALSE(links.check_nonce("9" + nonce, "page", now));
  EXPECT_NE(nonce, links.nonce("page", now));
}

}  // namespace
}  // namespace filmgate
