// The steps of data/migrations/sqlite, compiled in.
#pragma once

#include <span>
#include <string_view>

namespace filmgate::sqlite {

struct Migration {
  int version;  // counts from 1 without a gap; what user_version says after it
  std::string_view sql;
};

std::span<const Migration> migrations();

}  // namespace filmgate::sqlite
