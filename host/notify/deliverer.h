// Delivers one message of the outbox to one endpoint. The engine decides when, how often and in
// which order; a deliverer only tries once and says how it went.
#pragma once

#include <functional>
#include <string>

#include "host/model/records.h"

namespace filmgate {

enum class DeliveryResult {
  kDelivered,
  kRetry,   // away, timed out, 5xx, 429
  kRefused  // will never succeed: 410 Gone, a forbidden address, no such endpoint
};

struct DeliveryOutcome {
  DeliveryResult result = DeliveryResult::kRetry;
  std::string error;           // one sentence, when not delivered
  int64_t retry_after_ms = 0;  // what the receiver asked for; 0 = nothing
};

class Deliverer {
 public:
  using OnDone = std::function<void(const DeliveryOutcome& outcome)>;
  virtual ~Deliverer() = default;
  // Calls `done` exactly once, on the engine's executor, never from within deliver().
  virtual void deliver(const OutboxMessage& message, OnDone done) = 0;
};

}  // namespace filmgate
