// Metadata that a person changed, or brought, after its video was taken in: what was judged by the
// metadata of before is judged anew, as the next revision of the asset with the same video.
#include "host/base/hash.h"
#include "host/base/id.h"
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/storage/names.h"

namespace filmgate::engine {
namespace {

constexpr std::string_view kSuffix = ".json";

}  // namespace

// Gives the id of an asset that it belongs to, changed or not; "" where there is none.
Result<std::string> EngineImpl::resubmit_metadata(const std::string& sidecar) {
  const std::string exact = sidecar.substr(0, sidecar.size() - kSuffix.size());
  std::vector<std::string> videos{exact};
  for (const std::string& suffix : video_suffixes()) videos.push_back(exact + suffix);
  std::string known_id;
  Result<void> refused;  // by one that others don't wait for
  for (const std::string& video : videos) {
    if (!parts_.library.stat(video).ok()) continue;
    std::optional<Asset> asset;
    SidecarPolicy policy = SidecarPolicy::kIgnored;
    FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
      auto found = tx.asset_by_path(video);
      if (!found) return found.error();
      asset = std::move(*found);
      if (!asset.has_value()) return {};
      auto description = descriptions_.of(tx, *asset);
      if (!description) return description.error();
      policy = (*description)->accept.sidecar;
      return {};
    }));
    if (!asset.has_value() || asset->source.path != video || policy == SidecarPolicy::kIgnored) {
      continue;
    }
    auto pairing = find_sidecar(video, policy);
    if (!pairing) return pairing.error();
    if (pairing->path != sidecar) continue;  // another one is the better
    known_id = asset->id;
    if (pairing->sha256 == asset->sidecar_sha256) continue;
    if (!pairing->broken.empty()) {
      return Error{ErrorCode::kUnsupported,
                   sidecar + " was changed, and " + asset->name +
                       " goes on with what was read of it before: " + pairing->broken};
    }
    const auto done = resubmit(*asset, *pairing);
    if (!done && done.error().code == ErrorCode::kUnavailable) return done.error();
    if (!done && refused) refused = done;
  }
  if (!refused) return refused.error();
  return known_id;
}

Result<void> EngineImpl::take_key(Change& change, Asset& asset, const Description& description,
                                  const Json& metadata) {
  if (asset.key.empty()) return {};
  Asset upload = asset;
  upload.metadata = metadata;
  const std::string key = key_of(description, upload);
  if (key == asset.key) return {};
  auto other = change.tx.asset_by_key(key);
  if (!other) return other.error();
  if (!asset.output_path.empty() || other->has_value()) {
    return Error{ErrorCode::kConflict,
                 "by its metadata " + asset.name + " is now " +
                     (other->has_value() ? "a revision of " + (*other)->id
                                         : std::string("no revision of what is published")) +
                     "; upload both once more"};
  }
  asset.key = key;
  return {};
}

// As an asset of its own.
Result<void> EngineImpl::receive_apart(Change& change, const std::string& id, const Asset& upload,
                                       const Description& description, const Pairing& pairing) {
  Newcomer newcomer;
  newcomer.description = &description;
  newcomer.pairing = pairing;
  newcomer.retry = upload.source.path.starts_with(std::string(kFailed) + "/");
  Asset& asset = newcomer.asset;
  asset.id = id;
  asset.name = upload.name;
  asset.key = upload.key;
  asset.description = upload.description;
  asset.description_sha256 = upload.description_sha256;
  asset.priority = upload.priority;
  asset.source = upload.source;
  Newcomer* const one = &newcomer;
  FILMGATE_TRY(receive(change, {&one, 1}));
  return tell_hash(change, asset);
}

Result<void> EngineImpl::resubmit(const Asset& judged, const Pairing& pairing) {
  std::string revised = judged.id;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(judged.id);
    if (!asset) return asset.error();
    if (is_final(asset->state) || asset->source.path != judged.source.path) return {};
    FILMGATE_TRY(check_settled(*asset));
    auto description = c.description(*asset);
    if (!description) return description.error();
    Asset upload = *asset;
    upload.metadata = pairing.metadata;
    upload.key = key_of(**description, upload);
    auto other = c.tx.asset_by_key(upload.key);
    if (!other) return other.error();
    const bool moves_over = other->has_value() && (*other)->id != asset->id;
    // What is published under the old key stays that key's.
    const bool is_out = !asset->output_path.empty();
    const bool moves_out = !moves_over && is_out && upload.key != asset->key;
    if (moves_over || moves_out) {  // it was submitted under a wrong key
      FILMGATE_TRY(check_not_placed(c, *asset));
      FILMGATE_TRY(c.call_off(*asset));
      revised = moves_over ? (*other)->id : new_id(parts_.clock);
      if (!is_out) asset->key.clear();
      asset->source.path.clear();
      asset->sidecar_path.clear();
      asset->wake_ms = 0;
      FILMGATE_TRY(c.enter(
          *asset, AssetState::kCancelled,
          moves_over ? "it is revision " + std::to_string((*other)->revision + 1) + " of " + revised
                     : "its metadata names another key; it is the asset " + revised));
    }
    if (moves_out) return receive_apart(c, revised, upload, **description, pairing);
    Asset& next = moves_over ? **other : *asset;
    return begin_revision(c, next, upload, **description, pairing,
                          "began when its metadata was changed");
  }));
  if (revised != judged.id) {
    withdraw(judged.id);
    drop_work_of(judged.id);
  }
  revision_began(revised);
  return {};
}

// What is published was made by the metadata that was judged. A change that came too late for that
// is not filed beside it as if it were that: it stays where it is, and the asset says so.
Result<bool> EngineImpl::confirm_sidecar(const Asset& asset) {
  if (asset.state != AssetState::kProcessed || asset.sidecar_sha256.empty()) return true;
  std::string from;
  for (const Json& move : *asset.moves.if_array()) {
    if (move.get("to").string_or("") != asset.sidecar_path || move.find("from") == nullptr)
      continue;
    from = move.get("from").string_or("");
  }
  if (from.empty() || !parts_.library.stat(from).ok()) return true;
  auto lies_there = read_sidecar(from);
  if (!lies_there) return lies_there.error();
  if (lies_there->sha256 == asset.sidecar_sha256) return true;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto now = c.need_asset(asset.id);
    if (!now) return now.error();
    Json others = Json::array();
    for (const Json& move : *now->moves.if_array()) {
      if (move.get("from").string_or("") != from) others.push_back(move);
    }
    now->moves = std::move(others);
    now->sidecar_path.clear();
    now->sidecar_sha256.clear();
    now->detail += "; " + from + " was changed after it was judged and stays where it is";
    log(LogLevel::kWarning, "engine",
        from + " was changed after " + now->name + " was judged by it; it stays where it is",
        {{"asset", now->id}});
    FILMGATE_TRY(c.edit(*now));
    return c.event(now->id, "asset.sidecar_changed",
                   Json::object({{"path", from}, {"detail", now->detail}}));
  }));
  carry_out(asset.id);
  return false;
}

}  // namespace filmgate::engine
