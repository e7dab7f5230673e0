#include "plugins/metadatagate/decision.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace filmgate {
namespace {

using Outcome = Decision::Outcome;

TEST(Decision, OneOfManyAnswersIsTaken) {
  Decision decision;
  decision.reset(true);
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] { taken += i % 2 ? decision.approve() : decision.reject("no"); });
  const Outcome outcome = decision.wait(std::nullopt);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1);
  EXPECT_TRUE(outcome == Outcome::kApproved || outcome == Outcome::kRejected);
  EXPECT_EQ(decision.wait(std::nullopt), outcome) << "it stays what it was";
}

TEST(Decision, InterruptionComesBeforeAnAnswerAndKeepsIt) {
  Decision decision;
  decision.reset(true);
  decision.set_interrupted(true);
  EXPECT_EQ(decision.wait(std::nullopt), Outcome::kInterrupted);
  EXPECT_TRUE(decision.approve());
  EXPECT_EQ(decision.wait(std::nullopt), Outcome::kInterrupted);
  decision.set_interrupted(false);
  EXPECT_EQ(decision.wait(std::nullopt), Outcome::kApproved);
}

TEST(Decision, TimesOutOnceForAll) {
  Decision decision;
  decision.reset(true);
  EXPECT_EQ(decision.wait(std::chrono::nanoseconds(1)), Outcome::kTimedOut);
  EXPECT_FALSE(decision.approve());
  decision.reset(true);
  EXPECT_TRUE(decision.approve());
  EXPECT_EQ(decision.wait(std::chrono::nanoseconds::max()), Outcome::kApproved);
}

}  // namespace
}  // namespace filmgate
