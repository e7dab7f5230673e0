// Statements: sent without blocking, waited for with a limit, their rows handed on one by one.
#include "host/store/postgresql.h"

#include <poll.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "host/store/text_codec.h"

namespace filmgate::postgresql {
namespace {

using std::chrono::milliseconds;

constexpr Oid kInt2 = 21, kInt4 = 23, kInt8 = 20;  // pg_type.dat

class Row final : public sql::Row {
 public:
  Row(const PGresult* result, int row) : result_(result), row_(row) {}

  int size() const override { return PQnfields(result_); }
  std::string column_name(int column) const override { return PQfname(result_, column); }

 protected:
  bool is_null(int column) const override { return PQgetisnull(result_, row_, column) != 0; }
  bool is_integer(int column) const override {
    const Oid type = PQftype(result_, column);
    return type == kInt8 || type == kInt4 || type == kInt2;
  }
  int64_t integer_at(int column) const override {
    return std::strtoll(PQgetvalue(result_, row_, column), nullptr, 10);
  }
  std::string text_at(int column) const override {
    return from_valid_text({PQgetvalue(result_, row_, column),
                            static_cast<size_t>(PQgetlength(result_, row_, column))});
  }

 private:
  const PGresult* result_;
  int row_;
};

// The parameters as text; their types are what the statement makes of them.
struct Parameters {
  explicit Parameters(std::span<const sql::Value> values) {
    texts.reserve(values.size());
    for (const sql::Value& value : values) {
      const bool null = std::holds_alternative<std::monostate>(value);
      if (const auto* integer = std::get_if<int64_t>(&value)) {
        texts.push_back(std::to_string(*integer));
      } else {
        texts.push_back(null ? std::string() : to_valid_text(std::get<std::string>(value)));
      }
      pointers.push_back(null ? nullptr : texts.back().c_str());
    }
  }
  std::vector<std::string> texts;
  std::vector<const char*> pointers;
};

// Trigrams of what the migrations call search_text. Case is folded as the database's locale has it.
sql::TextSearch find_text(const std::string& text, bool) {
  return {.condition = "search_text LIKE lower($1::text COLLATE \"default\") COLLATE \"C\"",
          .value = sql::like_pattern(text)};
}

}  // namespace

const sql::Dialect& Connection::dialect() const {
  static constexpr sql::Dialect kDialect = {
      " FOR UPDATE SKIP LOCKED",
      "SELECT pg_advisory_xact_lock('event'::regclass::oid::int, hashtext($1))", 16, find_text};
  return kDialect;
}

Error Connection::lost(const std::string& why) {
  std::string line = why.substr(0, why.find_last_not_of(" \n") + 1);
  for (size_t end; (end = line.find('\n')) != std::string::npos;) line.replace(end, 1, "; ");
  connection_.reset();
  prepared_.clear();
  return {ErrorCode::kUnavailable, "the connection to " + name_ + " was lost: " + line};
}

Result<ResultPtr> Connection::next_result() {
  const Time end = std::chrono::steady_clock::now() + answer_limit_;
  PGconn* const connection = connection_.get();
  while (true) {
    const int unsent = PQflush(connection);
    if (unsent < 0) return lost(PQerrorMessage(connection));
    if (unsent == 0 && PQisBusy(connection) == 0) break;
    const auto left =
        std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return lost("it gave no answer for " +
                  std::to_string(std::chrono::seconds(answer_limit_).count()) + " s");
    }
    pollfd socket = {PQsocket(connection),
                     static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = ::poll(&socket, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return lost("waiting for it failed");
    if (ready > 0 && (socket.revents & ~POLLOUT) != 0 && PQconsumeInput(connection) == 0) {
      return lost(PQerrorMessage(connection));
    }
  }
  ResultPtr result(PQgetResult(connection));
  // The server may say why before it hangs up.
  if (PQstatus(connection) == CONNECTION_BAD) {
    return lost(result ? PQresultErrorMessage(result.get()) : PQerrorMessage(connection));
  }
  return result;
}

Result<ResultPtr> Connection::last_result(bool sent) {
  if (!sent) return lost(PQerrorMessage(connection_.get()));
  ResultPtr last;
  std::optional<Error> error;
  while (true) {
    auto result = next_result();
    if (!result.ok()) return result;
    if (*result == nullptr) break;
    if (PQresultStatus(result->get()) == PGRES_FATAL_ERROR && !error) {
      error = refused(result->get(), name_, read_only_);
    }
    last = *std::move(result);
  }
  if (error) return *error;
  return last;
}

Result<ResultPtr> Connection::ask(const std::string& statements) {
  return last_result(PQsendQuery(connection_.get(), statements.c_str()) != 0);
}

Result<void> Connection::script(const std::string& statements) {
  if (!connection_) return rolled_back();
  const auto usual =
      std::exchange(answer_limit_, std::chrono::hours(1));  // an index takes its time
  auto done = ask(statements);
  answer_limit_ = usual;
  if (!done.ok()) return done.error();
  wrote_ = true;
  return {};
}

Result<std::string> Connection::prepared_name(std::string_view statement) {
  if (const auto known = prepared_.find(statement); known != prepared_.end()) return known->second;
  const std::string text(statement);
  std::string name = "s" + std::to_string(prepared_.size() + 1);
  auto done =
      last_result(PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr) != 0);
  if (!done.ok()) return done.error();
  prepared_.emplace(text, name);
  return name;
}

Result<void> Connection::send(const std::string& prepared, std::span<const sql::Value> values) {
  const Parameters parameters(values);
  if (PQsendQueryPrepared(connection_.get(), prepared.c_str(), static_cast<int>(values.size()),
                          parameters.pointers.data(), nullptr, nullptr, 0) == 0) {
    return lost(PQerrorMessage(connection_.get()));
  }
  return {};
}

void Connection::take(const PGresult* part, const OnRow& on_row, int64_t& rows,
                      std::optional<Error>& error) {
  switch (PQresultStatus(part)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK: {
      // After an error the rest is taken off the connection all the same.
      for (int number = 0; number < PQntuples(part); ++number, ++rows) {
        Row row(part, number);
        if (auto read = error ? Result<void>() : on_row(row); !read.ok()) error = read.error();
      }
      if (PQresultStatus(part) == PGRES_SINGLE_TUPLE) break;
      const std::string_view tag = PQcmdStatus(const_cast<PGresult*>(part));
      if (tag.starts_with("SELECT")) break;
      rows = std::strtoll(PQcmdTuples(const_cast<PGresult*>(part)), nullptr, 10);
      wrote_ = wrote_ || rows > 0;
      break;
    }
    default:
      if (!error) error = refused(part, name_, read_only_);
  }
}

Result<int64_t> Connection::execute(std::string_view statement, std::span<const sql::Value> values,
                                    const OnRow& on_row) {
  if (!connection_) return rolled_back();
  auto prepared = prepared_name(statement);
  if (!prepared.ok()) return prepared.error();
  FILMGATE_TRY(send(*prepared, values));
  PQsetSingleRowMode(connection_.get());
  int64_t rows = 0;
  std::optional<Error> error;
  while (true) {
    auto result = next_result();
    if (!result.ok()) return result.error();
    if (*result == nullptr) break;
    take(result->get(), on_row, rows, error);
  }
  if (error) return *error;
  return rows;
}

// In a pipeline each statement ends with a null, and the whole with the sync. What follows an error
// is not carried out, and its results say only that.
Result<std::vector<int64_t>> Connection::execute_each(std::string_view statement,
                                                      std::span<const sql::Values> sets,
                                                      const OnRowOf& on_row) {
  if (!connection_) return rolled_back();
  std::vector<int64_t> rows(sets.size());
  if (sets.empty()) return rows;
  auto prepared = prepared_name(statement);
  if (!prepared.ok()) return prepared.error();
  PQenterPipelineMode(connection_.get());
  for (const sql::Values& values : sets) FILMGATE_TRY(send(*prepared, values));
  if (PQpipelineSync(connection_.get()) == 0) return lost(PQerrorMessage(connection_.get()));
  std::optional<Error> error;
  int64_t of_none = 0;  // that the session ends may be said after the last of them
  for (size_t which = 0;;) {
    auto result = next_result();
    if (!result.ok()) return result.error();
    if (*result == nullptr) {
      ++which;
      continue;
    }
    if (PQresultStatus(result->get()) == PGRES_PIPELINE_SYNC) break;
    take(
        result->get(), [&](sql::Row& row) { return on_row(which, row); },
        which < rows.size() ? rows[which] : of_none, error);
  }
  PQexitPipelineMode(connection_.get());
  if (error) return *error;
  return rows;
}

}  // namespace filmgate::postgresql
