#include "host/store/sqlite.h"

#include <fcntl.h>

#include <cerrno>

#include "host/base/file.h"

namespace filmgate::sqlite {
namespace {

// Our own documents: facts of hours of video with thousands of intervals.
constexpr JsonLimits kStoredLimits{
    .max_bytes = size_t{64} << 20, .max_depth = 64, .max_keys = 4'000'000};

constexpr int kBusyTimeoutMs = 5000;  // somebody's backup tool may hold the file for a moment

bool is_no_space(int system_errno) {
  return system_errno == ENOSPC || system_errno == EDQUOT;
}

}  // namespace

Query::~Query() {
  if (!statement_) return;
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  database_->give_back(std::move(sql_), std::move(statement_));
}

void Query::bind_value(int64_t value) {
  const int result = sqlite3_bind_int64(statement_.get(), ++bound_, value);
  if (result != SQLITE_OK) bind_result_ = result;
}

void Query::bind_value(std::string_view value) {
  // A null pointer would mean NULL.
  const char* data = value.empty() ? "" : value.data();
  const int result = sqlite3_bind_text64(statement_.get(), ++bound_, data, value.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8);
  if (result != SQLITE_OK) bind_result_ = result;
}

void Query::bind_value(const Json& value) {
  if (!value.is_null()) {
    bind_value(std::string_view(to_text(value)));
    return;
  }
  const int result = sqlite3_bind_null(statement_.get(), ++bound_);
  if (result != SQLITE_OK) bind_result_ = result;
}

Result<bool> Query::next() {
  if (bind_result_ != SQLITE_OK) return database_->error(bind_result_);
  switch (const int result = sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return database_->error(result);
  }
}

std::string Row::text() {
  const int column = column_++;
  const unsigned char* data = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
}

Json Row::json() {
  if (sqlite3_column_type(statement_, column_) == SQLITE_NULL) {
    ++column_;
    return {};
  }
  const char* name = sqlite3_column_name(statement_, column_);
  auto value = parse_json(text(), name, kStoredLimits);
  if (value.ok()) return std::move(value).value();
  if (damage_.empty()) damage_ = value.error().message;
  return {};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  // Made here, so that the server's key in it is nobody else's to read; -wal and -shm follow suit.
  auto created = open_file(path, O_RDWR | O_CREAT, 0600);
  if (!created.ok()) {
    return Error{created.error().code,
                 "the database can't be used (" + created.error().message + ")"};
  }
  created->reset();
  sqlite3* handle = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(path, handle));
  if (result != SQLITE_OK) return database->error(result);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Database::~Database() {
  idle_.clear();
  sqlite3_close_v2(handle_);
}

Result<void> Database::execute(const std::string& sql) {
  const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return error(result);
  return {};
}

Result<Query> Database::prepare(std::string_view sql) {
  // When the disk is full SQLite ends the transaction by itself. What follows would then be
  // committed piece by piece.
  if (expects_transaction_ && sqlite3_get_autocommit(handle_) != 0) {
    return Error{ErrorCode::kIo, "the transaction on " + path_ + " was rolled back before its end"};
  }
  StatementPtr statement;
  if (const auto idle = idle_.find(sql); idle != idle_.end()) {
    statement = std::move(idle->second);
    idle_.erase(idle);
  } else {
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (result != SQLITE_OK) return error(result);
    statement.reset(prepared);
  }
  Query query(*this, sql, std::move(statement));
  if (read_only_ && sqlite3_stmt_readonly(query.statement_.get()) == 0) {
    return Error{ErrorCode::kInternal, "a reading transaction tried to write: " + query.sql_};
  }
  return query;
}

void Database::give_back(std::string sql, StatementPtr statement) {
  // When it was in use twice at once, the second one goes.
  idle_.try_emplace(std::move(sql), std::move(statement));
}

Result<void> Database::begin(bool read_only) {
  FILMGATE_TRY(execute(read_only ? "BEGIN" : "BEGIN IMMEDIATE"));
  expects_transaction_ = true;
  read_only_ = read_only;
  return {};
}

Result<void> Database::commit() {
  if (sqlite3_get_autocommit(handle_) != 0) {
    return Error{ErrorCode::kIo, "the transaction on " + path_ + " was rolled back before its end"};
  }
  FILMGATE_TRY(execute("COMMIT"));
  expects_transaction_ = false;
  read_only_ = false;
  return {};
}

void Database::rollback() {
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  expects_transaction_ = false;
  read_only_ = false;
}

Error Database::damaged(const std::string& why) const {
  return {ErrorCode::kIo, "the database " + path_ + " is damaged: " + why};
}

Error Database::error(int result) const {
  const std::string text = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(result);
  const std::string which = "the database " + path_;
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
