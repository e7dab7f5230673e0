#include <algorithm>
#include <tuple>

#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using sql::Row;

#define FILMGATE_JOB_COLUMNS                                                                    \
  "id, asset_id, revision, kind, variant, state, lane, priority, attempt, max_attempts,"        \
  " crashes, fence, run_at_ms, lease_until_ms, deadline_ms, owner, run_id, error_class, error," \
  " staged, created_ms, updated_ms, description"
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
  job.description = row.text();
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

Result<void> SqlTransaction::insert_jobs(std::span<const Job> jobs) {
  std::vector<sql::Values> rows;
  for (const Job& job : jobs) {
    rows.push_back(sql::values_of(
        job.id, job.asset_id, job.revision, to_string(job.kind), job.variant, to_string(job.state),
        to_string(job.lane), job.priority, job.attempt, job.max_attempts, job.crashes, job.fence,
        job.run_at_ms, job.lease_until_ms, job.deadline_ms, job.owner, job.run_id, job.error_class,
        job.error, job.staged, job.created_ms, job.updated_ms, job.description));
  }
  return insert_once(
      db_, "INSERT INTO job (" FILMGATE_JOB_COLUMNS ")", std::move(rows), [&](size_t which) {
        return "the " + std::string(to_string(jobs[which].kind)) + " job " + jobs[which].id;
      });
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

// Takes the ready jobs that `condition` on `bound` ($2, $3…) finds, in one statement. MATERIALIZED,
// or PostgreSQL may look for them again while it changes them and take more than the limit. What
// was written in the future is due: the clock was set back, and its time may not come for long.
Result<std::vector<Job>> SqlTransaction::lease(const ClaimRequest& request,
                                               const std::string& condition,
                                               const std::vector<sql::Value>& bound) {
  std::vector<sql::Value> values = {request.now_ms};
  values.insert(values.end(), bound.begin(), bound.end());
  const auto next = [&values](sql::Value value) {
    values.push_back(std::move(value));
    return "$" + std::to_string(values.size());
  };
  std::string statement =
      "WITH picked AS MATERIALIZED (SELECT id FROM job WHERE state = 'ready'"
      " AND (run_at_ms <= $1 OR updated_ms - " FILMGATE_CLOCKS_DIFFER " > $1) AND ";
  statement += kInPlace + condition + db_.dialect().take_rows;
  statement += ") UPDATE job SET state = 'leased', attempt = attempt + 1, fence = fence + 1";
  statement += ", owner = " + next(request.owner);
  statement += ", run_id = " + next(request.run_id);
  statement += ", lease_until_ms = " + next(request.now_ms + request.lease_ms);
  statement += ", deadline_ms = " + next(request.deadline_ms);
  statement += ", updated_ms = " + next(request.now_ms);
  statement +=
      " WHERE id IN (SELECT id FROM picked) AND state = 'ready' RETURNING " FILMGATE_JOB_COLUMNS;
  auto jobs = db_.all_of(read_job, statement, values);
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
  std::vector<sql::Value> bound = {sql::to_value(to_string(request.lane))};
  const auto next = [&bound](sql::Value value) {
    bound.push_back(std::move(value));
    return "$" + std::to_string(bound.size() + 1);  // $1 is the time
  };
  std::string condition = "lane = $2";
  for (const std::string& description : request.except) {
    condition += " AND description <> " + next(description);
  }
  condition += " ORDER BY priority DESC, run_at_ms, id LIMIT ";
  condition += next(int64_t{std::max(request.limit, 0)});
  auto claimed = lease(request, condition, bound);
  if (!claimed.ok() || !request.whole_ladder) return claimed;
  const std::vector<Job> picked = *claimed;
  for (const Job& job : picked) {
    if (job.kind != JobKind::kRendition) continue;
    auto ladder = lease(request, "asset_id = $2 AND revision = $3 AND kind = 'rendition'",
                        {job.asset_id, int64_t{job.revision}});
    if (!ladder.ok()) return ladder;
    claimed->insert(claimed->end(), ladder->begin(), ladder->end());
  }
  return claimed;
}

Result<int64_t> SqlTransaction::count_due(Lane lane, int64_t now_ms, const Job* before) {
  const auto read_count = +[](Row& row) { return row.integer(); };
  const std::string due =
      "SELECT count(*) FROM job WHERE state = 'ready' AND lane = $1 AND run_at_ms <= $2";
  auto counted =
      before == nullptr
          ? db_.one(read_count, due, to_string(lane), now_ms)
          : db_.one(read_count,
                    due +
                        " AND (priority > $3 OR (priority = $3 AND (run_at_ms < $4 OR"
                        " (run_at_ms = $4 AND id < $5))))",
                    to_string(lane), now_ms, before->priority, before->run_at_ms, before->id);
  if (!counted.ok()) return counted.error();
  return counted->value_or(0);
}

Result<void> SqlTransaction::prioritize(const std::string& asset_id, int priority, int64_t now_ms) {
  auto changed = db_.run("UPDATE asset SET priority = $1, updated_ms = $2 WHERE id = $3", priority,
                         now_ms, asset_id);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return Error{ErrorCode::kNotFound, "there is no asset " + asset_id};
  auto jobs = db_.run(
      "UPDATE job SET priority = $1 WHERE asset_id = $2"
      " AND state NOT IN ('done', 'dead', 'cancelled')",
      priority, asset_id);
  if (!jobs.ok()) return jobs.error();
  return {};
}

Result<void> SqlTransaction::update_job(const Job& job, JobState expected) {
  const bool moves = job.state != expected;
  if (moves && (job.state == JobState::kLeased || !may_follow(expected, job.state))) {
    return forbidden(job, expected);
  }
  // Whoever takes a claim away leaves nothing of it behind but the fence.
  auto changed = db_.run(
      "UPDATE job SET state = $1, attempt = $2, max_attempts = $3, crashes = $4,"
      " run_at_ms = $5, error_class = $6, error = $7, staged = $8, updated_ms = $9,"
      " lease_until_ms = CASE WHEN $1 = 'leased' THEN lease_until_ms ELSE 0 END,"
      " deadline_ms = CASE WHEN $1 = 'leased' THEN deadline_ms ELSE 0 END,"
      " owner = CASE WHEN $1 = 'leased' THEN owner ELSE '' END"
      " WHERE id = $10 AND state = $11",
      to_string(job.state), job.attempt, job.max_attempts, job.crashes, job.run_at_ms,
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
      "UPDATE job SET state = $1, attempt = $2, max_attempts = $3, crashes = $4,"
      " run_at_ms = $5, error_class = $6, error = $7, staged = $8, updated_ms = $9,"
      " lease_until_ms = 0, deadline_ms = 0, owner = ''"
      " WHERE id = $10 AND fence = $11 AND state = 'leased'",
      to_string(job.state), job.attempt, job.max_attempts, job.crashes, job.run_at_ms,
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
