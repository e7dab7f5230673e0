// A library's database in one SQLite file, and the lock that keeps a second daemon away.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "host/base/file.h"
#include "host/store/sql_store.h"
#include "host/store/sqlite.h"

namespace filmgate {
namespace {

using sqlite::Connection;

// In the header of the file, so that no other program's database is taken for ours: "FmGt".
constexpr int64_t kApplicationId = 0x466d4774;

// Held as long as the store is open; the kernel lets go of it when the process ends, however.
Result<Fd> lock_database(const std::string& path) {
  auto lock = open_file(path + ".lock", O_RDWR | O_CREAT, 0600);
  if (!lock.ok()) {
    return Error{lock.error().code, "the database can't be used (" + lock.error().message + ")"};
  }
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return error_from_errno(errno, "cannot lock " + path + ".lock");
    }
    auto holder = read_fd(lock->get(), 32, path);
    const std::string pid = holder.ok() && !holder->empty() ? *holder : "unknown";
    return Error{ErrorCode::kUnavailable,
                 "another filmgated (pid " + pid + ") uses this library: " + path};
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock->get(), 0) != 0) {
    return error_from_errno(errno, "cannot write " + path + ".lock");
  }
  FILMGATE_TRY(write_all(lock->get(), pid, path + ".lock"));
  return lock;
}

class SqliteDatabase final : public OpenedDatabase {
 public:
  // The lock goes last.
  SqliteDatabase(Fd lock, std::unique_ptr<Connection> connection)
      : lock_(std::move(lock)), connection_(std::move(connection)) {}

  sql::Connection& connection() override { return *connection_; }
  std::span<const Migration> migrations() const override { return sqlite_migrations(); }

  Result<int> schema_version() override {
    auto tables = ask("SELECT count(*) FROM sqlite_schema");
    if (!tables.ok()) return tables.error();
    auto application = ask("PRAGMA application_id");
    if (!application.ok()) return application.error();
    if (*tables > 0 && *application != kApplicationId) {
      return Error{ErrorCode::kInvalidInput, connection_->name() + " belongs to another program"};
    }
    auto version = ask("PRAGMA user_version");
    if (!version.ok()) return version.error();
    return static_cast<int>(*version);
  }

  Result<void> set_schema_version(int version) override {
    return connection_->script("PRAGMA user_version = " + std::to_string(version) +
                               "; PRAGMA application_id = " + std::to_string(kApplicationId));
  }

  Result<void> scrub() override { return connection_->empty_log(); }

  Result<std::vector<std::string>> damage() override {
    const auto read = +[](sql::Row& row) { return row.text(); };
    auto found = connection_->all(read, "PRAGMA integrity_check");
    if (!found.ok()) return found;
    std::erase(*found, "ok");
    return found;
  }

 private:
  Result<int64_t> ask(std::string_view statement) {
    const auto read = +[](sql::Row& row) { return row.integer(); };
    auto value = connection_->one(read, statement);
    if (!value.ok()) return value.error();
    return value->value_or(0);
  }

  Fd lock_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<OpenedDatabase>> open_sqlite(const std::string& path, StoreAccess access) {
  Fd lock;
  if (access == StoreAccess::kExclusive) {
    auto held = lock_database(path);
    if (!held.ok()) return held.error();
    lock = std::move(held).value();
  }
  auto connection = Connection::open(path, access == StoreAccess::kExclusive);
  if (!connection.ok()) return connection.error();
  // FULL: a commit that was answered survives a power cut. In WAL mode it costs one fsync.
  FILMGATE_TRY(
      (*connection)
          ->script("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                   "PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON"));
  return std::unique_ptr<OpenedDatabase>(
      std::make_unique<SqliteDatabase>(std::move(lock), std::move(connection).value()));
}

}  // namespace filmgate
