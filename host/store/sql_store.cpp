#include "host/store/sql_store.h"

#include <set>

namespace filmgate {
namespace {

using sql::Connection;

Result<void> apply(OpenedDatabase& database, const Migration& migration) {
  Connection& connection = database.connection();
  FILMGATE_TRY(connection.begin(false));
  const TransactionScope scope(connection);
  FILMGATE_TRY(connection.script(std::string(migration.sql)));
  FILMGATE_TRY(database.set_schema_version(migration.version));
  return connection.commit();
}

}  // namespace

Result<void> bring_up_to_date(OpenedDatabase& database, StoreAccess access) {
  auto version = database.schema_version();
  if (!version.ok()) return version.error();
  const std::string& name = database.connection().name();
  const int known = database.migrations().back().version;
  if (*version > known) {
    return Error{ErrorCode::kUnsupported, name + " has schema version " + std::to_string(*version) +
                                              ", this program knows those up to " +
                                              std::to_string(known) +
                                              ": run the newer program that wrote it"};
  }
  if (access == StoreAccess::kShared && *version < known) {
    return Error{ErrorCode::kUnsupported, name + " has schema version " + std::to_string(*version) +
                                              ", this program needs " + std::to_string(known) +
                                              ": stop filmgated and run filmgate db migrate"};
  }
  for (const Migration& migration : database.migrations()) {
    if (migration.version > *version) FILMGATE_TRY(apply(database, migration));
  }
  return {};
}

namespace {

class SqlStore final : public Store {
 public:
  explicit SqlStore(std::unique_ptr<OpenedDatabase> database) : database_(std::move(database)) {}

  Result<void> transact(const std::function<Result<void>(Transaction&)>& work) override {
    return run(work, false);
  }
  Result<void> read(const std::function<Result<void>(Transaction&)>& work) override {
    return run(work, true);
  }
  Result<void> scrub() override { return database_->scrub(); }

 private:
  Result<void> run(const std::function<Result<void>(Transaction&)>& work, bool read_only) {
    Connection& connection = database_->connection();
    if (connection.in_transaction()) {
      return Error{ErrorCode::kInternal, "a transaction of the store was begun within another"};
    }
    FILMGATE_TRY(connection.begin(read_only));
    const TransactionScope scope(connection);
    SqlTransaction transaction(connection);
    FILMGATE_TRY(work(transaction));
    return connection.commit();
  }

  std::unique_ptr<OpenedDatabase> database_;
};

}  // namespace

Result<void> once(const Result<int64_t>& inserted, const std::string& what) {
  if (!inserted.ok()) return inserted.error();
  if (*inserted == 1) return {};
  return Error{ErrorCode::kConflict, what + " exists already"};
}

Result<void> insert_once(Connection& db, std::string_view into, std::vector<sql::Values> rows,
                         const std::function<std::string(size_t which)>& what) {
  std::vector<std::string> ids;
  for (const sql::Values& row : rows) ids.push_back(std::get<std::string>(row.front()));
  std::multiset<std::string> inserted;
  FILMGATE_TRY(db.insert(into, std::move(rows), " ON CONFLICT DO NOTHING RETURNING id",
                         [&](sql::Row& row) -> Result<void> {
                           inserted.insert(row.text());
                           return {};
                         }));
  for (size_t which = 0; which < ids.size(); ++which) {
    const auto found = inserted.find(ids[which]);
    FILMGATE_TRY(once(found == inserted.end() ? 0 : 1, what(which)));
    inserted.erase(found);
  }
  return {};
}

Result<std::unique_ptr<Store>> make_store(std::unique_ptr<OpenedDatabase> database,
                                          StoreAccess access) {
  FILMGATE_TRY(bring_up_to_date(*database, access));
  return std::unique_ptr<Store>(std::make_unique<SqlStore>(std::move(database)));
}

}  // namespace filmgate
