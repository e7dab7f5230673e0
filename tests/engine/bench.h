// An engine on a real store and a real library, with a scripted worker and a clock that the test
// moves. Nothing here sleeps: when there is nothing to run, time jumps to the next timer.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "host/engine/engine.h"

namespace filmgate::test {

class FakeClock final : public Clock {
 public:
  int64_t now_ms() const override { return std::exchange(now, now + step); }
  mutable int64_t now = 1'800'000'000'000;
  int64_t step = 0;  // goes by whenever the time is asked for
};

class ManualExecutor final : public Executor {
 public:
  explicit ManualExecutor(FakeClock& clock) : clock_(clock) {}
  void post(std::function<void()> task) override;
  std::unique_ptr<Timer> after(int64_t delay_ms, std::function<void()> task) override;
  GMainContext* context() const override { return nullptr; }

  bool run_one();        // a posted task; false when there is none
  bool wait_for_task();  // for what other threads post; false after a short while
  bool jump_to_timer();  // moves the clock; false when there is none
  bool timer_within(int64_t delay_ms) const;  // or one that is due
  bool busy();                                // something is posted

 private:
  class ManualTimer;
  FakeClock& clock_;
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> tasks_;
  std::map<std::pair<int64_t, int>, std::function<void()>> timers_;
  int timer_count_ = 0;
};

// What one run of the worker does; the default is a good one.
using Behaviour = std::function<worker::RunOutcome(const worker::RunRequest&,
                                                   const worker::Supervisor::OnReport&)>;

class ScriptedWorker final : public worker::Supervisor {
 public:
  explicit ScriptedWorker(Executor& executor) : executor_(executor) {}
  ~ScriptedWorker() override { *alive_ = false; }
  Result<worker::StartedRun> start(const worker::RunRequest& request, OnReport on_report,
                                   OnExit on_exit) override;
  void cancel(const std::string& run_id, int64_t grace_ms) override;
  int running() const override { return static_cast<int>(hanging_.size()); }

  // For the next run of this stage; once each, in order.
  void next(const std::string& stage, Behaviour behaviour) {
    script_[stage].push_back(std::move(behaviour));
  }
  // Begins, and only ends when it is cancelled or released.
  void hang_next(const std::string& stage) { hang_.insert(stage); }
  void release();                            // what hangs goes on as if nothing had been
  void meanwhile(const Behaviour& reports);  // of what hangs, and goes on hanging

  std::vector<worker::RunRequest> requests;

  static Behaviour fails(const std::string& error_class, const std::string& message);
  static worker::RunOutcome inspects(const worker::RunRequest& request, const OnReport& report,
                                     const Json& facts);
  static worker::RunOutcome probes(const worker::RunRequest& request, const OnReport& report,
                                   const Json& quality);
  // `only` empty: all.
  static worker::RunOutcome renders(const worker::RunRequest& request, const OnReport& report,
                                    const std::set<std::string>& only = {});

 private:
  struct Hanging {
    worker::RunRequest request;
    OnReport on_report;
    OnExit on_exit;
  };
  void go_on(const Hanging& run);

  Executor& executor_;
  std::map<std::string, std::deque<Behaviour>> script_;
  std::set<std::string> hang_;
  std::map<std::string, Hanging> hanging_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

Json good_facts();
Json good_quality();

// Thrown where the host is to die; nothing of ours catches it.
struct Killed {};

// The real store, which can end the host around any of its commits.
class KillingStore final : public Store {
 public:
  explicit KillingStore(std::unique_ptr<Store> real) : real_(std::move(real)) {}
  Result<void> transact(const std::function<Result<void>(Transaction&)>& work) override;
  Result<void> read(const std::function<Result<void>(Transaction&)>& work) override;
  Result<void> scrub() override { return real_->scrub(); }
  int commits = 0;
  int kill_before = 0;  // this commit, counted from 1; 0 = never
  int kill_after = 0;
  int lose = 0;              // this commit is rolled back: the connection broke
  int refuse = 0;            // likewise: its disk fails
  int mute = 0;              // this one is kept, and its reply lost
  bool full = false;         // refuses to commit, as on a full disk
  bool away = false;         // as a server that can't be reached
  int away_after_reads = 0;  // from now on; 0 = it stays
  int refuse_reads = 0;      // so many of the next fail: what they ask for is unreadable
  int refused = 0;           // transactions that found it away

 private:
  std::unique_ptr<Store> real_;
};

class Deliveries final : public Deliverer {
 public:
  explicit Deliveries(Executor& executor) : executor_(executor) {}
  void deliver(const OutboxMessage& message, OnDone done) override;
  std::vector<OutboxMessage> messages;
  std::deque<DeliveryOutcome> answers;  // then: delivered

 private:
  Executor& executor_;
};

// A host's worth of parts, in one temporary folder that outlives a restart of the engine.
class Bench {
 public:
  explicit Bench(const std::vector<std::string>& descriptions);
  ~Bench();

  // `keep`: the store's connection dies with the engine, as in a killed process.
  void start();
  void kill();  // everything in memory goes; what was posted never runs
  void restart() {
    kill();
    start();
  }

  std::string write(const std::string& path, const std::string& bytes);  // below the library
  std::string read(const std::string& path) const;
  bool has(const std::string& path) const;
  std::vector<std::string> files(const std::string& folder) const;  // all, hidden ones as well

  Result<std::string> admit(const std::string& path);
  void scan();  // as the folder watch does: everything in uploads/ and failed/
  std::string upload(const std::string& path, const std::string& bytes = "a video");

  // Runs until `done`, or until nothing can happen any more.
  bool run_until(const std::function<bool()>& done, int64_t horizon_ms = 30LL * 86'400'000);
  bool run_to(const std::string& asset, AssetState state);
  void run_now();  // what can run without time passing

  AssetView view(const std::string& id);
  Asset asset(const std::string& id);
  std::vector<Asset> all();
  std::vector<std::string> kinds(const std::string& asset);  // of its events
  Approval pending(const std::string& asset);
  std::vector<std::string> topics() const;  // of what was delivered

  std::string root;
  FakeClock clock;
  EngineOptions options;
  std::optional<Library> library;
  std::optional<Router> router;
  std::unique_ptr<ManualExecutor> executor;
  std::unique_ptr<KillingStore> store;
  std::unique_ptr<ScriptedWorker> worker;
  std::unique_ptr<Deliveries> deliveries;
  std::unique_ptr<Engine> engine;
};

// Descriptions to test with. `more` is added to the top level: ", \"approval\": {…}".
std::string description(const std::string& sidecar = "optional", const std::string& more = "",
                        const std::string& name = "web", const std::string& suffix = ".mp4");

}  // namespace filmgate::test
