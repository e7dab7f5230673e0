// Sessions: made, taken up again after a loss, and what becomes of a commit that was cut off.
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "host/base/clock.h"
#include "host/base/id.h"
#include "host/store/postgresql.h"

namespace filmgate::postgresql {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kNeededVersion = 150000;
constexpr const char* kLockKey = "1181566836";  // "FmGt"
// Long enough for a server that is restarted.
constexpr milliseconds kRideOver = seconds(5);
constexpr milliseconds kSettleLimit = seconds(60);
constexpr milliseconds kFormerHolder = seconds(1), kLookAgain(20);
constexpr milliseconds kFirstPause(50), kLongestPause = seconds(1);
constexpr milliseconds kAwayFirst = seconds(1), kAwayLongest = seconds(15);
constexpr std::string_view kProgram = "filmgate ";

std::string application_name() {
  char host[64] = "localhost";
  ::gethostname(host, sizeof host - 1);
  return std::string(kProgram) + "pid " + std::to_string(::getpid()) + " on " + host;
}

std::string value_of(const ResultPtr& result) {
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

}  // namespace

Error Connection::rolled_back() const {
  return {connection_ ? ErrorCode::kIo : ErrorCode::kUnavailable,
          "the transaction on " + name_ + " was rolled back before its end"};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& name,
                                                     const std::string& url,
                                                     const std::string& password,
                                                     StoreAccess access) {
  std::unique_ptr<Connection> connection(new Connection(name, url, password, access));
  FILMGATE_TRY(connection->connect());
  return connection;
}

Connection::~Connection() {
  if (!connection_) return;
  if (open_) rollback();
  // A row that stays behind does no harm; the next one to have the database for itself removes it.
  if (connection_ && !writer_.empty()) {
    (void)ask("DELETE FROM filmgate_writer WHERE id = '" + writer_ + "'").ok();
  }
}

Result<void> Connection::connect() {
  const std::string program = application_name();
  // What stands after dbname has the last word, what stands before it is a default.
  const char* keywords[] = {"connect_timeout", "tcp_user_timeout", "dbname", "application_name",
                            "client_encoding", "password",         nullptr};
  const char* values[] = {"5",          "30000",
                          url_.c_str(), program.c_str(),
                          "UTF8",       password_.empty() ? nullptr : password_.c_str(),
                          nullptr};
  prepared_.clear();
  connection_.reset(PQconnectdbParams(keywords, values, 1));
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    const std::string why = PQerrorMessage(connection_.get());
    const bool needs_password = PQconnectionNeedsPassword(connection_.get()) != 0;
    Error error = lost(why);
    if (needs_password) {
      return Error{ErrorCode::kPermission,
                   name_ + " wants a password: [store] password_file names the file with it"};
    }
    // No code comes with it; a server that speaks another language is tried again for nothing.
    if (why.find("authentication failed") != std::string::npos) error.code = ErrorCode::kPermission;
    if (why.find("does not exist") != std::string::npos && why.find("FATAL") != std::string::npos) {
      error.code = ErrorCode::kNotFound;
    }
    return error;
  }
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  PQsetnonblocking(connection_.get(), 1);
  auto ready = prepare_session();
  if (!ready.ok()) connection_.reset();
  return ready;
}

Result<void> Connection::prepare_session() {
  const int version = PQserverVersion(connection_.get());
  if (version < kNeededVersion) {
    return Error{ErrorCode::kUnsupported, name_ + " is PostgreSQL " +
                                              std::to_string(version / 10000) +
                                              "; version 15 or a newer one is needed"};
  }
  const char* const encoding = PQparameterStatus(connection_.get(), "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return Error{ErrorCode::kUnsupported, name_ + " has the encoding " +
                                              (encoding == nullptr ? "none" : encoding) +
                                              "; create it with ENCODING 'UTF8'"};
  }
  // A commit that was answered survives a power cut, whatever the server's own setting is. A host
  // that stands still within a transaction lets go of it before long, and one that lost its power
  // or its network is missed within half a minute, not after the two hours of the system's own
  // setting: until then its successor would find the lock taken.
  auto set = ask(
      "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'; SET jit = off;"
      "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
      "SET tcp_user_timeout = '30s'; SET statement_timeout = 0;"
      "SELECT set_config('synchronous_commit', 'on', false)"
      " WHERE current_setting('synchronous_commit') = 'off'");
  if (!set.ok()) return set.error();
  FILMGATE_TRY(end_former_session());
  if (access_ == StoreAccess::kExclusive) FILMGATE_TRY(take_lock());
  auto session =
      ask("SELECT format('pid = %s AND backend_start = %L', pid, backend_start)"
          " FROM pg_stat_activity WHERE pid = pg_backend_pid()");
  if (!session.ok()) return session.error();
  session_ = value_of(*session);
  return {};
}

// Of a connection that was cut, the server may know nothing as yet. Once its session has ended, its
// lock is free and its last transaction is either kept or gone for good.
Result<void> Connection::end_former_session() {
  if (session_.empty()) return {};
  auto ended =
      ask("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE " + session_);
  if (!ended.ok()) return ended.error();
  auto left = ask("SELECT count(*) FROM pg_stat_activity WHERE " + session_);
  if (!left.ok()) return left.error();
  if (value_of(*left) == "0") return {};
  return Error{ErrorCode::kUnavailable, "the former session on " + name_ + " doesn't end"};
}

Result<void> Connection::take_lock() {
  // The server may still be busy ending the session of a program that is gone.
  const Time end = std::chrono::steady_clock::now() + kFormerHolder;
  while (true) {
    auto locked = ask(std::string("SELECT pg_try_advisory_lock(") + kLockKey + ")");
    if (!locked.ok()) return locked.error();
    if (value_of(*locked) == "t") return {};
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(kLookAgain);
  }
  auto holder = ask(
      std::string("SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
                  " WHERE locktype = 'advisory' AND database = datid AND classid = 0"
                  " AND objsubid = 1 AND granted AND datname = current_database() AND objid = ") +
      kLockKey);
  if (!holder.ok()) return holder.error();
  std::string who = value_of(*holder);
  who = who.starts_with(kProgram) ? who.substr(kProgram.size()) : "pid unknown";
  return Error{ErrorCode::kUnavailable,
               "another filmgated (" + who + ") uses this library: " + name_};
}

Result<void> Connection::connect_until(Time end) {
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto connected = connect();
    if (connected.ok() || connected.error().code != ErrorCode::kUnavailable ||
        steady_clock::now() + pause >= end) {
      return connected;
    }
    std::this_thread::sleep_for(pause);
  }
}

Result<void> Connection::need_connection() {
  if (connection_) return {};
  const Time now = steady_clock::now();
  if (away_ && now < next_try_) return *away_;
  auto connected = connect_until(away_ ? now : now + kRideOver);
  if (connected.ok()) {
    away_.reset();
    return {};
  }
  away_pause_ = away_ ? std::min(away_pause_ * 2, kAwayLongest) : kAwayFirst;
  next_try_ = steady_clock::now() + away_pause_;
  // It let us in before. Whatever it refuses now (its password is changed, it is being restored)
  // passes like an outage.
  away_ = Error{ErrorCode::kUnavailable, connected.error().message};
  return *away_;
}

Result<void> Connection::begin(bool read_only) {
  const char* const statement = read_only ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
                                          : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
  FILMGATE_TRY(need_connection());
  read_only_ = read_only;
  wrote_ = false;
  auto begun = ask(statement);
  if (!begun.ok() && !connection_) {  // cut while nothing was asked of it
    FILMGATE_TRY(need_connection());
    begun = ask(statement);
  }
  if (!begun.ok()) return begun.error();
  open_ = true;
  return {};
}

void Connection::rollback() {
  open_ = false;
  if (connection_) (void)ask("ROLLBACK").ok();  // when it is lost, the server rolls back by itself
}

Result<void> Connection::commit() {
  if (!connection_) {
    open_ = false;
    return rolled_back();
  }
  std::string statements = "COMMIT";
  if (wrote_) {
    if (writer_.empty()) writer_ = new_id(system_clock());
    const std::string number = std::to_string(number_ + 1);
    statements = "INSERT INTO filmgate_writer (id, number) VALUES ('" + writer_ + "', " + number +
                 ") ON CONFLICT (id) DO UPDATE SET number = excluded.number; COMMIT";
  }
  auto done = ask(statements);
  if (!done.ok() && connection_) return done.error();
  open_ = false;
  if (!done.ok()) return wrote_ ? settle_commit(done.error()) : done.error();
  if (std::string_view(PQcmdStatus(done->get())) != "COMMIT") return rolled_back();
  if (wrote_) ++number_;
  return {};
}

Result<void> Connection::settle_commit(const Error& error) {
  const Time end = steady_clock::now() + kSettleLimit;
  ++number_;
  // Again when this connection is cut as well.
  while (connect_until(end).ok()) {
    auto found = ask("SELECT number FROM filmgate_writer WHERE id = '" + writer_ + "'");
    if (found.ok() && value_of(*found) == std::to_string(number_)) return {};
    if (found.ok()) return Error{error.code, error.message + "; nothing was kept"};
    if (connection_) break;
  }
  return Error{error.code, error.message + "; whether the transaction was kept can't be known"};
}

}  // namespace filmgate::postgresql
