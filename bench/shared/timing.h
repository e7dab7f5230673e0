// How long a piece of work takes, in processor time of the calling thread.
#pragma once

#include <ctime>

namespace filmgate::bench {

inline double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Calls `pass` until that has taken long enough to be told, after one call that doesn't count;
// seconds a call.
template <typename F>
double seconds_each(F pass) {
  constexpr double kLeastSeconds = 0.4;
  pass();
  const double begin = processor_seconds();
  double spent = 0;
  int calls = 0;
  while (spent < kLeastSeconds) {
    pass();
    ++calls;
    spent = processor_seconds() - begin;
  }
  return spent / calls;
}

}  // namespace filmgate::bench
