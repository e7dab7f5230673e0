#include "host/model/audit.h"

#include <algorithm>

#include "host/model/event_chain.h"
#include "host/model/replay.h"

namespace filmgate {
namespace {

std::string describe(const char* state, int attempt, int64_t fence) {
  return std::string(state) + ", attempt " + std::to_string(attempt) + ", fence " +
         std::to_string(fence);
}

std::string describe(const std::string& state, size_t decisions) {
  return state + ", " + std::to_string(decisions) + " decided";
}

std::string name_of(int revision, const std::string& kind, const std::string& variant) {
  return "revision " + std::to_string(revision) + ": " + kind +
         (variant.empty() ? "" : " " + variant);
}

// The present claim is told when it begins and when it ends; in between both say the same.
void compare_jobs(const Replayed& told, const std::vector<Job>& rows, Audit& audit) {
  std::map<std::string, const Job*> by_id;
  for (const Job& job : rows) by_id[job.id] = &job;
  for (const auto& [id, job] : told.jobs) {
    AuditLine line{name_of(job.revision, job.kind, job.variant),
                   describe(to_string(job.state), job.attempt, job.fence), "", is_final(job.state)};
    if (const auto found = by_id.find(id); found != by_id.end()) {
      const Job& row = *found->second;
      line.by_rows = describe(to_string(row.state), row.attempt, row.fence);
      line.agrees = line.by_rows == line.by_events && job.kind == to_string(row.kind) &&
                    job.variant == row.variant && job.revision == row.revision;
      by_id.erase(found);
    }
    audit.lines.push_back(std::move(line));
  }
  for (const auto& [id, row] : by_id) {
    audit.lines.push_back({name_of(row->revision, to_string(row->kind), row->variant), "",
                           describe(to_string(row->state), row->attempt, row->fence), !told.whole});
  }
}

void compare_approvals(const Replayed& told, const std::vector<Approval>& rows, Audit& audit) {
  std::map<std::string, const Approval*> by_id;
  for (const Approval& approval : rows) by_id[approval.id] = &approval;
  for (const auto& [id, approval] : told.approvals) {
    AuditLine line{name_of(approval.revision, "approval", ""),
                   describe(approval.state, static_cast<size_t>(approval.decisions)), "", false};
    if (const auto found = by_id.find(id); found != by_id.end()) {
      line.by_rows = describe(found->second->state, found->second->decisions.size());
      line.agrees = line.by_rows == line.by_events && found->second->revision == approval.revision;
      by_id.erase(found);
    }
    audit.lines.push_back(std::move(line));
  }
  for (const auto& [id, row] : by_id) {
    audit.lines.push_back({name_of(row->revision, "approval", ""), "",
                           describe(row->state, row->decisions.size()), false});
  }
}

void compare_outputs(const Replayed& told, const std::vector<Output>& rows, Audit& audit) {
  std::map<std::pair<int, std::string>, std::string> left;
  for (const Output& output : rows) left[{output.revision, output.name}] = output.sha256;
  for (const auto& [key, sha256] : told.outputs) {
    AuditLine line{name_of(key.first, "output", key.second), sha256, "", false};
    if (const auto found = left.find(key); found != left.end()) {
      line.by_rows = found->second;
      line.agrees = line.by_rows == line.by_events;
      left.erase(found);
    }
    audit.lines.push_back(std::move(line));
  }
  for (const auto& [key, sha256] : left) {
    audit.lines.push_back({name_of(key.first, "output", key.second), "", sha256, false});
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
  compare_jobs(told, rows.jobs, audit);
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
