#include "host/http/auth.h"

#include <sstream>

#include "host/base/file.h"
#include "host/base/hash.h"

namespace filmgate {
namespace {

constexpr size_t kMaxFileBytes = size_t{1} << 20;
constexpr size_t kLeastTokenLength = 16;
constexpr std::string_view kDigestPrefix = "sha256:";

std::optional<Role> role_from(const std::string& name) {
  if (name == "uploader") return Role::kUploader;
  if (name == "reviewer") return Role::kReviewer;
  if (name == "operator") return Role::kOperator;
  return std::nullopt;
}

Result<AccessToken> read_line(const std::string& line) {
  const auto wrong = [](const char* what) { return Error{ErrorCode::kInvalidInput, what}; };
  std::istringstream words(line);
  std::string role, token, more;
  AccessToken access;
  if (!(words >> role >> access.name >> token) || words >> more) {
    return wrong("a line is \"role name token\"");
  }
  const auto known = role_from(role);
  if (!known) return wrong("the role is one of uploader, reviewer, operator");
  access.role = *known;
  if (token.starts_with(kDigestPrefix)) {
    access.sha256 = token.substr(kDigestPrefix.size());
    if (access.sha256.size() != 64 ||
        access.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
      return wrong("sha256: is followed by 64 lower-case hex digits");
    }
  } else {
    if (token.size() < kLeastTokenLength) return wrong("the token is shorter than 16 characters");
    access.sha256 = to_hex(sha256(token));
  }
  return access;
}

}  // namespace

Result<std::vector<AccessToken>> read_tokens(const std::vector<std::string>& files) {
  std::vector<AccessToken> tokens;
  for (const std::string& path : files) {
    auto content = read_file(path, kMaxFileBytes);
    if (!content) return content.error();
    std::istringstream lines(*content);
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      const size_t first = line.find_first_not_of(" \t\r");
      if (first == std::string::npos || line[first] == '#') continue;
      auto token = read_line(line);
      if (!token) {
        return Error{token.error().code,
                     path + ":" + std::to_string(number) + ": " + token.error().message};
      }
      tokens.push_back(*std::move(token));
    }
  }
  if (!files.empty() && tokens.empty()) {
    return Error{ErrorCode::kInvalidInput, files.front() + " holds no token; nobody could enter"};
  }
  return tokens;
}

const AccessToken* authenticate(const std::vector<AccessToken>& tokens,
                                const std::string& authorization) {
  std::string presented;
  if (authorization.starts_with("Bearer ")) {
    presented = authorization.substr(7);
  } else if (authorization.starts_with("Basic ")) {
    const auto decoded = from_base64(std::string_view(authorization).substr(6));
    if (!decoded || decoded->find(':') == std::string::npos) return nullptr;
    presented = decoded->substr(decoded->find(':') + 1);
  }
  if (presented.empty()) return nullptr;
  const std::string digest = to_hex(sha256(presented));
  const AccessToken* found = nullptr;
  for (const AccessToken& token : tokens) {
    if (equal_in_constant_time(token.sha256, digest)) found = &token;
  }
  return found;
}

}  // namespace filmgate
