// The way of one asset as rows and events alone: the tables of states, claims under fences, leases,
// attempts, a person's decisions; no database, no files, no threads. Claims outlive their host and
// come back late, which is worse than what a real host can do to another.
#pragma once

#include <random>

#include "host/model/audit.h"

namespace filmgate::test {

class Model {
 public:
  explicit Model(uint64_t seed);

  // One random thing happens. What is wrong, in one sentence; "" when nothing.
  std::string step();
  // Only good things happen from now on, until it is final and the history is compared.
  std::string settle();
  // What happened, one line each.
  const std::vector<std::string>& trace() const { return trace_; }

 private:
  struct State {
    AssetRows rows;
    std::vector<Event> events;
  };
  struct Held {  // one job of a claim
    size_t job;
    int64_t fence;
  };
  using Claim = std::vector<Held>;
  enum class Outcome { kOk, kMedia, kPasses, kCrash, kOneRung };

  uint32_t random(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  // Commits what `work` did, unless it refuses (false), or the host dies first.
  bool transact(const char* what, const std::function<bool(State&)>& work);
  void check(const State& before, const State& after);
  void check_not_stuck();
  void wrong(const std::string& what);

  void tell(State& state, const char* kind, Json data);
  void tell_job(State& state, const Job& job, const char* kind, const Json& more = Json::object());
  void enter(State& state, AssetState to);
  void add_job(State& state, JobKind kind, const char* variant, JobState first);
  void move_job(State& state, Job& job, JobState to, const char* kind,
                const Json& more = Json::object());
  void call_off(State& state);
  void begin(State& state);
  void go_on(State& state, JobKind done);
  void publish(State& state);
  static bool holds(const State& state, const Claim& claim);

  void claim();
  void end_claim(size_t which, Outcome outcome);
  void take_back(bool all);
  void decide(bool approves);
  void expire();
  void cancel();
  void retry();
  void sidecar();

  std::mt19937_64 random_;
  bool reviewed_, needs_sidecar_;
  bool faults_ = true;
  State state_;
  std::vector<Claim> claims_;
  int64_t now_ = 1'800'000'000'000;
  int ids_ = 0;
  std::vector<std::string> trace_;
  std::string wrong_;
};

}  // namespace filmgate::test
