// One transaction of the engine: what changes, the events that say so and the notifications that
// follow are written together or not at all.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/model/records.h"
#include "host/pipeline/description.h"
#include "host/store/store.h"

namespace filmgate::engine {

// The descriptions that assets are pinned to: the loaded ones, and older texts out of the store.
class Descriptions {
 public:
  explicit Descriptions(const Router& router) : router_(router) {}
  // The pointer stays good for the engine's life.
  Result<const Description*> of(Transaction& tx, const Asset& asset);
  const Router& router() const { return router_; }

 private:
  const Router& router_;
  std::map<std::string, std::unique_ptr<Description>> older_;  // by hash of the text
};

class Change {
 public:
  Change(Transaction& transaction, const Clock& clock, Descriptions& descriptions)
      : tx(transaction), now_ms(clock.now_ms()), clock_(clock), descriptions_(descriptions) {}

  Transaction& tx;
  const int64_t now_ms;

  // Events and notifications are gathered, and written together at the end of the transaction.
  // What is personal in an event goes beside the chain.
  Result<void> event(const std::string& asset_id, const char* kind, Json data);
  // An event about a job, in the state that its row was given; `more` is added to what names it.
  Result<void> job_event(const Job& job, const char* kind, Json more = Json::object());

  // The asset enters a state: row, event and the notifications that its description asks for.
  // `detail` says why in words; `reasons`, an array of strings, says it in full.
  Result<void> enter(Asset& asset, AssetState to, std::string detail, Json reasons = {});
  // Other fields of the row; the state stays.
  Result<void> edit(Asset& asset);
  Result<void> edit(std::span<Asset> assets);
  Result<void> notify(const Asset& asset, AssetState as, const Json& reasons);

  Result<Asset> need_asset(const std::string& id);
  Result<const Description*> description(const Asset& asset) { return descriptions_.of(tx, asset); }

  Job new_job(const Asset& asset, const Description& description, JobKind kind,
              const std::string& variant, JobState state) const;
  Result<void> insert_jobs(std::span<const Job> jobs);
  Result<void> insert_job(const Job& job) { return insert_jobs({&job, 1}); }
  // Everything of this revision that is not final is called off, the pending approval with it.
  Result<void> call_off(const Asset& asset);

  // Last of all.
  Result<void> write();
  const std::vector<Event>& events() const { return events_; }
  // Assets whose rows promise moves, as they were written.
  const std::set<std::string>& promised() const { return promised_; }

 private:
  const Clock& clock_;
  Descriptions& descriptions_;
  std::vector<Event> events_;
  std::set<std::string> promised_;
  std::vector<OutboxMessage> messages_;
};

}  // namespace filmgate::engine
