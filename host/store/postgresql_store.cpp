// A library's database on a PostgreSQL server.
#include "host/base/clock.h"
#include "host/store/postgresql.h"

namespace filmgate {
namespace {

using postgresql::Connection;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using OptionsPtr = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string option(const OptionsPtr& options, std::string_view keyword) {
  for (const PQconninfoOption* one = options.get(); one->keyword != nullptr; ++one) {
    if (keyword == one->keyword) return one->val == nullptr ? "" : one->val;
  }
  return "";
}

Result<OptionsPtr> parse_url(const std::string& url) {
  OptionsPtr options(PQconninfoParse(url.c_str(), nullptr));
  // What libpq says would repeat the URL, and with it a password that may stand there.
  if (!options) {
    return Error{ErrorCode::kInvalidInput,
                 "the store's URL is none that PostgreSQL can use; it should be like "
                 "postgresql://filmgate@localhost/filmgate"};
  }
  if (!option(options, "password").empty()) {
    return Error{ErrorCode::kInvalidInput,
                 "the store's URL holds a password, which would show in logs: take it out and name "
                 "a file with it in [store] password_file"};
  }
  return options;
}

// For messages: no more of the URL than tells which one it is.
std::string describe(const OptionsPtr& options) {
  std::string name = "the database postgresql://";
  if (const std::string user = option(options, "user"); !user.empty()) name += user + "@";
  if (const std::string host = option(options, "host"); !host.starts_with('/')) name += host;
  if (const std::string port = option(options, "port"); !port.empty()) name += ":" + port;
  return name + "/" + option(options, "dbname");
}

class PostgresqlDatabase final : public OpenedDatabase {
 public:
  explicit PostgresqlDatabase(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  sql::Connection& connection() override { return *connection_; }
  std::span<const Migration> migrations() const override { return postgresql_migrations(); }

  Result<int> schema_version() override {
    FILMGATE_TRY(connection_->begin(true));
    const TransactionScope scope(*connection_);
    auto ours = ask("SELECT count(to_regclass('filmgate_schema'))");
    if (!ours.ok()) return ours.error();
    if (*ours == 0) return check_empty();
    auto version = ask("SELECT coalesce(max(version), 0) FROM filmgate_schema");
    if (!version.ok()) return version.error();
    return static_cast<int>(*version);
  }

  Result<void> set_schema_version(int version) override {
    auto noted =
        connection_->run("INSERT INTO filmgate_schema (version, applied_ms) VALUES ($1, $2)",
                         version, system_clock().now_ms());
    if (!noted.ok()) return noted.error();
    return {};
  }

  Result<std::vector<std::string>> damage() override { return std::vector<std::string>(); }

 private:
  Result<int> check_empty() {
    auto tables =
        ask("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND relnamespace = current_schema()::regnamespace");
    if (!tables.ok()) return tables.error();
    if (*tables == 0) return 0;
    return Error{
        ErrorCode::kInvalidInput,
        connection_->name() + " belongs to another program: create one for Filmgate alone"};
  }

  Result<int64_t> ask(std::string_view statement) {
    const auto read = +[](sql::Row& row) { return row.integer(); };
    auto value = connection_->one(read, statement);
    if (!value.ok()) return value.error();
    return value->value_or(0);
  }

  std::unique_ptr<Connection> connection_;
};

// What is there before the first migration: which of them are applied, and the latest transaction
// of each program that writes.
Result<void> make_notebook(Connection& connection) {
  FILMGATE_TRY(connection.begin(false));
  const TransactionScope scope(connection);
  FILMGATE_TRY(connection.script(
      "CREATE TABLE IF NOT EXISTS filmgate_schema ("
      " version integer PRIMARY KEY, applied_ms bigint NOT NULL);"
      "CREATE TABLE IF NOT EXISTS filmgate_writer (id text PRIMARY KEY, number bigint NOT NULL);"
      "DELETE FROM filmgate_writer"));
  return connection.commit();
}

}  // namespace

Result<void> check_postgresql_url(const std::string& url) {
  auto options = parse_url(url);
  if (!options.ok()) return options.error();
  return {};
}

Result<std::unique_ptr<OpenedDatabase>> open_postgresql(const std::string& url,
                                                        const std::string& password,
                                                        StoreAccess access) {
  auto options = parse_url(url);
  if (!options.ok()) return options.error();
  auto connection = Connection::open(describe(*options), url, password, access);
  if (!connection.ok()) return connection.error();
  auto database = std::make_unique<PostgresqlDatabase>(*std::move(connection));
  if (access == StoreAccess::kExclusive) {
    auto version = database->schema_version();
    if (!version.ok()) return version.error();
    FILMGATE_TRY(make_notebook(static_cast<Connection&>(database->connection())));
  }
  return std::unique_ptr<OpenedDatabase>(std::move(database));
}

}  // namespace filmgate
