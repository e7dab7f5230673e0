// Random schedules of everything that can happen to a host; each must end well. The first one that
// doesn't is cut down to the steps that it takes, and told.
//   FILMGATE_SEED=N FILMGATE_SCHEDULES=1   repeats one
#include <cstdlib>
#include <random>

#include "tests/simulation/world.h"

namespace filmgate::test {
namespace {

constexpr int kWorldLasts = 200;  // schedules; then a new database

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<Step> schedule(uint64_t seed) {
  // How often each happens, beside the others; in the order of Op.
  static constexpr int kWeights[kOps] = {6,  3, 2, 1, 10, 30, 8, 5, 22, 8,
                                         10, 3, 8, 2, 3,  2,  3, 1, 2};
  std::mt19937_64 random(seed);
  std::discrete_distribution<int> pick(std::begin(kWeights), std::end(kWeights));
  std::vector<Step> steps{{Op::kUpload, static_cast<uint32_t>(random())}, {Op::kScan, 0}};
  for (auto left = 10 + random() % 40; left > 0; --left) {
    const Op op = static_cast<Op>(pick(random));
    steps.push_back({op, static_cast<uint32_t>(random())});
  }
  return steps;
}

std::string run_alone(uint64_t seed, const std::vector<Step>& steps) {
  return World().run(seed, steps);
}

// Leaves out what isn't needed to go wrong, in ever smaller pieces.
std::vector<Step> cut_down(uint64_t seed, std::vector<Step> steps) {
  for (size_t piece = steps.size() / 2; piece > 0; piece /= 2) {
    for (size_t from = 0; from + piece <= steps.size();) {
      std::vector<Step> fewer = steps;
      const auto first = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(first, first + static_cast<std::ptrdiff_t>(piece));
      if (run_alone(seed, fewer).empty()) {
        from += piece;
      } else {
        steps = std::move(fewer);
      }
    }
  }
  return steps;
}

void simulate(uint64_t first, uint64_t count) {
  std::optional<World> world;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    if (!world || (seed - first) % kWorldLasts == 0) world.emplace();
    const std::vector<Step> steps = schedule(seed);
    if (world->run(seed, steps).empty()) continue;
    world.reset();
    std::string told;
    const std::vector<Step> least = cut_down(seed, steps);
    for (const Step& step : least) told += "\n  " + to_string(step);
    FAIL() << "FILMGATE_SEED=" << seed << " FILMGATE_SCHEDULES=1: " << run_alone(seed, least)
           << told;
  }
}

TEST(Simulation, EveryScheduleEndsWell) {
  simulate(number_from("FILMGATE_SEED", 1), number_from("FILMGATE_SCHEDULES", 1000));
}

}  // namespace
}  // namespace filmgate::test
