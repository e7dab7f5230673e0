#include "host/store/sql.h"

namespace filmgate::sql {
std::optional<int64_t> Row::if_integer() {
  if (is_null(column_)) {
    ++column_;
    return std::nullopt;
  }
  return integer();
}

Json Row::json() {
  const int column = column_++;
  if (is_null(column)) return {};
  auto value = parse_json(text_at(column), column_name(column), kStoredLimits);
  if (value.ok()) return std::move(value).value();
  if (damage_.empty()) damage_ = value.error().message;
  return {};
}

Json Row::value_at(int column) const {
  if (is_null(column)) return {};
  return is_integer(column) ? Json(integer_at(column)) : Json(text_at(column));
}

std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + '%';
}

Error Connection::damaged(const std::string& why) const {
  return {ErrorCode::kIo, name() + " is damaged: " + why};
}

}  // namespace filmgate::sql
