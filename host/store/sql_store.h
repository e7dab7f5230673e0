// The store on any SQL database: the same statements for all, one connection, one thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/store/migrations.h"
#include "host/store/sql.h"
#include "host/store/store.h"

// In statements: milliseconds by which the clocks of several hosts may differ.
#define FILMGATE_CLOCKS_DIFFER "60000"

namespace filmgate {

enum class StoreAccess {
  kExclusive,  // one daemon, which also brings the schema up to date
  kShared,     // beside a daemon
};

// A database that is open and, for exclusive access, locked; its schema is not yet looked at.
class OpenedDatabase {
 public:
  virtual ~OpenedDatabase() = default;
  virtual sql::Connection& connection() = 0;
  virtual std::span<const Migration> migrations() const = 0;
  // 0 when it is empty; an error when it belongs to another program.
  virtual Result<int> schema_version() = 0;
  // Within the transaction of the step that leads to it.
  virtual Result<void> set_schema_version(int version) = 0;
  // What the database itself finds wrong with its files, where it can tell. In a transaction.
  virtual Result<std::vector<std::string>> damage() = 0;
  virtual Result<void> scrub() { return {}; }  // as Store::scrub()
};

// By the scheme of the URL.
Result<std::unique_ptr<OpenedDatabase>> open_database(const std::string& url,
                                                      const std::string& password,
                                                      StoreAccess access);
Result<std::unique_ptr<OpenedDatabase>> open_sqlite(const std::string& path, StoreAccess access);
Result<std::unique_ptr<OpenedDatabase>> open_postgresql(const std::string& url,
                                                        const std::string& password,
                                                        StoreAccess access);
Result<void> check_postgresql_url(const std::string& url);

// Applies missing migrations when it is exclusive; refuses a schema that doesn't fit.
Result<void> bring_up_to_date(OpenedDatabase& database, StoreAccess access);
Result<std::unique_ptr<Store>> make_store(std::unique_ptr<OpenedDatabase> database,
                                          StoreAccess access);

// Every statement goes to the transaction that is open on the connection.
class SqlTransaction final : public Transaction {
 public:
  explicit SqlTransaction(sql::Connection& connection) : db_(connection) {}

  Result<void> insert_assets(std::span<const Asset* const> assets) override;
  Result<void> update_asset(const Asset& asset, AssetState expected) override;
  Result<void> edit_assets(std::span<const Asset> assets) override;
  Result<std::optional<Asset>> asset(const std::string& id) override;
  Result<std::vector<std::optional<Asset>>> assets(std::span<const std::string> ids) override;
  Result<std::vector<std::optional<Asset>>> assets_by_path(
      std::span<const std::string> paths) override;
  Result<std::vector<std::optional<Asset>>> assets_by_key(
      std::span<const std::string> keys) override;
  Result<std::vector<Asset>> assets(const AssetQuery& query) override;
  Result<std::vector<AssetSummary>> list(const AssetQuery& query) override;
  Result<std::vector<Asset>> assets_with_moves() override;
  Result<std::vector<Asset>> assets_to_wake(int64_t now_ms, int limit) override;
  Result<std::optional<int64_t>> next_wake_ms(int64_t after_ms) override;
  Result<bool> reserve_output(const std::string& path, const std::string& asset_id) override;

  Result<void> insert_jobs(std::span<const Job> jobs) override;
  Result<std::optional<Job>> job(const std::string& id) override;
  Result<std::vector<Job>> jobs_of(const std::string& asset_id, int revision) override;
  Result<std::vector<Job>> all_jobs_of(const std::string& asset_id) override;
  Result<std::vector<Job>> claim(const ClaimRequest& request) override;
  Result<int64_t> count_due(Lane lane, int64_t now_ms, const Job* before) override;
  Result<void> prioritize(const std::string& asset_id, int priority, int64_t now_ms) override;
  Result<void> update_job(const Job& job, JobState expected) override;
  Result<void> renew_lease(const Job& job, int64_t lease_until_ms) override;
  Result<void> edit_claim(const Job& job) override;
  Result<void> finish_job(const Job& job) override;
  Result<std::vector<Job>> leased_jobs() override;
  Result<std::vector<Job>> expired_leases(int64_t now_ms) override;
  Result<std::vector<Job>> jobs(std::optional<JobState> state, int limit) override;

  Result<void> insert_run(const Run& run) override;
  Result<void> update_run(const Run& run) override;
  Result<std::vector<Run>> open_runs() override;
  Result<void> end_attempt(const Attempt& attempt) override;
  Result<std::vector<Attempt>> attempts_of(const std::string& job_id) override;

  Result<void> insert_output(const Output& output) override;
  Result<std::vector<Output>> outputs_of(const std::string& asset_id, int revision) override;
  Result<std::vector<Output>> all_outputs_of(const std::string& asset_id) override;

  Result<void> insert_approval(const Approval& approval) override;
  Result<void> update_approval(const Approval& approval, const std::string& expected) override;
  Result<std::optional<Approval>> approval(const std::string& id) override;
  Result<std::optional<Approval>> approval_of(const std::string& asset_id, int revision) override;
  Result<std::vector<Approval>> all_approvals_of(const std::string& asset_id) override;

  Result<void> append_events(std::span<Event> events) override;
  Result<std::vector<Event>> events_of(const std::string& asset_id) override;
  Result<std::vector<Event>> events_after(int64_t seq, int limit) override;
  Result<void> enqueue(std::span<const OutboxMessage> messages) override;
  Result<std::vector<OutboxMessage>> due_messages(int64_t now_ms, int limit) override;
  Result<void> update_message(const OutboxMessage& message) override;
  Result<std::vector<OutboxMessage>> messages_of(const std::string& asset_id) override;

  Result<int64_t> prune(Kept what, int64_t before_ms, int limit) override;
  Result<void> erase(const std::string& asset_id, bool outputs) override;
  Result<void> redact_event(const Event& event) override;
  Result<bool> claim_duty(const std::string& name, const std::string& owner, int64_t now_ms,
                          int64_t lease_ms, int64_t period_ms) override;
  Result<void> end_duty(const std::string& name, const std::string& owner,
                        int64_t next_ms) override;

  Result<void> keep_description(const std::string& sha256, const std::string& name,
                                const std::string& text) override;
  Result<std::optional<std::string>> description_text(const std::string& sha256) override;

  Result<std::optional<std::string>> setting(const std::string& key) override;
  Result<void> set_setting(const std::string& key, const std::string& value) override;

 private:
  Result<void> check_updated(const Asset& asset, AssetState expected, int64_t changed);
  Result<std::vector<Job>> lease(const ClaimRequest& request, const std::string& condition,
                                 const std::vector<sql::Value>& bound);

  sql::Connection& db_;
};

// Of an INSERT … ON CONFLICT DO NOTHING. A violation would end a transaction on PostgreSQL.
Result<void> once(const Result<int64_t>& inserted, const std::string& what);

// Rows with their id in the first column, ON CONFLICT DO NOTHING: kConflict for the first that was
// not inserted, by what `what` says it is.
Result<void> insert_once(sql::Connection& db, std::string_view into, std::vector<sql::Values> rows,
                         const std::function<std::string(size_t which)>& what);

// Rolls back on every way out that isn't a commit.
class TransactionScope {
 public:
  explicit TransactionScope(sql::Connection& connection) : connection_(connection) {}
  TransactionScope(const TransactionScope&) = delete;
  TransactionScope& operator=(const TransactionScope&) = delete;
  ~TransactionScope() {
    if (connection_.in_transaction()) connection_.rollback();
  }

 private:
  sql::Connection& connection_;
};

}  // namespace filmgate
