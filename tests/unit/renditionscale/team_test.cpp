#include "plugins/renditionscale/team.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <atomic>

namespace filmgate::scaler {
namespace {

TEST(Team, DoesEachTaskOnce) {
  for (const int workers : {1, 2, 5}) {
    Team team(workers);
    for (int round = 0; round < 50; ++round) {
      std::array<std::atomic<int>, 17> done{};
      team.run(17, [&](int task, int worker) {
        EXPECT_LT(worker, team.workers());
        ++done[static_cast<size_t>(task)];
      });
      for (const auto& count : done) EXPECT_EQ(count, 1);
    }
  }
}

// A limit of processes, or a sandbox, may leave the caller alone with the work.
TEST(Team, WorksAloneWhereThreadsAreRefused) {
  pthread_attr_t usual;
  pthread_attr_t endless;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_attr_init(&endless), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&endless, size_t{1} << 50), 0);  // no address space has room
  ASSERT_EQ(pthread_setattr_default_np(&endless), 0);
  std::atomic<int> done = 0;
  Team team(4);
  EXPECT_EQ(pthread_setattr_default_np(&usual), 0);
  EXPECT_EQ(team.workers(), 1);
  team.run(9, [&](int, int worker) {
    EXPECT_EQ(worker, 0);
    ++done;
  });
  EXPECT_EQ(done, 9);
  pthread_attr_destroy(&endless);
  pthread_attr_destroy(&usual);
}

}  // namespace
}  // namespace filmgate::scaler
