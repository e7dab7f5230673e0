// The store on SQLite: one connection, one thread, one host process.
#pragma once

#include <memory>
#include <string>

#include "host/store/sqlite.h"
#include "host/store/store.h"

namespace filmgate {

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path);

// Every statement goes to the transaction that is open on the database.
class SqliteTransaction final : public Transaction {
 public:
  explicit SqliteTransaction(sqlite::Database& database) : db_(database) {}

  Result<void> insert_asset(const Asset& asset) override;
  Result<void> update_asset(const Asset& asset, AssetState expected) override;
  Result<std::optional<Asset>> asset(const std::string& id) override;
  Result<std::optional<Asset>> asset_by_path(const std::string& path) override;
  Result<std::vector<Asset>> assets(const AssetQuery& query) override;
  Result<std::vector<Asset>> assets_with_moves() override;
  Result<std::vector<Asset>> assets_to_wake(int64_t now_ms, int limit) override;
  Result<std::optional<int64_t>> next_wake_ms(int64_t after_ms) override;
  Result<bool> reserve_output(const std::string& path, const std::string& asset_id) override;

  Result<void> insert_job(const Job& job) override;
  Result<std::optional<Job>> job(const std::string& id) override;
  Result<std::vector<Job>> jobs_of(const std::string& asset_id, int revision) override;
  Result<std::vector<Job>> claim(const ClaimRequest& request) override;
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

  Result<void> insert_approval(const Approval& approval) override;
  Result<void> update_approval(const Approval& approval, const std::string& expected) override;
  Result<std::optional<Approval>> approval(const std::string& id) override;
  Result<std::optional<Approval>> approval_of(const std::string& asset_id, int revision) override;

  Result<void> append_event(Event& event) override;
  Result<std::vector<Event>> events_of(const std::string& asset_id) override;
  Result<std::vector<Event>> events_after(int64_t seq, int limit) override;
  Result<void> enqueue(const OutboxMessage& message) override;
  Result<std::vector<OutboxMessage>> due_messages(int64_t now_ms, int limit) override;
  Result<void> update_message(const OutboxMessage& message) override;
  Result<std::vector<OutboxMessage>> messages_of(const std::string& asset_id) override;

  Result<void> keep_description(const std::string& sha256, const std::string& name,
                                const std::string& text) override;
  Result<std::optional<std::string>> description_text(const std::string& sha256) override;

  Result<std::optional<std::string>> setting(const std::string& key) override;
  Result<void> set_setting(const std::string& key, const std::string& value) override;

 private:
  // The ids of the jobs that one claim takes: the first in order and, when they are renditions,
  // the rest of their ladder.
  Result<std::vector<std::string>> pick_jobs(const ClaimRequest& request);

  sqlite::Database& db_;
};

}  // namespace filmgate
