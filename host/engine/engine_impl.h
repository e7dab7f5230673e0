// What is behind engine.h. One class, its parts in one file each: admit, hashed, schedule, run,
// outage, judge, fail, moves, replaced, publish, decide, lanes, waits, revise, resubmit, erase,
// retain, recover, outbox, query.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/engine/change.h"
#include "host/engine/disk_gate.h"
#include "host/engine/engine.h"
#include "host/engine/hasher.h"
#include "host/pipeline/plan.h"

namespace filmgate::engine {

// A claim that is being worked on: one worker process, or the publishing that happens here.
struct ActiveRun {
  Run run;
  JobKind kind = JobKind::kInspect;
  Lane lane = Lane::kLight;
  std::vector<Job> jobs;  // still leased; a staged rung leaves the list
  Asset asset;            // as it was when the run began
  const Description* description = nullptr;
  Json facts;                     // what this run reported
  Json files = Json::array();     // verified files that belong to no rung: poster, sprite
  bool gate_said_reject = false;  // metadatagate's own judgement
  std::vector<std::string> gate_reasons;
  bool withdrawn = false;  // its jobs were taken from it; nothing it says counts any more
  bool alone = false;      // a host ended while it ran before: nothing else runs beside it
  // While the database can't be reached: verified files that no row names yet…
  std::vector<Json> untold;
  // …and what was to be written next, to be tried once more. Its worker is gone.
  std::function<void()> again;
};

// A failed attempt, as the jobs and the note beside the file tell it.
struct Failure {
  std::string error_class;  // worker/protocol.h
  std::string message;      // one sentence
  std::string log;
};

class EngineImpl final : public Engine {
 public:
  EngineImpl(Parts parts, EngineOptions options);
  ~EngineImpl() override;

  Result<void> start() override;
  void stop(std::function<void()> stopped) override;
  Result<std::string> admit(const Arrival& arrival) override;
  std::vector<Result<std::string>> admit_batch(std::span<const Arrival> arrivals) override;
  Result<bool> knows(const std::string& path) override;
  IntakeState intake() override;
  Result<void> sidecar_arrived(const std::string& asset_id, const FoundFile& sidecar) override;
  Result<DecisionOutcome> decide(const DecisionRequest& request) override;
  Result<void> cancel(const std::string& asset_id) override;
  Result<void> retry(const std::string& asset_id) override;
  Result<void> prioritize(const std::string& asset_id, int priority) override;
  Result<std::vector<LaneState>> lanes() override;
  Result<void> pause(Lane lane) override { return set_paused(lane, true); }
  Result<void> resume(Lane lane) override { return set_paused(lane, false); }
  Result<void> erase(const std::string& asset_id, bool media) override;
  Result<AssetView> view(const std::string& asset_id) override;
  Result<std::vector<Asset>> assets(const AssetQuery& query) override;
  Result<std::vector<std::string>> waits_for(std::span<const Asset> assets) override;
  Result<std::vector<AssetSummary>> list(const AssetQuery& query) override;
  Result<std::vector<Event>> events(const std::string& asset_id) override;
  Result<Audit> audit(const std::string& asset_id) override;
  Result<std::optional<Approval>> approval(const std::string& approval_id) override;
  void observe(EventObserver observer) override;

 private:
  // --- engine.cpp: transactions and what follows them
  Result<void> change(const std::function<Result<void>(Change&)>& work);
  void announce(const Event& event);
  // For tasks and callbacks that may come after the engine is gone.
  std::function<void()> guarded(std::function<void()> task);

  // --- admit.cpp
  struct Pairing {  // what the search for a sidecar gave
    std::string path, sha256;
    Json metadata;
    std::string broken;  // the sentence, when it can't be used
  };
  Result<Pairing> read_sidecar(const std::string& path);
  Result<Pairing> find_sidecar(const std::string& video, SidecarPolicy policy);
  static void pair(Asset& asset, const Pairing& pairing);  // in the row, which isn't written
  struct Entrant {  // an asset that was received, its row as it was written
    Asset& asset;
    const Description& description;
    const Pairing& pairing;
  };
  Result<void> enter_way(Change& change, std::span<const Entrant> entrants);
  Result<void> enter_way(Change& change, const Entrant& entrant) {
    return enter_way(change, {&entrant, 1});
  }
  Result<std::string> admit_sidecar(const Arrival& arrival);
  std::set<std::string> video_suffixes() const;
  struct Newcomer {  // what a look at an upload gave
    Asset asset;
    const Description* description = nullptr;
    Pairing pairing;
    bool retry = false;
  };
  struct Candidate {  // one of a batch
    const Arrival& arrival;
    std::optional<Result<Newcomer>> newcomer;
    std::optional<Result<std::string>> outcome;  // none: it is to be admitted by itself
    bool received = false;
  };
  Result<Newcomer> look_at(const Arrival& arrival);
  Result<void> check_not_leaving(const Arrival& arrival) const;
  Result<void> receive(Change& change, std::span<Newcomer* const> newcomers);
  Result<void> receive_new(Change& change, std::span<Candidate> candidates);
  void received(const Asset& asset);  // once that is committed

  // --- hashed.cpp
  struct Hashed {
    std::string asset_id;
    FoundFile file;  // as it was before
    Result<std::string> sha256;
  };
  void hash_source(const std::string& asset_id);
  void hash_source(const Asset& asset);
  void source_hashed(Hashed hashed);
  void keep_hashes();
  Result<void> keep_hashes_of(Change& change, std::span<const Hashed> batch);
  void go_on_hashed(const Hashed& hashed, const Result<void>& kept);

  // --- schedule.cpp
  void complain(const char* what, const Result<void>& done);
  void kick();  // look for work soon
  void tick();
  void sweep();
  void wake_assets();
  Result<void> wake_asset(Change& change, Asset asset);
  Result<void> shorten_waits();  // once the clock was set back
  bool claim_one(Lane lane);
  void claim_alone();      // what runs by itself, once nothing else runs
  bool may_claim() const;  // false while something runs alone, or is about to
  void stop_run(const std::string& run_id);
  void renew_leases();
  void arm_timer(int64_t begun_ms);

  // --- lanes.cpp
  Result<void> read_paused();
  Result<void> set_paused(Lane lane, bool paused);
  int slots_of(Lane lane) const;
  int running_in(Lane lane) const;
  // Descriptions that may have no further run in this lane now, and how many they may have.
  std::map<std::string, int> saturated(Lane lane) const;

  // --- waits.cpp: what something waits for, in words
  Result<void> say_waits(Transaction& tx, AssetView& view, bool count);
  Result<std::string> job_waits_for(Transaction& tx, const Job& job, const AssetView& view,
                                    bool count);
  Result<std::string> slot_waits_for(Transaction& tx, const Job& job, bool count);

  // --- run.cpp
  void begin(std::unique_ptr<ActiveRun> run);
  Result<void> start_worker(ActiveRun& run);
  worker::Limits limits_for(const ActiveRun& run) const;
  void on_report(const std::string& run_id, const Json& report);
  void tell_progress(const ActiveRun& run, const Json& how);
  void on_output(ActiveRun& run, const Json& report);
  Result<void> tell_outputs(ActiveRun& run);
  Result<void> keep_output(ActiveRun& run, const Json& report);
  void keep_still(ActiveRun& run, Json still);
  void on_exit(const std::string& run_id, const worker::RunOutcome& outcome);
  // These three write how a run ended. An error means that the database could not be reached and
  // nothing was done, neither to rows nor to files; whatever else goes wrong they deal with.
  Result<void> finish(ActiveRun& run, const worker::RunOutcome& outcome);
  Result<void> close_run(Change& change, ActiveRun& run, const std::string& outcome,
                         const Failure& failure);
  // For a run whose end could not be written: nothing waits for it, but it isn't forgotten.
  void end_later(const ActiveRun& run, const char* outcome = "lost");
  void end_runs();
  void drop_run_folder(const ActiveRun& run, bool failed);
  void withdraw(const std::string& asset_id);  // stops what runs for it

  // --- outage.cpp
  using Ending = std::function<Result<void>(ActiveRun& run)>;
  void end_run(const std::string& run_id, Ending ending);
  void try_again();
  void hand_back_unsure();
  bool is_held(const Job& job) const;  // by a run of ours that goes on

  // Ok when the source still is the file that was admitted; kConflict when it is another one.
  Result<void> check_source(const Asset& asset);
  Result<void> check_source_of(const ActiveRun& run);  // likewise; kUnavailable where nobody knows

  // --- judge.cpp
  Result<void> inspected(Change& change, ActiveRun& run);
  Result<void> probed(Change& change, ActiveRun& run);
  Result<void> rendered(Change& change, ActiveRun& run);
  // Once every rung is staged, the publish job may begin.
  Result<void> ready_publish(Change& change, const std::string& asset_id, int revision);
  Result<void> go_transcode(Change& change, Asset& asset, const Description& description);
  Result<void> ask_approval(Change& change, Asset& asset, const Description& description,
                            const std::vector<std::string>& reasons);

  // --- fail.cpp
  Result<void> fail_run(ActiveRun& run, const Failure& failure);
  Result<void> fail_jobs(Change& change, ActiveRun& run, const Failure& failure);
  // For an asset whose description nobody can read any more.
  Result<void> bury(Change& change, Asset& asset, std::vector<Job> leased, const std::string& why,
                    const char* error_class);
  Result<void> hand_back_in(Change& change, ActiveRun& run, const std::string& why);
  void hand_back(ActiveRun& run);  // the host stops
  Result<void> expire(Change& change, Asset& asset, Approval approval);
  Result<void> reject(Change& change, Asset& asset, const std::vector<std::string>& reasons,
                      const std::string& log_tail = "");
  Result<void> supersede_run(ActiveRun& run, const std::string& why);
  Result<void> supersede(const Asset& asset, const std::string& why);
  Result<void> supersede_in(Change& change, Asset asset, const std::string& why);

  // --- moves.cpp
  struct Note {
    std::vector<std::string> reasons;
    std::string error_class, log;
    int attempt = 0, attempts = 0;
    int64_t next_ms = 0;  // when it is tried again; 0 = never
  };
  // Writes into the row where source and sidecar will go; they go once the row is committed. The
  // row itself is written by the caller's next edit or enter.
  Result<void> promise_source(Change& change, Asset& asset, const std::string& target);
  // The other way round: the row names what can't be moved as yet where it lies now.
  void take_back_promises(Asset& asset) const;
  // `wanted`, or a name beside it that neither a file has nor an asset whose file is away.
  Result<std::string> free_target(Change& change, const Asset& asset, const std::string& wanted,
                                  bool in_own_set = false);
  Result<void> promise_into(Change& change, Asset& asset, const char* folder, AssetState state,
                            const Note* note);
  Result<bool> sidecar_is_shared(Change& change, const Asset& asset, const std::string& path,
                                 const std::string& source);
  // "; its metadata … stays …" for an asset whose source a person took away; "" otherwise.
  std::string left_behind(const Asset& asset) const;
  void carry_out(const std::string& asset_id);
  // kConflict when something else lies at the target.
  Result<void> carry_out_one(const Json& move);
  Result<void> promise_elsewhere(const std::string& asset_id, const std::string& taken);
  void carry_out_all();

  // --- replaced.cpp: a source that changed between its promise and its move
  enum class Seen { kSame, kTouched, kReplaced, kGone };  // touched: only its time is another
  struct Sighting {
    Seen seen;
    FoundFile file;
  };
  static Json source_promise(const Asset& asset, const std::string& target);
  Sighting look_for_source(const Json& move);
  // False when the moves must wait, or were begun anew.
  Result<bool> confirm_source(const Asset& asset);
  void compare_source(const Asset& asset, const FoundFile& file);
  Result<void> source_compared(const std::string& asset_id, const FoundFile& file,
                               const std::string& sha256);
  Result<void> let_source_go(const std::string& asset_id, const FoundFile& file);

  // --- publish.cpp
  void publish(ActiveRun& run);
  Result<Json> prepare_set(ActiveRun& run, const Asset& asset, const std::vector<Job>& jobs);
  bool is_whole(const Json& staged) const;  // the finished file is there as it was made
  Result<void> redo_rungs(ActiveRun& run, const std::vector<Job>& lost);
  Result<void> record_intent(ActiveRun& run, Json intent);
  // Puts a prepared set in its place, where a published one makes way for it.
  Result<void> place(const Json& intent);
  // Writes into the intent where the published set goes when the next revision takes its place.
  Result<void> make_way(Change& change, const Asset& asset, Json& intent);
  static Result<void> move_former_outputs(Change& change, const Asset& asset, const Json& intent);
  Result<std::string> reserve_folder(Change& change, const Asset& asset,
                                     const Description& description);
  Result<void> commit_published(ActiveRun& run, const Json& intent);
  // kConflict when the published folder is in its place already and only the row doesn't say so as
  // yet (the host was stopped in between, or the database was full): the way back is closed.
  Result<void> check_not_placed(Change& change, const Asset& asset);

  // --- revise.cpp
  Result<std::optional<Asset>> earlier_of(const std::string& key);
  Result<void> leave_revision(Change& change, Asset& asset, const Source& source);
  // `upload`: name, key and source of what came.
  Result<void> begin_revision(Change& change, Asset& asset, const Asset& upload,
                              const Description& description, const Pairing& pairing,
                              const std::string& why);
  void revision_began(const std::string& asset_id);
  // The event of a hash that came with a video that was taken in before.
  static Result<void> tell_hash(Change& change, const Asset& asset);

  // kConflict while files of it are still to be moved.
  static Result<void> check_settled(const Asset& asset);

  // --- resubmit.cpp: metadata that was changed, or came, after it was read
  Result<std::string> resubmit_metadata(const std::string& sidecar);
  Result<void> resubmit(const Asset& asset, const Pairing& pairing);
  // Of metadata that was changed before a retry; kConflict where the key is another's, or where
  // something is published under the old one.
  static Result<void> take_key(Change& change, Asset& asset, const Description& description,
                               const Json& metadata);
  Result<void> receive_apart(Change& change, const std::string& id, const Asset& upload,
                             const Description& description, const Pairing& pairing);
  // False when its moves were begun anew.
  Result<bool> confirm_sidecar(const Asset& asset);

  // --- erase.cpp
  Result<Json> promise_documents(Change& change, Asset& asset);
  Result<void> promise_removal(Change& change, Asset& asset);
  // What lies at the path that the row names for its source is the file of another asset.
  Result<bool> is_anothers(Change& change, const Asset& asset, const std::string& path);
  // The asset that the note beside a source is about; "" where nothing says so.
  std::string owner_by_note(const std::string& source) const;
  Result<std::set<std::string>> former_sources(Change& change, const Asset& asset);
  Result<void> promise_former(Change& change, Asset& asset, bool media);

  // --- retain.cpp
  void retain();
  void scrub();

  // --- recover.cpp
  Result<void> recover();
  void end_orphan(const Run& run);
  Result<void> take_back(Change& change, Job job, const std::string& why);
  Result<void> take_back_from_dead_host(Change& change, const std::string& asset_id,
                                        std::vector<Job> jobs);
  Result<void> remove_leftovers();
  // Names in .work/ of what this asset has staged and still needs; none once it is final.
  Result<std::set<std::string>> kept_folders(const std::string& asset_id);
  // Of an asset that is final, or of what was its revision before.
  void drop_work_of(const std::string& asset_id, int revisions_ago = 0);

  // --- outbox.cpp
  void pump_outbox();
  void delivered(OutboxMessage message, const DeliveryOutcome& outcome);
  void note_deliveries();
  void add_review_links(OutboxMessage& message);

  Parts parts_;
  EngineOptions options_;
  Descriptions descriptions_;
  DiskGate disk_gate_;
  std::unique_ptr<Hasher> hasher_;
  std::vector<EventObserver> observers_;
  std::map<std::string, std::unique_ptr<ActiveRun>> runs_;  // by run id
  std::vector<Run> unended_;                                // over, but their rows don't say so
  std::set<std::string> unsure_;                            // run ids: claims, kept or not
  std::set<std::string> hashing_;                           // asset ids
  std::deque<Hashed> hashed_;                               // not yet kept
  std::set<std::string> comparing_;                         // asset ids: touched sources
  std::map<std::string, std::string> waits_for_hash_;       // asset id -> publishing run
  std::set<std::string> sending_;                           // endpoints with a message on its way
  std::deque<OutboxMessage> unnoted_;                       // that came back, which no row says yet
  // Asset id -> paths it has yet to leave; none: the database could not be asked.
  std::map<std::string, std::set<std::string>> leaving_;
  std::set<Lane> paused_;
  struct WaitsAlone {
    Lane lane;
    std::string job_id;
  };
  std::optional<WaitsAlone> waits_alone_;  // until nothing else runs
  std::unique_ptr<Executor::Timer> timer_;
  std::unique_ptr<Executor::Timer> soon_;  // to look at what may have been kept
  int64_t renewed_ms_ = 0;
  int64_t looked_ms_ = 0;  // the clock when it was last looked at for what is due; 0 = never
  int64_t retain_ms_ = 0;  // when to ask for that duty; 0 = not yet known
  bool scrub_due_ = true;  // something was erased, perhaps by a predecessor
  bool started_ = false;
  bool kicked_ = false;
  bool trouble_ = false;  // something due could not be done; it is tried again soon
  bool stopping_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// "; " between the sentences.
std::string in_one_line(const std::vector<std::string>& sentences);
Json to_json(const std::vector<std::string>& strings);
// Workers that may crash with a job before it is given up.
inline constexpr int kMaxCrashes = 3;
// Hosts that may end while it runs: most end for reasons of their own.
inline constexpr int kMaxHostDeaths = 10;
// Work that is due but can't be done now (a full disk) is looked at again at this pace. What waits
// for a slot is looked at when a run ends.
inline constexpr int64_t kPatience = 1000;
// Error class of a job that a host ended with: perhaps its fault, so it runs by itself.
inline constexpr const char* kClassHost = "host";
// The error class of a failure on our own side of the worker.
const char* class_of(ErrorCode code);
// How far away the next attempt is: the description's step, give or take a tenth.
int64_t backoff_ms(const RetrySpec& retry, const Job& job);
// What the templates of output names may use.
Json template_values(const Asset& asset);
bool same_file(const Source& source, const FoundFile& file);
// What makes two uploads revisions of one asset; "" = nothing does.
std::string key_of(const Description& description, const Asset& asset);

}  // namespace filmgate::engine
