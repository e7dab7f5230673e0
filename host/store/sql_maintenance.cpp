#include "host/model/event_chain.h"
#include "host/store/maintenance.h"
#include "host/store/sql_store.h"
#include "host/store/text_codec.h"

namespace filmgate {
namespace {

struct Table {
  const char* name;
  const char* order;
};
// What belongs to something comes after it.
constexpr Table kTables[] = {
    {"asset", "id"},
    {"description", "sha256"},
    {"setting", "key"},
    {"output_reservation", "path"},
    {"job", "id"},
    {"run", "id"},
    {"attempt", "job_id, fence"},
    {"output", "asset_id, revision, name"},
    {"approval", "id"},
    {"event", "seq"},
    {"personal", "asset_id, number"},
    {"outbox", "seq"},
    {"duty", "name"},
};
// What a database keeps for its own searches.
constexpr std::pair<std::string_view, std::string_view> kInternal[] = {{"asset", "seq"},
                                                                       {"asset", "search_text"}};
constexpr std::string_view kJsonColumns[] = {"metadata",  "facts",     "moves", "staged", "info",
                                             "reviewers", "decisions", "data",  "body"};

// Rows that nothing but a defect or a hand in the database can leave behind.
struct Orphans {
  const char* what;
  const char* where;
};
constexpr Orphans kOrphans[] = {
    {"jobs without their asset", "job WHERE asset_id NOT IN (SELECT id FROM asset)"},
    {"runs without their asset", "run WHERE asset_id NOT IN (SELECT id FROM asset)"},
    {"attempts without their job", "attempt WHERE job_id NOT IN (SELECT id FROM job)"},
    {"outputs without their asset", "output WHERE asset_id NOT IN (SELECT id FROM asset)"},
    {"approvals without their asset", "approval WHERE asset_id NOT IN (SELECT id FROM asset)"},
    {"reserved folders without their asset",
     "output_reservation WHERE asset_id NOT IN (SELECT id FROM asset)"},
    {"events without their asset",
     "event WHERE asset_id <> '' AND asset_id NOT IN (SELECT id FROM asset)"},
    {"personal texts without their event",
     "personal WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.asset_id = personal.asset_id"
     " AND event.number = personal.number)"},
    {"messages without their asset",
     "outbox WHERE asset_id <> '' AND asset_id NOT IN (SELECT id FROM asset)"},
    {"assets without a history", "asset WHERE id NOT IN (SELECT asset_id FROM event)"},
    {"assets whose description is missing",
     "asset WHERE description_sha256 NOT IN (SELECT sha256 FROM description)"},
    {"leased jobs without an open attempt",
     "job WHERE state = 'leased' AND NOT EXISTS (SELECT 1 FROM attempt WHERE job_id = job.id"
     " AND attempt.fence = job.fence AND ended_ms = 0)"},
};

int64_t read_integer(sql::Row& row) {
  return row.integer();
}
std::string read_text(sql::Row& row) {
  return row.text();
}

Result<int64_t> count(sql::Connection& connection, const std::string& from) {
  auto counted = connection.one(read_integer, "SELECT count(*) FROM " + from);
  if (!counted.ok()) return counted.error();
  return counted->value_or(0);
}

Result<void> check_histories(sql::Connection& connection, std::vector<std::string>& problems) {
  SqlTransaction transaction(connection);
  // In steps, so that the ids of a big library need not be held at once.
  std::string last;
  for (bool first = true;; first = false) {
    auto ids = connection.all(read_text,
                              std::string("SELECT DISTINCT asset_id FROM event WHERE asset_id ") +
                                  (first ? ">=" : ">") + " $1 ORDER BY asset_id LIMIT 1000",
                              last);
    if (!ids.ok()) return ids.error();
    if (ids->empty()) return {};
    for (const std::string& id : *ids) {
      auto events = transaction.events_of(id);
      if (!events.ok()) return events.error();
      if (auto chain = check_chain(*events); !chain.ok()) problems.push_back(chain.error().message);
    }
    last = ids->back();
  }
}

Result<Json> to_json(const sql::Row& row, const Table& table) {
  Json object = Json::object();
  for (int column = 0; column < row.size(); ++column) {
    const std::string name = row.column_name(column);
    const std::pair<std::string_view, std::string_view> place(table.name, name);
    if (std::find(std::begin(kInternal), std::end(kInternal), place) != std::end(kInternal)) {
      continue;
    }
    Json value = row.value_at(column);
    const bool json =
        std::find(std::begin(kJsonColumns), std::end(kJsonColumns), name) != std::end(kJsonColumns);
    if (json && value.is_string()) {
      auto parsed = parse_json(*value.if_string(), name, sql::kStoredLimits);
      if (!parsed.ok()) return parsed.error();
      value = *std::move(parsed);
    }
    if (!json && value.is_string()) value = to_valid_text(*value.if_string());
    object.set(name, std::move(value));
  }
  return object;
}

}  // namespace

Result<SchemaChange> migrate_store(const std::string& url, const std::string& password) {
  auto database = open_database(url, password, StoreAccess::kExclusive);
  if (!database.ok()) return database.error();
  auto before = (*database)->schema_version();
  if (!before.ok()) return before.error();
  FILMGATE_TRY(bring_up_to_date(**database, StoreAccess::kExclusive));
  return SchemaChange{*before, (*database)->migrations().back().version};
}

Result<StoreReport> check_store(const std::string& url, const std::string& password) {
  auto database = open_database(url, password, StoreAccess::kShared);
  if (!database.ok()) return database.error();
  FILMGATE_TRY(bring_up_to_date(**database, StoreAccess::kShared));
  sql::Connection& connection = (*database)->connection();
  StoreReport report;
  report.schema_version = (*database)->migrations().back().version;
  FILMGATE_TRY(connection.begin(true));
  const TransactionScope scope(connection);
  auto damage = (*database)->damage();
  if (!damage.ok()) return damage.error();
  report.problems = *std::move(damage);
  for (const Table& table : kTables) {
    auto rows = count(connection, table.name);
    if (!rows.ok()) return rows.error();
    report.rows.emplace_back(table.name, *rows);
  }
  for (const Orphans& orphans : kOrphans) {
    auto rows = count(connection, orphans.where);
    if (!rows.ok()) return rows.error();
    if (*rows > 0) report.problems.push_back(std::to_string(*rows) + " " + orphans.what);
  }
  FILMGATE_TRY(check_histories(connection, report.problems));
  return report;
}

Result<void> export_store(const std::string& url, const std::string& password,
                          const std::function<Result<void>(const std::string& line)>& write) {
  auto database = open_database(url, password, StoreAccess::kShared);
  if (!database.ok()) return database.error();
  FILMGATE_TRY(bring_up_to_date(**database, StoreAccess::kShared));
  sql::Connection& connection = (*database)->connection();
  FILMGATE_TRY(connection.begin(true));
  const TransactionScope scope(connection);
  for (const Table& table : kTables) {
    const auto on_row = [&](sql::Row& row) -> Result<void> {
      auto object = to_json(row, table);
      if (!object.ok()) return connection.damaged(object.error().message);
      return write(to_text(Json::object({{"table", table.name}, {"row", *std::move(object)}})));
    };
    auto done = connection.execute(
        std::string("SELECT * FROM ") + table.name + " ORDER BY " + table.order, {}, on_row);
    if (!done.ok()) return done.error();
  }
  return {};
}

}  // namespace filmgate
