// What a person does to a database by hand: `filmgate db migrate`, `check` and `export`. `url` and
// `password` as for open_store(). Check and export may run beside a daemon: they read one
// consistent state and hold nothing up.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate {

struct SchemaChange {
  int before = 0;  // 0: the database was empty
  int after = 0;
};
// kUnavailable while a daemon uses it.
Result<SchemaChange> migrate_store(const std::string& url, const std::string& password);

struct StoreReport {
  int schema_version = 0;
  std::vector<std::pair<std::string, int64_t>> rows;  // by table
  // One sentence each: rows whose owner is missing, histories that were altered, damaged files.
  std::vector<std::string> problems;
};
Result<StoreReport> check_store(const std::string& url, const std::string& password);

// Every row of every table, one line of JSON each: {"table": "job", "row": {…}}, assets before what
// belongs to them. An error of `write` ends it.
Result<void> export_store(const std::string& url, const std::string& password,
                          const std::function<Result<void>(const std::string& line)>& write);

}  // namespace filmgate
