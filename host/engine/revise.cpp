// An upload that comes under the key of an earlier one is the next revision of its asset: what
// waits of the earlier one is called off, what is published stays until the new set takes its
// place.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/model/personal.h"
#include "host/storage/names.h"

namespace filmgate::engine {

std::string key_of(const Description& description, const Asset& asset) {
  if (description.accept.key.empty()) return "";
  const auto expanded = expand_template(description.accept.key, template_values(asset));
  if (!expanded) return "";  // it lacks something of the key, so it is an asset of its own
  return join(description.name, join(folder_of(asset.name), *expanded));
}

Result<std::optional<Asset>> EngineImpl::earlier_of(const std::string& key) {
  std::optional<Asset> found;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto asset = tx.asset_by_key(key);
    if (!asset) return asset.error();
    found = std::move(*asset);
    return {};
  }));
  return found;
}

Result<void> EngineImpl::check_settled(const Asset& asset) {
  if (asset.moves.size() == 0) return {};
  return Error{ErrorCode::kConflict,
               "the files of " + asset.name + " are still being moved; try again"};
}

// Nothing of it goes on; its source is set aside, unless the new one was put over it.
Result<void> EngineImpl::leave_revision(Change& change, Asset& asset, const Source& source) {
  FILMGATE_TRY(check_settled(asset));
  if (is_final(asset.state)) return {};
  FILMGATE_TRY(check_not_placed(change, asset));
  FILMGATE_TRY(change.call_off(asset));
  const std::string why = "revision " + std::to_string(asset.revision + 1) + " took its place";
  if (asset.source.path != source.path) {
    Note note;
    note.reasons = {why};
    FILMGATE_TRY(promise_into(change, asset, kRejected, AssetState::kCancelled, &note));
  }
  // These moves are not those of the source that the row will name.
  if (Json::Array* moves = asset.moves.if_array()) {
    for (Json& move : *moves) {
      if (move.find("inode") != nullptr) move.set("former", true);
    }
  }
  return change.enter(asset, AssetState::kCancelled, why);
}

Result<void> EngineImpl::begin_revision(Change& change, Asset& asset, const Asset& upload,
                                        const Description& description, const Pairing& pairing,
                                        const std::string& why) {
  FILMGATE_TRY(leave_revision(change, asset, upload.source));
  const std::string former = asset.source.path != upload.source.path ? asset.source.path : "";
  ++asset.revision;
  asset.name = upload.name;
  asset.key = upload.key;
  asset.description = description.name;
  asset.description_sha256 = description.sha256;
  asset.source = upload.source;
  asset.facts = Json();
  asset.wake_ms = 0;
  pair(asset, pairing);
  FILMGATE_TRY(change.tx.keep_description(description.sha256, description.name, description.text));
  FILMGATE_TRY(change.enter(asset, AssetState::kReceived,
                            "revision " + std::to_string(asset.revision) + " " + why));
  FILMGATE_TRY(change.event(asset.id, kRevised,
                            Json::object({{"former", former},
                                          {"name", asset.name},
                                          {"path", asset.source.path},
                                          {"revision", asset.revision},
                                          {"size", asset.source.size},
                                          {"description", asset.description},
                                          {"description_sha256", asset.description_sha256}})));
  FILMGATE_TRY(tell_hash(change, asset));
  return enter_way(change, {asset, description, pairing});
}

Result<void> EngineImpl::tell_hash(Change& change, const Asset& asset) {
  if (asset.source.sha256.empty()) return {};
  return change.event(asset.id, "asset.hashed", Json::object({{"sha256", asset.source.sha256}}));
}

void EngineImpl::revision_began(const std::string& asset_id) {
  withdraw(asset_id);
  carry_out(asset_id);
  drop_work_of(asset_id, 1);
  hash_source(asset_id);
}

}  // namespace filmgate::engine
