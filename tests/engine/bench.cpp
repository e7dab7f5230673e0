#include "tests/engine/bench.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "host/base/hash.h"
#include "host/store/audit.h"
#include "host/worker/protocol.h"

namespace filmgate::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class ManualExecutor::ManualTimer final : public Executor::Timer {
 public:
  ManualTimer(ManualExecutor& executor, std::pair<int64_t, int> key)
      : executor_(executor), key_(key) {}
  ~ManualTimer() override { executor_.timers_.erase(key_); }

 private:
  ManualExecutor& executor_;
  std::pair<int64_t, int> key_;
};

void ManualExecutor::post(std::function<void()> task) {
  const std::scoped_lock lock(mutex_);
  tasks_.push_back(std::move(task));
  posted_.notify_all();
}

std::unique_ptr<Executor::Timer> ManualExecutor::after(int64_t delay_ms,
                                                       std::function<void()> task) {
  const std::pair<int64_t, int> key{clock_.now + delay_ms, ++timer_count_};
  timers_[key] = std::move(task);
  return std::make_unique<ManualTimer>(*this, key);
}

bool ManualExecutor::run_one() {
  std::function<void()> task;
  {
    const std::scoped_lock lock(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task();
  return true;
}

bool ManualExecutor::timer_within(int64_t delay_ms) const {
  return !timers_.empty() && timers_.begin()->first.first <= clock_.now + delay_ms;
}

bool ManualExecutor::busy() {
  const std::scoped_lock lock(mutex_);
  return !tasks_.empty();
}

bool ManualExecutor::wait_for_task() {
  std::unique_lock lock(mutex_);
  return posted_.wait_for(lock, 20ms, [this] { return !tasks_.empty(); });
}

bool ManualExecutor::jump_to_timer() {
  if (timers_.empty()) return false;
  const auto first = timers_.begin();
  clock_.now = std::max(clock_.now, first->first.first);
  const auto task = std::move(first->second);
  timers_.erase(first);
  task();
  return true;
}

Result<worker::StartedRun> ScriptedWorker::start(const worker::RunRequest& request,
                                                 OnReport on_report, OnExit on_exit) {
  requests.push_back(request);
  const std::string stage = request.request.get("stage").string_or("");
  const Hanging run{request, std::move(on_report), std::move(on_exit)};
  if (hang_.erase(stage) > 0) {
    hanging_[request.run_id] = run;
  } else {
    go_on(run);
  }
  return worker::StartedRun{0, 0};
}

void ScriptedWorker::release() {
  for (const auto& [id, run] : std::exchange(hanging_, {})) go_on(run);
}

void ScriptedWorker::meanwhile(const Behaviour& reports) {
  for (const auto& [id, run] : hanging_) reports(run.request, run.on_report);
}

void ScriptedWorker::go_on(const Hanging& run) {
  const std::string stage = run.request.request.get("stage").string_or("");
  Behaviour behaviour;
  if (auto& script = script_[stage]; !script.empty()) {
    behaviour = script.front();
    script.pop_front();
  } else if (stage == "inspect") {
    behaviour = [](const auto& r, const auto& report) { return inspects(r, report, good_facts()); };
  } else if (stage == "probe") {
    behaviour = [](const auto& r, const auto& report) { return probes(r, report, good_quality()); };
  } else {
    behaviour = [](const auto& r, const auto& report) { return renders(r, report); };
  }
  executor_.post([alive = alive_, behaviour, run] {
    if (*alive) run.on_exit(behaviour(run.request, run.on_report));
  });
}

void ScriptedWorker::cancel(const std::string& run_id, int64_t) {
  const auto hanging = hanging_.find(run_id);
  if (hanging == hanging_.end()) return;
  executor_.post([on_exit = std::move(hanging->second.on_exit)] {
    worker::RunOutcome outcome;
    outcome.error_class = worker::kClassCancelled;
    outcome.message = "it was cancelled";
    on_exit(outcome);
  });
  hanging_.erase(hanging);
}

Behaviour ScriptedWorker::fails(const std::string& error_class, const std::string& message) {
  return [=](const worker::RunRequest&, const OnReport&) {
    worker::RunOutcome outcome;
    outcome.error_class = error_class;
    outcome.message = message;
    outcome.log = "the worker's last words";
    return outcome;
  };
}

worker::RunOutcome ScriptedWorker::inspects(const worker::RunRequest&, const OnReport& report,
                                            const Json& facts) {
  report(Json::object({{"type", "facts"}, {"facts", facts}}));
  report(Json::object({{"type", "verdict"}, {"verdict", "pass"}, {"reasons", Json::array()}}));
  worker::RunOutcome outcome;
  outcome.ok = true;
  return outcome;
}

namespace {

void hand_over(const worker::RunRequest& request, const worker::Supervisor::OnReport& report,
               const std::string& name, const std::string& file, const std::string& media_type) {
  const std::string bytes = name + " of " + request.run_id;
  std::ofstream(join(request.folder, file), std::ios::binary) << bytes;
  report(Json::object({{"type", "output"},
                       {"name", name},
                       {"file", file},
                       {"media_type", media_type},
                       {"size", static_cast<int64_t>(bytes.size())},
                       {"sha256", to_hex(sha256(bytes))},
                       {"info", Json::object({{"width", 1280}, {"height", 720}})}}));
}

}  // namespace

worker::RunOutcome ScriptedWorker::probes(const worker::RunRequest& request, const OnReport& report,
                                          const Json& quality) {
  report(Json::object({{"type", "facts"}, {"facts", Json::object({{"quality", quality}})}}));
  hand_over(request, report, "poster", "poster.jpg", "image/jpeg");
  worker::RunOutcome outcome;
  outcome.ok = true;
  return outcome;
}

worker::RunOutcome ScriptedWorker::renders(const worker::RunRequest& request,
                                           const OnReport& report,
                                           const std::set<std::string>& only) {
  worker::RunOutcome outcome;
  outcome.ok = true;
  for (const Json& entry : *request.request.get("verify").if_array()) {
    const std::string name = entry.get("name").string_or("");
    if (!only.empty() && !only.contains(name)) {
      outcome.ok = false;
      outcome.error_class = worker::kClassInternal;
      outcome.message = name + " did not come out right";
      continue;
    }
    hand_over(request, report, name, entry.get("file").string_or(""), "video/mp4");
  }
  return outcome;
}

Json good_facts() {
  return parse_json(R"({"media": {"container": "Quicktime", "duration": 10.0,
      "video": {"codec": "h264", "width": 1920, "height": 1080, "coded_width": 1920,
                "coded_height": 1080, "pixel_aspect_ratio": "1:1", "orientation": "rotate-0",
                "framerate": 25, "bit_depth": 8, "interlaced": false, "colorimetry": "bt709",
                "hdr": "none"},
      "audio": {"codec": "aac", "channels": 2, "rate": 48000},
      "tracks": {"video": 1, "audio": 1, "subtitle": 0}}})",
                    "facts")
      .value();
}

Json good_quality() {
  return parse_json(R"({"video": {"frames": 250, "duration": 10.0, "black": {"ratio": 0.0}},
      "audio": {"duration": 10.0, "loudness": {"integrated": -23.0}}})",
                    "quality")
      .value();
}

Result<void> KillingStore::read(const std::function<Result<void>(Transaction&)>& work) {
  if (away) return Error{ErrorCode::kUnavailable, "the database is away"};
  away = away_after_reads > 0 && --away_after_reads == 0;
  if (refuse_reads > 0) {
    --refuse_reads;
    return Error{ErrorCode::kIo, "the disk gave an error"};
  }
  return real_->read(work);
}

Result<void> KillingStore::transact(const std::function<Result<void>(Transaction&)>& work) {
  if (full) return Error{ErrorCode::kNoSpace, "the database is full"};
  if (away) ++refused;
  if (away) return Error{ErrorCode::kUnavailable, "the database is away"};
  if (++commits == kill_before) throw Killed{};
  auto done = real_->transact([&](Transaction& tx) -> Result<void> {
    FILMGATE_TRY(work(tx));
    if (commits == lose) return Error{ErrorCode::kUnavailable, "the connection was lost"};
    if (commits == refuse) return Error{ErrorCode::kIo, "the disk gave an error"};
    return {};
  });
  if (commits == kill_after) throw Killed{};
  if (commits == mute) return Error{ErrorCode::kUnavailable, "nobody knows whether it was kept"};
  return done;
}

void Deliveries::deliver(const OutboxMessage& message, OnDone done) {
  messages.push_back(message);
  DeliveryOutcome outcome{DeliveryResult::kDelivered, "", 0};
  if (!answers.empty()) {
    outcome = answers.front();
    answers.pop_front();
  }
  executor_.post([done = std::move(done), outcome] { done(outcome); });
}

std::string description(const std::string& sidecar, const std::string& more,
                        const std::string& name, const std::string& suffix) {
  return R"({"name": ")" + name + R"(", "accept": {"suffixes": [")" + suffix +
         R"("], "sidecar": ")" + sidecar + R"(", "settle": "1s", "grace": "1m"},
    "gate": {"media.duration": {"maximum": 3600},
             "metadata.title": {"type": "string", "minLength": 1, "required": false}},
    "probe": {"reject": {"quality.video.black.ratio": {"exclusiveMinimum": 0.9}},
              "hold": {"quality.audio.loudness.integrated": {"maximum": -35}}},
    "renditions": [
      {"name": "720p", "height": 720, "video": "x264enc", "audio": "avenc_aac", "mux": "mp4mux"},
      {"name": "480p", "height": 480, "video": "x264enc", "audio": "avenc_aac", "mux": "mp4mux"}],
    "thumbnails": {"poster": {}},
    "retry": {"attempts": 3, "backoff": ["10s", "1m"]},
    "notify": [{"to": "ops", "on": ["waiting_metadata", "awaiting_approval", "processed",
                                    "rejected", "failed", "unable_to_process", "expired"]}])" +
         more + "}";
}

Bench::Bench(const std::vector<std::string>& descriptions) {
  // In memory where there is such a place: the tests kill processes, not machines, and each commit
  // is synced.
  const fs::path base = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
  std::string pattern = (base / "filmgate-engine-XXXXXX").string();
  root = ::mkdtemp(pattern.data());
  library = Library::open(root + "/library").value();
  std::vector<Description> parsed;
  for (const std::string& text : descriptions) {
    auto one = parse_description(text, "test.json", [](const std::string&) {
      return Result<std::string>(Error{ErrorCode::kNotFound, "no presets here"});
    });
    if (!one) throw std::runtime_error(one.error().message);
    parsed.push_back(std::move(one).value());
  }
  router = Router::make(std::move(parsed)).value();
  options.owner = "test";
  start();
}

// Whatever a test did, what the events tell must be what the rows say.
Bench::~Bench() {
  kill();
  const auto audited =
      audit_store("sqlite://" + root + "/test.db", "", {}, [](const Audit& found) -> Result<void> {
        for (const std::string& problem : found.problems) ADD_FAILURE() << problem;
        return {};
      });
  EXPECT_TRUE(audited.ok()) << audited.error().message;
  fs::remove_all(root);
}

void Bench::kill() {
  engine.reset();
  worker.reset();
  deliveries.reset();
  store.reset();
  executor.reset();
}

void Bench::start() {
  executor = std::make_unique<ManualExecutor>(clock);
  auto real = open_store("sqlite://" + root + "/test.db");
  if (!real) throw std::runtime_error(real.error().message);
  store = std::make_unique<KillingStore>(std::move(real).value());
  worker = std::make_unique<ScriptedWorker>(*executor);
  deliveries = std::make_unique<Deliveries>(*executor);
  engine = Engine::make({*store, *library, *worker, *deliveries, *router, clock, *executor,
                         [](const Approval& approval, const std::string& reviewer) {
                           return "https://gate.test/review/" + approval.id + "/" + reviewer;
                         }},
                        options);
  const auto started = engine->start();
  if (!started) throw std::runtime_error(started.error().message);
}

std::string Bench::write(const std::string& path, const std::string& bytes) {
  const std::string whole = library->absolute(path);
  fs::create_directories(fs::path(whole).parent_path());
  std::ofstream(whole, std::ios::binary) << bytes;
  return path;
}

std::string Bench::read(const std::string& path) const {
  return read_file(library->absolute(path), 1 << 20).value();
}

bool Bench::has(const std::string& path) const {
  return exists(library->absolute(path));
}

std::vector<std::string> Bench::files(const std::string& folder) const {
  std::vector<std::string> found;
  const std::string top = library->absolute(folder);
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    if (entry.is_regular_file()) found.push_back(entry.path().string().substr(top.size() + 1));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::string> Bench::admit(const std::string& path) {
  auto file = library->stat(path);
  if (!file) return file.error();
  const size_t slash = path.find('/');
  return engine->admit(Arrival{*file, path.substr(slash + 1), path.starts_with("failed/")});
}

void Bench::scan() {
  std::vector<Arrival> arrivals;
  for (const char* folder : {kUploads, kFailed}) {
    const std::vector<FoundFile> found = library->list(folder).value();
    for (const FoundFile& file : found) {
      if (file.path.ends_with(".reason.json")) continue;
      arrivals.push_back({file, file.path.substr(file.path.find('/') + 1),
                          file.path.starts_with(std::string(kFailed) + "/")});
    }
  }
  for (std::span<const Arrival> left = arrivals; !left.empty();) {
    left = left.subspan(engine->admit_batch(left).size());
  }
}

std::string Bench::upload(const std::string& path, const std::string& bytes) {
  write(path, bytes);
  auto id = admit(path);
  EXPECT_TRUE(id.ok()) << id.error().message;
  return id.ok() ? *id : "";
}

bool Bench::run_until(const std::function<bool()>& done, int64_t horizon_ms) {
  const int64_t end = clock.now + horizon_ms;
  int quiet = 0;
  while (clock.now <= end) {
    while (executor->run_one()) {
      quiet = 0;
    }
    if (done()) return true;
    if (executor->wait_for_task()) continue;
    if (executor->jump_to_timer()) continue;
    if (++quiet > 50) return done();  // a second for threads that still hash
  }
  return done();
}

bool Bench::run_to(const std::string& id, AssetState state) {
  return run_until([&] { return asset(id).state == state; });
}

void Bench::run_now() {
  do {
    while (executor->run_one()) {
    }
  } while (executor->wait_for_task());
}

AssetView Bench::view(const std::string& id) {
  return engine->view(id).value();
}

Asset Bench::asset(const std::string& id) {
  return view(id).asset;
}

std::vector<Asset> Bench::all() {
  return engine->assets({}).value();
}

std::vector<std::string> Bench::kinds(const std::string& id) {
  std::vector<std::string> names;
  const std::vector<Event> events = engine->events(id).value();
  for (const Event& event : events) names.push_back(event.kind);
  return names;
}

Approval Bench::pending(const std::string& id) {
  return engine->view(id).value().approval.value();
}

std::vector<std::string> Bench::topics() const {
  std::vector<std::string> names;
  for (const OutboxMessage& message : deliveries->messages) names.push_back(message.topic);
  return names;
}

}  // namespace filmgate::test
