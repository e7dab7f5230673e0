// Who may do what. Tokens come from a file; only their digests are kept in memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate {

// Each may do what the ones before may: uploaders read, reviewers decide, operators steer.
enum class Role { kUploader, kReviewer, kOperator };

struct AccessToken {
  Role role = Role::kUploader;
  std::string name;
  std::string sha256;  // hex
};

// Lines of "role name token", # comments; a token has 16 characters or more, or is "sha256:" and
// the hex digest of one. Errors name file and line.
Result<std::vector<AccessToken>> read_tokens(const std::vector<std::string>& files);

// "Bearer …", or "Basic …" with the token as the password. Compares in constant time.
const AccessToken* authenticate(const std::vector<AccessToken>& tokens,
                                const std::string& authorization);

}  // namespace filmgate
