#include "host/base/id.h"

#include <sodium.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "host/base/hash.h"

namespace filmgate {
namespace {

struct Tick {
  uint64_t ms = 0;
  unsigned counter = 0;
};

// RFC 9562 §6.2 method 1: rand_a is a counter that starts at a random value below half of its range
// in each millisecond. When it is used up, or when the clock steps back, time is borrowed.
Tick next_tick(uint64_t now_ms) {
  constexpr unsigned kCounterEnd = 1u << 12;
  static std::mutex mutex;
  static Tick last;
  const std::scoped_lock lock(mutex);
  if (now_ms > last.ms) {
    last = {now_ms, randombytes_uniform(kCounterEnd / 2)};
  } else if (++last.counter == kCounterEnd) {
    last = {last.ms + 1, randombytes_uniform(kCounterEnd / 2)};
  }
  return last;
}

}  // namespace

std::string new_id(const Clock& clock) {
  const Tick tick = next_tick(static_cast<uint64_t>(clock.now_ms()));
  unsigned char bytes[16];
  randombytes_buf(bytes, sizeof bytes);
  for (int i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(tick.ms >> (8 * (5 - i)));
  }
  bytes[6] = static_cast<unsigned char>(0x70 | tick.counter >> 8);  // version 7
  bytes[7] = static_cast<unsigned char>(tick.counter);
  bytes[8] = static_cast<unsigned char>(0x80 | (bytes[8] & 0x3f));  // variant 10
  const std::string hex = to_hex(bytes, sizeof bytes);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4) + '-' +
         hex.substr(16, 4) + '-' + hex.substr(20);
}

std::string first_id_at(int64_t ms) {
  unsigned char bytes[6];
  for (int i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(static_cast<uint64_t>(std::max<int64_t>(0, ms)) >>
                                          (8 * (5 - i)));
  }
  const std::string hex = to_hex(bytes, sizeof bytes);
  return hex.substr(0, 8) + '-' + hex.substr(8);
}

std::string random_token(size_t bytes) {
  std::vector<char> secret(bytes);
  randombytes_buf(secret.data(), secret.size());
  std::string token = to_base64url({secret.data(), secret.size()});
  sodium_memzero(secret.data(), secret.size());
  return token;
}

}  // namespace filmgate
