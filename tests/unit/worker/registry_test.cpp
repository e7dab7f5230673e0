#include "host/worker/supervise/registry.h"

#include <gtest/gtest.h>

#include <ctime>

#include "host/base/file.h"
#include "tests/support/process.h"

namespace filmgate::worker {
namespace {

timespec now() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

class Registry : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(make_folders(plugins_).ok());
    ASSERT_TRUE(write_file_durably(plugins_ + "/a.so", "a").ok());
    ASSERT_TRUE(write_file_durably(registry_, "cache").ok());
    // Marked a little ahead, since file systems stamp with a coarse clock.
    timespec soon = now();
    soon.tv_nsec += 50'000'000;
    if (soon.tv_nsec >= 1'000'000'000) {
      ++soon.tv_sec;
      soon.tv_nsec -= 1'000'000'000;
    }
    ASSERT_TRUE(mark_registry(registry_, soon).ok());
  }
  bool current() const { return registry_is_current(registry_, {plugins_}); }

  test::TemporaryFolder folder_;
  const std::string plugins_ = folder_ / "plugins";
  const std::string registry_ = folder_ / "registry.bin";
};

TEST_F(Registry, IsCurrentUntilAPluginChanges) {
  EXPECT_TRUE(current());
  ASSERT_TRUE(mark_registry(plugins_ + "/a.so", timespec{1, 0}).ok());  // as dpkg: an old mtime
  EXPECT_TRUE(test::wait_until([&] {
    EXPECT_TRUE(mark_registry(plugins_ + "/a.so", timespec{1, 0}).ok());
    return !current();
  }));
}

TEST_F(Registry, IsNotCurrentWithANewPluginOrWithoutItsFolder) {
  EXPECT_TRUE(test::wait_until([&] {
    EXPECT_TRUE(write_file_durably(plugins_ + "/b.so", "b").ok());
    return !current();
  }));
  EXPECT_FALSE(registry_is_current(registry_, {plugins_ + "/none"}));
  EXPECT_FALSE(registry_is_current(folder_ / "none.bin", {plugins_}));
}

}  // namespace
}  // namespace filmgate::worker
