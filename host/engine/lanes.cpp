// What goes first and what may not go now: lanes that are paused, priorities, and descriptions that
// have their fill.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

constexpr Lane kLanes[] = {Lane::kLight, Lane::kProbe, Lane::kEncode};
constexpr const char* kPaused = "paused";

std::string setting_of(Lane lane) {
  return std::string("lane.") + to_string(lane);
}

}  // namespace

Result<void> EngineImpl::read_paused() {
  return parts_.store.read([&](Transaction& tx) -> Result<void> {
    for (const Lane lane : kLanes) {
      auto kept = tx.setting(setting_of(lane));
      if (!kept) return kept.error();
      if (*kept == kPaused) paused_.insert(lane);
    }
    return {};
  });
}

Result<void> EngineImpl::set_paused(Lane lane, bool paused) {
  // The store says how it is: of a commit whose reply was lost we may know less.
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto kept = c.tx.setting(setting_of(lane));
    if (!kept) return kept.error();
    if ((*kept == kPaused) == paused) return {};
    FILMGATE_TRY(c.tx.set_setting(setting_of(lane), paused ? kPaused : ""));
    return c.event("", paused ? "lane.paused" : "lane.resumed",
                   Json::object({{"lane", to_string(lane)}}));
  }));
  if (paused_.contains(lane) == paused) return {};
  if (paused) {
    paused_.insert(lane);
  } else {
    paused_.erase(lane);
  }
  log(LogLevel::kInfo, "engine",
      std::string("the lane ") + to_string(lane) + (paused ? " is paused" : " goes on"));
  kick();
  return {};
}

Result<std::vector<LaneState>> EngineImpl::lanes() {
  std::vector<LaneState> all;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    for (const Lane lane : kLanes) {
      auto waiting = tx.count_due(lane, parts_.clock.now_ms());
      if (!waiting) return waiting.error();
      all.push_back({lane, paused_.contains(lane), slots_of(lane), running_in(lane), *waiting});
    }
    return {};
  }));
  return all;
}

int EngineImpl::slots_of(Lane lane) const {
  if (lane == Lane::kLight) return options_.slots.light;
  return lane == Lane::kProbe ? options_.slots.probe : options_.slots.encode;
}

int EngineImpl::running_in(Lane lane) const {
  return static_cast<int>(std::count_if(runs_.begin(), runs_.end(), [lane](const auto& entry) {
    return entry.second->lane == lane;
  }));
}

// The limit is that of the description as it is loaded now, so that one that was changed holds for
// what waits already; without its file, that of the text with which the asset began.
std::map<std::string, int> EngineImpl::saturated(Lane lane) const {
  std::map<std::string, int> full;
  if (lane == Lane::kLight) return full;  // short work holds nobody up
  std::map<std::string, int> running;
  for (const auto& [id, run] : runs_) {
    if (run->lane != lane) continue;
    const std::string& name = run->asset.description;
    const Description* const loaded = descriptions_.router().find(name);
    const int limit = (loaded != nullptr ? loaded : run->description)->concurrency;
    if (++running[name] >= limit && limit > 0) full[name] = limit;
  }
  return full;
}

Result<void> EngineImpl::prioritize(const std::string& asset_id, int priority) {
  if (priority < -kMaxPriority || priority > kMaxPriority) {
    return Error{ErrorCode::kInvalidInput, "a priority is a whole number from -" +
                                               std::to_string(kMaxPriority) + " to " +
                                               std::to_string(kMaxPriority)};
  }
  return change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    if (is_final(asset->state)) {
      return Error{ErrorCode::kConflict, asset->name + " is " + to_string(asset->state) +
                                             "; nothing of it waits that could go first"};
    }
    if (asset->priority == priority) return {};
    FILMGATE_TRY(c.tx.prioritize(asset_id, priority, c.now_ms));
    return c.event(asset_id, "asset.prioritized",
                   Json::object({{"from", asset->priority}, {"to", priority}}));
  });
}

}  // namespace filmgate::engine
