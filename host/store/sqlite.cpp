#include "host/store/sqlite.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "host/base/file.h"

namespace filmgate::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;        // somebody's backup tool may hold the file for a moment
constexpr size_t kShortestIndexedText = 3;  // trigrams can't find less

bool is_no_space(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT;
}

class Row final : public sql::Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}

  int size() const override { return sqlite3_column_count(statement_); }
  std::string column_name(int column) const override {
    return sqlite3_column_name(statement_, column);
  }

 protected:
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  bool is_integer(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
  }
  int64_t integer_at(int column) const override { return sqlite3_column_int64(statement_, column); }
  std::string text_at(int column) const override {
    const unsigned char* data = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return data == nullptr
               ? std::string()
               : std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
  }

 private:
  sqlite3_stmt* statement_;
};

size_t count_characters(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// As one phrase of FTS5, so that nothing in it is taken for an operator.
std::string quoted_phrase(std::string_view text) {
  std::string phrase = "\"";
  for (const char c : text) {
    if (c == '\0') continue;
    phrase += c;
    if (c == '"') phrase += c;
  }
  return phrase + '"';
}

// The index gives its hits in the order of seq, newest first, and is read only as far as the page
// goes: of a word that every asset has, the first hundred cost no more than those of a rare one.
// seq and id grow together, as both are given when an asset is taken in.
sql::TextSearch find_text(const std::string& text, bool onwards) {
  if (count_characters(text) < kShortestIndexedText) {
    return {.condition =
                "(name LIKE $1 ESCAPE '\\' OR title LIKE $1 ESCAPE '\\'"
                " OR id LIKE $1 ESCAPE '\\')",
            .value = sql::like_pattern(text)};
  }
  const std::string from_there =
      onwards ? " AND rowid <= (SELECT seq FROM asset WHERE id < $2 ORDER BY id DESC LIMIT 1)" : "";
  return {.from = "(SELECT rowid AS hit FROM asset_text WHERE asset_text MATCH $1" + from_there +
                  " ORDER BY rowid DESC) CROSS JOIN asset ON seq = hit",
          .value = quoted_phrase(text),
          .order = "hit"};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, bool create) {
  // Made here, so that the server's key in it is nobody else's to read; -wal and -shm follow suit.
  auto file = open_file(path, create ? O_RDWR | O_CREAT : O_RDWR, 0600);
  if (!file.ok()) {
    return Error{file.error().code, "the database can't be used (" + file.error().message + ")"};
  }
  file->reset();
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(path, handle));
  if (result != SQLITE_OK) return connection->error(result);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return connection;
}

Connection::~Connection() {
  idle_.clear();
  sqlite3_close_v2(handle_);
}

Result<void> Connection::script(const std::string& statements) {
  const int result = sqlite3_exec(handle_, statements.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return error(result);
  return {};
}

Result<void> Connection::empty_log() {
  sqlite3_busy_timeout(handle_, 0);
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  if (result != SQLITE_OK) return error(result);
  return {};
}

// When the disk is full SQLite ends the transaction by itself. What follows would then be committed
// piece by piece.
Error Connection::rolled_back() const {
  return {ErrorCode::kIo, "the transaction on " + name_ + " was rolled back before its end"};
}

Result<StatementPtr> Connection::prepare(std::string_view statement) {
  if (expects_transaction_ && sqlite3_get_autocommit(handle_) != 0) return rolled_back();
  StatementPtr prepared;
  if (const auto idle = idle_.find(statement); idle != idle_.end()) {
    prepared = std::move(idle->second);
    idle_.erase(idle);
  } else {
    sqlite3_stmt* made = nullptr;
    const int result =
        sqlite3_prepare_v3(handle_, statement.data(), static_cast<int>(statement.size()),
                           SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (result != SQLITE_OK) return error(result);
    prepared.reset(made);
  }
  if (read_only_ && sqlite3_stmt_readonly(prepared.get()) == 0) {
    return Error{ErrorCode::kInternal,
                 "a reading transaction tried to write: " + std::string(statement)};
  }
  return prepared;
}

Result<void> Connection::bind(sqlite3_stmt* statement, std::span<const sql::Value> values) const {
  // To SQLite $1 is a name like any other and has the number of its first appearance.
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(values.size())) {
    return Error{ErrorCode::kInternal,
                 std::string("another number of values is needed for ") + sqlite3_sql(statement)};
  }
  for (int number = 1; number <= static_cast<int>(values.size()); ++number) {
    if (sqlite3_bind_parameter_name(statement, number) != "$" + std::to_string(number)) {
      return Error{ErrorCode::kInternal,
                   std::string("the parameters are out of order in ") + sqlite3_sql(statement)};
    }
    const sql::Value& value = values[static_cast<size_t>(number - 1)];
    int result = SQLITE_OK;
    if (const auto* integer = std::get_if<int64_t>(&value)) {
      result = sqlite3_bind_int64(statement, number, *integer);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      // The values outlive the statement's run.
      result = sqlite3_bind_text64(statement, number, text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    } else {
      result = sqlite3_bind_null(statement, number);
    }
    if (result != SQLITE_OK) return error(result);
  }
  return {};
}

Result<int64_t> Connection::step(sqlite3_stmt* statement, const OnRow& on_row) {
  int64_t rows = 0;
  while (true) {
    switch (const int result = sqlite3_step(statement)) {
      case SQLITE_ROW: {
        Row row(statement);
        ++rows;
        FILMGATE_TRY(on_row(row));
        break;
      }
      case SQLITE_DONE:
        return sqlite3_stmt_readonly(statement) != 0 ? rows : sqlite3_changes(handle_);
      default:
        return error(result);
    }
  }
}

Result<int64_t> Connection::execute(std::string_view statement, std::span<const sql::Value> values,
                                    const OnRow& on_row) {
  auto prepared = prepare(statement);
  if (!prepared.ok()) return prepared.error();
  const auto bound = bind(prepared->get(), values);
  Result<int64_t> rows = bound.ok() ? step(prepared->get(), on_row) : bound.error();
  sqlite3_reset(prepared->get());
  sqlite3_clear_bindings(prepared->get());
  // When it was in use twice at once, the second one goes.
  idle_.try_emplace(std::string(statement), std::move(*prepared));
  return rows;
}

const sql::Dialect& Connection::dialect() const {
  static constexpr sql::Dialect kDialect = {"", "", 1, find_text};
  return kDialect;
}

Result<void> Connection::begin(bool read_only) {
  FILMGATE_TRY(script(read_only ? "BEGIN" : "BEGIN IMMEDIATE"));
  expects_transaction_ = true;
  read_only_ = read_only;
  return {};
}

Result<void> Connection::commit() {
  if (sqlite3_get_autocommit(handle_) != 0) return rolled_back();
  FILMGATE_TRY(script("COMMIT"));
  expects_transaction_ = false;
  read_only_ = false;
  return {};
}

void Connection::rollback() {
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  expects_transaction_ = false;
  read_only_ = false;
}

Error Connection::error(int result) const {
  const std::string text = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
  const std::string& which = name_;
  switch (result & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kNoSpace, which + " cannot grow, the disk is full: free some space"};
    case SQLITE_IOERR:
      if (handle_ != nullptr && is_no_space(sqlite3_system_errno(handle_))) {
        return {ErrorCode::kNoSpace, which + " cannot grow, the disk is full: free some space"};
      }
      return {ErrorCode::kIo, which + " cannot be read or written: " + text};
    case SQLITE_CORRUPT:
      return {ErrorCode::kIo, which + " is damaged: " + text + "; restore it from a backup"};
    case SQLITE_NOTADB:
      return {ErrorCode::kInvalidInput, which + " is not an SQLite database"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return {ErrorCode::kPermission, which + " cannot be written: " + text};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnavailable, which + " is locked by another program"};
    case SQLITE_NOMEM:
      return {ErrorCode::kLimit, which + ": not enough memory"};
    case SQLITE_TOOBIG:
      return {ErrorCode::kLimit, which + ": a value is too long to be kept"};
    case SQLITE_CONSTRAINT:
      if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY) {
        return {ErrorCode::kConflict, "it exists already (" + text + ")"};
      }
      if (result == SQLITE_CONSTRAINT_FOREIGNKEY) {
        return {ErrorCode::kNotFound, "what it belongs to doesn't exist (" + text + ")"};
      }
      return {ErrorCode::kInternal, which + " refused a value: " + text};
    default:
      return {ErrorCode::kInternal, which + ": " + text};
  }
}

}  // namespace filmgate::sqlite
