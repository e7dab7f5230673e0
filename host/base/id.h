// Identifiers and secrets.
#pragma once

#include <string>

#include "host/base/clock.h"

namespace filmgate {

// UUIDv7 (RFC 9562 §5.7) in lower-case text: sorts by time of creation, also within a millisecond
// of one process. Thread-safe.
std::string new_id(const Clock& clock);

// No id that is made at this time or later is smaller.
std::string first_id_at(int64_t ms);

// `bytes` of cryptographic randomness as base64url without padding.
std::string random_token(size_t bytes = 32);

}  // namespace filmgate
