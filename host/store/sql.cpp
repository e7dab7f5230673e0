#include "host/store/sql.h"

#include <iterator>

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

Result<std::vector<int64_t>> Connection::execute_each(std::string_view statement,
                                                      std::span<const Values> sets,
                                                      const OnRowOf& on_row) {
  std::vector<int64_t> rows;
  for (const Values& values : sets) {
    auto done = execute(statement, values, [&](Row& row) { return on_row(rows.size(), row); });
    if (!done.ok()) return done.error();
    rows.push_back(*done);
  }
  return rows;
}

namespace {

// ($1,$2),($3,$4)…
std::string places_of(size_t rows, size_t columns) {
  std::string places;
  for (size_t number = 0; number < rows * columns; ++number) {
    if (number % columns == 0)
      places += number == 0 ? "(" : "),(";
    else
      places += ',';
    places += '$' + std::to_string(number + 1);
  }
  return places + ')';
}

}  // namespace

Result<void> Connection::insert(std::string_view into, std::vector<Values> rows,
                                std::string_view after, const OnRow& on_row) {
  // Two statements for any number of rows, which stay prepared: for so many together, and for one.
  const size_t together = dialect().rows_together;
  std::vector<Values> sets;
  size_t next = 0;
  const auto flush = [&](size_t each) -> Result<void> {
    if (sets.empty()) return {};
    const std::string statement = std::string(into) + " VALUES " +
                                  places_of(each, sets.front().size() / each) + std::string(after);
    auto done = execute_each(statement, sets, [&](size_t, Row& row) { return on_row(row); });
    sets.clear();
    if (!done.ok()) return done.error();
    return {};
  };
  for (; next + together <= rows.size(); next += together) {
    Values& set = sets.emplace_back(std::move(rows[next]));
    for (size_t more = 1; more < together; ++more) {
      std::move(rows[next + more].begin(), rows[next + more].end(), std::back_inserter(set));
    }
  }
  FILMGATE_TRY(flush(together));
  sets.assign(std::make_move_iterator(rows.begin() + static_cast<ptrdiff_t>(next)),
              std::make_move_iterator(rows.end()));
  return flush(1);
}

Error Connection::damaged(const std::string& why) const {
  return {ErrorCode::kIo, name() + " is damaged: " + why};
}

}  // namespace filmgate::sql
