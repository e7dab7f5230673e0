#include "host/worker/process/wanted_times.h"

#include <algorithm>

namespace filmgate::worker {

namespace {

constexpr uint64_t kMostTimes = 10'000;
// In hundredths of the duration. The first seconds are often black or a title, the last the
// credits.
constexpr uint64_t kPosterPlaces[] = {10, 30, 50};

// False when it would be too many.
bool add_parts(uint64_t duration, uint64_t interval, unsigned count, std::vector<uint64_t>& times) {
  if (count > 0) {
    for (uint64_t i = 0; i < count; ++i) {
      times.push_back(duration / count * i + duration / count / 2);
    }
    return true;
  }
  if (interval == 0) return true;
  if (duration / interval >= kMostTimes) return false;
  for (uint64_t start = 0; start < duration; start += interval) {
    times.push_back(start + (std::min(start + interval, duration) - start) / 2);
  }
  return true;
}

}  // namespace

std::vector<uint64_t> wanted_times(const WantedStills& wanted, uint64_t duration) {
  std::vector<uint64_t> times;
  if (!add_parts(duration, wanted.picture_interval, wanted.picture_count, times) ||
      !add_parts(duration, wanted.tile_interval, wanted.tile_count, times)) {
    return {};
  }
  if (wanted.poster && times.size() < std::size(kPosterPlaces)) {
    for (const uint64_t place : kPosterPlaces) times.push_back(duration / 100 * place);
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

}  // namespace filmgate::worker
