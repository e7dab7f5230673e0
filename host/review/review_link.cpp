#include "host/review/review_link.h"

#include <charconv>

#include "host/base/hash.h"
#include "host/base/id.h"

namespace filmgate {
namespace {

// Token: the approval's UUID in 16 bytes, the reviewer's place in its list, a MAC of 16 bytes.
constexpr size_t kIdBytes = 16;
constexpr size_t kMacBytes = 16;
constexpr size_t kTokenBytes = kIdBytes + 1 + kMacBytes;
constexpr unsigned char kNobodyInParticular = 255;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<std::string> uuid_to_bytes(const std::string& text) {
  std::string bytes;
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      bytes += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  if (text.size() != 36) return std::nullopt;
  return bytes;
}

std::string bytes_to_uuid(std::string_view bytes) {
  std::string text = to_hex(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  for (const size_t at : {8, 13, 18, 23}) text.insert(at, 1, '-');
  return text;
}

unsigned char place_of(const Approval& approval, const std::string& reviewer) {
  const auto& all = approval.reviewers;
  const auto found = std::find(all.begin(), all.end(), reviewer);
  const auto place = static_cast<size_t>(found - all.begin());
  return found == all.end() || place >= kNobodyInParticular ? kNobodyInParticular
                                                            : static_cast<unsigned char>(place);
}

// No text of a reviewer can pass for another field: each is preceded by its length.
std::string bound_text(const Approval& approval, const std::string& reviewer) {
  return approval.id + ' ' + std::to_string(approval.revision) + ' ' +
         std::to_string(reviewer.size()) + ' ' + reviewer;
}

}  // namespace

ReviewLinks::ReviewLinks(std::string key, std::string public_url)
    : key_(std::move(key)), public_url_(std::move(public_url)) {}

std::string ReviewLinks::mac(const std::string& purpose, const std::string& text) const {
  const Sha256Digest digest = hmac_sha256(key_, purpose + ' ' + text);
  return {reinterpret_cast<const char*>(digest.data()), kMacBytes};
}

std::string ReviewLinks::token(const Approval& approval, const std::string& reviewer) const {
  const unsigned char place = place_of(approval, reviewer);
  const std::string who = place == kNobodyInParticular ? "" : reviewer;
  return to_base64url(uuid_to_bytes(approval.id).value_or("") + static_cast<char>(place) +
                      mac("review", bound_text(approval, who)));
}

std::string ReviewLinks::link(const Approval& approval, const std::string& reviewer) const {
  return public_url_ + "/review/" + token(approval, reviewer);
}

std::optional<std::string> ReviewLinks::approval_id_of(const std::string& token) {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != kTokenBytes) return std::nullopt;
  return bytes_to_uuid(std::string_view(*bytes).substr(0, kIdBytes));
}

std::optional<std::string> ReviewLinks::verify(const std::string& token,
                                               const Approval& approval) const {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != kTokenBytes) return std::nullopt;
  const auto place = static_cast<unsigned char>((*bytes)[kIdBytes]);
  std::string who;
  if (place != kNobodyInParticular) {
    if (place >= approval.reviewers.size()) return std::nullopt;
    who = approval.reviewers[place];
  }
  const std::string wanted = mac("review", bound_text(approval, who));
  const bool genuine =
      equal_in_constant_time(std::string_view(*bytes).substr(kIdBytes + 1), wanted) &&
      bytes->substr(0, kIdBytes) == uuid_to_bytes(approval.id).value_or("");
  return genuine ? std::optional(who) : std::nullopt;
}

// <ms>.<random>.<mac>
std::string ReviewLinks::nonce(const std::string& binding, int64_t now_ms) const {
  const std::string head = std::to_string(now_ms) + '.' + random_token(9);
  return head + '.' + to_base64url(mac("nonce", head + ' ' + binding));
}

bool ReviewLinks::check_nonce(const std::string& nonce, const std::string& binding,
                              int64_t now_ms) const {
  const size_t dot = nonce.rfind('.');
  if (dot == std::string::npos) return false;
  const std::string head = nonce.substr(0, dot);
  const std::string wanted = to_base64url(mac("nonce", head + ' ' + binding));
  if (!equal_in_constant_time(std::string_view(nonce).substr(dot + 1), wanted)) return false;
  int64_t made_ms = 0;
  std::from_chars(head.data(), head.data() + head.size(), made_ms);
  return made_ms <= now_ms && now_ms - made_ms < kNonceLifeMs;
}

}  // namespace filmgate
