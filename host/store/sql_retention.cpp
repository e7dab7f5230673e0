// What goes: what is kept no longer, and what a person wants forgotten. And the periodic duties.
#include "host/store/sql_store.h"

namespace filmgate {
namespace {

constexpr const char* kOfFinalAsset =
    " AND EXISTS (SELECT 1 FROM asset WHERE asset.id = asset_id AND asset.state IN"
    " ('processed', 'rejected', 'unable_to_process', 'expired', 'cancelled'))";

}  // namespace

Result<int64_t> SqlTransaction::prune(Kept what, int64_t before_ms, int limit) {
  if (what == Kept::kRuns) {
    return db_.run(std::string("DELETE FROM run WHERE id IN (SELECT id FROM run WHERE ended_ms > 0"
                               " AND ended_ms < $1") +
                       kOfFinalAsset + " ORDER BY ended_ms LIMIT $2)",
                   before_ms, limit);
  }
  if (what == Kept::kMessages) {
    return db_.run(
        "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE state = 'sent'"
        " AND sent_ms < $1 ORDER BY sent_ms LIMIT $2)",
        before_ms, limit);
  }
  const std::string over =
      std::string("(SELECT id FROM job WHERE state IN ('done', 'cancelled') AND updated_ms < $1") +
      kOfFinalAsset + " ORDER BY updated_ms, id LIMIT $2)";
  auto attempts = db_.run("DELETE FROM attempt WHERE job_id IN " + over, before_ms, limit);
  if (!attempts.ok()) return attempts;
  return db_.run("DELETE FROM job WHERE id IN " + over, before_ms, limit);
}

// The difference stands beside the column: beside a parameter it would make that an int4.
Result<bool> SqlTransaction::claim_duty(const std::string& name, const std::string& owner,
                                        int64_t now_ms, int64_t lease_ms, int64_t period_ms) {
  auto claimed = db_.run(
      "INSERT INTO duty (name, owner, lease_until_ms, next_ms) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (name) DO UPDATE SET owner = excluded.owner,"
      " lease_until_ms = excluded.lease_until_ms"
      " WHERE (duty.next_ms <= $4 OR duty.next_ms - " FILMGATE_CLOCKS_DIFFER
      " > $5) AND (duty.lease_until_ms <= $4 OR duty.lease_until_ms - " FILMGATE_CLOCKS_DIFFER
      " > $3 OR duty.owner = $2)",
      name, owner, now_ms + lease_ms, now_ms, now_ms + period_ms);
  if (!claimed.ok()) return claimed.error();
  return *claimed == 1;
}

Result<void> SqlTransaction::end_duty(const std::string& name, const std::string& owner,
                                      int64_t next_ms) {
  auto ended =
      db_.run("UPDATE duty SET lease_until_ms = 0, next_ms = $1 WHERE name = $2 AND owner = $3",
              next_ms, name, owner);
  if (!ended.ok()) return ended.error();
  if (*ended != 1) return Error{ErrorCode::kConflict, "the duty " + name + " was taken over"};
  return {};
}

Result<void> SqlTransaction::erase(const std::string& asset_id, bool outputs) {
  // A message that still waits says no more than that there was something.
  const Json body = Json::object({{"asset", asset_id}, {"erased", true}});
  auto messages =
      db_.run("UPDATE outbox SET body = $1, error = '' WHERE asset_id = $2", body, asset_id);
  if (!messages.ok()) return messages.error();
  for (const char* statement : {"DELETE FROM personal WHERE asset_id = $1",
                                "UPDATE attempt SET error = '', log = '' WHERE job_id IN"
                                " (SELECT id FROM job WHERE asset_id = $1)",
                                "UPDATE job SET error = '', staged = NULL WHERE asset_id = $1"}) {
    auto done = db_.run(statement, asset_id);
    if (!done.ok()) return done.error();
  }
  if (!outputs) return {};
  for (const char* statement : {"DELETE FROM output WHERE asset_id = $1",
                                "DELETE FROM output_reservation WHERE asset_id = $1"}) {
    auto done = db_.run(statement, asset_id);
    if (!done.ok()) return done.error();
  }
  return {};
}

Result<void> SqlTransaction::redact_event(const Event& event) {
  auto changed = db_.run("UPDATE event SET data = $1, redacted = 1 WHERE seq = $2 AND redacted = 0",
                         event.data, event.seq);
  if (!changed.ok()) return changed.error();
  if (*changed == 1) return {};
  return Error{ErrorCode::kConflict, "there is no event " + std::to_string(event.seq) +
                                         " whose text still stands within the chain"};
}

}  // namespace filmgate
