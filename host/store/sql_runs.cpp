// Runs, attempts and outputs.
#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using sql::Row;

Run read_run(Row& row) {
  Run run;
  run.id = row.text();
  run.asset_id = row.text();
  run.stage = row.text();
  run.owner = row.text();
  run.boot_id = row.text();
  run.pid = row.small();
  run.pid_start = row.integer();
  run.folder = row.text();
  run.started_ms = row.integer();
  run.ended_ms = row.integer();
  run.outcome = row.text();
  return run;
}

Attempt read_attempt(Row& row) {
  Attempt attempt;
  attempt.job_id = row.text();
  attempt.run_id = row.text();
  attempt.number = row.small();
  attempt.fence = row.integer();
  attempt.started_ms = row.integer();
  attempt.ended_ms = row.integer();
  attempt.outcome = row.text();
  attempt.error_class = row.text();
  attempt.error = row.text();
  attempt.log = row.text();
  return attempt;
}

Output read_output(Row& row) {
  Output output;
  output.asset_id = row.text();
  output.revision = row.small();
  output.name = row.text();
  output.path = row.text();
  output.media_type = row.text();
  output.size = row.integer();
  output.sha256 = row.text();
  output.info = row.json();
  return output;
}

}  // namespace

Result<void> SqlTransaction::insert_run(const Run& run) {
  auto inserted = db_.run(
      "INSERT INTO run (id, asset_id, stage, owner, boot_id, pid, pid_start, folder, started_ms,"
      " ended_ms, outcome) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)"
      " ON CONFLICT DO NOTHING",
      run.id, run.asset_id, run.stage, run.owner, run.boot_id, run.pid, run.pid_start, run.folder,
      run.started_ms, run.ended_ms, run.outcome);
  return once(inserted, "the run " + run.id);
}

Result<void> SqlTransaction::update_run(const Run& run) {
  auto changed = db_.run(
      "UPDATE run SET stage = $1, owner = $2, boot_id = $3, pid = $4, pid_start = $5, folder = $6,"
      " started_ms = $7, ended_ms = $8, outcome = $9 WHERE id = $10",
      run.stage, run.owner, run.boot_id, run.pid, run.pid_start, run.folder, run.started_ms,
      run.ended_ms, run.outcome, run.id);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return Error{ErrorCode::kNotFound, "there is no run " + run.id};
  return {};
}

Result<std::vector<Run>> SqlTransaction::open_runs() {
  return db_.all(read_run,
                 "SELECT id, asset_id, stage, owner, boot_id, pid, pid_start, folder, started_ms,"
                 " ended_ms, outcome FROM run WHERE ended_ms = 0 ORDER BY id");
}

Result<void> SqlTransaction::end_attempt(const Attempt& attempt) {
  auto changed = db_.run(
      "UPDATE attempt SET ended_ms = $1, outcome = $2, error_class = $3, error = $4, log = $5"
      " WHERE job_id = $6 AND fence = $7 AND ended_ms = 0",
      attempt.ended_ms, attempt.outcome, attempt.error_class, attempt.error, attempt.log,
      attempt.job_id, attempt.fence);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) {
    return Error{ErrorCode::kConflict, "the attempt of job " + attempt.job_id + " under fence " +
                                           std::to_string(attempt.fence) + " is not open"};
  }
  return {};
}

Result<std::vector<Attempt>> SqlTransaction::attempts_of(const std::string& job_id) {
  return db_.all(read_attempt,
                 "SELECT job_id, run_id, number, fence, started_ms, ended_ms, outcome, error_class,"
                 " error, log FROM attempt WHERE job_id = $1 ORDER BY fence",
                 job_id);
}

Result<void> SqlTransaction::insert_output(const Output& output) {
  auto inserted = db_.run(
      "INSERT INTO output (asset_id, revision, name, path, media_type, size, sha256, info)"
      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT (asset_id, revision, name) DO UPDATE SET"
      " path = excluded.path, media_type = excluded.media_type, size = excluded.size,"
      " sha256 = excluded.sha256, info = excluded.info",
      output.asset_id, output.revision, output.name, output.path, output.media_type, output.size,
      output.sha256, output.info);
  if (!inserted.ok()) return inserted.error();
  return {};
}

#define FILMGATE_SELECT_OUTPUT \
  "SELECT asset_id, revision, name, path, media_type, size, sha256, info FROM output "

Result<std::vector<Output>> SqlTransaction::outputs_of(const std::string& asset_id, int revision) {
  return db_.all(read_output,
                 FILMGATE_SELECT_OUTPUT "WHERE asset_id = $1 AND revision = $2 ORDER BY name",
                 asset_id, revision);
}

Result<std::vector<Output>> SqlTransaction::all_outputs_of(const std::string& asset_id) {
  return db_.all(read_output, FILMGATE_SELECT_OUTPUT "WHERE asset_id = $1 ORDER BY revision, name",
                 asset_id);
}

}  // namespace filmgate
