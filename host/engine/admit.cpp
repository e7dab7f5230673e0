// How a file becomes an asset: which description takes it, and whether its sidecar is there.
#include "host/base/hash.h"
#include "host/base/id.h"
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/model/replay.h"
#include "host/storage/names.h"

namespace filmgate::engine {
namespace {

// One commit for so many files, or for those that were looked at in this time: everybody else waits
// meanwhile.
constexpr size_t kBatch = 64;
constexpr int64_t kBatchMs = 50;
constexpr const char* kUploaded = "was uploaded";

// That somebody holds a file says nothing of the database, for which all that comes would wait.
Error of_one_file(Error error) {
  if (error.code == ErrorCode::kUnavailable) error.code = ErrorCode::kIo;
  return error;
}

}  // namespace

bool same_file(const Source& source, const FoundFile& file) {
  return source.inode == file.inode && source.size == file.size && source.mtime_ns == file.mtime_ns;
}

IntakeState EngineImpl::intake() {
  const auto disk = parts_.library.space();
  if (!disk) return disk_gate_.state();  // whatever is wrong shows where it is used
  const IntakePace before = disk_gate_.state().pace;
  const IntakeState& now = disk_gate_.look(*disk);
  if (now.pace == IntakePace::kFull && before != now.pace) {
    log(LogLevel::kInfo, "engine",
        "the disk has room again, " + describe_size(disk->free_bytes) + ": uploads are taken in");
  } else if (now.pace != before) {
    log(LogLevel::kWarning, "engine", now.detail);
  }
  return now;
}

// Reads the folder only: who takes the file, and what lies beside it.
Result<EngineImpl::Newcomer> EngineImpl::look_at(const Arrival& arrival) {
  Newcomer newcomer;
  newcomer.retry = arrival.retry;
  newcomer.description = parts_.router.route(arrival.name);
  if (newcomer.description == nullptr) {
    return Error{ErrorCode::kUnsupported, "no description accepts " + arrival.name +
                                              "; it stays in " + folder_of(arrival.file.path)};
  }
  auto now_there = parts_.library.stat(arrival.file.path);
  if (!now_there) return of_one_file(now_there.error());
  if (now_there->inode != arrival.file.inode || now_there->size != arrival.file.size ||
      now_there->mtime_ns != arrival.file.mtime_ns) {
    return Error{ErrorCode::kConflict, arrival.file.path + " changed while it was taken in"};
  }
  auto pairing = find_sidecar(arrival.file.path, newcomer.description->accept.sidecar);
  if (!pairing) return pairing.error();
  newcomer.pairing = std::move(*pairing);

  Asset& asset = newcomer.asset;
  asset.id = new_id(parts_.clock);
  asset.name = arrival.name;
  asset.description = newcomer.description->name;
  asset.description_sha256 = newcomer.description->sha256;
  asset.priority = newcomer.description->priority;
  asset.source.path = arrival.file.path;
  asset.source.size = arrival.file.size;
  asset.source.mtime_ns = arrival.file.mtime_ns;
  asset.source.inode = arrival.file.inode;
  asset.metadata = newcomer.pairing.metadata;
  asset.key = key_of(*newcomer.description, asset);
  return newcomer;
}

Result<void> EngineImpl::check_not_leaving(const Arrival& arrival) const {
  for (const auto& [id, paths] : leaving_) {
    if (paths.empty()) {
      return Error{ErrorCode::kUnavailable,
                   arrival.file.path + " waits: the database could not say what is to be moved"};
    }
    if (!paths.contains(arrival.file.path)) continue;
    return Error{ErrorCode::kConflict, arrival.file.path + " is about to be moved away"};
  }
  return {};
}

Result<void> EngineImpl::receive(Change& change, std::span<Newcomer* const> newcomers) {
  std::set<std::string> kept;
  std::vector<const Asset*> assets;
  for (Newcomer* const newcomer : newcomers) {
    Asset& asset = newcomer->asset;
    const Description& description = *newcomer->description;
    if (kept.insert(description.sha256).second) {
      FILMGATE_TRY(
          change.tx.keep_description(description.sha256, description.name, description.text));
    }
    asset.created_ms = change.now_ms;
    asset.updated_ms = change.now_ms;
    pair(asset, newcomer->pairing);
    assets.push_back(&asset);
  }
  FILMGATE_TRY(change.tx.insert_assets(assets));
  std::vector<Entrant> entrants;
  for (Newcomer* const newcomer : newcomers) {
    Asset& asset = newcomer->asset;
    FILMGATE_TRY(change.event(asset.id, "asset.received",
                              Json::object({{"name", asset.name},
                                            {"path", asset.source.path},
                                            {"revision", asset.revision},
                                            {"size", asset.source.size},
                                            {"description", asset.description},
                                            {"description_sha256", asset.description_sha256},
                                            {"retry", newcomer->retry}})));
    FILMGATE_TRY(change.notify(asset, AssetState::kReceived, {}));
    entrants.push_back({asset, *newcomer->description, newcomer->pairing});
  }
  return enter_way(change, entrants);
}

void EngineImpl::received(const Asset& asset) {
  if (asset.moves.size() > 0) carry_out(asset.id);
  if (!is_final(asset.state)) hash_source(asset);
}

Result<std::string> EngineImpl::admit(const Arrival& arrival) {
  if (is_sidecar_name(arrival.file.path)) return admit_sidecar(arrival);
  FILMGATE_TRY(check_not_leaving(arrival));
  std::optional<Asset> known;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto found = tx.asset_by_path(arrival.file.path);
    if (!found) return found.error();
    known = std::move(*found);
    return {};
  }));
  if (known.has_value()) {
    if (known->source.path != arrival.file.path || same_file(known->source, arrival.file)) {
      return known->id;
    }
    FILMGATE_TRY(supersede(*known, "another file took the place of " + known->source.path +
                                       " before it was processed; that one is taken in anew"));
  }
  auto newcomer = look_at(arrival);
  if (!newcomer) return newcomer.error();
  const int64_t now_ms = parts_.clock.now_ms();
  if (const IntakeState room = intake(); !disk_gate_.is_open(now_ms)) {
    return Error{ErrorCode::kNoSpace, arrival.file.path + " waits: " + room.detail};
  }
  auto earlier = earlier_of(newcomer->asset.key);
  if (!earlier) return earlier.error();
  if (earlier->has_value()) {
    FILMGATE_TRY(change([&](Change& c) -> Result<void> {
      return begin_revision(c, **earlier, newcomer->asset, *newcomer->description,
                            newcomer->pairing, kUploaded);
    }));
    disk_gate_.took(now_ms);
    revision_began((*earlier)->id);
    return (*earlier)->id;
  }
  Newcomer* const one = &*newcomer;
  FILMGATE_TRY(change([&](Change& c) { return receive(c, {&one, 1}); }));
  disk_gate_.took(now_ms);
  received(newcomer->asset);
  return newcomer->asset.id;
}

// Takes in those that are new, and says what became of the others as far as that is known.
Result<void> EngineImpl::receive_new(Change& change, std::span<Candidate> candidates) {
  std::vector<std::string> paths, keys;
  for (const Candidate& candidate : candidates) {
    const bool looked = candidate.newcomer && *candidate.newcomer;
    paths.push_back(candidate.arrival.file.path);
    keys.push_back(looked ? (*candidate.newcomer)->asset.key : "");
  }
  auto known = change.tx.assets_by_path(paths);
  if (!known) return known.error();
  auto earlier = change.tx.assets_by_key(keys);
  if (!earlier) return earlier.error();
  std::set<std::string> taken_paths, taken_keys;  // by others of these
  std::vector<Newcomer*> newcomers;
  for (size_t which = 0; which < candidates.size(); ++which) {
    Candidate& candidate = candidates[which];
    const FoundFile& file = candidate.arrival.file;
    if (!candidate.newcomer || taken_paths.contains(file.path)) continue;
    if (const auto& asset = (*known)[which]) {
      if (asset->source.path != file.path || same_file(asset->source, file)) {
        candidate.outcome = asset->id;
      }
      continue;
    }
    if (!*candidate.newcomer) {
      candidate.outcome = candidate.newcomer->error();
      continue;
    }
    if ((*earlier)[which] || taken_keys.contains(keys[which])) continue;
    Newcomer& newcomer = **candidate.newcomer;
    taken_paths.insert({file.path, newcomer.pairing.path});
    if (!keys[which].empty()) taken_keys.insert(keys[which]);
    newcomers.push_back(&newcomer);
    candidate.outcome = newcomer.asset.id;
    candidate.received = true;
  }
  return receive(change, newcomers);
}

// Most of a drop is new and independent of the rest: it shares a commit. What is more than that
// (metadata, another file in a known place, a revision) is admitted by itself afterwards; and so
// is everything when one of them could not be written.
std::vector<Result<std::string>> EngineImpl::admit_batch(std::span<const Arrival> arrivals) {
  // While the disk is short of room they come one after another.
  if (arrivals.size() == 1 || intake().pace != IntakePace::kFull) {
    return {admit(arrivals.front())};
  }
  std::vector<Candidate> candidates;
  const int64_t end_ms = parts_.clock.now_ms() + kBatchMs;
  for (const Arrival& arrival : arrivals.first(std::min(arrivals.size(), kBatch))) {
    Candidate& candidate = candidates.emplace_back(Candidate{arrival, {}, {}, false});
    if (is_sidecar_name(arrival.file.path)) continue;
    if (auto stays = check_not_leaving(arrival); !stays) {
      candidate.outcome = stays.error();
    } else {
      candidate.newcomer = look_at(arrival);
    }
    if (parts_.clock.now_ms() >= end_ms) break;
  }
  const Result<void> done = change([&](Change& c) { return receive_new(c, candidates); });
  std::vector<Result<std::string>> outcomes;
  for (Candidate& candidate : candidates) {
    if (!done && done.error().code == ErrorCode::kUnavailable) {
      outcomes.push_back(done.error());  // each by itself would only wait for it again
    } else if (!done || !candidate.outcome) {
      outcomes.push_back(admit(candidate.arrival));
    } else {
      if (candidate.received) received((*candidate.newcomer)->asset);
      outcomes.push_back(std::move(*candidate.outcome));
    }
  }
  return outcomes;
}

Result<EngineImpl::Pairing> EngineImpl::read_sidecar(const std::string& path) {
  Pairing pairing;
  pairing.path = path;
  auto file = open_untrusted(parts_.library.absolute(path));
  if (!file) return of_one_file(file.error());
  auto text = read_fd(file->get(), kSidecarLimits.max_bytes, base_name(path));
  if (!text) {
    if (text.error().code != ErrorCode::kLimit) return of_one_file(text.error());
    pairing.broken = "the metadata can't be read: " + text.error().message;
    return pairing;
  }
  pairing.sha256 = filmgate::to_hex(filmgate::sha256(*text));
  auto metadata = parse_json(*text, base_name(path), kSidecarLimits);
  if (!metadata) {
    pairing.broken = "the metadata can't be read: " + metadata.error().message;
  } else if (!metadata->is_object()) {
    pairing.broken = "the metadata can't be read: " + base_name(path) +
                     ":1:1: an object { … } is needed, but it holds " + metadata->type_name();
  } else {
    pairing.metadata = std::move(metadata).value();
  }
  return pairing;
}

Result<EngineImpl::Pairing> EngineImpl::find_sidecar(const std::string& video,
                                                     SidecarPolicy policy) {
  if (policy == SidecarPolicy::kIgnored) return Pairing{};
  for (const std::string& candidate : sidecar_candidates(video)) {
    if (!parts_.library.stat(candidate).ok()) continue;
    auto pairing = read_sidecar(candidate);
    if (pairing || pairing.error().code != ErrorCode::kNotFound) return pairing;  // else taken away
  }
  return Pairing{};
}

void EngineImpl::pair(Asset& asset, const Pairing& pairing) {
  asset.sidecar_path = pairing.path;
  asset.sidecar_sha256 = pairing.sha256;
  asset.metadata = pairing.metadata;
}

Result<void> EngineImpl::enter_way(Change& change, std::span<const Entrant> entrants) {
  std::vector<Job> jobs;
  for (const auto& [asset, description, pairing] : entrants) {
    if (!pairing.path.empty()) {
      FILMGATE_TRY(
          change.event(asset.id, "asset.sidecar",
                       Json::object({{"name", base_name(pairing.path)},
                                     {"path", pairing.path},
                                     {"sha256", pairing.sha256},
                                     {"metadata_sha256", document_digest(pairing.metadata)}})));
    }
    if (!pairing.broken.empty()) {
      FILMGATE_TRY(reject(change, asset, {pairing.broken}));
    } else if (pairing.path.empty() && description.accept.sidecar == SidecarPolicy::kRequired) {
      std::string names;
      for (const std::string& name : sidecar_candidates(asset.source.path)) {
        names += (names.empty() ? "" : " or ") + base_name(name);
      }
      asset.wake_ms = change.now_ms + description.accept.grace_ms;
      FILMGATE_TRY(change.enter(asset, AssetState::kWaitingMetadata,
                                "waits for its metadata: put " + names + " beside it"));
    } else {
      jobs.push_back(change.new_job(asset, description, JobKind::kInspect, "", JobState::kReady));
    }
  }
  return change.insert_jobs(jobs);
}

Result<std::string> EngineImpl::admit_sidecar(const Arrival& arrival) {
  std::vector<Asset> waiting;
  AssetQuery query;
  query.state = AssetState::kWaitingMetadata;
  query.limit = 500;
  do {
    auto page = assets(query);
    if (!page) return page.error();
    for (Asset& asset : *page) {
      const auto names = sidecar_candidates(asset.source.path);
      if (std::find(names.begin(), names.end(), arrival.file.path) != names.end()) {
        waiting.push_back(asset);
      }
    }
    query.before = page->size() < 500 ? "" : page->back().id;
  } while (!query.before.empty());
  Result<void> offered;  // what keeps one of them from going on is nothing to the others
  for (const Asset& asset : waiting) {
    const auto taken = sidecar_arrived(asset.id, arrival.file);
    if (!taken && taken.error().code == ErrorCode::kUnavailable) return taken.error();
    if (!taken && offered) offered = taken;
  }
  // It may belong to others that went on without it, or with what it said before.
  auto known = resubmit_metadata(arrival.file.path);
  if (!offered) return offered.error();
  if (!known || !known->empty()) return known;
  if (!waiting.empty()) return waiting.front().id;
  return Error{ErrorCode::kNotFound,
               arrival.file.path + " is metadata that no upload waits for as yet"};
}

Result<void> EngineImpl::sidecar_arrived(const std::string& asset_id, const FoundFile& sidecar) {
  auto pairing = read_sidecar(sidecar.path);
  if (!pairing) return pairing.error();
  std::string revised;
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    if (asset->state != AssetState::kWaitingMetadata) return {};
    auto description = c.description(*asset);
    if (!description) return description.error();
    asset->wake_ms = 0;
    asset->metadata = pairing->metadata;  // of which its key is made
    asset->key = key_of(**description, *asset);
    auto earlier = c.tx.asset_by_key(asset->key);
    if (!earlier) return earlier.error();
    if (!earlier->has_value() || (*earlier)->id == asset_id) {
      pair(*asset, *pairing);
      FILMGATE_TRY(c.enter(*asset, AssetState::kReceived, "its metadata has come"));
      return enter_way(c, {*asset, **description, *pairing});
    }
    // Only its metadata shows whose revision it is; this row gives its file away.
    const Asset upload = *asset;
    asset->key.clear();
    asset->source.path.clear();
    asset->metadata = Json();
    revised = (*earlier)->id;
    FILMGATE_TRY(
        c.enter(*asset, AssetState::kCancelled,
                "it is revision " + std::to_string((*earlier)->revision + 1) + " of " + revised));
    return begin_revision(c, **earlier, upload, **description, *pairing, kUploaded);
  }));
  carry_out(asset_id);
  if (!revised.empty()) revision_began(revised);
  return {};
}

}  // namespace filmgate::engine
