// libpq as a sql::Connection that comes back. Only this room includes libpq-fe.h.
//
// A connection that was cut is made anew when the next transaction begins; what was open is gone
// then, and its caller was told. Nobody is told of a commit before it is certain: each transaction
// that wrote also writes its number into the table `writer`, and when the reply to COMMIT is lost
// the number is looked for once the former session has surely ended.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "host/store/sql.h"
#include "host/store/sql_store.h"

namespace filmgate::postgresql {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ClearResult>;

struct FinishConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionPtr = std::unique_ptr<PGconn, FinishConnection>;

// What the server refused, by its SQLSTATE. `name`: of the database, as in Connection::name().
Error refused(const PGresult* result, const std::string& name, bool read_only);

class Connection final : public sql::Connection {
 public:
  // `name`: for messages. Gives up at once when the server isn't there.
  static Result<std::unique_ptr<Connection>> open(const std::string& name, const std::string& url,
                                                  const std::string& password, StoreAccess access);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  // Takes a lost connection up again, for at most 5 s; after that it tries now and then only.
  Result<void> begin(bool read_only) override;
  Result<void> commit() override;
  void rollback() override;
  bool in_transaction() const override { return open_; }
  Result<int64_t> execute(std::string_view statement, std::span<const sql::Value> values,
                          const OnRow& on_row) override;
  Result<std::vector<int64_t>> execute_each(std::string_view statement,
                                            std::span<const sql::Values> sets,
                                            const OnRowOf& on_row) override;
  Result<void> script(const std::string& statements) override;
  const sql::Dialect& dialect() const override;
  const std::string& name() const override { return name_; }

 private:
  using Time = std::chrono::steady_clock::time_point;

  Connection(std::string name, std::string url, std::string password, StoreAccess access)
      : name_(std::move(name)),
        url_(std::move(url)),
        password_(std::move(password)),
        access_(access) {
    if (access == StoreAccess::kShared) answer_limit_ = std::chrono::hours(1);
  }
  Result<void> connect();  // one try
  Result<void> prepare_session();
  Result<void> end_former_session();
  Result<void> take_lock();
  // Tries until it succeeds, or is refused, or the time is over.
  Result<void> connect_until(Time end);
  Result<void> need_connection();
  Result<void> settle_commit(const Error& lost);

  // The next result of what was sent; null after the last one. An error when the connection is
  // lost.
  Result<ResultPtr> next_result();
  Error lost(const std::string& why);
  Error rolled_back() const;
  // Sends statements without parameters and waits for all their results; gives the last one.
  Result<ResultPtr> ask(const std::string& statements);
  Result<ResultPtr> last_result(bool sent);
  Result<std::string> prepared_name(std::string_view statement);
  Result<void> send(const std::string& prepared, std::span<const sql::Value> values);
  // Part of what a statement gave: its rows are counted and handed on, its error is kept.
  void take(const PGresult* part, const OnRow& on_row, int64_t& rows, std::optional<Error>& error);

  std::string name_;
  std::string url_;
  std::string password_;
  StoreAccess access_;
  ConnectionPtr connection_;
  std::map<std::string, std::string, std::less<>> prepared_;  // by their text
  std::string session_;        // condition on pg_stat_activity that finds the latest session
  std::optional<Error> away_;  // why it couldn't be taken up again
  Time next_try_ = {};
  std::chrono::milliseconds away_pause_{0};
  // A migration or a check of a big database may take its time.
  std::chrono::seconds answer_limit_{60};
  std::string writer_;  // our row in filmgate_writer, once there is one
  int64_t number_ = 0;  // of the latest transaction that wrote
  bool open_ = false;
  bool read_only_ = false;
  bool wrote_ = false;
};

}  // namespace filmgate::postgresql
