// SQLite's C API as a sql::Connection. Only this room includes sqlite3.h.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>

#include "host/store/sql.h"

namespace filmgate::sqlite {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

class Connection final : public sql::Connection {
 public:
  // `create`: makes the file when it is absent, readable by its owner only.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, bool create);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  Result<void> begin(bool read_only) override;  // BEGIN IMMEDIATE unless it reads
  Result<void> commit() override;
  void rollback() override;  // nothing to do when SQLite has rolled back already
  bool in_transaction() const override { return expects_transaction_; }
  Result<int64_t> execute(std::string_view statement, std::span<const sql::Value> values,
                          const OnRow& on_row) override;
  Result<void> script(const std::string& statements) override;
  // Writes the log of changes back into the file; what was deleted is overwritten there. At once,
  // or kUnavailable while somebody reads what is older.
  Result<void> empty_log();
  const sql::Dialect& dialect() const override;
  const std::string& name() const override { return name_; }

 private:
  Connection(const std::string& path, sqlite3* handle)
      : name_("the database " + path), handle_(handle) {}
  Result<StatementPtr> prepare(std::string_view statement);
  Result<void> bind(sqlite3_stmt* statement, std::span<const sql::Value> values) const;
  Result<int64_t> step(sqlite3_stmt* statement, const OnRow& on_row);
  Error error(int result) const;
  Error rolled_back() const;

  std::string name_;
  sqlite3* handle_;
  std::map<std::string, StatementPtr, std::less<>> idle_;  // by their text
  bool expects_transaction_ = false;
  bool read_only_ = false;
};

}  // namespace filmgate::sqlite
