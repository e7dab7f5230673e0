// Where the source and its sidecar go. A row promises it first; then the files move; then the
// promise is struck out. What a crash leaves promised is carried out at the next start, and each
// step knows when it was done already.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/storage/names.h"

namespace filmgate::engine {
namespace {

// Stands in leaving_ for what a row that alone can't be read has promised: the path of no file.
constexpr const char* kUnread = "/";

bool lies_in(const std::string& path, const char* folder) {
  return path.starts_with(std::string(folder) + "/");
}

void promise(Asset& asset, Json move) {
  if (!asset.moves.is_array()) asset.moves = Json::array();
  asset.moves.push_back(std::move(move));
}

std::string text_of(const Json& move, const char* key) {
  return move.get(key).string_or("");
}

std::string in_case(std::string text, int (*letter)(int)) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [letter](unsigned char each) { return static_cast<char>(letter(each)); });
  return text;
}

}  // namespace

// As they may be written: .mp4, .MP4, .Mp4. To ask for each beats listing a folder of thousands.
std::set<std::string> EngineImpl::video_suffixes() const {
  std::set<std::string> suffixes(known_video_suffixes().begin(), known_video_suffixes().end());
  for (const Description& description : parts_.router.all()) {
    suffixes.insert(description.accept.suffixes.begin(), description.accept.suffixes.end());
  }
  for (const std::string& suffix : std::set(suffixes)) {
    const std::string upper = in_case(suffix, std::toupper);
    suffixes.insert(upper);
    suffixes.insert(upper.substr(0, 2) + suffix.substr(std::min<size_t>(2, suffix.size())));
  }
  return suffixes;
}

// Another upload may need the same sidecar: clip.json serves clip.mp4 and clip.mov.
Result<bool> EngineImpl::sidecar_is_shared(Change& change, const Asset& asset,
                                           const std::string& path, const std::string& source) {
  if (path == source + ".json") return false;
  auto other = change.tx.asset_by_path(path);
  if (!other) return other.error();
  if (other->has_value() && (*other)->id != asset.id) return true;
  // A neighbour that is still being uploaded has no asset as yet.
  for (const std::string& suffix : video_suffixes()) {
    const std::string neighbour = join(folder_of(path), stem_of(path) + suffix);
    if (neighbour != source && exists(parts_.library.absolute(neighbour))) return true;
  }
  return false;
}

Result<void> EngineImpl::promise_source(Change& change, Asset& asset, const std::string& target) {
  const std::string from = asset.source.path;
  if (from == target) return {};
  promise(asset, source_promise(asset, target));
  asset.source.path = target;
  if (!lies_in(from, kUploads)) {
    promise(asset, Json::object({{"from", reason_name(from)}, {"remove", true}}));
  }
  if (asset.sidecar_path.empty()) return {};
  const std::string sidecar = asset.sidecar_path;
  asset.sidecar_path = target + ".json";
  // Written now, so that the search for others with this sidecar doesn't find this asset.
  FILMGATE_TRY(change.edit(asset));
  auto shared = sidecar_is_shared(change, asset, sidecar, from);
  if (!shared) return shared.error();
  Json move = Json::object({{"from", sidecar}, {"to", asset.sidecar_path}});
  if (*shared) move.set("copy", true);
  promise(asset, std::move(move));
  return {};
}

void EngineImpl::take_back_promises(Asset& asset) const {
  Json others = Json::array();
  const std::string source = asset.source.path, sidecar = asset.sidecar_path;
  const Json promised = asset.moves;
  const Json::Array* const moves = promised.if_array();
  if (moves == nullptr) return;
  for (const Json& move : *moves) {
    const std::string from = text_of(move, "from"), to = text_of(move, "to");
    const bool is_note = move.find("note") != nullptr;
    const bool ours = is_note ? to == reason_name(source) : to == source || to == sidecar;
    const bool moved = parts_.library.stat(to).ok();
    if (!ours || to.empty() || (!is_note && !moved && !parts_.library.stat(from).ok())) {
      others.push_back(move);
    } else if (!is_note && !moved) {
      (to == source ? asset.source.path : asset.sidecar_path) = from;
    }
  }
  asset.moves = std::move(others);
}

Result<std::string> EngineImpl::free_target(Change& change, const Asset& asset,
                                            const std::string& wanted, bool in_own_set) {
  Result<void> asked;
  const auto is_taken = [&](const std::string& path) {
    const auto other = change.tx.asset_by_path(path);
    if (!other && asked) asked = other.error();
    return other && other->has_value() && (*other)->id != asset.id;
  };
  std::string free = in_own_set ? parts_.library.free_name(wanted, is_taken)
                                : parts_.library.free_place(wanted, is_taken);
  if (!asked) return asked.error();
  return free;
}

Result<void> EngineImpl::promise_into(Change& change, Asset& asset, const char* folder,
                                      AssetState state, const Note* note) {
  // What could not go to failed/ as yet must not come there later, where it would be tried again.
  if (!parts_.library.stat(asset.source.path).ok()) take_back_promises(asset);
  if (!parts_.library.stat(asset.source.path).ok()) return {};  // nothing is there to be moved
  if (!lies_in(asset.source.path, folder) || fitting_name(asset.source.path) != asset.source.path) {
    auto target = free_target(change, asset, join(folder, asset.name));
    if (!target) return target.error();
    FILMGATE_TRY(promise_source(change, asset, *target));
  }
  if (note == nullptr) return {};
  Json said = Json::object({{"asset", asset.id},
                            {"revision", asset.revision},
                            {"name", asset.name},
                            {"state", to_string(state)},
                            {"reasons", to_json(note->reasons)},
                            {"at", format_time(change.now_ms)}});
  if (note->attempts > 0) {
    said.set("attempt", note->attempt);
    said.set("attempts", note->attempts);
  }
  if (note->next_ms > 0) said.set("next_attempt", format_time(note->next_ms));
  if (!note->error_class.empty()) said.set("error_class", note->error_class);
  if (!note->log.empty()) said.set("log", note->log);
  promise(asset, Json::object({{"to", reason_name(asset.source.path)}, {"note", std::move(said)}}));
  return {};
}

std::string EngineImpl::left_behind(const Asset& asset) const {
  if (parts_.library.stat(asset.source.path).ok() || !lies_in(asset.sidecar_path, kUploads) ||
      !parts_.library.stat(asset.sidecar_path).ok()) {
    return "";
  }
  return "; its metadata " + asset.sidecar_path + " stays for the next video of that name";
}

Result<void> EngineImpl::carry_out_one(const Json& move) {
  const std::string from = text_of(move, "from");
  const std::string to = text_of(move, "to");
  if (move.find("note") != nullptr) {
    // The row tells the same; whoever made the folder must not hold the rest up.
    if (parts_.library.is_folder(to)) return {};
    return parts_.library.write_note(to, move.get("note"));
  }
  if (move.get("remove").bool_or(false)) return parts_.library.remove(from);
  if (move.get("remove_tree").bool_or(false)) return parts_.library.remove_published(from);
  const auto source = parts_.library.stat(from);
  // Moved before, or taken away by a person; what has its name by now (a link, a pipe) isn't ours.
  const bool gone = !source && (source.error().code == ErrorCode::kNotFound ||
                                source.error().code == ErrorCode::kInvalidInput);
  if (move.get("copy").bool_or(false)) return gone ? Result<void>() : parts_.library.copy(from, to);
  const auto wanted = static_cast<uint64_t>(move.get("inode").integer_or(0));
  const auto target = parts_.library.stat(to);
  if (wanted != 0) {
    if (target && target->inode == wanted) {
      return fsync_folder(folder_of(parts_.library.absolute(to)));
    }
    if (source && source->inode != wanted) return {};  // a newer upload lies there: not ours
  }
  if (gone) return {};
  if (!source) return source.error();
  if (target) return Error{ErrorCode::kConflict, "another file lies at " + to};
  return parts_.library.move(from, to);
}

void EngineImpl::carry_out(const std::string& asset_id) {
  std::optional<Asset> asset;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto found = tx.asset(asset_id);
    if (!found) return found.error();
    asset = std::move(*found);
    return {};
  });
  if (!read) {
    std::set<std::string>& paths = leaving_[asset_id];  // so it is looked at again
    // Without the database nobody knows what must not be taken in; one row holds up no other.
    if (read.error().code != ErrorCode::kUnavailable && paths.insert(kUnread).second) {
      log(LogLevel::kError, "engine",
          "cannot read what is to be moved: " + read.error().message + "; it is tried again",
          {{"asset", asset_id}});
    }
    return;
  }
  if (!asset.has_value() || asset->moves.size() == 0) leaving_.erase(asset_id);
  if (!asset.has_value()) return;
  if (asset->moves.size() == 0) {
    if (is_final(asset->state)) drop_work_of(asset_id);  // its source was taken away
    return;
  }
  const auto fail = [&](const Error& error) {
    // Once for each asset: it is tried again at every turn.
    std::set<std::string>& paths = leaving_[asset_id];
    if (paths.erase(kUnread) > 0 || paths.empty()) {
      log(LogLevel::kError, "engine", error.message + "; it is tried again", {{"asset", asset_id}});
    }
    for (const Json& move : *asset->moves.if_array()) paths.insert(text_of(move, "from"));
  };
  Result<bool> confirmed = confirm_source(*asset);
  if (confirmed && *confirmed) confirmed = confirm_sidecar(*asset);
  if (!confirmed) return fail(confirmed.error());
  if (!*confirmed) return;
  for (const Json& move : *asset->moves.if_array()) {
    Result<void> done = carry_out_one(move);
    if (!done && done.error().code == ErrorCode::kConflict) {
      const auto moved = promise_elsewhere(asset_id, text_of(move, "to"));
      if (moved) return carry_out(asset_id);
      done = moved;
    }
    if (done && move.find("inode") != nullptr) {  // it may have been written to until the very move
      confirmed = confirm_source(*asset);
      if (!confirmed) return fail(confirmed.error());
      if (!*confirmed) return;
    }
    if (!done) return fail(done.error());
  }
  const auto struck = change([&](Change& c) -> Result<void> {
    auto now = c.need_asset(asset_id);
    if (!now) return now.error();
    now->moves = Json();
    return c.edit(*now);
  });
  if (!struck) return fail(struck.error());
  leaving_.erase(asset_id);
  if (is_final(asset->state)) drop_work_of(asset_id);
}

// Somebody put another file where we wanted to go: the next free name does as well.
Result<void> EngineImpl::promise_elsewhere(const std::string& asset_id, const std::string& taken) {
  return change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    const bool in_own_set =
        !asset->output_path.empty() && taken.starts_with(asset->output_path + "/");
    auto found = free_target(c, *asset, taken, in_own_set);
    if (!found) return found.error();
    const std::string& free = *found;
    if (free == taken) {
      return Error{ErrorCode::kIo, "cannot put a file at " + taken + ": its folder can't be made"};
    }
    for (Json& move : *asset->moves.if_array()) {
      if (text_of(move, "to") == taken) move.set("to", free);
      if (text_of(move, "from") == taken) move.set("from", free);
      if (text_of(move, "to") == reason_name(taken)) move.set("to", reason_name(free));
      for (const char* end : {"to", "from"}) {  // its sidecar stays with it
        if (text_of(move, end) == taken + ".json") move.set(end, free + ".json");
      }
    }
    if (asset->source.path == taken) asset->source.path = free;
    if (asset->sidecar_path == taken) asset->sidecar_path = free;
    if (asset->sidecar_path == taken + ".json") asset->sidecar_path = free + ".json";
    FILMGATE_TRY(c.edit(*asset));
    return c.event(asset_id, "asset.moved",
                   Json::object({{"path", asset->source.path}, {"sidecar", asset->sidecar_path}}));
  });
}

void EngineImpl::carry_out_all() {
  std::vector<std::string> ids;
  for (const auto& [id, paths] : leaving_) ids.push_back(id);
  for (const std::string& id : ids) carry_out(id);
}

}  // namespace filmgate::engine
