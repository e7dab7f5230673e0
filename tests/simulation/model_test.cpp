// A hundred thousand ways that one asset can go, as the tables, the fences and the history tell it.
//   FILMGATE_SEED=N FILMGATE_SCHEDULES=1   repeats one
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/simulation/model.h"

namespace filmgate::test {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What went wrong after so many steps, and what had happened.
std::pair<std::string, std::vector<std::string>> run(uint64_t seed, int steps) {
  Model model(seed);
  std::string wrong;
  for (int i = 0; i < steps && wrong.empty(); ++i) wrong = model.step();
  if (wrong.empty()) wrong = model.settle();
  return {wrong, model.trace()};
}

TEST(Model, EveryScheduleEndsWell) {
  const uint64_t first = number_from("FILMGATE_SEED", 1);
  const uint64_t count = number_from("FILMGATE_SCHEDULES", 100'000);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const int steps = 10 + static_cast<int>(seed % 30);
    if (run(seed, steps).first.empty()) continue;
    int least = 0;  // as few steps as it takes
    while (least < steps && run(seed, least).first.empty()) ++least;
    const auto [wrong, trace] = run(seed, least);
    std::string told;
    for (const std::string& line : trace) told += "\n  " + line;
    FAIL() << "FILMGATE_SEED=" << seed << " FILMGATE_SCHEDULES=1: " << wrong << told;
  }
}

}  // namespace
}  // namespace filmgate::test
