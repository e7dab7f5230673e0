#include "host/store/store.h"

#include "host/store/sql_store.h"

namespace filmgate {
namespace {

constexpr std::string_view kSqlite = "sqlite://";

bool is_postgresql(const std::string& url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

// What follows the scheme, where it is an absolute path of a file.
std::optional<std::string> sqlite_path(const std::string& url) {
  if (!url.starts_with(kSqlite)) return std::nullopt;
  std::string path = url.substr(kSqlite.size());
  if (path.size() < 2 || path.front() != '/' || path.back() == '/') return std::nullopt;
  return path;
}

}  // namespace

Result<void> check_store_url(const std::string& url) {
  if (is_postgresql(url)) return check_postgresql_url(url);
  if (sqlite_path(url)) return {};
  return Error{ErrorCode::kInvalidInput,
               "the store's URL should be sqlite:// and an absolute path, as in "
               "sqlite:///var/lib/filmgate/filmgate.db, or that of a PostgreSQL database, as in "
               "postgresql://filmgate@localhost/filmgate"};
}

Result<std::unique_ptr<OpenedDatabase>> open_database(const std::string& url,
                                                      const std::string& password,
                                                      StoreAccess access) {
  FILMGATE_TRY(check_store_url(url));
  if (is_postgresql(url)) return open_postgresql(url, password, access);
  return open_sqlite(*sqlite_path(url), access);
}

Result<std::unique_ptr<Store>> open_store(const std::string& url, const std::string& password) {
  auto database = open_database(url, password, StoreAccess::kExclusive);
  if (!database.ok()) return database.error();
  return make_store(std::move(database).value(), StoreAccess::kExclusive);
}

}  // namespace filmgate
