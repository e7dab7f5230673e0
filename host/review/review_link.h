// Links under which reviewers decide. A token is made from the approval, the reviewer and the
// revision with the server's key, so that a repeated message carries the same link and nothing has
// to be stored; whoever knows the link decides as that reviewer. Pure; safe to use from any thread.
#pragma once

#include <optional>
#include <string>

#include "host/base/clock.h"
#include "host/model/records.h"

namespace filmgate {

class ReviewLinks {
 public:
  // `key`: 32 bytes or more. `public_url` without a slash at the end.
  ReviewLinks(std::string key, std::string public_url);

  // "https://films.example/review/<token>". A reviewer whom the approval doesn't name (the console,
  // an approval for anybody) gets the link of nobody in particular.
  std::string link(const Approval& approval, const std::string& reviewer) const;
  std::string token(const Approval& approval, const std::string& reviewer) const;

  // The approval that a token speaks of; nullopt when it is malformed. Not yet verified.
  static std::optional<std::string> approval_id_of(const std::string& token);
  // The reviewer as whom the token's holder acts ("" = nobody in particular); nullopt when the
  // token was not made here for this approval. In constant time.
  std::optional<std::string> verify(const std::string& token, const Approval& approval) const;

  // A value for a form, so that only who has seen the page can send it. `binding` says what it is
  // for (the token of the page); good for `kNonceLifeMs`.
  std::string nonce(const std::string& binding, int64_t now_ms) const;
  bool check_nonce(const std::string& nonce, const std::string& binding, int64_t now_ms) const;

  static constexpr int64_t kNonceLifeMs = 12 * 3600 * 1000;

 private:
  std::string mac(const std::string& purpose, const std::string& text) const;

  std::string key_;
  std::string public_url_;
};

}  // namespace filmgate
