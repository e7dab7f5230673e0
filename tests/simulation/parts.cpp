// The workers and the post of a simulated host, and how a step is told.
#include "host/worker/protocol.h"
#include "tests/simulation/world.h"

namespace filmgate::test {

std::string to_string(const Step& step) {
  static constexpr const char* kNames[] = {
      "upload", "sidecar", "overwrite",      "take away",  "scan",     "work",   "hash",
      "report", "end run", "deliver",        "next timer", "sleep",    "decide", "cancel",
      "retry",  "kill",    "kill at commit", "stop",       "full disk"};
  static_assert(std::size(kNames) == kOps);
  return std::string(kNames[static_cast<size_t>(step.op)]) + " " + std::to_string(step.pick);
}

Result<worker::StartedRun> Workers::start(const worker::RunRequest& request, OnReport on_report,
                                          OnExit on_exit) {
  runs_.push_back({request, std::move(on_report), std::move(on_exit), {}, false});
  return worker::StartedRun{0, 0};
}

void Workers::cancel(const std::string& run_id, int64_t) {
  for (Pending& run : runs_) run.cancelled |= run.request.run_id == run_id;
}

void Workers::hand_over_a_rung(uint32_t pick) {
  if (runs_.empty()) return;
  Pending& run = runs_[pick % runs_.size()];
  if (run.request.request.get("stage").string_or("") != "renditions") return;
  const Json::Array& rungs = *run.request.request.get("verify").if_array();
  const std::string name = rungs[pick / 8 % rungs.size()].get("name").string_or("");
  if (!run.handed_over.insert(name).second) return;
  executor_.post([alive = alive_, request = run.request, report = run.on_report, name] {
    if (*alive) (void)ScriptedWorker::renders(request, report, {name});
  });
}

// In the order of time: what was reported before it ended comes before its end.
void Workers::end_one(uint32_t pick, uint32_t outcome) {
  if (runs_.empty()) return;
  const auto ended = runs_.begin() + static_cast<std::ptrdiff_t>(pick % runs_.size());
  auto run = std::make_shared<Pending>(std::move(*ended));
  runs_.erase(ended);
  executor_.post([this, alive = alive_, run, outcome] {
    if (*alive) run->on_exit(play(*run, outcome));
  });
}

worker::RunOutcome Workers::play(Pending& run, uint32_t outcome) {
  // It may have been through before it heard of it.
  if (run.cancelled && outcome % 4 != 1) {
    return ScriptedWorker::fails(worker::kClassCancelled, "it was cancelled")(run.request, {});
  }
  static constexpr const char* kClasses[] = {worker::kClassMedia, worker::kClassIo,
                                             worker::kClassLimit, worker::kClassCrash,
                                             worker::kClassCrash, worker::kClassInternal};
  if (outcome >= 8 && outcome - 8 < std::size(kClasses)) {
    return ScriptedWorker::fails(kClasses[outcome - 8], "it failed")(run.request, {});
  }
  const std::string stage = run.request.request.get("stage").string_or("");
  if (stage == "inspect") {
    Json facts = good_facts();
    if (outcome == 15) facts.set_path("media.duration", 4000.0);
    return ScriptedWorker::inspects(run.request, run.on_report, facts);
  }
  if (stage == "probe") {
    Json quality = good_quality();
    if (outcome == 14) quality.set_path("audio.loudness.integrated", -40.0);
    if (outcome == 15) quality.set_path("video.black.ratio", 0.97);
    return ScriptedWorker::probes(run.request, run.on_report, quality);
  }
  const Json::Array& rungs = *run.request.request.get("verify").if_array();
  std::set<std::string> wanted;
  for (const Json& rung : rungs) {
    const std::string name = rung.get("name").string_or("");
    if (!run.handed_over.contains(name)) wanted.insert(name);
  }
  worker::RunOutcome well;
  well.ok = true;
  if (outcome >= 14 && !wanted.empty()) {  // one rung didn't come out right
    wanted.erase(wanted.begin());
    well = ScriptedWorker::fails(worker::kClassInternal, "a rung failed")(run.request, {});
  }
  if (!wanted.empty()) (void)ScriptedWorker::renders(run.request, run.on_report, wanted);
  return well;
}

void Post::deliver(const OutboxMessage&, OnDone done) {
  waiting_.push_back(std::move(done));
}

bool Post::deliver_one(uint32_t outcome) {
  if (waiting_.empty()) return false;
  DeliveryOutcome how{DeliveryResult::kDelivered, "", 0};
  if (outcome == 1) how = {DeliveryResult::kRetry, "it is away", 0};
  if (outcome == 2) how = {DeliveryResult::kRefused, "it is gone", 0};
  executor_.post([done = std::move(waiting_.front()), how] { done(how); });
  waiting_.pop_front();
  return true;
}

}  // namespace filmgate::test
