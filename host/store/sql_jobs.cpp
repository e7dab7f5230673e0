#include <algorithm>
#include <tuple>

#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using sql::Row;

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

Error forbidden(const Job& job, JobState from) {
  return {ErrorCode::kInternal,
          "job " + job.id + " may not go from " + to_string(from) + " to " + to_string(job.state)};
}

Error stale(const Job& job) {
  return {ErrorCode::kConflict, "job " + job.id + " is no longer held under fence " +
                                    std::to_string(job.fence) + ": it was taken back"};
}

}  // namespace

Result<void> SqlTransaction::insert_job(const Job& job) {
  auto inserted = db_.run(
      "INSERT INTO job (" FILMGATE_JOB_COLUMNS
      ") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22) "
      "ON CONFLICT DO NOTHING",
      job.id, job.asset_id, job.revision, to_string(job.kind), job.variant, to_string(job.state),
      to_string(job.lane), job.priority, job.attempt, job.max_attempts, job.crashes, job.fence,
      job.run_at_ms, job.lease_until_ms, job.deadline_ms, job.owner, job.run_id, job.error_class,
      job.error, job.staged, job.created_ms, job.updated_ms);
  return once(inserted, "the " + std::string(to_string(job.kind)) + " job " + job.id);
}

Result<std::optional<Job>> SqlTransaction::job(const std::string& id) {
  return db_.one(read_job, FILMGATE_SELECT_JOB "WHERE id = $1", id);
}

Result<std::vector<Job>> SqlTransaction::jobs_of(const std::string& asset_id, int revision) {
  return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE asset_id = $1 AND revision = $2 ORDER BY id",
                 asset_id, revision);
}

Result<std::vector<Job>> SqlTransaction::all_jobs_of(const std::string& asset_id) {
  return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE asset_id = $1 ORDER BY revision, id",
                 asset_id);
}

// Work begins when the source lies where its row says: a move that was promised is carried out
// first, or the attempt would find nothing there.
constexpr const char* kInPlace =
    "NOT EXISTS (SELECT 1 FROM asset WHERE asset.id = job.asset_id AND moves IS NOT NULL) AND ";

// Takes the ready jobs that `condition` on $2 and $3 finds, in one statement. MATERIALIZED, or
// PostgreSQL may look for them again while it changes them and take more than the limit. What was
// written in the future is due: the clock was set back, and its time may not come for long.
Result<std::vector<Job>> SqlTransaction::lease(const ClaimRequest& request,
                                               const std::string& condition, sql::Value second,
                                               sql::Value third) {
  const std::string statement =
      "WITH picked AS MATERIALIZED (SELECT id FROM job WHERE state = 'ready'"
      " AND (run_at_ms <= $1 OR updated_ms - " FILMGATE_CLOCKS_DIFFER " > $1) AND " +
      std::string(kInPlace) + condition + db_.dialect().take_rows +
      ") UPDATE job SET state = 'leased', attempt = attempt + 1, fence = fence + 1, owner = $4,"
      " run_id = $5, lease_until_ms = $6, deadline_ms = $7, updated_ms = $8"
      " WHERE id IN (SELECT id FROM picked) AND state = 'ready' RETURNING " FILMGATE_JOB_COLUMNS;
  auto jobs = db_.all_of(
      read_job, statement,
      {{request.now_ms, std::move(second), std::move(third), request.owner, request.run_id,
        request.now_ms + request.lease_ms, request.deadline_ms, request.now_ms}});
  if (!jobs.ok()) return jobs;
  // RETURNING gives them in any order.
  std::sort(jobs->begin(), jobs->end(), [](const Job& a, const Job& b) {
    return std::tie(b.priority, a.run_at_ms, a.id) < std::tie(a.priority, b.run_at_ms, b.id);
  });
  for (const Job& job : *jobs) {
    auto attempt = db_.run(
        "INSERT INTO attempt (job_id, fence, run_id, number, started_ms, ended_ms, outcome,"
        " error_class, error, log) VALUES ($1, $2, $3, $4, $5, 0, '', '', '', '')",
        job.id, job.fence, request.run_id, job.attempt, request.now_ms);
    if (!attempt.ok()) return attempt.error();
  }
  return jobs;
}

Result<std::vector<Job>> SqlTransaction::claim(const ClaimRequest& request) {
  auto claimed = lease(request, "lane = $2 ORDER BY priority DESC, run_at_ms, id LIMIT $3",
                       to_string(request.lane), int64_t{std::max(request.limit, 0)});
  if (!claimed.ok() || !request.whole_ladder) return claimed;
  const std::vector<Job> picked = *claimed;
  for (const Job& job : picked) {
    if (job.kind != JobKind::kRendition) continue;
    auto ladder = lease(request, "asset_id = $2 AND revision = $3 AND kind = 'rendition'",
                        job.asset_id, int64_t{job.revision});
    if (!ladder.ok()) return ladder;
    claimed->insert(claimed->end(), ladder->begin(), ladder->end());
  }
  return claimed;
}

Result<void> SqlTransaction::update_job(const Job& job, JobState expected) {
  const bool moves = job.state != expected;
  if (moves && (job.state == JobState::kLeased || !may_follow(expected, job.state))) {
    return forbidden(job, expected);
  }
  // Whoever takes a claim away leaves nothing of it behind but the fence.
  auto changed = db_.run(
      "UPDATE job SET state = $1, priority = $2, attempt = $3, max_attempts = $4, crashes = $5,"
      " run_at_ms = $6, error_class = $7, error = $8, staged = $9, updated_ms = $10,"
      " lease_until_ms = CASE WHEN $1 = 'leased' THEN lease_until_ms ELSE 0 END,"
      " deadline_ms = CASE WHEN $1 = 'leased' THEN deadline_ms ELSE 0 END,"
      " owner = CASE WHEN $1 = 'leased' THEN owner ELSE '' END"
      " WHERE id = $11 AND state = $12",
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

Result<void> SqlTransaction::renew_lease(const Job& job, int64_t lease_until_ms) {
  auto changed = db_.run(
      "UPDATE job SET lease_until_ms = $1 WHERE id = $2 AND fence = $3 AND state = 'leased'",
      lease_until_ms, job.id, job.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return stale(job);
  return {};
}

Result<void> SqlTransaction::edit_claim(const Job& job) {
  auto changed = db_.run(
      "UPDATE job SET staged = $1, error_class = $2, error = $3, run_id = $4, updated_ms = $5"
      " WHERE id = $6 AND fence = $7 AND state = 'leased'",
      job.staged, job.error_class, job.error, job.run_id, job.updated_ms, job.id, job.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return stale(job);
  return {};
}

Result<void> SqlTransaction::finish_job(const Job& job) {
  if (!may_follow(JobState::kLeased, job.state)) return forbidden(job, JobState::kLeased);
  auto changed = db_.run(
      "UPDATE job SET state = $1, priority = $2, attempt = $3, max_attempts = $4, crashes = $5,"
      " run_at_ms = $6, error_class = $7, error = $8, staged = $9, updated_ms = $10, "
      "lease_until_ms = 0,"
      " deadline_ms = 0, owner = '' WHERE id = $11 AND fence = $12 AND state = 'leased'",
      to_string(job.state), job.priority, job.attempt, job.max_attempts, job.crashes, job.run_at_ms,
      job.error_class, job.error, job.staged, job.updated_ms, job.id, job.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return stale(job);
  return {};
}

Result<std::vector<Job>> SqlTransaction::leased_jobs() {
  return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE state = 'leased' ORDER BY id");
}

Result<std::vector<Job>> SqlTransaction::expired_leases(int64_t now_ms) {
  return db_.all(read_job,
                 FILMGATE_SELECT_JOB
                 "WHERE state = 'leased' AND lease_until_ms <= $1 ORDER BY lease_until_ms, id",
                 now_ms);
}

Result<std::vector<Job>> SqlTransaction::jobs(std::optional<JobState> state, int limit) {
  if (state) {
    return db_.all(read_job, FILMGATE_SELECT_JOB "WHERE state = $1 ORDER BY id DESC LIMIT $2",
                   to_string(*state), std::max(limit, 0));
  }
  return db_.all(read_job, FILMGATE_SELECT_JOB "ORDER BY id DESC LIMIT $1", std::max(limit, 0));
}

}  // namespace filmgate
