// A source that somebody wrote into, or put another file over, after it was judged and before its
// promised move was done. What is filed must be what was judged, so the new bytes stay where they
// came in and are taken in as a new upload.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/storage/names.h"

namespace filmgate::engine {
namespace {

// Only the source's own move names an inode; that of an earlier revision is marked as such.
template <typename Moves>
auto source_move(Moves& moves) -> decltype(moves.if_array()->data()) {
  if (auto* const array = moves.if_array())
    for (auto& move : *array)
      if (move.find("inode") != nullptr && move.find("former") == nullptr) return &move;
  return nullptr;
}

bool is_sidecar_move(const Json& move) {
  return move.find("from") != nullptr && move.find("to") != nullptr;
}

}  // namespace

Json EngineImpl::source_promise(const Asset& asset, const std::string& target) {
  return Json::object({{"from", asset.source.path},
                       {"to", target},
                       {"inode", static_cast<int64_t>(asset.source.inode)},
                       {"size", asset.source.size},
                       {"mtime_ns", asset.source.mtime_ns}});
}

EngineImpl::Sighting EngineImpl::look_for_source(const Json& move) {
  const auto inode = static_cast<uint64_t>(move.get("inode").integer_or(0));
  auto at = parts_.library.stat(move.get("to").string_or(""));
  if (!at || at->inode != inode) at = parts_.library.stat(move.get("from").string_or(""));
  if (!at) return {Seen::kGone, {}};
  if (at->inode != inode) return {Seen::kReplaced, *at};
  if (at->size != move.get("size").integer_or(at->size)) return {Seen::kReplaced, *at};
  const bool same_time = at->mtime_ns == move.get("mtime_ns").integer_or(at->mtime_ns);
  return {same_time ? Seen::kSame : Seen::kTouched, *at};
}

Result<bool> EngineImpl::confirm_source(const Asset& asset) {
  const Json* move = source_move(asset.moves);
  if (move == nullptr) return true;
  const Sighting sighting = look_for_source(*move);
  switch (sighting.seen) {
    case Seen::kSame:
    case Seen::kGone:
      return true;
    case Seen::kTouched:
      if (asset.source.sha256.empty()) break;
      compare_source(asset, sighting.file);
      return false;
    case Seen::kReplaced:
      break;
  }
  FILMGATE_TRY(let_source_go(asset.id, sighting.file));
  carry_out(asset.id);
  return false;
}

void EngineImpl::compare_source(const Asset& asset, const FoundFile& file) {
  if (stopping_ || !comparing_.insert(asset.id).second) return;
  // Meanwhile it is no new upload.
  for (const Json& move : *asset.moves.if_array())
    leaving_[asset.id].insert(move.get("from").string_or(""));
  hasher_->hash(parts_.library.absolute(file.path),
                [this, id = asset.id, file](const Result<std::string>& sha256) {
                  comparing_.erase(id);
                  complain("cannot compare a source with what was admitted",
                           source_compared(id, file, sha256.ok() ? *sha256 : ""));
                });
}

Result<void> EngineImpl::source_compared(const std::string& asset_id, const FoundFile& file,
                                         const std::string& sha256) {
  const auto there = parts_.library.stat(file.path);
  if (there && !same_file({"", file.size, file.mtime_ns, file.inode, ""}, *there)) {
    return {};  // it goes on changing; the next turn looks again
  }
  bool same = false;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    Json* const move = source_move(asset->moves);
    same = move == nullptr || asset->source.sha256 == sha256;
    if (move == nullptr || !same) return {};
    move->set("mtime_ns", file.mtime_ns);
    asset->source.mtime_ns = file.mtime_ns;
    return c.edit(*asset);
  }));
  if (!same) FILMGATE_TRY(let_source_go(asset_id, file));
  carry_out(asset_id);
  return {};
}

// `file` is what lies there now, in its old place or in the one that was promised.
Result<void> EngineImpl::let_source_go(const std::string& asset_id, const FoundFile& file) {
  bool ended = false;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    const Json* const move = source_move(asset->moves);
    if (move == nullptr) return {};
    const std::string from = move->get("from").string_or("");
    std::string place = from;
    if (file.path != from) {
      place = parts_.library.free_place(from);
      FILMGATE_TRY(parts_.library.move(file.path, place));
    }
    const std::string what = "another file took the place of " + from + " before it was filed; ";
    if (!is_final(asset->state)) {
      ended = true;
      FILMGATE_TRY(c.event(asset_id, "asset.source_replaced", Json::object({{"path", place}})));
      asset->source.path = "";
      asset->moves = Json();
      return supersede_in(c, *std::move(asset), what + place + " is taken in as a new upload");
    }
    // The new upload needs its metadata too.
    Json others = Json::array();
    for (Json& other : *asset->moves.if_array()) {
      if (&other == move) continue;
      if (is_sidecar_move(other)) other.set("copy", true);
      others.push_back(std::move(other));
    }
    asset->moves = std::move(others);
    asset->source.path = "";
    asset->detail +=
        (asset->detail.empty() ? "" : "; ") + what + place + " is taken in as a new upload";
    FILMGATE_TRY(c.event(asset_id, "asset.source_replaced",
                         Json::object({{"path", place}, {"detail", asset->detail}})));
    log(LogLevel::kWarning, "engine", what + place + " is taken in as a new upload",
        {{"asset", asset_id}});
    return c.edit(*asset);
  }));
  if (ended) {
    withdraw(asset_id);
    drop_work_of(asset_id);
  }
  return {};
}

}  // namespace filmgate::engine
