// Standard Webhooks signatures (https://www.standardwebhooks.com, specification 1.0.0). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

// The key behind a configured secret: what follows "whsec_" is base64; any other text is the key
// as it is. kInvalidInput when the base64 is broken or the key shorter than 16 bytes.
Result<std::string> webhook_key(const std::string& secret);

// The value of `webhook-signature`: "v1,<base64 of HMAC-SHA256 over id.timestamp.body>".
std::string webhook_signature(std::string_view key, std::string_view id, int64_t timestamp_s,
                              std::string_view body);

}  // namespace filmgate
