#include "host/base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace filmgate {
namespace {

// An executor on a context that the test itself iterates.
class OnContext : public testing::Test {
 protected:
  OnContext() : context_(g_main_context_new()), executor_(make_executor(context_)) {}
  ~OnContext() override {
    executor_.reset();
    g_main_context_unref(context_);
  }
  // Blocks in the context until the condition holds; CTest's timeout bounds it.
  void run_until(const std::function<bool()>& condition) {
    while (!condition()) g_main_context_iteration(context_, TRUE);
  }
  void run_pending() {
    while (g_main_context_iteration(context_, FALSE)) {
    }
  }

  GMainContext* context_;
  std::unique_ptr<Executor> executor_;
};

TEST_F(OnContext, TasksRunInOrderAndNotAtOnce) {
  std::vector<int> ran;
  for (int i = 0; i < 5; ++i) executor_->post([&ran, i] { ran.push_back(i); });
  EXPECT_TRUE(ran.empty());
  run_until([&] { return ran.size() == 5; });
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(OnContext, ATaskMayPost) {
  std::vector<int> ran;
  executor_->post([&] {
    ran.push_back(1);
    executor_->post([&] { ran.push_back(3); });
  });
  executor_->post([&] { ran.push_back(2); });
  run_until([&] { return ran.size() == 3; });
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
}

TEST_F(OnContext, TimersFireInOrderOfTheirDelays) {
  std::vector<int> ran;
  const auto later = executor_->after(30, [&] { ran.push_back(2); });
  const auto sooner = executor_->after(1, [&] { ran.push_back(1); });
  run_until([&] { return ran.size() == 2; });
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
}

TEST_F(OnContext, ATimerFiresOnce) {
  int fired = 0;
  bool done = false;
  const auto timer = executor_->after(0, [&] { ++fired; });
  const auto end = executor_->after(20, [&] { done = true; });
  run_until([&] { return done; });
  EXPECT_EQ(fired, 1);
}

TEST_F(OnContext, ADroppedTimerNeverFires) {
  bool fired = false;
  bool done = false;
  auto timer = executor_->after(0, [&] { fired = true; });
  timer.reset();
  const auto end = executor_->after(20, [&] { done = true; });
  run_until([&] { return done; });
  EXPECT_FALSE(fired);
}

TEST_F(OnContext, ATimerMayDropItselfInItsTask) {
  std::unique_ptr<Executor::Timer> timer;
  auto guard = std::make_shared<int>(7);
  int seen = 0;
  timer = executor_->after(0, [&timer, &seen, guard] {
    timer.reset();
    seen = *guard;  // the task outlives its handle
  });
  run_until([&] { return seen != 0; });
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(guard.use_count(), 1);
}

TEST_F(OnContext, WhatIsPostedDoesNotOutliveTheExecutor) {
  auto guard = std::make_shared<int>(0);
  executor_->post([guard] { ADD_FAILURE() << "the executor is gone"; });
  executor_.reset();
  EXPECT_EQ(guard.use_count(), 1);
  run_pending();
}

TEST(Timer, MayOutliveItsContext) {
  GMainContext* context = g_main_context_new();
  auto executor = make_executor(context);
  g_main_context_unref(context);
  auto guard = std::make_shared<int>(0);
  auto timer = executor->after(0, [guard] { ADD_FAILURE() << "nobody iterates the context"; });
  executor.reset();
  EXPECT_EQ(guard.use_count(), 1) << "the task went with the context";
  timer.reset();
}

TEST(OnThread, TasksRunOnOneThreadOfItsOwnInOrder) {
  std::vector<int> ran;
  std::set<std::thread::id> threads;
  {
    const auto executor = start_executor_thread("test");
    for (int i = 0; i < 1000; ++i) {
      executor->post([&, i] {
        ran.push_back(i);
        threads.insert(std::this_thread::get_id());
      });
    }
  }  // finishes what was posted
  ASSERT_EQ(ran.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
  EXPECT_EQ(threads.size(), 1u);
  EXPECT_EQ(threads.count(std::this_thread::get_id()), 0u);
}

TEST(OnThread, EveryPosterKeepsItsOrder) {
  std::vector<std::pair<int, int>> ran;
  {
    const auto executor = start_executor_thread("test");
    std::vector<std::jthread> posters;
    for (int poster = 0; poster < 4; ++poster) {
      posters.emplace_back([&, poster] {
        for (int i = 0; i < 500; ++i)
          executor->post([&ran, poster, i] { ran.emplace_back(poster, i); });
      });
    }
    posters.clear();
  }
  EXPECT_EQ(ran.size(), 2000u);
  int last[4] = {-1, -1, -1, -1};
  for (const auto& [poster, i] : ran) {
    EXPECT_EQ(i, last[poster] + 1);
    last[poster] = i;
  }
}

TEST(OnThread, TheEndAlsoRunsWhatTheLastTasksPost) {
  int ran = 0;
  {
    const auto executor = start_executor_thread("test");
    Executor* raw = executor.get();
    executor->post([raw, &ran] {
      ++ran;
      raw->post([raw, &ran] {
        ++ran;
        raw->post([&ran] { ++ran; });
      });
    });
  }
  EXPECT_EQ(ran, 3);
}

TEST(OnThread, TimersAndContextBelongToTheThread) {
  const auto executor = start_executor_thread("test");
  std::promise<bool> fired;
  std::unique_ptr<Executor::Timer> timer;
  executor->post([&] {
    timer = executor->after(1, [&] {
      const bool here = g_main_context_get_thread_default() == executor->context();
      timer.reset();  // before the test's thread may end the scope that holds it
      fired.set_value(here);
    });
  });
  EXPECT_TRUE(fired.get_future().get());
}

}  // namespace
}  // namespace filmgate
