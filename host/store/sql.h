// One connection to a database that speaks SQL, as the statements of this room see it. They are
// written once: parameters are $1, $2, … in the order in which they first appear, which SQLite and
// PostgreSQL both read; where the two differ in words a Dialect says how.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate::sql {

// Of our own documents in the database: facts of hours of video with thousands of intervals.
inline constexpr JsonLimits kStoredLimits{
    .max_bytes = size_t{64} << 20, .max_depth = 64, .max_keys = 4'000'000};

// What a parameter can be; monostate is NULL.
using Value = std::variant<std::monostate, int64_t, std::string>;
using Values = std::vector<Value>;  // of one statement

inline Value to_value(int64_t value) {
  return value;
}
inline Value to_value(int value) {
  return int64_t{value};
}
// The same 64 bits; Row::bits() gives them back.
inline Value to_value(uint64_t value) {
  return static_cast<int64_t>(value);
}
inline Value to_value(std::string_view value) {
  return std::string(value);
}
inline Value to_value(const std::string& value) {
  return value;
}
inline Value to_value(const char* value) {
  return std::string(value);
}
inline Value to_value(const Json& value) {  // null becomes NULL
  return value.is_null() ? Value() : Value(to_text(value));
}

template <typename... Each>
Values values_of(const Each&... each) {
  return {to_value(each)...};
}

// Reads the columns of one row in their order. What cannot be read (a state that this program
// doesn't know, JSON that doesn't parse) is remembered in damage().
class Row {
 public:
  virtual ~Row() = default;

  int64_t integer() { return integer_at(column_++); }
  int small() { return static_cast<int>(integer()); }
  uint64_t bits() { return static_cast<uint64_t>(integer()); }
  std::string text() { return text_at(column_++); }
  std::optional<int64_t> if_integer();  // nullopt for NULL
  Json json();
  template <typename Enum>
  Enum name(std::optional<Enum> (*from)(std::string_view)) {
    const std::string written = text();
    if (const auto value = from(written)) return *value;
    if (damage_.empty()) damage_ = "'" + written + "' is not a name it knows";
    return Enum{};
  }
  const std::string& damage() const { return damage_; }

  // For rows of which nobody knows the columns.
  virtual int size() const = 0;
  virtual std::string column_name(int column) const = 0;
  Json value_at(int column) const;  // null, integer or string

 protected:
  virtual bool is_null(int column) const = 0;
  virtual bool is_integer(int column) const = 0;
  virtual int64_t integer_at(int column) const = 0;   // 0 for NULL
  virtual std::string text_at(int column) const = 0;  // "" for NULL

 private:
  int column_ = 0;
  std::string damage_;
};

// How assets are found by their text, which is parameter $1.
struct TextSearch {
  std::string from = "asset";
  std::string condition;  // "" where `from` finds them alone
  std::string value;
  std::string order = "id";  // the newest first by it
};

struct Dialect {
  // After a SELECT of jobs to claim: takes their rows, passes over those that others hold.
  const char* take_rows;
  // Keeps other writers out of the history of asset $1 until the transaction ends; "" where one
  // writes at a time anyway.
  const char* lock_history;
  // How many rows one INSERT takes, where there are many: each statement costs a server what it
  // takes to get checks and indexes ready, often more than a row does.
  size_t rows_together;
  // Finds `text` in name, title and id. `onwards`: the id that the page goes on from is $2.
  TextSearch (*find_text)(const std::string& text, bool onwards);
};

// `text` with wildcards around it, for LIKE … ESCAPE '\'.
std::string like_pattern(std::string_view text);

class Connection {
 public:
  using OnRow = std::function<Result<void>(Row&)>;
  using OnRowOf = std::function<Result<void>(size_t which, Row&)>;

  virtual ~Connection() = default;

  // A transaction that reads sees one consistent state, and its writes are refused as a defect.
  virtual Result<void> begin(bool read_only) = 0;
  // An error means that nothing was kept, unless its message says that this can't be known.
  virtual Result<void> commit() = 0;
  virtual void rollback() = 0;
  virtual bool in_transaction() const = 0;

  // One statement within the transaction: how many rows it changed or gave. `on_row` may not ask
  // the connection for anything; its error ends the statement.
  virtual Result<int64_t> execute(std::string_view statement, std::span<const Value> values,
                                  const OnRow& on_row) = 0;
  // The statement with one set of values after the other, up to the first that fails; a server is
  // asked all at once. Gives of each how many rows it changed or gave.
  virtual Result<std::vector<int64_t>> execute_each(std::string_view statement,
                                                    std::span<const Values> sets,
                                                    const OnRowOf& on_row);
  // Several statements without parameters and without rows, within the transaction.
  virtual Result<void> script(const std::string& statements) = 0;

  virtual const Dialect& dialect() const = 0;
  virtual const std::string& name() const = 0;  // for messages, without secrets
  Error damaged(const std::string& why) const;

  // Inserts, updates, deletes: how many rows changed.
  template <typename... Values>
  Result<int64_t> run(std::string_view statement, const Values&... values) {
    return execute(statement, values_of(values...), [](Row&) { return Result<void>(); });
  }
  Result<std::vector<int64_t>> run_each(std::string_view statement, std::span<const Values> sets) {
    return execute_each(statement, sets, [](size_t, Row&) { return Result<void>(); });
  }
  // "INSERT INTO … (…)", the rows in their order, and what comes after them in the statement;
  // `on_row`: of what that gives back.
  Result<void> insert(std::string_view into, std::vector<Values> rows, std::string_view after,
                      const OnRow& on_row);

  template <typename Record>
  Result<std::vector<Record>> all_of(Record (*read)(Row&), std::string_view statement,
                                     const Values& values) {
    std::vector<Record> records;
    auto done = execute(statement, values, [&](Row& row) -> Result<void> {
      records.push_back(read(row));
      if (!row.damage().empty()) return damaged(row.damage());
      return {};
    });
    if (!done.ok()) return done.error();
    return records;
  }

  template <typename Record, typename... Values>
  Result<std::vector<Record>> all(Record (*read)(Row&), std::string_view statement,
                                  const Values&... values) {
    return all_of(read, statement, values_of(values...));
  }

  template <typename Record, typename... Values>
  Result<std::optional<Record>> one(Record (*read)(Row&), std::string_view statement,
                                    const Values&... values) {
    auto records = all(read, statement, values...);
    if (!records.ok()) return records.error();
    if (records->empty()) return std::optional<Record>();
    return std::optional<Record>(std::move(records->front()));
  }

  // Of each set of values the first row, if there is one.
  template <typename Record>
  Result<std::vector<std::optional<Record>>> one_of_each(Record (*read)(Row&),
                                                         std::string_view statement,
                                                         std::span<const Values> sets) {
    std::vector<std::optional<Record>> records(sets.size());
    auto done = execute_each(statement, sets, [&](size_t which, Row& row) -> Result<void> {
      if (!records[which]) records[which] = read(row);
      if (!row.damage().empty()) return damaged(row.damage());
      return {};
    });
    if (!done.ok()) return done.error();
    return records;
  }
};

}  // namespace filmgate::sql
