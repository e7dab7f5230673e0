// The one interface to the database, with SQLite or PostgreSQL behind it. Both keep the same tables
// and answer alike; one suite of tests holds them to it.
//
// All work happens in transactions: `transact` runs its function once, commits when it returns ok
// and rolls back otherwise, so that a state change, its event and its notifications are one.
// A store belongs to one thread (the engine's), which waits for the database; and a database to one
// daemon, so that the times in it are those of one clock. An error means that nothing was kept and
// that nothing of it will be: a commit whose reply was lost is asked after once the database
// answers again, for as long as a minute. kUnavailable passes. Every write of a claim names the
// job's fence: when no row changed, the claim is stale, the call answers kConflict and the run must
// undo itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/base/clock.h"
#include "host/model/records.h"
#include "host/model/summary.h"
#include "plugins/core/result.h"

namespace filmgate {

struct AssetQuery {
  std::optional<AssetState> state;
  bool open = false;        // only those that are not final
  std::string description;  // its name; "" = any
  int64_t since_ms = 0;     // taken in at this time or later
  std::string text;         // in name, title, id; "" = all
  std::string before;  // keyset cursor: ids smaller than this one (newest first); "" = from the top
  int limit = 100;
};

struct ClaimRequest {
  Lane lane = Lane::kLight;
  std::string owner;
  std::string run_id;
  int64_t now_ms = 0;
  int64_t lease_ms = 30000;
  int64_t deadline_ms = 0;  // absolute
  int limit = 1;
  // Jobs of these descriptions stay where they are.
  std::vector<std::string> except;
  // Take every ready job of this asset and kind in one claim (the ladder runs as one worker).
  bool whole_ladder = true;
};

// What is kept for a while after it is over: done and cancelled jobs with their attempts and logs,
// and ended runs, both of assets that are final; messages that were sent. Never removed: queued
// work, dead jobs and dead messages (somebody may want them tried again), events, approvals.
enum class Kept { kJobs, kRuns, kMessages };

// Writes and reads inside one transaction. Reads see the transaction's own writes. What takes many
// at once does as one call for each of them would, in their order, but a server is asked for all of
// them together; the answers are in the order of the questions, and the first error is given.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // --- assets
  virtual Result<void> insert_assets(std::span<const Asset* const> assets) = 0;
  Result<void> insert_asset(const Asset& asset) {
    const Asset* const one = &asset;
    return insert_assets({&one, 1});
  }
  // Replaces the row if it still is in `expected` (kConflict otherwise) and the table of
  // transitions allows the step (kInternal otherwise); `expected` == asset.state edits in place.
  virtual Result<void> update_asset(const Asset& asset, AssetState expected) = 0;
  virtual Result<void> edit_assets(std::span<const Asset> assets) = 0;  // all of them in place
  virtual Result<std::optional<Asset>> asset(const std::string& id) = 0;
  virtual Result<std::vector<std::optional<Asset>>> assets(std::span<const std::string> ids) = 0;
  // The asset that is not final and whose source or sidecar lies at this path (a sidecar may serve
  // several: then the oldest of them).
  virtual Result<std::vector<std::optional<Asset>>> assets_by_path(
      std::span<const std::string> paths) = 0;
  Result<std::optional<Asset>> asset_by_path(const std::string& path) {
    return only(assets_by_path({&path, 1}));
  }
  // The newest asset with this key; nullopt for "".
  virtual Result<std::vector<std::optional<Asset>>> assets_by_key(
      std::span<const std::string> keys) = 0;
  Result<std::optional<Asset>> asset_by_key(const std::string& key) {
    return only(assets_by_key({&key, 1}));
  }
  virtual Result<std::vector<Asset>> assets(const AssetQuery& query) = 0;
  virtual Result<std::vector<AssetSummary>> list(const AssetQuery& query) = 0;
  virtual Result<std::vector<Asset>> assets_with_moves() = 0;
  virtual Result<std::vector<Asset>> assets_to_wake(int64_t now_ms, int limit) = 0;
  // The earliest time later than `after_ms` at which something falls due: an asset's wake, a ready
  // job, the end of a lease, the first waiting message of an endpoint. Without an argument
  // it may lie in the past: work that is due but waits for a slot.
  virtual Result<std::optional<int64_t>> next_wake_ms(int64_t after_ms = -1) = 0;
  // Reserves an output folder for an asset: false when another asset has it already.
  virtual Result<bool> reserve_output(const std::string& path, const std::string& asset_id) = 0;

  // --- jobs
  // kConflict while another job of the same asset, revision, kind and variant is not final.
  virtual Result<void> insert_jobs(std::span<const Job> jobs) = 0;
  Result<void> insert_job(const Job& job) { return insert_jobs({&job, 1}); }
  virtual Result<std::optional<Job>> job(const std::string& id) = 0;
  virtual Result<std::vector<Job>> jobs_of(const std::string& asset_id, int revision) = 0;
  virtual Result<std::vector<Job>> all_jobs_of(const std::string& asset_id) = 0;
  // Leases ready jobs by priority, run_at and id: attempt + 1, fence + 1, a row in attempt each.
  virtual Result<std::vector<Job>> claim(const ClaimRequest& request) = 0;
  // How many ready jobs of the lane are due; with `before`, those that a claim takes sooner than
  // it.
  virtual Result<int64_t> count_due(Lane lane, int64_t now_ms, const Job* before = nullptr) = 0;
  // Of the asset and all its jobs that are not final. The only way in which either changes.
  virtual Result<void> prioritize(const std::string& asset_id, int priority, int64_t now_ms) = 0;
  // Without a claim (blocked -> ready, cancel, redrive): WHERE id AND state = expected. Never to
  // leased; `expected` == job.state edits in place. Lease, owner and fence stay the claim's.
  virtual Result<void> update_job(const Job& job, JobState expected) = 0;
  // Of a claim: WHERE id AND fence AND state = 'leased'.
  virtual Result<void> renew_lease(const Job& job, int64_t lease_until_ms) = 0;
  virtual Result<void> edit_claim(const Job& job) = 0;  // staged, error, run_id; stays leased
  virtual Result<void> finish_job(const Job& job) = 0;  // leased -> job.state, any that may follow
  virtual Result<std::vector<Job>> leased_jobs() = 0;
  virtual Result<std::vector<Job>> expired_leases(int64_t now_ms) = 0;
  // Newest first.
  virtual Result<std::vector<Job>> jobs(std::optional<JobState> state, int limit) = 0;

  // --- runs and attempts
  virtual Result<void> insert_run(const Run& run) = 0;
  virtual Result<void> update_run(const Run& run) = 0;
  virtual Result<std::vector<Run>> open_runs() = 0;              // not ended
  virtual Result<void> end_attempt(const Attempt& attempt) = 0;  // by job_id and fence
  virtual Result<std::vector<Attempt>> attempts_of(const std::string& job_id) = 0;

  // --- outputs
  // Replaces the output of the same name (a rung that was encoded again, a chosen poster).
  virtual Result<void> insert_output(const Output& output) = 0;
  virtual Result<std::vector<Output>> outputs_of(const std::string& asset_id, int revision) = 0;
  virtual Result<std::vector<Output>> all_outputs_of(const std::string& asset_id) = 0;

  // --- approvals
  virtual Result<void> insert_approval(const Approval& approval) = 0;
  virtual Result<void> update_approval(const Approval& approval, const std::string& expected) = 0;
  virtual Result<std::optional<Approval>> approval(const std::string& id) = 0;
  virtual Result<std::optional<Approval>> approval_of(const std::string& asset_id,
                                                      int revision) = 0;
  virtual Result<std::vector<Approval>> all_approvals_of(const std::string& asset_id) = 0;

  // --- events and outbox
  // Fills seq, number, previous_hash and hash, and the salt of what is personal.
  virtual Result<void> append_events(std::span<Event> events) = 0;
  Result<void> append_event(Event& event) { return append_events({&event, 1}); }
  virtual Result<std::vector<Event>> events_of(const std::string& asset_id) = 0;
  virtual Result<std::vector<Event>> events_after(int64_t seq, int limit) = 0;
  virtual Result<void> enqueue(std::span<const OutboxMessage> messages) = 0;
  Result<void> enqueue(const OutboxMessage& message) {
    return enqueue(std::span<const OutboxMessage>(&message, 1));
  }
  // The oldest waiting message of each endpoint, if it is due.
  virtual Result<std::vector<OutboxMessage>> due_messages(int64_t now_ms, int limit) = 0;
  virtual Result<void> update_message(const OutboxMessage& message) = 0;
  virtual Result<std::vector<OutboxMessage>> messages_of(const std::string& asset_id) = 0;

  // --- what goes
  // At most `limit` of what was over before `before_ms`, the oldest first; gives how many went.
  virtual Result<int64_t> prune(Kept what, int64_t before_ms, int limit) = 0;
  // What rows say about people: what stands beside the chain, the words of attempts, the bodies of
  // messages. With `outputs` also the rows of published files and the names of their folders.
  virtual Result<void> erase(const std::string& asset_id, bool outputs) = 0;
  // event.data takes the place of the text of an event that has none beside the chain. Once.
  virtual Result<void> redact_event(const Event& event) = 0;

  // --- periodic duties: rows with a lease, so that one host does them
  // True when it is due and nobody else holds it. Never due later than after `period_ms`, nor held
  // longer than a lease: what says so was written by a clock that has been set back since.
  virtual Result<bool> claim_duty(const std::string& name, const std::string& owner, int64_t now_ms,
                                  int64_t lease_ms, int64_t period_ms) = 0;
  // kConflict when another took it over.
  virtual Result<void> end_duty(const std::string& name, const std::string& owner,
                                int64_t next_ms) = 0;

  // --- descriptions: the text that assets are pinned to, by hash
  virtual Result<void> keep_description(const std::string& sha256, const std::string& name,
                                        const std::string& text) = 0;
  virtual Result<std::optional<std::string>> description_text(const std::string& sha256) = 0;

  // --- small settings that belong to the library: the server key, a lane's pause
  virtual Result<std::optional<std::string>> setting(const std::string& key) = 0;
  virtual Result<void> set_setting(const std::string& key, const std::string& value) = 0;

 private:
  static Result<std::optional<Asset>> only(Result<std::vector<std::optional<Asset>>> found) {
    if (!found.ok()) return found.error();
    return std::move(found->front());
  }
};

class Store {
 public:
  virtual ~Store() = default;
  // Runs `work` in one write transaction. Not re-entrant.
  virtual Result<void> transact(const std::function<Result<void>(Transaction&)>& work) = 0;
  // Runs `work` on a consistent snapshot; its writes are refused.
  virtual Result<void> read(const std::function<Result<void>(Transaction&)>& work) = 0;
  // What was erased leaves the database's files too, as far as that is ours to do: on SQLite the
  // log of changes is written back and emptied. kUnavailable while another program reads: later,
  // then.
  virtual Result<void> scrub() = 0;
};

// `url`: "sqlite:///var/lib/filmgate/filmgate.db" (three slashes and an absolute path) or
// "postgresql://user@host:5432/database?sslmode=verify-full" as libpq reads it, but without the
// password. Applies missing migrations; refuses a schema newer than it knows, and a database in use
// by another host.
Result<std::unique_ptr<Store>> open_store(const std::string& url, const std::string& password = "");

// Whether it is a URL that open_store() can use; asks no database.
Result<void> check_store_url(const std::string& url);

}  // namespace filmgate
