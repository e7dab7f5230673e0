// Hashes big files on a thread of its own, or on an executor that the caller brings, and answers on
// the caller's.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "host/base/executor.h"
#include "plugins/core/result.h"

namespace filmgate::engine {

class Hasher {
 public:
  using OnDone = std::function<void(const Result<std::string>& sha256)>;

  // `executor`: where it is done; nullptr starts a thread for it.
  explicit Hasher(Executor& answers, Executor* executor = nullptr);
  ~Hasher();  // what is under way is broken off, without an answer
  void hash(const std::string& absolute_path, OnDone done);

 private:
  struct State {
    std::atomic<bool> cancelled{false};
  };
  Executor& answers_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
  std::unique_ptr<Executor> thread_;
  Executor* executor_;
};

}  // namespace filmgate::engine
