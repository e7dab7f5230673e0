#include "host/engine/hasher.h"

#include "host/base/file.h"

namespace filmgate::engine {

Hasher::Hasher(Executor& answers, Executor* executor)
    : answers_(answers),
      thread_(executor == nullptr ? start_executor_thread("hash") : nullptr),
      executor_(executor == nullptr ? thread_.get() : executor) {}

Hasher::~Hasher() {
  state_->cancelled = true;
  thread_.reset();
}

void Hasher::hash(const std::string& absolute_path, OnDone done) {
  executor_->post([&answers = answers_, state = state_, absolute_path, done = std::move(done)] {
    if (state->cancelled) return;
    Result<std::string> sha256 = Error{ErrorCode::kCancelled, "hashing was broken off"};
    if (Result<Fd> file = open_untrusted(absolute_path); file.ok()) {
      sha256 =
          sha256_hex_of(file->get(), absolute_path, [&state] { return state->cancelled.load(); });
    } else {
      sha256 = file.error();
    }
    if (state->cancelled) return;
    answers.post([state, done, sha256] {
      if (!state->cancelled) done(sha256);
    });
  });
}

}  // namespace filmgate::engine
