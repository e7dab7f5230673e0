// The hash of a source: reckoned on a thread of its own, kept in the row that was admitted.
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

constexpr size_t kBatch = 64;  // one commit for so many of them

}  // namespace

void EngineImpl::hash_source(const std::string& asset_id) {
  std::optional<Asset> asset;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto found = tx.asset(asset_id);
    if (!found) return found.error();
    asset = std::move(*found);
    return {};
  });
  if (read && asset.has_value()) hash_source(*asset);
}

void EngineImpl::hash_source(const Asset& asset) {
  if (stopping_ || !asset.source.sha256.empty() || !hashing_.insert(asset.id).second) return;
  const FoundFile file{asset.source.path, asset.source.size, asset.source.mtime_ns,
                       asset.source.inode};
  hasher_->hash(parts_.library.absolute(file.path),
                [this, asset_id = asset.id, file](const Result<std::string>& sha256) {
                  source_hashed({asset_id, file, sha256});
                });
}

// Of small files many are hashed between two turns of the engine: they share a commit.
void EngineImpl::source_hashed(Hashed hashed) {
  hashed_.push_back(std::move(hashed));
  if (hashed_.size() == 1) parts_.executor.post(guarded([this] { keep_hashes(); }));
}

void EngineImpl::keep_hashes() {
  std::vector<Hashed> batch(
      std::make_move_iterator(hashed_.begin()),
      std::make_move_iterator(hashed_.begin() + std::min(hashed_.size(), kBatch)));
  hashed_.erase(hashed_.begin(), hashed_.begin() + batch.size());
  if (!hashed_.empty()) parts_.executor.post(guarded([this] { keep_hashes(); }));
  const Result<void> kept = change([&](Change& c) { return keep_hashes_of(c, batch); });
  for (const Hashed& hashed : batch) {
    Result<void> alone = kept;
    if (!kept && batch.size() > 1 && kept.error().code != ErrorCode::kUnavailable) {
      alone = change([&](Change& c) { return keep_hashes_of(c, {&hashed, 1}); });
    }
    hashing_.erase(hashed.asset_id);
    go_on_hashed(hashed, alone);
  }
}

Result<void> EngineImpl::keep_hashes_of(Change& change, std::span<const Hashed> batch) {
  std::vector<std::string> ids;
  for (const Hashed& hashed : batch) ids.push_back(hashed.asset_id);
  auto found = change.tx.assets(ids);
  if (!found) return found.error();
  std::vector<Asset> kept;
  for (size_t which = 0; which < batch.size(); ++which) {
    const Hashed& hashed = batch[which];
    std::optional<Asset>& asset = (*found)[which];
    if (!hashed.sha256 || !asset || is_final(asset->state)) continue;
    // What was hashed must be what was admitted: a file written to meanwhile has moved on.
    const auto there = parts_.library.stat(asset->source.path);
    if (!same_file(asset->source, hashed.file) || !there || !same_file(asset->source, *there)) {
      continue;
    }
    asset->source.sha256 = *hashed.sha256;
    kept.push_back(*std::move(asset));
    FILMGATE_TRY(
        change.event(hashed.asset_id, "asset.hashed", Json::object({{"sha256", *hashed.sha256}})));
  }
  return change.edit(kept);
}

// The publishing that waited for it.
void EngineImpl::go_on_hashed(const Hashed& hashed, const Result<void>& kept) {
  const auto waits = waits_for_hash_.find(hashed.asset_id);
  if (waits == waits_for_hash_.end()) return;
  const auto run = runs_.find(waits->second);
  waits_for_hash_.erase(waits);
  if (run == runs_.end()) return;
  // Then once more: the database was away, or the source was moved before it was opened.
  const bool away = !kept && kept.error().code == ErrorCode::kUnavailable;
  const bool moved = hashed.file.path != run->second->asset.source.path;
  const Error* error = !hashed.sha256 && !moved ? &hashed.sha256.error()
                       : !kept && !away         ? &kept.error()
                                                : nullptr;
  if (error == nullptr) {
    publish(*run->second);
  } else {
    end_run(run->first, [this, error = *error](ActiveRun& failed) {
      return fail_run(failed, Failure{class_of(error.code), error.message, ""});
    });
  }
  kick();
}

}  // namespace filmgate::engine
