// The little of SQLite's C API that the store needs, owned and typed. Only this room includes it.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate::sqlite {

class Database;

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPtr = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// One execution of a prepared statement, which goes back to the database's cache afterwards.
class Query {
 public:
  Query(Database& database, std::string_view sql, StatementPtr statement)
      : database_(&database), sql_(sql), statement_(std::move(statement)) {}
  Query(Query&&) noexcept = default;
  Query& operator=(Query&&) = delete;
  ~Query();

  // Binds the next parameters in their order. A failure shows in next().
  template <typename... Values>
  void bind(const Values&... values) {
    (bind_value(values), ...);
  }
  // Steps; true when there is a row.
  Result<bool> next();

 private:
  friend class Row;
  friend class Database;
  void bind_value(int64_t value);
  void bind_value(int value) { bind_value(int64_t{value}); }
  // The same 64 bits; Row::bits() gives them back.
  void bind_value(uint64_t value) { bind_value(static_cast<int64_t>(value)); }
  void bind_value(std::string_view value);
  void bind_value(const std::string& value) { bind_value(std::string_view(value)); }
  void bind_value(const char* value) { bind_value(std::string_view(value)); }
  void bind_value(const Json& value);  // null becomes NULL

  Database* database_;
  std::string sql_;
  StatementPtr statement_;
  int bound_ = 0;
  int bind_result_ = SQLITE_OK;
};

// Reads the columns of the present row in their order. What cannot be read (a state that this
// program doesn't know, JSON that doesn't parse) is remembered in damage().
class Row {
 public:
  explicit Row(Query& query) : statement_(query.statement_.get()) {}
  int64_t integer() { return sqlite3_column_int64(statement_, column_++); }
  int small() { return static_cast<int>(integer()); }
  uint64_t bits() { return static_cast<uint64_t>(integer()); }
  std::string text();
  Json json();
  template <typename Enum>
  Enum name(std::optional<Enum> (*from)(std::string_view)) {
    const std::string written = text();
    if (const auto value = from(written)) return *value;
    if (damage_.empty()) damage_ = "'" + written + "' is not a name it knows";
    return Enum{};
  }
  const std::string& damage() const { return damage_; }

 private:
  sqlite3_stmt* statement_;
  int column_ = 0;
  std::string damage_;
};

// One connection. Everything that fails becomes an Error that says which database and why.
class Database {
 public:
  // Creates the file when it is absent, readable by its owner only.
  static Result<std::unique_ptr<Database>> open(const std::string& path);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const std::string& path() const { return path_; }

  // Several statements, without parameters and without rows.
  Result<void> execute(const std::string& sql);

  // Inserts, updates, deletes: how many rows changed.
  template <typename... Values>
  Result<int> run(std::string_view sql, const Values&... values) {
    auto query = prepare(sql);
    if (!query.ok()) return query.error();
    query->bind(values...);
    while (true) {
      auto row = query->next();
      if (!row.ok()) return row.error();
      if (!*row) return sqlite3_changes(handle_);
    }
  }

  template <typename Record, typename... Values>
  Result<std::vector<Record>> all(Record (*read)(Row&), std::string_view sql,
                                  const Values&... values) {
    auto query = prepare(sql);
    if (!query.ok()) return query.error();
    query->bind(values...);
    std::vector<Record> records;
    while (true) {
      auto found = query->next();
      if (!found.ok()) return found.error();
      if (!*found) return records;
      Row row(*query);
      records.push_back(read(row));
      if (!row.damage().empty()) return damaged(row.damage());
    }
  }

  template <typename Record, typename... Values>
  Result<std::optional<Record>> one(Record (*read)(Row&), std::string_view sql,
                                    const Values&... values) {
    auto records = all(read, sql, values...);
    if (!records.ok()) return records.error();
    if (records->empty()) return std::optional<Record>();
    return std::optional<Record>(std::move(records->front()));
  }

  // BEGIN IMMEDIATE, or BEGIN for reading: then statements that write are refused as a defect.
  Result<void> begin(bool read_only);
  Result<void> commit();
  void rollback();  // nothing to do when SQLite has rolled back already
  bool in_transaction() const { return expects_transaction_; }

  Result<Query> prepare(std::string_view sql);
  Error error(int result) const;
  Error damaged(const std::string& why) const;

 private:
  friend class Query;
  Database(std::string path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}
  void give_back(std::string sql, StatementPtr statement);

  std::string path_;
  sqlite3* handle_;
  std::map<std::string, StatementPtr, std::less<>> idle_;  // by their text
  bool expects_transaction_ = false;
  bool read_only_ = false;
};

}  // namespace filmgate::sqlite
