#include "host/net/webhook_signature.h"

#include "host/base/hash.h"

namespace filmgate {
namespace {
constexpr std::string_view kPrefix = "whsec_";
constexpr size_t kLeastKeyBytes = 16;

Error too_short() {
  return {ErrorCode::kInvalidInput,
          "a webhook secret is shorter than 16 bytes; make one with: echo whsec_$(openssl rand "
          "-base64 24)"};
}

}  // namespace

Result<std::string> webhook_key(const std::string& secret) {
  if (!secret.starts_with(kPrefix)) {
    if (secret.size() < kLeastKeyBytes) return too_short();
    return secret;
  }
  const auto decoded = from_base64(std::string_view(secret).substr(kPrefix.size()));
  if (!decoded) {
    return Error{ErrorCode::kInvalidInput,
                 "a webhook secret begins with whsec_ but what follows is not base64"};
  }
  if (decoded->size() < kLeastKeyBytes) return too_short();
  return *decoded;
}

std::string webhook_signature(std::string_view key, std::string_view id, int64_t timestamp_s,
                              std::string_view body) {
  std::string signed_text(id);
  signed_text += '.';
  signed_text += std::to_string(timestamp_s);
  signed_text += '.';
  signed_text += body;
  const Sha256Digest mac = hmac_sha256(key, signed_text);
  return "v1," + to_base64({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

}  // namespace filmgate
