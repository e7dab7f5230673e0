// Which assets a request asks for: the same parameters for the list and for what is done to many.
#pragma once

#include <string>
#include <vector>

#include "host/base/clock.h"
#include "host/engine/engine.h"
#include "host/http/exchange.h"
#include "host/store/store.h"

namespace filmgate::http {

// state, description, since, text, cursor and limit. `since` is a time, a date, or a span of time
// before now. The error is the sentence for a 400.
Result<AssetQuery> asset_query(const Exchange& exchange, const Clock& clock, int limit,
                               int largest_limit);

struct ListedAssets {
  std::vector<AssetSummary> assets;
  // One for each: what those wait for that wait for no person; "" for the others, whose detail says
  // it.
  std::vector<std::string> waits_for;
};
Result<ListedAssets> list_with_waits(Engine& engine, const AssetQuery& query);

}  // namespace filmgate::http
