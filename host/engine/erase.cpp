// A person is forgotten: what an asset says about people goes from its rows, its history and the
// files that we wrote; the chain of its events still holds. The row promises what happens to the
// files, as with every move.
#include "host/base/hash.h"
#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/model/personal.h"
#include "host/storage/names.h"

namespace filmgate::engine {
namespace {

constexpr size_t kMaxDocument = size_t{64} << 20;

bool lies_in(const std::string& path, const char* folder) {
  return path.starts_with(std::string(folder) + "/");
}

// Where its source lies, or lay before it was replaced: its sidecar lies beside that.
std::string source_of(const Asset& asset) {
  constexpr std::string_view kSuffix = ".json";
  if (!asset.source.path.empty() || !asset.sidecar_path.ends_with(kSuffix)) {
    return asset.source.path;
  }
  return asset.sidecar_path.substr(0, asset.sidecar_path.size() - kSuffix.size());
}

// What a document of ours says about the upload's people.
Json without_person(Json document) {
  for (const char* key : {"name", "metadata"}) document.erase(key);
  return document;
}

// Of an event that was written when everything still stood within the chain.
std::optional<Json> redacted(const Event& event) {
  const Json::Object* members = event.data.if_object();
  if (event.redacted || members == nullptr || event.data.find("personal") != nullptr) return {};
  Json rest = event.data;
  for (const Json::Member& member : *members) {
    if (is_personal(event.kind, member.key)) rest.erase(member.key);
  }
  if (rest == event.data) return {};
  return rest;
}

Result<Json> redact_events(Change& change, const std::string& asset_id) {
  auto events = change.tx.events_of(asset_id);
  if (!events) return events.error();
  Json numbers = Json::array();
  for (Event& event : *events) {
    auto rest = redacted(event);
    if (!rest) continue;
    event.data = *std::move(rest);
    FILMGATE_TRY(change.tx.redact_event(event));
    numbers.push_back(event.number);
  }
  return numbers;
}

// Decisions stay, as numbers; who made them and why goes.
Result<void> forget_reviewers(Change& change, const std::string& asset_id) {
  auto approvals = change.tx.all_approvals_of(asset_id);
  if (!approvals) return approvals.error();
  for (Approval& approval : *approvals) {
    approval.reviewers.clear();
    if (Json::Array* decisions = approval.decisions.if_array()) {
      for (Json& decision : *decisions) {
        decision.set("reviewer", "");
        decision.set("reason", "");
      }
    }
    FILMGATE_TRY(change.tx.update_approval(approval, approval.state));
  }
  return {};
}

}  // namespace

// Manifest and report are written anew without the person; gives what the event says of them.
Result<Json> EngineImpl::promise_documents(Change& change, Asset& asset) {
  auto outputs = change.tx.all_outputs_of(asset.id);
  if (!outputs) return outputs.error();
  Json said = Json::array();
  for (Output& output : *outputs) {
    if (output.name != "manifest" && output.name != "report") continue;
    const bool is_manifest = output.name == "manifest";
    auto text = read_file(parts_.library.absolute(output.path), kMaxDocument);
    if (!text && text.error().code == ErrorCode::kNotFound) continue;  // a person took it away
    if (!text) return text.error();
    auto document =
        parse_json(*text, output.path, {.max_bytes = kMaxDocument, .max_keys = 4'000'000});
    if (!document) return document.error();
    // Of an earlier revision the asset's row no longer names the sidecar.
    const Json* const source = document->find_path("source.path");
    const std::string beside = (source != nullptr ? source->string_or("") : "") + ".json";
    if (is_manifest && is_safe_relative(beside)) {
      const std::string lies = join(folder_of(output.path), beside);
      if (lies != asset.sidecar_path) {
        asset.moves.push_back(Json::object({{"from", lies}, {"remove", true}}));
      }
    }
    Json rest = without_person(*std::move(document));
    const std::string written = to_text(rest, 2) + "\n";
    output.size = static_cast<int64_t>(written.size());
    output.sha256 = filmgate::to_hex(filmgate::sha256(written));
    FILMGATE_TRY(change.tx.insert_output(output));
    said.push_back(Json::object({{"revision", output.revision},
                                 {"name", output.name},
                                 {"size", output.size},
                                 {"sha256", output.sha256}}));
    asset.moves.push_back(Json::object({{"to", output.path}, {"note", std::move(rest)}}));
  }
  return said;
}

std::string EngineImpl::owner_by_note(const std::string& source) const {
  const std::string note = reason_name(source);
  auto file = open_untrusted(parts_.library.absolute(note));
  if (!file) return "";
  const auto text = read_fd(file->get(), kMaxDocument, note);
  if (!text) return "";
  const auto said = parse_json(*text, note);
  return said ? said->get("asset").string_or("") : "";
}

// Somebody took its file away, and another came to the name that was free.
Result<bool> EngineImpl::is_anothers(Change& change, const Asset& asset, const std::string& path) {
  if (path.empty() || lies_in(path, kProcessed)) return false;
  auto other = change.tx.asset_by_path(path);
  if (!other) return other.error();
  if (other->has_value() && (*other)->id != asset.id) return true;
  auto moving = change.tx.assets_with_moves();  // those whose notes have yet to be written
  if (!moving) return moving.error();
  const auto there = parts_.library.stat(path);
  for (const Asset& each : *moving) {
    const bool lies_there = there && each.source.path == path && each.source.inode == there->inode;
    if (lies_there && each.id != asset.id) return true;
  }
  const std::string owner = owner_by_note(path);
  return !owner.empty() && owner != asset.id;
}

// Every folder that was published of it, its sources included.
Result<void> EngineImpl::promise_removal(Change& change, Asset& asset) {
  auto outputs = change.tx.all_outputs_of(asset.id);
  if (!outputs) return outputs.error();
  std::set<std::string> folders;
  for (const Output& output : *outputs) {
    if (output.name == "manifest") folders.insert(folder_of(output.path));
  }
  for (const std::string& folder : folders) {
    asset.moves.push_back(Json::object({{"from", folder}, {"remove_tree", true}}));
  }
  if (!asset.source.path.empty() && !lies_in(asset.source.path, kUploads)) {
    asset.moves.push_back(Json::object({{"from", asset.source.path}, {"remove", true}}));
  }
  asset.source.path.clear();
  asset.output_path.clear();
  return {};
}

// What was set aside when a further revision came: the row names it no more, but the history does,
// or once that is erased, the notes.
Result<std::set<std::string>> EngineImpl::former_sources(Change& change, const Asset& asset) {
  auto events = change.tx.events_of(asset.id);
  if (!events) return events.error();
  std::set<std::string> sources;
  bool revised = false, erased = false;
  for (const Event& event : *events) {
    erased = erased || event.kind == kErased;
    if (event.kind != kRevised) continue;
    revised = true;
    sources.insert(told(event).get("former").string_or(""));
  }
  if (revised && erased) {
    for (const char* folder : {kRejected, kUnableToProcess}) {
      auto files = parts_.library.list(folder);
      if (!files) return files.error();
      for (const FoundFile& file : *files) sources.insert(file.path);
    }
  }
  std::erase_if(sources, [](const std::string& path) {
    return !lies_in(path, kRejected) && !lies_in(path, kUnableToProcess);
  });
  return sources;
}

Result<void> EngineImpl::promise_former(Change& change, Asset& asset, bool media) {
  auto sources = former_sources(change, asset);
  if (!sources) return sources.error();
  for (const std::string& former : *sources) {
    // Somebody may have taken it away, and another have its name now: the note says whose it is.
    const std::string note = reason_name(former);
    if (former == asset.source.path || owner_by_note(former) != asset.id) continue;
    asset.moves.push_back(Json::object({{"from", former + ".json"}, {"remove", true}}));
    if (media) {
      for (const std::string& path : {former, note}) {
        asset.moves.push_back(Json::object({{"from", path}, {"remove", true}}));
      }
    } else {  // by this it is found when the media is to go as well
      asset.moves.push_back(
          Json::object({{"to", note}, {"note", Json::object({{"asset", asset.id}})}}));
    }
  }
  return {};
}

Result<void> EngineImpl::erase(const std::string& asset_id, bool media) {
  FILMGATE_TRY(change([&](Change& c) -> Result<void> {
    auto asset = c.need_asset(asset_id);
    if (!asset) return asset.error();
    const bool runs = std::any_of(runs_.begin(), runs_.end(), [&](const auto& entry) {
      return entry.second->asset.id == asset_id;
    });
    if (!is_final(asset->state) || runs) {
      return Error{ErrorCode::kConflict, asset->name + " is still worked on (" +
                                             to_string(asset->state) +
                                             "); cancel it first, or wait until it is done"};
    }
    FILMGATE_TRY(check_settled(*asset));
    asset->moves = Json::array();
    const auto taken = is_anothers(c, *asset, source_of(*asset));
    if (!taken) return taken.error();
    if (*taken) {
      asset->source.path.clear();
      asset->sidecar_path.clear();
    }
    // In uploads/ they belong to whatever comes next under that name.
    if (!asset->sidecar_path.empty() && !lies_in(asset->sidecar_path, kUploads)) {
      asset->moves.push_back(Json::object({{"from", asset->sidecar_path}, {"remove", true}}));
    }
    if (!asset->source.path.empty() && !lies_in(asset->source.path, kUploads)) {
      asset->moves.push_back(
          Json::object({{"from", reason_name(asset->source.path)}, {"remove", true}}));
    }
    FILMGATE_TRY(promise_former(c, *asset, media));
    Json said = Json::object({{"media", media}});
    if (media) {
      FILMGATE_TRY(promise_removal(c, *asset));
    } else {
      auto documents = promise_documents(c, *asset);
      if (!documents) return documents.error();
      said.set("outputs", *std::move(documents));
    }
    auto numbers = redact_events(c, asset_id);
    if (!numbers) return numbers.error();
    said.set("redacted", *std::move(numbers));
    FILMGATE_TRY(forget_reviewers(c, asset_id));
    FILMGATE_TRY(c.tx.erase(asset_id, media));
    asset->name = "erased" + suffix_of(asset->name);
    asset->key.clear();
    asset->detail =
        media ? "a person's data and the media were erased" : "a person's data was erased";
    asset->metadata = Json();
    asset->facts.erase("metadata");
    asset->sidecar_path.clear();
    asset->sidecar_sha256.clear();
    FILMGATE_TRY(c.edit(*asset));
    return c.event(asset_id, kErased, std::move(said));
  }));
  scrub_due_ = true;
  carry_out(asset_id);
  return {};
}

}  // namespace filmgate::engine
