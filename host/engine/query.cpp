// What can be asked.
#include "host/engine/engine_impl.h"
#include "host/store/audit.h"

namespace filmgate::engine {

Result<bool> EngineImpl::knows(const std::string& path) {
  for (const auto& [id, paths] : leaving_) {
    if (paths.contains(path)) return true;
  }
  bool known = false;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto asset = tx.asset_by_path(path);
    if (!asset) return asset.error();
    known = asset->has_value();
    return {};
  }));
  return known;
}

Result<AssetView> EngineImpl::view(const std::string& asset_id) {
  AssetView view;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto asset = tx.asset(asset_id);
    if (!asset) return asset.error();
    if (!asset->has_value()) return Error{ErrorCode::kNotFound, "there is no asset " + asset_id};
    view.asset = std::move(**asset);
    auto jobs = tx.jobs_of(asset_id, view.asset.revision);
    if (!jobs) return jobs.error();
    view.jobs = std::move(*jobs);
    // What is published stays until the next revision takes its place.
    auto outputs = tx.all_outputs_of(asset_id);
    if (!outputs) return outputs.error();
    for (const Output& output : *outputs) {
      if (output.revision == outputs->back().revision) view.outputs.push_back(output);
    }
    auto approval = tx.approval_of(asset_id, view.asset.revision);
    if (!approval) return approval.error();
    view.approval = std::move(*approval);
    return say_waits(tx, view, true);
  }));
  if (is_final(view.asset.state)) return view;
  for (const Job& job : view.jobs) {
    const Json::Array* files = job.staged.get("files").if_array();
    if (job.kind != JobKind::kProbe || files == nullptr) continue;
    for (const Json& file : *files) {
      Output preview;
      preview.asset_id = asset_id;
      preview.revision = view.asset.revision;
      preview.name = file.get("name").string_or("");
      preview.path = file.get("path").string_or("");
      preview.media_type = file.get("media_type").string_or("");
      preview.size = file.get("size").integer_or(0);
      preview.sha256 = file.get("sha256").string_or("");
      preview.info = file.get("info");
      view.previews.push_back(std::move(preview));
    }
  }
  return view;
}

Result<std::vector<Asset>> EngineImpl::assets(const AssetQuery& query) {
  std::vector<Asset> found;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto page = tx.assets(query);
    if (!page) return page.error();
    found = std::move(*page);
    return {};
  }));
  return found;
}

Result<std::vector<AssetSummary>> EngineImpl::list(const AssetQuery& query) {
  std::vector<AssetSummary> found;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto page = tx.list(query);
    if (!page) return page.error();
    found = std::move(*page);
    return {};
  }));
  return found;
}

Result<std::vector<Event>> EngineImpl::events(const std::string& asset_id) {
  std::vector<Event> found;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto events = tx.events_of(asset_id);
    if (!events) return events.error();
    found = std::move(*events);
    return {};
  }));
  return found;
}

Result<Audit> EngineImpl::audit(const std::string& asset_id) {
  Audit found;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto audited = audit_asset(tx, asset_id);
    if (!audited) return audited.error();
    found = std::move(*audited);
    return {};
  }));
  return found;
}

Result<std::optional<Approval>> EngineImpl::approval(const std::string& approval_id) {
  std::optional<Approval> found;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto approval = tx.approval(approval_id);
    if (!approval) return approval.error();
    found = std::move(*approval);
    return {};
  }));
  return found;
}

void EngineImpl::observe(EventObserver observer) {
  observers_.push_back(std::move(observer));
}

}  // namespace filmgate::engine
