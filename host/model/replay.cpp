#include "host/model/replay.h"

#include <algorithm>
#include <string_view>

#include "host/base/hash.h"
#include "host/model/personal.h"

namespace filmgate {
namespace {

constexpr const char* kName = "name";
constexpr const char* kDetail = "detail";
constexpr const char* kSize = "size";
constexpr const char* kDescription = "description";
constexpr const char* kDescriptionHash = "text of the description";
constexpr const char* kSourcePath = "source path";
constexpr const char* kSidecarPath = "sidecar path";
constexpr const char* kSidecarHash = "sidecar";
constexpr const char* kMetadata = "metadata";
constexpr const char* kFacts = "facts";
constexpr const char* kFactsMetadata = "metadata of the facts";
constexpr const char* kOutputPath = "output path";
constexpr const char* kCrash = "crash";  // the error class

// Older events of jobs don't name the state; their kind does.
constexpr std::pair<std::string_view, JobState> kJobStates[] = {
    {"job.leased", JobState::kLeased},       {"job.intent", JobState::kLeased},
    {"job.staged", JobState::kStaged},       {"job.done", JobState::kDone},
    {"job.failed", JobState::kReady},        {"job.lost", JobState::kReady},
    {"job.handed_back", JobState::kReady},   {"job.dead", JobState::kDead},
    {"job.cancelled", JobState::kCancelled},
};

std::string text_of(const Event& event, const char* key) {
  return event.data.get(key).string_or("");
}
int number_of(const Event& event, const char* key, int otherwise) {
  return static_cast<int>(event.data.get(key).integer_or(otherwise));
}

class Replay {
 public:
  explicit Replay(Replayed& now) : now_(now) {}

  void apply(const Event& event) {
    const std::string& kind = event.kind;
    const Json whole = told(event);
    if (kind == "asset.received") {
      now_.began = true;
      now_.whole = event.data.find("revision") != nullptr;
      begin(whole);
    } else if (kind == kRevised) {
      begin(whole);
    } else if (kind == "asset.retry") {
      if (const Json* size = whole.find("size")) now_.fields[kSize] = to_text(*size);
    } else if (kind == "asset.state") {
      enter(event, whole);
    } else if (kind == "asset.sidecar") {
      tell(whole, "path", kSidecarPath);
      tell(whole, "sha256", kSidecarHash);
      tell(whole, "metadata_sha256", kMetadata);
    } else if (kind == "asset.moved") {
      place(whole);
    } else if (kind == "asset.source_replaced") {
      now_.fields[kSourcePath] = "";
      tell(whole, "detail", kDetail);
    } else if (kind == "asset.sidecar_changed") {
      now_.fields[kSidecarPath] = now_.fields[kSidecarHash] = "";
      tell(whole, "detail", kDetail);
    } else if (kind == "asset.hashed") {
      now_.source_sha256 = text_of(event, "sha256");
    } else if (kind == "asset.published") {
      publish(event, whole);
    } else if (kind == kErased) {
      erase(event);
    } else if (kind.starts_with("job.")) {
      move_job(event, whole);
    } else if (kind.starts_with("approval.")) {
      move_approval(event);
    }
  }

 private:
  void fault(const Event& event, const std::string& what) {
    now_.faults.push_back("event " + std::to_string(event.number) + ": " + what);
  }

  // A field that an event of this kind doesn't tell, as it would now, isn't known any more.
  void tell(const Json& whole, const char* key, const char* field) {
    if (const Json* value = whole.find(key)) {
      now_.fields[field] = value->is_string() ? value->string_or("") : to_text(*value);
    } else {
      now_.fields.erase(field);
    }
  }

  void place(const Json& whole) {
    tell(whole, "path", kSourcePath);
    tell(whole, "sidecar", kSidecarPath);
  }

  // Of an upload: as the asset, or as its next revision.
  void begin(const Json& whole) {
    tell(whole, "name", kName);
    tell(whole, "size", kSize);
    tell(whole, "description", kDescription);
    tell(whole, "description_sha256", kDescriptionHash);
    tell(whole, "path", kSourcePath);
    for (const char* field : {kSidecarPath, kSidecarHash, kMetadata, kFacts, kFactsMetadata}) {
      if (now_.fields.contains(kSourcePath)) now_.fields[field] = "";
    }
  }

  void enter(const Event& event, const Json& whole) {
    const std::string from = text_of(event, "from");
    const auto to = asset_state_from(text_of(event, "to"));
    if (!to) return fault(event, "'" + text_of(event, "to") + "' is no state of an asset");
    if (from != to_string(now_.state)) {
      fault(event, "it leaves " + from + ", but the asset was " + to_string(now_.state));
    }
    if (now_.state != *to && !may_follow(now_.state, *to)) {
      fault(event, std::string(to_string(*to)) + " may not follow " + to_string(now_.state));
    }
    now_.state = *to;
    tell(whole, "detail", kDetail);
    const int revision = number_of(event, "revision", now_.revision);
    if (revision != now_.revision) next_revision(event, revision);
    if (whole.find("path") != nullptr) place(whole);
  }

  void next_revision(const Event& event, int revision) {
    if (revision != now_.revision + 1 && now_.whole) {
      fault(event,
            "revision " + std::to_string(revision) + " follows " + std::to_string(now_.revision));
    }
    now_.revision = revision;
    now_.source_sha256.clear();
    now_.fields.erase(kSize);
    for (const char* field : {kSidecarPath, kSidecarHash, kMetadata, kFacts, kFactsMetadata}) {
      now_.fields[field] = "";
    }
  }

  void move_job(const Event& event, const Json& whole) {
    const std::string id = text_of(event, "job");
    const auto [found, fresh] = now_.jobs.try_emplace(id);
    ReplayedJob& job = found->second;
    const auto state = state_of(event);
    if (!state) return fault(event, "job " + id + " enters no state that is known");
    if (fresh) {
      job.revision = number_of(event, "revision", now_.revision);
      job.kind = text_of(event, "kind");
      job.variant = text_of(event, "variant");
    } else if (job.state != *state && !may_follow(job.state, *state) && now_.whole) {
      fault(event,
            "job " + id + " may not go from " + to_string(job.state) + " to " + to_string(*state));
    }
    const int64_t fence = event.data.get("fence").integer_or(job.fence);
    if (fence < job.fence) fault(event, "the fence of job " + id + " fell");
    if (event.kind == "job.leased" && !fresh && fence <= job.fence) {
      fault(event, "job " + id + " was claimed under an old fence");
    }
    job.state = *state;
    job.fence = fence;
    job.attempt = number_of(event, "attempt", job.attempt);
    if (text_of(event, "class") == kCrash) ++job.crashes;
    if (*state == JobState::kStaged) job.staged_sha256 = text_of(event, "sha256");
    if (*state == JobState::kReady) job.staged_sha256.clear();
    if (*state == JobState::kDone && (job.kind == "inspect" || job.kind == "probe")) {
      tell(whole, "facts_sha256", kFacts);
      tell(whole, "metadata_sha256", kFactsMetadata);
    }
  }

  static std::optional<JobState> state_of(const Event& event) {
    if (const std::string name = text_of(event, "state"); !name.empty()) {
      return job_state_from(name);
    }
    const auto* const known =
        std::find_if(std::begin(kJobStates), std::end(kJobStates),
                     [&event](const auto& each) { return each.first == event.kind; });
    return known == std::end(kJobStates) ? std::nullopt : std::optional(known->second);
  }

  void move_approval(const Event& event) {
    const auto [found, fresh] = now_.approvals.try_emplace(text_of(event, "approval"));
    ReplayedApproval& approval = found->second;
    if (fresh) {
      approval.revision = now_.revision;
      approval.state = "pending";
      approval.quorum = number_of(event, "quorum", 1);
      approval.expires_ms = event.data.get("expires").integer_or(0);
    }
    if (event.kind == "approval.requested") return;
    if (approval.state != "pending") {
      fault(event, "approval " + found->first + " was " + approval.state + " already");
    }
    if (event.kind == "approval.decided") {
      ++approval.decisions;
      if (!event.data.get("decided").bool_or(false)) return;
      approval.state = text_of(event, "decision") == "approve" ? "approved" : "rejected";
    } else {
      approval.state = event.kind.substr(event.kind.find('.') + 1);  // expired, superseded
    }
  }

  void publish(const Event& event, const Json& whole) {
    const int revision = number_of(event, "revision", now_.revision);
    const std::string former = whole.get("former").string_or("");
    if (!former.empty()) make_way(number_of(event, "former_revision", 0), former);
    tell(whole, "output_path", kOutputPath);
    put_all(event, revision, whole.get("paths"));
  }

  // What was published before lies beside it from now on.
  void make_way(int revision, const std::string& former) {
    const auto place = now_.fields.find(kOutputPath);
    for (auto& [key, output] : now_.outputs) {
      if (key.first != revision || !output.path) continue;
      if (place == now_.fields.end() || !output.path->starts_with(place->second + "/")) {
        output.path.reset();
      } else {
        output.path = former + output.path->substr(place->second.size());
      }
    }
  }

  // From here on only what is no personal matter is known; what the events told before is gone.
  void erase(const Event& event) {
    now_.erased = true;
    const bool media = event.data.get("media").bool_or(false);
    for (const char* field : {kName, kDetail, kSidecarPath, kSidecarHash, kMetadata, kFactsMetadata,
                              kSourcePath, kOutputPath}) {
      now_.fields.erase(field);
    }
    if (media) {
      now_.outputs.clear();
      now_.fields[kSourcePath] = now_.fields[kOutputPath] = "";
    }
    put_all(event, now_.revision, {});
  }

  void put_all(const Event& event, int revision, const Json& paths) {
    const Json::Array* outputs = event.data.get("outputs").if_array();
    if (outputs == nullptr) return;
    for (const Json& output : *outputs) {
      const std::string name = output.get("name").string_or("");
      ReplayedOutput& now =
          now_.outputs[{static_cast<int>(output.get("revision").integer_or(revision)), name}];
      now.sha256 = output.get("sha256").string_or("");
      now.size = output.get("size").if_integer();
      if (const std::string* path = paths.get(name).if_string()) now.path = *path;
    }
  }

  Replayed& now_;
};

}  // namespace

std::string document_digest(const Json& document) {
  return document.is_null() ? "" : to_hex(sha256(to_text(document)));
}

std::string facts_digest(const Json& facts) {
  if (!facts.is_object()) return "";
  Json rest = facts;
  rest.erase("metadata");
  return document_digest(rest);
}

AssetFields fields_of(const Asset& asset) {
  return {{kName, asset.name},
          {kDetail, asset.detail},
          {kSize, std::to_string(asset.source.size)},
          {kDescription, asset.description},
          {kDescriptionHash, asset.description_sha256},
          {kSourcePath, asset.source.path},
          {kSidecarPath, asset.sidecar_path},
          {kSidecarHash, asset.sidecar_sha256},
          {kMetadata, document_digest(asset.metadata)},
          {kFacts, facts_digest(asset.facts)},
          {kFactsMetadata, document_digest(asset.facts.get("metadata"))},
          {kOutputPath, asset.output_path}};
}

Replayed replay(const std::vector<Event>& events) {
  Replayed now;
  Replay replay(now);
  for (const Event& event : events) replay.apply(event);
  return now;
}

}  // namespace filmgate
