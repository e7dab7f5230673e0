#include "host/store/sqlite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "host/base/file.h"
#include "host/store/migrations.h"

namespace filmgate {
namespace {

using sqlite::Database;
using sqlite::Row;

// In the header of the file, so that no other program's database is taken for ours: "FmGt".
constexpr int64_t kApplicationId = 0x466d4774;

int64_t read_integer(Row& row) {
  return row.integer();
}

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

Result<int64_t> pragma(Database& db, std::string_view sql) {
  auto value = db.one(read_integer, sql);
  if (!value.ok()) return value.error();
  return value->value_or(0);
}

Result<void> configure(Database& db) {
  // FULL: a commit that was answered survives a power cut. In WAL mode it costs one fsync.
  return db.execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA temp_store = MEMORY");
}

Result<void> apply(Database& db, const sqlite::Migration& migration) {
  FILMGATE_TRY(db.begin(false));
  auto step = [&]() -> Result<void> {
    FILMGATE_TRY(db.execute(std::string(migration.sql)));
    FILMGATE_TRY(db.execute("PRAGMA user_version = " + std::to_string(migration.version) +
                            "; PRAGMA application_id = " + std::to_string(kApplicationId)));
    return db.commit();
  };
  auto applied = step();
  if (!applied.ok()) db.rollback();
  return applied;
}

Result<void> migrate(Database& db) {
  auto version = pragma(db, "PRAGMA user_version");
  if (!version.ok()) return version.error();
  auto application = pragma(db, "PRAGMA application_id");
  if (!application.ok()) return application.error();
  auto tables = pragma(db, "SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.error();
  if (*tables > 0 && *application != kApplicationId) {
    return Error{ErrorCode::kInvalidInput,
                 "the database " + db.path() + " belongs to another program"};
  }
  const int known = sqlite::migrations().back().version;
  if (*version > known) {
    return Error{ErrorCode::kUnsupported,
                 "the database " + db.path() + " has schema version " + std::to_string(*version) +
                     ", this program knows those up to " + std::to_string(known) +
                     ": run the newer program that wrote it"};
  }
  for (const sqlite::Migration& migration : sqlite::migrations()) {
    if (migration.version > *version) FILMGATE_TRY(apply(db, migration));
  }
  return {};
}

// Rolls back on every way out that isn't a commit.
class Scope {
 public:
  explicit Scope(Database& db) : db_(db) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    if (db_.in_transaction()) db_.rollback();
  }

 private:
  Database& db_;
};

class SqliteStore final : public Store {
 public:
  // The lock goes last.
  SqliteStore(Fd lock, std::unique_ptr<Database> database)
      : lock_(std::move(lock)), database_(std::move(database)) {}

  Result<void> transact(const std::function<Result<void>(Transaction&)>& work) override {
    return run(work, false);
  }
  Result<void> read(const std::function<Result<void>(Transaction&)>& work) override {
    return run(work, true);
  }

 private:
  Result<void> run(const std::function<Result<void>(Transaction&)>& work, bool read_only) {
    if (database_->in_transaction()) {
      return Error{ErrorCode::kInternal, "a transaction of the store was begun within another"};
    }
    FILMGATE_TRY(database_->begin(read_only));
    const Scope scope(*database_);
    SqliteTransaction transaction(*database_);
    FILMGATE_TRY(work(transaction));
    return database_->commit();
  }

  Fd lock_;
  std::unique_ptr<Database> database_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path) {
  auto lock = lock_database(path);
  if (!lock.ok()) return lock.error();
  auto database = Database::open(path);
  if (!database.ok()) return database.error();
  FILMGATE_TRY(configure(**database));
  FILMGATE_TRY(migrate(**database));
  return std::unique_ptr<Store>(
      std::make_unique<SqliteStore>(std::move(lock).value(), std::move(database).value()));
}

}  // namespace filmgate
