// What must hold while a schedule runs, and at its end.
#include <filesystem>

#include "host/base/hash.h"
#include "tests/simulation/world.h"

namespace filmgate::test {

namespace fs = std::filesystem;

void World::wrong(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

// Told after each commit; what a death swallowed stands in the histories that are replayed at the
// end.
void World::watch(const Event& event) {
  if (event.kind == "asset.state") {
    const auto from = asset_state_from(event.data.get("from").string_or(""));
    const auto to = asset_state_from(event.data.get("to").string_or(""));
    if (!from || !to || !may_follow(*from, *to)) {
      wrong("an asset went from " + event.data.get("from").string_or("?") + " to " +
            event.data.get("to").string_or("?"));
    }
  }
  if (event.kind == "asset.published" &&
      !published_
           .emplace(event.asset_id, static_cast<int>(event.data.get("revision").integer_or(0)))
           .second) {
    wrong("asset " + event.asset_id + " was published twice");
  }
  const std::string job = event.data.get("job").string_or("");
  if (job.empty()) return;
  const int64_t fence = event.data.get("fence").integer_or(0);
  int64_t& known = fences_[job];
  if (fence < known || (event.kind == "job.leased" && fence == known)) {
    wrong("the fence of job " + job + " went from " + std::to_string(known) + " to " +
          std::to_string(fence) + " at " + event.kind);
  }
  known = fence;
  if (event.kind == "job.done" && !done_.insert(job).second) {
    wrong("job " + job + " was done twice");
  }
}

// Where nothing is posted, no worker runs and no timer will come before long, only a person can
// move an asset.
void World::check_not_stuck() {
  // Longer than any back-off of the descriptions, shorter than the engine's duties are apart.
  constexpr int64_t kLongestWaitMs = 120'000;
  if (!wrong_.empty() || executor_->busy() || hashing_->busy() || workers_->running() > 0 ||
      executor_->timer_within(kLongestWaitMs) || post_->waiting() > 0) {
    return;
  }
  for (const Asset& asset : assets()) {
    if (is_final(asset.state)) continue;
    if (asset.state == AssetState::kWaitingMetadata) continue;
    if (asset.state == AssetState::kAwaitingApproval) continue;
    wrong(asset.name + " is " + to_string(asset.state) + " and nothing will move it");
  }
}

void World::check_end() {
  check_files();
  for (const Asset& asset : assets()) check_asset(asset);
  const auto read = store_->read([&](Transaction& tx) -> Result<void> {
    if (!tx.open_runs().value().empty()) wrong("a run has no end");
    if (!tx.leased_jobs().value().empty()) wrong("a job is still leased");
    return {};
  });
  if (!read) wrong(read.error().message);
}

// Every upload is in one place, whole, and nothing is left over.
void World::check_files() {
  std::map<std::string, std::vector<std::string>> found;  // by bytes
  const std::string top = library_->root();
  for (const auto& entry : fs::recursive_directory_iterator(top)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().string().substr(top.size() + 1);
    if (path.starts_with(std::string(kWork) + "/")) wrong(path + " is left over");
    if ((path.starts_with(kUploads) || path.starts_with("failed/")) &&
        (path.ends_with(".mp4") || path.ends_with(".mov"))) {
      wrong(path + " was left where it came in");
    }
    found[read_file(entry.path().string(), 1 << 20).value()].push_back(path);
  }
  for (const File& file : files_) {
    const size_t places = found[file.bytes].size();
    if (places != (file.lost ? 0u : 1u)) {
      wrong("the upload " + file.path + " is in " + std::to_string(places) + " places");
    }
  }
}

void World::check_asset(const Asset& asset) {
  const std::string who = asset.name + " (" + to_string(asset.state) + ")";
  if (!is_final(asset.state)) return wrong(who + " has not come to an end: " + asset.detail);
  if (asset.moves.size() > 0) wrong(who + " has yet to move: " + to_text(asset.moves));
  const AssetView view = engine_->view(asset.id).value();
  for (const Job& job : view.jobs) {
    if (!is_final(job.state)) {
      wrong(who + " has a job that is " + std::string(to_string(job.state)) + ": " +
            to_string(job.kind));
    }
  }
  for (const Output& output : view.outputs) {
    const auto bytes = read_file(library_->absolute(output.path), 1 << 20);
    if (!bytes || to_hex(sha256(*bytes)) != output.sha256) {
      wrong(who + " has no " + output.path + " as it was published");
    }
  }
  // What an earlier revision published stays until the next one is out.
  const bool published = asset.state == AssetState::kProcessed;
  if (published ? view.outputs.empty() : asset.revision == 1 && !view.outputs.empty()) {
    wrong(who + " has " + std::to_string(view.outputs.size()) + " outputs");
  }
  const auto read = store_->read([&](Transaction& tx) -> Result<void> {
    const auto messages = tx.messages_of(asset.id);
    if (!messages) return messages.error();
    for (const OutboxMessage& message : *messages) {
      if (message.state == "waiting") wrong(who + " has a message that never left");
    }
    return {};
  });
  if (!read) wrong(read.error().message);
  const auto audited = engine_->audit(asset.id);
  if (!audited) return wrong(audited.error().message);
  for (const std::string& problem : audited->problems) wrong(who + ": " + problem);
}

}  // namespace filmgate::test
