#include "host/store/store.h"

#include "host/store/sqlite_store.h"

namespace filmgate {

Result<std::unique_ptr<Store>> open_store(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite://";
  if (url.starts_with(kSqlite)) {
    const std::string path = url.substr(kSqlite.size());
    if (path.size() > 1 && path.front() == '/' && path.back() != '/') {
      return open_sqlite_store(path);
    }
  }
  return Error{ErrorCode::kInvalidInput, "the store's URL '" + url +
                                             "' should be sqlite:// and an absolute path, as in "
                                             "sqlite:///var/lib/filmgate/filmgate.db"};
}

}  // namespace filmgate
