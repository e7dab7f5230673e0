// The chain that makes an asset's history tamper-evident.
#pragma once

#include <string>
#include <vector>

#include "host/model/records.h"
#include "plugins/core/result.h"

namespace filmgate {

// SHA-256 in hex of previous_hash, number, asset, kind, time and data, one per line, the data as
// compact JSON. What is personal counts by its hash within the data.
std::string event_hash(const Event& event);

// `events`: all of one asset, by number. kInternal names the first event that was altered, left
// out or put in, or whose personal part was altered, or is gone though no asset.erased follows.
// That the end was cut off can only be told by somebody who kept the latest hash.
Result<void> check_chain(const std::vector<Event>& events);

}  // namespace filmgate
