// The deliverer of the configured endpoints: "log" writes a line, a webhook is posted and signed.
#pragma once

#include <memory>
#include <vector>

#include "host/base/clock.h"
#include "host/base/executor.h"
#include "host/config/configuration.h"
#include "host/notify/deliverer.h"
#include "plugins/core/result.h"

namespace filmgate {

struct DelivererOptions {
  std::vector<Endpoint> endpoints;  // "log" is there besides them
  int64_t timeout_ms = 15'000;
  bool allow_private_addresses = false;
  std::string ca_file;
};

// kInvalidInput when an endpoint's secret can't be used. deliver() is to be called on `executor`.
Result<std::unique_ptr<Deliverer>> make_deliverer(DelivererOptions options, Executor& executor,
                                                  const Clock& clock);

// The body of a webhook: { "type": topic, "timestamp": when it came about, "data": the message }.
// The same for every attempt.
std::string webhook_body(const OutboxMessage& message);

}  // namespace filmgate
