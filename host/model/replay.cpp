#include "host/model/replay.h"

#include <algorithm>
#include <string_view>

#include "host/model/personal.h"

namespace filmgate {
namespace {

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
    if (kind == "asset.received") {
      now_.began = true;
      now_.whole = event.data.find("revision") != nullptr;
    } else if (kind == "asset.state") {
      enter(event);
    } else if (kind == "asset.hashed") {
      now_.source_sha256 = text_of(event, "sha256");
    } else if (kind == "asset.published") {
      publish(event);
    } else if (kind == kErased) {
      erase(event);
    } else if (kind.starts_with("job.")) {
      move_job(event);
    } else if (kind.starts_with("approval.")) {
      move_approval(event);
    }
  }

 private:
  void fault(const Event& event, const std::string& what) {
    now_.faults.push_back("event " + std::to_string(event.number) + ": " + what);
  }

  void enter(const Event& event) {
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
    const int revision = number_of(event, "revision", now_.revision);
    if (revision == now_.revision) return;
    if (revision != now_.revision + 1 && now_.whole) {
      fault(event,
            "revision " + std::to_string(revision) + " follows " + std::to_string(now_.revision));
    }
    now_.revision = revision;
    now_.source_sha256.clear();
  }

  void move_job(const Event& event) {
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

  void publish(const Event& event) {
    const int revision = number_of(event, "revision", now_.revision);
    if (const Json::Array* outputs = event.data.get("outputs").if_array()) {
      for (const Json& output : *outputs) put(output, revision);
    }
  }

  void erase(const Event& event) {
    now_.erased = true;
    if (event.data.get("media").bool_or(false)) now_.outputs.clear();
    if (const Json::Array* outputs = event.data.get("outputs").if_array()) {
      for (const Json& output : *outputs) {
        put(output, static_cast<int>(output.get("revision").integer_or(now_.revision)));
      }
    }
  }

  void put(const Json& output, int revision) {
    now_.outputs[{revision, output.get("name").string_or("")}] = output.get("sha256").string_or("");
  }

  Replayed& now_;
};

}  // namespace

Replayed replay(const std::vector<Event>& events) {
  Replayed now;
  Replay replay(now);
  for (const Event& event : events) replay.apply(event);
  return now;
}

}  // namespace filmgate
