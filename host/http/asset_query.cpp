#include "host/http/asset_query.h"

#include <charconv>

#include "host/base/duration.h"

namespace filmgate::http {

Result<AssetQuery> asset_query(const Exchange& exchange, const Clock& clock, int limit,
                               int largest_limit) {
  AssetQuery query;
  query.text = exchange.query("text");
  query.description = exchange.query("description");
  query.before = exchange.query("cursor");
  query.limit = limit;
  if (const std::string state = exchange.query("state"); !state.empty()) {
    query.state = asset_state_from(state);
    if (!query.state) {
      return Error{ErrorCode::kInvalidInput, "There is no state \"" + state + "\"."};
    }
  }
  if (const std::string since = exchange.query("since"); !since.empty()) {
    if (const auto ago = parse_duration_ms(since)) {
      query.since_ms = clock.now_ms() - *ago;
    } else if (const auto time = parse_time_ms(since)) {
      query.since_ms = *time;
    } else {
      return Error{ErrorCode::kInvalidInput,
                   "since must be a time such as 2026-11-21T09:30:00Z, a date such as 2026-11-21, "
                   "or how long ago, such as 12h or 3d."};
    }
  }
  if (const std::string text = exchange.query("limit"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query.limit);
    if (error != std::errc() || end != text.data() + text.size() || query.limit < 1 ||
        query.limit > largest_limit) {
      return Error{ErrorCode::kInvalidInput,
                   "limit must be a number from 1 to " + std::to_string(largest_limit) + "."};
    }
  }
  return query;
}

Result<ListedAssets> list_with_waits(Engine& engine, const AssetQuery& query) {
  ListedAssets listed;
  auto found = engine.list(query);
  if (!found) return found.error();
  listed.assets = *std::move(found);
  listed.waits_for.resize(listed.assets.size());
  std::vector<Asset> working;
  std::vector<size_t> places;
  for (size_t i = 0; i < listed.assets.size(); ++i) {
    const AssetSummary& each = listed.assets[i];
    if (is_final(each.state) || each.state == AssetState::kWaitingMetadata ||
        each.state == AssetState::kAwaitingApproval) {
      continue;
    }
    Asset asset;
    asset.id = each.id;
    asset.revision = each.revision;
    asset.state = each.state;
    working.push_back(std::move(asset));
    places.push_back(i);
  }
  auto words = engine.waits_for(working);
  if (!words) return words.error();
  for (size_t i = 0; i < places.size(); ++i) listed.waits_for[places[i]] = (*words)[i];
  return listed;
}

}  // namespace filmgate::http
