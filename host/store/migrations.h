// The steps of data/migrations/sqlite and data/migrations/postgresql, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace filmgate {

struct Migration {
  int version;  // counts from 1 without a gap; the schema's version after it
  std::string_view sql;
};

std::span<const Migration> sqlite_migrations();
std::span<const Migration> postgresql_migrations();

}  // namespace filmgate
