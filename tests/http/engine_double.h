// An engine that holds a few assets and remembers what it was asked to do. Called on the engine's
// thread only, as the real one; tests look at it while nothing is asked.
#pragma once

#include <chrono>
#include <map>
#include <set>

#include "host/engine/engine.h"

namespace filmgate {

class EngineDouble final : public Engine {
 public:
  Result<void> start() override { return {}; }
  void stop(std::function<void()> stopped) override { stopped(); }
  Result<std::string> admit(const Arrival&) override { return std::string(); }
  std::vector<Result<std::string>> admit_batch(std::span<const Arrival> arrivals) override {
    return std::vector<Result<std::string>>(arrivals.size(), std::string());
  }
  Result<bool> knows(const std::string&) override { return false; }
  IntakeState intake() override { return room; }
  Result<void> sidecar_arrived(const std::string&, const FoundFile&) override { return {}; }

  Result<DecisionOutcome> decide(const DecisionRequest& request) override {
    const std::string wanted = request.decision == Decision::kApprove ? "approved" : "rejected";
    for (auto& [id, view] : views) {
      if (!view.approval || view.approval->id != request.approval_id) continue;
      Approval& approval = *view.approval;
      if (approval.state == wanted) return DecisionOutcome{approval, true};
      if (approval.state == "expired") return Error{ErrorCode::kTimeout, "it expired"};
      if (approval.state != "pending") {
        return Error{ErrorCode::kConflict, "this request was already " + approval.state};
      }
      approval.state = wanted;
      decisions.push_back(request);
      return DecisionOutcome{approval, false};
    }
    return Error{ErrorCode::kNotFound, "there is no such request for approval"};
  }
  Result<void> cancel(const std::string& id) override { return note("cancel", id); }
  Result<void> retry(const std::string& id) override { return note("retry", id); }
  Result<void> prioritize(const std::string& id, int priority) override {
    return note("prioritize " + std::to_string(priority), id);
  }
  Result<std::vector<LaneState>> lanes() override {
    std::vector<LaneState> all;
    for (const Lane lane : {Lane::kLight, Lane::kProbe, Lane::kEncode}) {
      all.push_back({.lane = lane, .paused = paused.contains(lane), .slots = 2, .waiting = 7});
    }
    return all;
  }
  Result<void> pause(Lane lane) override {
    paused.insert(lane);
    return {};
  }
  Result<void> resume(Lane lane) override {
    paused.erase(lane);
    return {};
  }
  Result<void> erase(const std::string& id, bool media) override {
    return note(media ? "erase with media" : "erase", id);
  }

  Result<AssetView> view(const std::string& id) override {
    const auto found = views.find(id);
    if (found == views.end()) return Error{ErrorCode::kNotFound, "there is no asset " + id};
    return found->second;
  }
  Result<std::vector<Asset>> assets(const AssetQuery&) override {
    return Error{ErrorCode::kUnsupported, "nobody here asks for whole assets"};
  }
  Result<std::vector<AssetSummary>> list(const AssetQuery& query) override {
    last_query = query;
    std::vector<AssetSummary> all;
    for (auto one = views.rbegin(); one != views.rend(); ++one) {
      const Asset& asset = one->second.asset;
      if (query.state && asset.state != *query.state) continue;
      if (query.open && is_final(asset.state)) continue;
      if (!query.description.empty() && asset.description != query.description) continue;
      if (asset.created_ms < query.since_ms) continue;
      if (!query.before.empty() && asset.id >= query.before) continue;
      if (asset.name.find(query.text) == std::string::npos) continue;
      if (static_cast<int>(all.size()) < query.limit) all.push_back(summary_of(asset));
    }
    return all;
  }
  Result<std::vector<std::string>> waits_for(std::span<const Asset> assets) override {
    std::vector<std::string> all;
    for (const Asset& asset : assets) all.push_back(views[asset.id].waits_for);
    return all;
  }
  Result<std::vector<Event>> events(const std::string&) override { return stored; }
  Result<Audit> audit(const std::string& id) override {
    auto view = this->view(id);
    if (!view) return view.error();
    AssetRows rows;
    rows.asset = view->asset;
    return filmgate::audit(rows, stored);
  }
  Result<std::optional<Approval>> approval(const std::string& id) override {
    for (const auto& [asset, view] : views) {
      if (view.approval && view.approval->id == id) return view.approval;
    }
    return std::optional<Approval>();
  }
  void observe(EventObserver observer) override { observers.push_back(std::move(observer)); }

  std::map<std::string, AssetView> views;
  std::vector<Event> stored;
  std::vector<EventObserver> observers;
  std::vector<DecisionRequest> decisions;
  std::vector<std::string> asked;  // "cancel <id>"
  AssetQuery last_query;
  IntakeState room;
  std::set<Lane> paused;
  std::string refused;  // the id of one that allows nothing
  ErrorCode refusal = ErrorCode::kConflict;
  std::chrono::milliseconds takes{0};  // each thing that is done to an asset

 private:
  Result<void> note(const std::string& what, const std::string& id) {
    const auto found = views.find(id);
    if (found == views.end()) return Error{ErrorCode::kNotFound, "there is no asset " + id};
    if (id == refused) return Error{refusal, id + " has moved on"};
    if (what == "cancel" && is_final(found->second.asset.state)) {
      return Error{ErrorCode::kConflict, found->second.asset.name + " can't be cancelled"};
    }
    asked.push_back(what + " " + id);
    const auto end = std::chrono::steady_clock::now() + takes;
    while (std::chrono::steady_clock::now() < end) {
    }
    return {};
  }
};

}  // namespace filmgate
