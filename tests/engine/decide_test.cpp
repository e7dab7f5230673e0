// Approval: once, by a person, bound to what was looked at.
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

std::string held(Bench& bench, const std::string& path = "uploads/clip.mp4") {
  const std::string id = bench.upload(path);
  EXPECT_TRUE(bench.run_to(id, AssetState::kAwaitingApproval)) << bench.asset(id).detail;
  bench.run_now();
  return id;
}

const std::string kApproval =
    R"(, "approval": {"required": true, "reviewers": ["a@example.org", "b@example.org"],
                     "expires": "14d"})";

TEST(Decide, AMessageCarriesALinkForEachReviewer) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  ASSERT_EQ(bench.topics(), std::vector<std::string>{"asset.awaiting_approval"});
  const Json& links = bench.deliveries->messages[0].body.get("review");
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links.if_array()->front().get("url").string_or(""),
            "https://gate.test/review/" + bench.pending(id).id + "/a@example.org");
  // The database holds no link: whoever reads it can't decide.
  ASSERT_EQ(bench.view(id).previews.size(), 1u);
  EXPECT_EQ(bench.view(id).previews[0].name, "poster");
  EXPECT_TRUE(bench.has(bench.view(id).previews[0].path));
  EXPECT_TRUE(bench.has("uploads/clip.mp4"));
}

TEST(Decide, ApprovedGoesOn) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  const auto outcome =
      bench.engine->decide({bench.pending(id).id, "a@example.org", Decision::kApprove, ""});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->approval.state, "approved");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
}

TEST(Decide, RejectedEndsWithTheReviewersReason) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  ASSERT_TRUE(
      bench.engine->decide({bench.pending(id).id, "a@example.org", Decision::kReject, "too dark"})
          .ok());
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kRejected);
  EXPECT_NE(bench.asset(id).detail.find("too dark"), std::string::npos);
  EXPECT_TRUE(bench.has("rejected/clip.mp4.reason.json"));
  EXPECT_TRUE(bench.files(".work").empty());
}

TEST(Decide, TwoHundredClicksAreOneDecision) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  const std::string approval = bench.pending(id).id;
  int fresh = 0, repeated = 0, refused = 0;
  for (int click = 0; click < 200; ++click) {
    const bool approve = click % 3 != 2;
    const auto outcome =
        bench.engine->decide({approval, click % 2 == 0 ? "a@example.org" : "b@example.org",
                              approve ? Decision::kApprove : Decision::kReject, ""});
    if (!outcome.ok()) {
      EXPECT_EQ(outcome.error().code, ErrorCode::kConflict);
      ++refused;
    } else {
      ++(outcome->repeated ? repeated : fresh);
    }
  }
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(refused, 66);
  EXPECT_EQ(repeated, 133);
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  const auto kinds = bench.kinds(id);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), "approval.decided"), 1);
}

TEST(Decide, AQuorumCountsReviewersOnce) {
  Bench bench({description("optional", R"(, "approval": {"required": true, "quorum": 2,
                     "reviewers": ["a@example.org", "b@example.org"]})")});
  const std::string id = held(bench);
  const std::string approval = bench.pending(id).id;
  ASSERT_TRUE(bench.engine->decide({approval, "a@example.org", Decision::kApprove, ""}).ok());
  EXPECT_TRUE(bench.engine->decide({approval, "a@example.org", Decision::kApprove, ""})->repeated);
  EXPECT_EQ(bench.asset(id).state, AssetState::kAwaitingApproval);
  for (const char* stranger : {"", "desk token"}) {
    const auto refused = bench.engine->decide({approval, stranger, Decision::kApprove, ""});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kPermission);
  }
  EXPECT_EQ(bench.asset(id).state, AssetState::kAwaitingApproval);
  ASSERT_TRUE(bench.engine->decide({approval, "b@example.org", Decision::kApprove, ""}).ok());
  EXPECT_EQ(bench.asset(id).state, AssetState::kTranscoding);
}

TEST(Decide, AQuorumOfAnybodyCountsThoseWhoSayWhoTheyAre) {
  Bench bench({description("optional", R"(, "approval": {"required": true, "quorum": 2})")});
  const std::string id = held(bench);
  const std::string approval = bench.pending(id).id;
  ASSERT_TRUE(bench.engine->decide({approval, "desk", Decision::kApprove, ""}).ok());
  const auto nobody = bench.engine->decide({approval, "", Decision::kApprove, ""});
  ASSERT_FALSE(nobody.ok());
  EXPECT_EQ(nobody.error().code, ErrorCode::kPermission);
  ASSERT_TRUE(bench.engine->decide({approval, "studio", Decision::kApprove, ""}).ok());
  EXPECT_EQ(bench.asset(id).state, AssetState::kTranscoding);
}

TEST(Decide, ARequestExpires) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  const std::string approval = bench.pending(id).id;
  ASSERT_TRUE(bench.run_to(id, AssetState::kExpired));
  bench.run_now();
  EXPECT_TRUE(bench.has("rejected/clip.mp4"));
  const auto late = bench.engine->decide({approval, "a@example.org", Decision::kApprove, ""});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
}

TEST(Decide, AClickAfterTheTimeButBeforeTheTimerIsTooLate) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  bench.clock.now += 15LL * 86'400'000;
  const auto late =
      bench.engine->decide({bench.pending(id).id, "a@example.org", Decision::kApprove, ""});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_EQ(bench.asset(id).state, AssetState::kExpired);
}

TEST(Decide, NobodyDecidesWhatWasCancelled) {
  Bench bench({description("optional", kApproval)});
  const std::string id = held(bench);
  const std::string approval = bench.pending(id).id;
  ASSERT_TRUE(bench.engine->cancel(id).ok());
  const auto late = bench.engine->decide({approval, "a@example.org", Decision::kApprove, ""});
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_EQ(bench.engine->decide({"nothing", "", Decision::kApprove, ""}).error().code,
            ErrorCode::kNotFound);
}

TEST(Decide, TheProbeCanAskForAPerson) {
  Bench bench({description()});
  Json quality = good_quality();
  quality.set_path("audio.loudness.integrated", -48.0);
  bench.worker->next("probe", [quality](const auto& request, const auto& report) {
    return ScriptedWorker::probes(request, report, quality);
  });
  const std::string id = held(bench);
  EXPECT_NE(bench.asset(id).detail.find("quality.audio.loudness.integrated"), std::string::npos);
  ASSERT_TRUE(bench.engine->decide({bench.pending(id).id, "", Decision::kApprove, ""}).ok());
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
}

}  // namespace
}  // namespace filmgate::test
