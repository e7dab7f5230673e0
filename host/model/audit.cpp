#include "host/model/audit.h"

#include <algorithm>
#include <optional>
#include <set>

#include "host/base/clock.h"
#include "host/model/event_chain.h"
#include "host/model/replay.h"

namespace filmgate {
namespace {

std::string several(int64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// What both sides tell of a job in the same words. `file`: the hash of what it made, if known.
std::string describe(JobState state, int attempt, int64_t fence, int64_t claims, int crashes,
                     const std::string& file) {
  std::string words = std::string(to_string(state)) + ", attempt " + std::to_string(attempt) +
                      ", fence " + std::to_string(fence) + ", " +
                      several(claims, "claim", "claims");
  if (crashes > 0) words += ", " + several(crashes, "crash", "crashes");
  if (!file.empty()) words += ", file " + file;
  return words;
}

std::string describe(const std::string& state, size_t decisions, int quorum, int64_t expires_ms) {
  return state + ", " + std::to_string(decisions) + " of " + std::to_string(quorum) + " decided" +
         (expires_ms > 0 ? ", expires " + format_time(expires_ms) : "");
}

std::string describe(const std::string& sha256, std::optional<int64_t> size,
                     const std::optional<std::string>& path) {
  return sha256 + (size ? ", " + std::to_string(*size) + " bytes" : "") +
         (path ? ", " + *path : "");
}

std::string name_of(int revision, const std::string& kind, const std::string& variant) {
  return "revision " + std::to_string(revision) + ": " + kind +
         (variant.empty() ? "" : " " + variant);
}

// Each claim left a row, and only the one of a job that is leased has no end.
std::map<std::string, int64_t> count_claims(const AssetRows& rows, Audit& audit) {
  std::map<std::string, int64_t> claims;
  std::set<std::pair<std::string, int64_t>> present;
  for (const Job& job : rows.jobs) {
    if (job.state == JobState::kLeased) present.emplace(job.id, job.fence);
  }
  for (const Attempt& attempt : rows.attempts) {
    ++claims[attempt.job_id];
    if ((attempt.ended_ms == 0) == present.contains({attempt.job_id, attempt.fence})) continue;
    audit.problems.push_back("attempt " + std::to_string(attempt.number) + " of job " +
                             attempt.job_id + " under fence " + std::to_string(attempt.fence) +
                             (attempt.ended_ms == 0 ? " has no end" : " ended too early"));
  }
  return claims;
}

void compare_jobs(const Replayed& told, const AssetRows& rows, Audit& audit) {
  std::map<std::string, const Job*> by_id;
  for (const Job& job : rows.jobs) by_id[job.id] = &job;
  std::map<std::string, int64_t> claims = count_claims(rows, audit);
  const auto by_row = [&](const Job& row, const std::string& file) {
    return describe(row.state, row.attempt, row.fence, claims[row.id], row.crashes, file);
  };
  for (const auto& [id, job] : told.jobs) {
    const auto found = by_id.find(id);
    // Erasing takes what a job that is over has made from its row.
    const Json* const staged = found == by_id.end() ? nullptr : &found->second->staged;
    const bool compares_file =
        !job.staged_sha256.empty() && (staged == nullptr || staged->is_object() || !told.erased);
    AuditLine line{name_of(job.revision, job.kind, job.variant),
                   describe(job.state, job.attempt, job.fence, job.fence, job.crashes,
                            compares_file ? job.staged_sha256 : ""),
                   "", is_final(job.state)};
    if (found != by_id.end()) {
      const Job& row = *found->second;
      line.by_rows = by_row(row, compares_file ? staged->get("sha256").string_or("") : "");
      line.agrees = line.by_rows == line.by_events && job.kind == to_string(row.kind) &&
                    job.variant == row.variant && job.revision == row.revision;
      by_id.erase(found);
    }
    audit.lines.push_back(std::move(line));
  }
  for (const auto& [id, row] : by_id) {
    audit.lines.push_back({name_of(row->revision, to_string(row->kind), row->variant), "",
                           by_row(*row, ""), !told.whole});
  }
}

void compare_approvals(const Replayed& told, const std::vector<Approval>& rows, Audit& audit) {
  std::map<std::string, const Approval*> by_id;
  for (const Approval& approval : rows) by_id[approval.id] = &approval;
  const auto by_row = [](const Approval& row) {
    return describe(row.state, row.decisions.size(), row.quorum, row.expires_ms);
  };
  for (const auto& [id, approval] : told.approvals) {
    AuditLine line{name_of(approval.revision, "approval", ""),
                   describe(approval.state, static_cast<size_t>(approval.decisions),
                            approval.quorum, approval.expires_ms),
                   "", false};
    if (const auto found = by_id.find(id); found != by_id.end()) {
      line.by_rows = by_row(*found->second);
      line.agrees = line.by_rows == line.by_events && found->second->revision == approval.revision;
      by_id.erase(found);
    }
    audit.lines.push_back(std::move(line));
  }
  for (const auto& [id, row] : by_id) {
    audit.lines.push_back({name_of(row->revision, "approval", ""), "", by_row(*row), false});
  }
}

void compare_outputs(const Replayed& told, const std::vector<Output>& rows, Audit& audit) {
  std::map<std::pair<int, std::string>, const Output*> left;
  for (const Output& output : rows) left[{output.revision, output.name}] = &output;
  for (const auto& [key, output] : told.outputs) {
    AuditLine line{name_of(key.first, "output", key.second),
                   describe(output.sha256, output.size, output.path), "", false};
    if (const auto found = left.find(key); found != left.end()) {
      const Output& row = *found->second;
      line.by_rows = describe(row.sha256, output.size ? std::optional(row.size) : std::nullopt,
                              output.path ? std::optional(row.path) : std::nullopt);
      line.agrees = line.by_rows == line.by_events;
      left.erase(found);
    }
    audit.lines.push_back(std::move(line));
  }
  for (const auto& [key, row] : left) {
    audit.lines.push_back({name_of(key.first, "output", key.second), "",
                           describe(row->sha256, row->size, row->path), false});
  }
}

}  // namespace

Json to_json(const Audit& audit) {
  Json problems = Json::array();
  for (const std::string& problem : audit.problems) problems.push_back(problem);
  Json lines = Json::array();
  for (const AuditLine& line : audit.lines) {
    lines.push_back(Json::object({{"what", line.what},
                                  {"by_events", line.by_events},
                                  {"by_rows", line.by_rows},
                                  {"agrees", line.agrees}}));
  }
  return Json::object({{"asset", audit.asset_id},
                       {"verdict", audit.problems.empty() ? "agrees" : "differs"},
                       {"erased", audit.erased},
                       {"events", audit.events},
                       {"latest_hash", audit.latest_hash},
                       {"problems", std::move(problems)},
                       {"lines", std::move(lines)}});
}

Audit audit(const AssetRows& rows, const std::vector<Event>& events) {
  Audit audit;
  audit.asset_id = rows.asset.id;
  audit.events = static_cast<int64_t>(events.size());
  if (!events.empty()) audit.latest_hash = events.back().hash;
  if (auto chain = check_chain(events); !chain.ok()) {
    audit.problems.push_back(chain.error().message);
  }
  const Replayed told = replay(events);
  audit.erased = told.erased;
  if (!told.began) audit.problems.emplace_back("nothing tells how it came in");
  audit.problems.insert(audit.problems.end(), told.faults.begin(), told.faults.end());

  const auto compare = [&audit](const char* what, const std::string& by_events,
                                const std::string& by_rows) {
    audit.lines.push_back({what, by_events, by_rows, by_events == by_rows});
  };
  compare("state", to_string(told.state), to_string(rows.asset.state));
  if (told.whole) {
    compare("revision", std::to_string(told.revision), std::to_string(rows.asset.revision));
    compare("source", told.source_sha256, rows.asset.source.sha256);
  }
  const AssetFields by_row = fields_of(rows.asset);
  for (const auto& [field, value] : told.fields) {
    compare(field.c_str(), value, by_row.at(field));
  }
  compare_jobs(told, rows, audit);
  compare_approvals(told, rows.approvals, audit);
  compare_outputs(told, rows.outputs, audit);
  for (const AuditLine& line : audit.lines) {
    if (line.agrees) continue;
    audit.problems.push_back(line.what + " differs: the events say " +
                             (line.by_events.empty() ? "nothing" : line.by_events) +
                             ", the row says " + (line.by_rows.empty() ? "nothing" : line.by_rows));
  }
  return audit;
}

}  // namespace filmgate
