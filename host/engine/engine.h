// The only place that moves an asset along: admits uploads, schedules and claims jobs, starts runs,
// judges, publishes, retries, recovers, and pumps the outbox. Lives on the engine's executor; all
// members are called there and all callbacks come there.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/base/clock.h"
#include "host/base/disk_space.h"
#include "host/base/executor.h"
#include "host/model/audit.h"
#include "host/model/records.h"
#include "host/notify/deliverer.h"
#include "host/pipeline/description.h"
#include "host/storage/library.h"
#include "host/store/store.h"
#include "host/worker/supervise/supervisor.h"
#include "plugins/core/result.h"

namespace filmgate {

struct LaneSlots {
  int light = 2;
  int probe = 1;
  int encode = 1;
};

struct EngineOptions {
  std::string owner;  // this host's instance: "hostname:pid:boot"
  LaneSlots slots;
  int64_t lease_ms = 30'000;
  int64_t renew_ms = 10'000;
  worker::Limits limits;  // per-stage wall times grow with the duration on top of these
  int64_t keep_jobs_ms = 30LL * 86'400'000;      // done jobs of final assets, with their logs
  int64_t keep_messages_ms = 30LL * 86'400'000;  // that were sent
  bool keep_work = false;  // leave run folders of failed attempts for looking at
  // Uploads wait while less than this is free in the library…
  SpaceMark pause_below;
  // …and come one after another while less than this is.
  SpaceMark slow_below;
};

enum class IntakePace { kFull, kSlow, kPaused };

struct IntakeState {
  IntakePace pace = IntakePace::kFull;
  DiskSpace disk;
  int64_t missing_bytes = 0;  // until uploads are taken in again; 0 unless paused
  std::string detail;         // for people; "" at full pace
};

// A settled file below uploads/ (or put into failed/ by hand).
struct Arrival {
  FoundFile file;
  std::string name;    // path below the folder it lies in: "news/clip.mp4"
  bool retry = false;  // came through failed/
};

enum class Decision { kApprove, kReject };

struct DecisionRequest {
  std::string approval_id;
  std::string reviewer;
  Decision decision = Decision::kApprove;
  std::string reason;
};

struct DecisionOutcome {
  Approval approval;
  bool repeated = false;  // the same decision of the same reviewer was there already
};

// A kind of work with slots of its own (Lane), which an operator can pause while uploads go on.
struct LaneState {
  Lane lane = Lane::kLight;
  bool paused = false;  // nothing is begun there; what runs is finished
  int slots = 0;
  int running = 0;
  int64_t waiting = 0;  // jobs that are due
};

// What one asset is about, gathered for a page or an API answer.
struct AssetView {
  Asset asset;
  std::vector<Job> jobs;
  // In words what it waits for; "" while it runs or is final.
  std::string waits_for;
  std::vector<std::string> jobs_wait_for;  // likewise, one for each of jobs
  std::vector<Output> outputs;             // what is published
  // Poster, sprite and its VTT (by name, as in outputs) while nothing is published: what a reviewer
  // looks at. Their paths lie in the work folder.
  std::vector<Output> previews;
  std::optional<Approval> approval;
};

// A stored event, or passing progress (seq 0, kind "run.progress": {asset, stage, fraction}, or
// once in a run, in place of the fraction, first_picture_ms since its claim).
using EventObserver = std::function<void(const Event& event)>;
// The link under which a reviewer decides; made by host/review.
using ReviewLink =
    std::function<std::string(const Approval& approval, const std::string& reviewer)>;

class Engine {
 public:
  struct Parts {
    Store& store;
    const Library& library;
    worker::Supervisor& supervisor;
    Deliverer& deliverer;
    const Router& router;
    const Clock& clock;
    Executor& executor;
    ReviewLink review_link;
    Executor* hashing = nullptr;  // where sources are hashed; nullptr = a thread of its own
  };
  static std::unique_ptr<Engine> make(Parts parts, EngineOptions options);
  virtual ~Engine() = default;

  // Takes back what a dead predecessor left (leases, moves, half-done publishing, run folders) and
  // begins to work.
  virtual Result<void> start() = 0;
  // Hands back what runs (jobs become ready again without losing an attempt) and calls `stopped`.
  virtual void stop(std::function<void()> stopped) = 0;

  // A file arrived. Known already, or a sidecar of an asset that waits: handled here as well.
  // kUnsupported when no description accepts it; kNoSpace while the disk lacks room for new ones
  // (intake() says so): it stays where it is, to be looked at again.
  virtual Result<std::string> admit(const Arrival& arrival) = 0;
  // Several, with one commit for all that can share it: what came of the first of them, as many as
  // that takes in a moment and at least one. Each is taken in or refused by itself, as admit()
  // does.
  virtual std::vector<Result<std::string>> admit_batch(std::span<const Arrival> arrivals) = 0;
  // Does an asset that is not final use this path (as source or sidecar)?
  virtual Result<bool> knows(const std::string& path) = 0;
  // Whether the disk has room for new uploads, as it is now.
  virtual IntakeState intake() = 0;
  // A sidecar appeared for an asset that waits for it.
  virtual Result<void> sidecar_arrived(const std::string& asset_id, const FoundFile& sidecar) = 0;

  // kNotFound; kConflict when another decision stands; kTimeout when it has expired.
  virtual Result<DecisionOutcome> decide(const DecisionRequest& request) = 0;
  virtual Result<void> cancel(const std::string& asset_id) = 0;
  // Another try for an asset that is failed, unable_to_process or rejected.
  virtual Result<void> retry(const std::string& asset_id) = 0;

  // Lets its jobs, those to come included, go before all of a lower priority. kInvalidInput out of
  // bounds, kConflict when it is final.
  virtual Result<void> prioritize(const std::string& asset_id, int priority) = 0;
  virtual Result<std::vector<LaneState>> lanes() = 0;
  // Stays so when the host starts anew.
  virtual Result<void> pause(Lane lane) = 0;
  virtual Result<void> resume(Lane lane) = 0;

  // Removes what an asset says about people from its rows, its history and the documents beside it
  // (sidecar, note, manifest, report); with `media` also everything published and the source.
  // kConflict while it is not final.
  virtual Result<void> erase(const std::string& asset_id, bool media) = 0;

  virtual Result<AssetView> view(const std::string& asset_id) = 0;
  virtual Result<std::vector<Asset>> assets(const AssetQuery& query) = 0;
  // What each of these waits for, as in AssetView, but without how many are before it.
  virtual Result<std::vector<std::string>> waits_for(std::span<const Asset> assets) = 0;
  virtual Result<std::vector<AssetSummary>> list(const AssetQuery& query) = 0;
  virtual Result<std::vector<Event>> events(const std::string& asset_id) = 0;
  // Its history verified, replayed, and compared with its rows.
  virtual Result<Audit> audit(const std::string& asset_id) = 0;
  virtual Result<std::optional<Approval>> approval(const std::string& approval_id) = 0;

  // Observers stay for the engine's life.
  virtual void observe(EventObserver observer) = 0;
};

}  // namespace filmgate
