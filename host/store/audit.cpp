#include "host/store/audit.h"

#include "host/store/sql_store.h"

namespace filmgate {

Result<Audit> audit_asset(Transaction& transaction, const std::string& asset_id) {
  AssetRows rows;
  auto asset = transaction.asset(asset_id);
  if (!asset.ok()) return asset.error();
  if (!asset->has_value()) return Error{ErrorCode::kNotFound, "there is no asset " + asset_id};
  rows.asset = *std::move(*asset);
  auto jobs = transaction.all_jobs_of(asset_id);
  if (!jobs.ok()) return jobs.error();
  rows.jobs = *std::move(jobs);
  for (const Job& job : rows.jobs) {
    auto attempts = transaction.attempts_of(job.id);
    if (!attempts.ok()) return attempts.error();
    rows.attempts.insert(rows.attempts.end(), attempts->begin(), attempts->end());
  }
  auto approvals = transaction.all_approvals_of(asset_id);
  if (!approvals.ok()) return approvals.error();
  rows.approvals = *std::move(approvals);
  auto outputs = transaction.all_outputs_of(asset_id);
  if (!outputs.ok()) return outputs.error();
  rows.outputs = *std::move(outputs);
  auto events = transaction.events_of(asset_id);
  if (!events.ok()) return events.error();
  return audit(rows, *events);
}

Result<void> audit_store(const std::string& url, const std::string& password,
                         const std::vector<std::string>& asset_ids,
                         const std::function<Result<void>(const Audit&)>& found) {
  auto database = open_database(url, password, StoreAccess::kShared);
  if (!database.ok()) return database.error();
  FILMGATE_TRY(bring_up_to_date(**database, StoreAccess::kShared));
  sql::Connection& connection = (*database)->connection();
  FILMGATE_TRY(connection.begin(true));
  const TransactionScope scope(connection);
  SqlTransaction transaction(connection);
  const auto look = [&](const std::string& id) -> Result<void> {
    auto audited = audit_asset(transaction, id);
    if (!audited.ok()) return audited.error();
    return found(*audited);
  };
  for (const std::string& id : asset_ids) FILMGATE_TRY(look(id));
  if (!asset_ids.empty()) return {};
  // In steps, so that the ids of a big library need not be held at once.
  const auto read_id = +[](sql::Row& row) { return row.text(); };
  for (std::string last;;) {
    auto ids =
        connection.all(read_id, "SELECT id FROM asset WHERE id > $1 ORDER BY id LIMIT 1000", last);
    if (!ids.ok()) return ids.error();
    if (ids->empty()) return {};
    for (const std::string& id : *ids) FILMGATE_TRY(look(id));
    last = ids->back();
  }
}

}  // namespace filmgate
