// Runs a check once for each instruction set that this processor has.
#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <string>

namespace filmgate::quality {

class EachTarget : public testing::Test {
 protected:
  ~EachTarget() override { hwy::SetSupportedTargetsForTest(0); }

  template <typename F>
  void run(F check) {
    const auto all = static_cast<uint64_t>(hwy::SupportedTargets());
    int count = 0;
    for (uint64_t rest = all; rest != 0; rest &= rest - 1) {
      const uint64_t target = rest & ~(rest - 1);
      hwy::SetSupportedTargetsForTest(static_cast<int64_t>(target));
      hwy::GetChosenTarget().Update(hwy::SupportedTargets());
      check(std::string(hwy::TargetName(static_cast<int64_t>(target))));
      ++count;
    }
    EXPECT_GT(count, 0);
  }
};

}  // namespace filmgate::quality
