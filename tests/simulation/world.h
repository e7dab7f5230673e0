// A whole host in one thread: the real engine on a real store and a real library, with workers,
// deliveries, hashing, time and death in the hands of a schedule. Everything that is random comes
// from the seed, ids included, so that a schedule runs the same way each time.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "tests/engine/bench.h"

namespace filmgate::test {

// What may happen. Each takes one number, which picks the file, the run, the outcome.
enum class Op {
  kUpload,        // a video, its sidecar before it, after it, broken or never
  kSidecar,       // for something that was uploaded
  kOverwrite,     // other bytes under the same name
  kTakeAway,      // the source of something that isn't final
  kScan,          // what lies in uploads/ and failed/, some of it twice, in any order
  kWork,          // some of what is posted
  kHash,          // the hasher ends one
  kReport,        // a worker hands over one rung and goes on
  kEndRun,        // well or badly
  kDeliver,       // a notification arrives, or doesn't
  kNextTimer,     // time goes on to it
  kSleep,         // the host is stopped for longer than a lease, or than a request for approval
  kDecide,        // a reviewer, perhaps too late, perhaps again
  kCancel,        // by a person
  kRetry,         // by a person
  kKill,          // now
  kKillAtCommit,  // before or after one of the next
  kStop,          // as the service manager does
  kFullDisk,      // of the database, or room again
};
inline constexpr int kOps = 19;

struct Step {
  Op op;
  uint32_t pick;
};
std::string to_string(const Step& step);

// Workers that end when and as the schedule says.
class Workers final : public worker::Supervisor {
 public:
  explicit Workers(Executor& executor) : executor_(executor) {}
  ~Workers() override { *alive_ = false; }
  Result<worker::StartedRun> start(const worker::RunRequest& request, OnReport on_report,
                                   OnExit on_exit) override;
  void cancel(const std::string& run_id, int64_t grace_ms) override;
  int running() const override { return static_cast<int>(runs_.size()); }

  void hand_over_a_rung(uint32_t pick);
  // 0 is well.
  void end_one(uint32_t pick, uint32_t outcome);

 private:
  struct Pending {
    worker::RunRequest request;
    OnReport on_report;
    OnExit on_exit;
    std::set<std::string> handed_over;
    bool cancelled = false;
  };
  worker::RunOutcome play(Pending& run, uint32_t outcome);

  Executor& executor_;
  std::vector<Pending> runs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// Messages that arrive when the schedule says.
class Post final : public Deliverer {
 public:
  explicit Post(Executor& executor) : executor_(executor) {}
  void deliver(const OutboxMessage& message, OnDone done) override;
  bool deliver_one(uint32_t outcome);  // 0 is well; false when there is none
  size_t waiting() const { return waiting_.size(); }

 private:
  Executor& executor_;
  std::deque<OnDone> waiting_;
};

class World {
 public:
  World();
  ~World();

  // Runs the schedule, then lets everything end. What is wrong, in one sentence; "" when nothing.
  std::string run(uint64_t seed, const std::vector<Step>& steps);

 private:
  struct File {
    std::string path;   // where it was put
    std::string bytes;  // no other file has them
    bool lost = false;  // the schedule wrote over it or took it away
  };

  void start();
  void die();
  void step(const Step& step);
  void upload(uint32_t pick);
  void write_sidecar(const std::string& video, uint32_t pick);
  void overwrite(uint32_t pick);
  void take_away(uint32_t pick);
  void scan(uint32_t pick);
  void drain();
  void stop();
  void settle();
  bool owes_something();
  std::vector<Asset> assets();

  // --- what must hold; what doesn't is kept in wrong_
  void watch(const Event& event);
  void check_not_stuck();
  void check_end();
  void check_files();
  void check_asset(const Asset& asset);
  void wrong(const std::string& what);

  std::string root_;
  std::optional<Library> library_;
  std::optional<Router> router_;
  EngineOptions options_;
  FakeClock clock_;
  std::unique_ptr<KillingStore> store_;
  std::unique_ptr<ManualExecutor> executor_, hashing_;
  std::unique_ptr<Workers> workers_;
  std::unique_ptr<Post> post_;
  std::unique_ptr<Engine> engine_;

  uint64_t seed_ = 0;
  int64_t began_ms_ = 0;
  std::vector<File> files_;
  std::map<std::string, int64_t> fences_;            // by job
  std::set<std::string> done_;                       // jobs
  std::set<std::pair<std::string, int>> published_;  // asset, revision
  std::string wrong_;
};

}  // namespace filmgate::test
