#include "host/engine/engine.h"

#include "host/base/log.h"
#include "host/engine/engine_impl.h"
#include "host/model/personal.h"

namespace filmgate {

std::unique_ptr<Engine> Engine::make(Parts parts, EngineOptions options) {
  return std::make_unique<engine::EngineImpl>(std::move(parts), std::move(options));
}

namespace engine {

EngineImpl::EngineImpl(Parts parts, EngineOptions options)
    : parts_(std::move(parts)),
      options_(std::move(options)),
      descriptions_(parts_.router),
      disk_gate_(options_.pause_below, options_.slow_below),
      hasher_(std::make_unique<Hasher>(parts_.executor, parts_.hashing)) {}

EngineImpl::~EngineImpl() {
  *alive_ = false;
}

Result<void> EngineImpl::start() {
  FILMGATE_TRY(read_paused());
  FILMGATE_TRY(recover());
  started_ = true;
  kick();
  return {};
}

void EngineImpl::stop(std::function<void()> stopped) {
  stopping_ = true;
  timer_.reset();
  soon_.reset();
  stopped_ = std::move(stopped);
  try_again();
  std::vector<std::string> publishing;
  for (const auto& [id, run] : runs_) {
    if (run->kind == JobKind::kPublish) {
      publishing.push_back(id);  // waits for the hash of its source
    } else {
      parts_.supervisor.cancel(id);
    }
  }
  for (const std::string& id : publishing) {
    hand_back(*runs_.at(id));
    runs_.erase(id);
  }
  if (runs_.empty()) parts_.executor.post(guarded(std::exchange(stopped_, nullptr)));
}

Result<void> EngineImpl::change(const std::function<Result<void>(Change&)>& work) {
  std::vector<Event> events;
  std::set<std::string> promised;
  bool is_whole = false;
  const Result<void> done = parts_.store.transact([&](Transaction& tx) -> Result<void> {
    Change change(tx, parts_.clock, descriptions_);
    FILMGATE_TRY(work(change));
    promised = change.promised();
    FILMGATE_TRY(change.write());
    events = change.events();
    is_whole = true;
    return {};
  });
  if (!done && done.error().code == ErrorCode::kUnavailable && is_whole) {
    // Perhaps it was kept, and nobody knows: then there is work, and what it promised to move.
    for (const std::string& id : promised) leaving_.try_emplace(id);
    if (!events.empty()) soon_ = parts_.executor.after(kPatience, guarded([this] { kick(); }));
  }
  if (!done) return done;
  // Whatever makes work for somebody has an event; a claim that found nothing has none.
  if (!events.empty()) kick();
  for (const Event& event : events) announce(event);
  return {};
}

void EngineImpl::announce(const Event& event) {
  if (event.kind == "asset.state") {
    const std::string to = event.data.get("to").string_or("");
    const bool bad = to == "rejected" || to == "failed" || to == "unable_to_process";
    const std::string detail = told(event).get("detail").string_or("");
    std::string name = event.asset_id;
    (void)parts_.store.read([&](Transaction& tx) -> Result<void> {
      if (auto asset = tx.asset(event.asset_id); asset && asset->has_value()) name = (*asset)->name;
      return {};
    });
    log(bad ? LogLevel::kWarning : LogLevel::kInfo, "engine",
        name + " is " + to + (detail.empty() ? "" : ": " + detail), {{"asset", event.asset_id}});
  }
  for (const EventObserver& observer : observers_) observer(event);
}

std::function<void()> EngineImpl::guarded(std::function<void()> task) {
  return [alive = alive_, task = std::move(task)] {
    if (*alive && task) task();
  };
}

std::string in_one_line(const std::vector<std::string>& sentences) {
  std::string line;
  for (const std::string& sentence : sentences) line += (line.empty() ? "" : "; ") + sentence;
  return line;
}

Json to_json(const std::vector<std::string>& strings) {
  Json array = Json::array();
  for (const std::string& string : strings) array.push_back(string);
  return array;
}

}  // namespace engine
}  // namespace filmgate
