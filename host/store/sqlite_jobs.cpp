#include <algorithm>

#include "host/store/sqlite_store.h"

namespace filmgate {
namespace {

using sqlite::Row;

#define FILMGATE_JOB_COLUMNS                                                                    \
  "id, asset_id, revision, kind, variant, state, lane, priority, attempt, max_attempts,"        \
  " crashes, fence, run_at_ms, lease_until_ms, deadline_ms, owner, run_id, error_class, error," \
  " staged, created_ms, updated_ms"
#define FILMGATE_SELECT_JOB "SELECT " FILMGATE_JOB_COLUMNS " FROM job "

Job read_job(Row& row) {
  Job job;
  job.id = row.text();
  job.asset_id = row.text();
  job.revision = row.small();
  job.kind = row.name(job_kind_from);
  job.variant = row.text();
  job.state = row.name(job_state_from);
  job.lane = row.name(lane_from);
  job.priority = row.small();
  job.attempt = row.small();
  job.max_attempts = row.small();
  job.crashes = row.small();
  job.fence = row.integer();
  job.run_at_ms = row.integer();
  job.lease_until_ms = row.integer();
  job.deadline_ms = row.integer();
  job.owner = row.text();
  job.run_id = row.text();
  job.error_class = row.text();
  job.error = row.text();
  job.staged = row.json();
  job.created_ms = row.integer();
  job.updated_ms = row.integer();
  return job;
}

// Enough of a job to find the rest of its ladder.
struct Pick {
  std::string id;
  std::string asset_id;
  int revision = 0;
  JobKind kind = JobKind::kInspect;
};

Pick read_pick(Row& row) {
  Pick pick;
  pick.id = row.text();
  pick.asset_id = row.text();
  pick.revision = row.small();
  pick.kind = row.name(job_kind_from);
  return pick;
}

Error forbidden(const Job& job, JobState from) {
  return {ErrorCode::kInternal,
          "job " + job.id + " may not go from " + to_string(from) + " to " + to_string(job.state)};
}

Error stale(const Job& job) {
  return {ErrorCode::kConflict, "job " + job.id + " is no longer held under fence " +
                                    std::to_string(job.fence) + ": it was taken back"};
}

}  // namespace

Result<void> SqliteTransaction::insert_job(const Job& job) {
  auto inserted = db_.run("INSERT INTO job (" FILMGATE_JOB_COLUMNS
                          ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                          job.id, job.asset_id, job.revision, to_string(job.kind), job.variant,
                          to_string(job.state), to_string(job.lane), job.priority, job.attempt,
                          job.max_attempts, job.crashes, job.fence, job.run_at_ms,
                          job.lease_until_ms, job.deadline_ms, job.owner, job.run_id,
                          job.error_class, job.error, job.staged, job.created_ms, job.updated_ms);
  if (!inserted.ok()) return inserted.error();
  return {};
}

Result<std::optional<Job>> SqliteTransaction::job(const std::string& id) {
  return db_.one(read_job, FILMGATE_SELECT_JOB "WHERE id = ?", id);
}

Result<std::vector<Job>> SqliteTransaction::jobs_of(const std::string& asset_id, int revision) {
  return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE asset_id = ? AND revision = ? ORDER BY id",
                 asset_id, revision);
}

Result<std::vector<std::string>> SqliteTransaction::pick_jobs(const ClaimRequest& request) {
  auto picks = db_.all(read_pick,
                       "SELECT id, asset_id, revision, kind FROM job"
                       " WHERE state = 'ready' AND lane = ? AND run_at_ms <= ?"
                       " ORDER BY priority DESC, run_at_ms, id LIMIT ?",
                       to_string(request.lane), request.now_ms, std::max(request.limit, 0));
  if (!picks.ok()) return picks.error();
  std::vector<std::string> ids;
  const auto take = [&ids](const std::string& id) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const Pick& pick : *picks) {
    take(pick.id);
    if (!request.whole_ladder || pick.kind != JobKind::kRendition) continue;
    const auto read_text = +[](Row& row) { return row.text(); };
    auto ladder = db_.all(read_text,
                          "SELECT id FROM job WHERE asset_id = ? AND revision = ?"
                          " AND kind = 'rendition' AND state = 'ready' AND run_at_ms <= ?"
                          " ORDER BY priority DESC, run_at_ms, id",
                          pick.asset_id, pick.revision, request.now_ms);
    if (!ladder.ok()) return ladder.error();
    for (const std::string& id : *ladder) take(id);
  }
  return ids;
}

Result<std::vector<Job>> SqliteTransaction::claim(const ClaimRequest& request) {
  auto ids = pick_jobs(request);
  if (!ids.ok()) return ids.error();
  std::vector<Job> claimed;
  for (const std::string& id : *ids) {
    auto job = db_.one(read_job,
                       "UPDATE job SET state = 'leased', attempt = attempt + 1, fence = fence + 1,"
                       " owner = ?, run_id = ?, lease_until_ms = ?, deadline_ms = ?,"
                       " updated_ms = ? WHERE id = ? AND state = 'ready'"
                       " RETURNING " FILMGATE_JOB_COLUMNS,
                       request.owner, request.run_id, request.now_ms + request.lease_ms,
                       request.deadline_ms, request.now_ms, id);
    if (!job.ok()) return job.error();
    if (!job->has_value()) continue;
    auto attempt = db_.run(
        "INSERT INTO attempt (job_id, fence, run_id, number, started_ms, ended_ms, outcome,"
        " error_class, error, log) VALUES (?, ?, ?, ?, ?, 0, '', '', '', '')",
        id, (*job)->fence, request.run_id, (*job)->attempt, request.now_ms);
    if (!attempt.ok()) return attempt.error();
    claimed.push_back(std::move(**job));
  }
  return claimed;
}

Result<void> SqliteTransaction::update_job(const Job& job, JobState expected) {
  const bool moves = job.state != expected;
  if (moves && (job.state == JobState::kLeased || !may_follow(expected, job.state))) {
    return forbidden(job, expected);
  }
  // Whoever takes a claim away leaves nothing of it behind but the fence.
  auto changed = db_.run(
      "UPDATE job SET state = ?1, priority = ?2, attempt = ?3, max_attempts = ?4, crashes = ?5,"
      " run_at_ms = ?6, error_class = ?7, error = ?8, staged = ?9, updated_ms = ?10,"
      " lease_until_ms = iif(?1 = 'leased', lease_until_ms, 0),"
      " deadline_ms = iif(?1 = 'leased', deadline_ms, 0), owner = iif(?1 = 'leased', owner, '')"
      " WHERE id = ?11 AND state = ?12",
      to_string(job.state), job.priority, job.attempt, job.max_attempts, job.crashes, job.run_at_ms,
      job.error_class, job.error, job.staged, job.updated_ms, job.id, to_string(expected));
  if (!changed.ok()) return changed.error();
  if (*changed == 1) return {};
  auto present = this->job(job.id);
  if (!present.ok()) return present.error();
  if (!present->has_value()) return Error{ErrorCode::kNotFound, "there is no job " + job.id};
  return Error{ErrorCode::kConflict, "job " + job.id + " is no longer " + to_string(expected) +
                                         ", it is " + to_string((*present)->state)};
}

Result<void> SqliteTransaction::renew_lease(const Job& job, int64_t lease_until_ms) {
  auto changed =
      db_.run("UPDATE job SET lease_until_ms = ? WHERE id = ? AND fence = ? AND state = 'leased'",
              lease_until_ms, job.id, job.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return stale(job);
  return {};
}

Result<void> SqliteTransaction::edit_claim(const Job& job) {
  auto changed = db_.run(
      "UPDATE job SET staged = ?, error_class = ?, error = ?, run_id = ?, updated_ms = ?"
      " WHERE id = ? AND fence = ? AND state = 'leased'",
      job.staged, job.error_class, job.error, job.run_id, job.updated_ms, job.id, job.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return stale(job);
  return {};
}

Result<void> SqliteTransaction::finish_job(const Job& job) {
  if (!may_follow(JobState::kLeased, job.state)) return forbidden(job, JobState::kLeased);
  auto changed = db_.run(
      "UPDATE job SET state = ?, priority = ?, attempt = ?, max_attempts = ?, crashes = ?,"
      " run_at_ms = ?, error_class = ?, error = ?, staged = ?, updated_ms = ?, lease_until_ms = 0,"
      " deadline_ms = 0, owner = '' WHERE id = ? AND fence = ? AND state = 'leased'",
      to_string(job.state), job.priority, job.attempt, job.max_attempts, job.crashes, job.run_at_ms,
      job.error_class, job.error, job.staged, job.updated_ms, job.id, job.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return stale(job);
  return {};
}

Result<std::vector<Job>> SqliteTransaction::leased_jobs() {
  return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE state = 'leased' ORDER BY id");
}

Result<std::vector<Job>> SqliteTransaction::expired_leases(int64_t now_ms) {
  return db_.all(read_job,
                 FILMGATE_SELECT_JOB
                 "WHERE state = 'leased' AND lease_until_ms <= ? ORDER BY lease_until_ms, id",
                 now_ms);
}

Result<std::vector<Job>> SqliteTransaction::jobs(std::optional<JobState> state, int limit) {
  if (state) {
    return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE state = ? ORDER BY id DESC LIMIT ?",
                   to_string(*state), std::max(limit, 0));
  }
  return db_.all(read_job, FILMGATE_SELECT_JOB "ORDER BY id DESC LIMIT ?", std::max(limit, 0));
}

}  // namespace filmgate
