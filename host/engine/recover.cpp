// What a predecessor left when it ended at any moment: its workers, leases, promised moves and work
// folders. Doing it twice does nothing more than doing it once.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/base/log.h"
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

constexpr int kDeathMs = 2000;  // how long a killed orphan may take to be gone

// ".work/<run>/…" -> "<run>".
std::string run_of(const std::string& path) {
  const std::string prefix = std::string(kWork) + "/";
  if (!path.starts_with(prefix)) return "";
  return path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size());
}

// The work folders that hold what these jobs finished.
std::set<std::string> folders_of(const std::vector<Job>& jobs) {
  std::set<std::string> names;
  for (const Job& job : jobs) {
    for (const char* key : {"path", "from"}) {
      names.insert(run_of(job.staged.get(key).string_or("")));
    }
    if (const Json::Array* files = job.staged.get("files").if_array()) {
      for (const Json& file : *files) names.insert(run_of(file.get("path").string_or("")));
    }
  }
  names.erase("");
  return names;
}

constexpr const char* kHostEnded = "the host ended while it ran";

Result<void> end_lost_attempt(Change& change, const Job& job, const std::string& why) {
  Attempt attempt;
  attempt.job_id = job.id;
  attempt.run_id = job.run_id;
  attempt.fence = job.fence;
  attempt.ended_ms = change.now_ms;
  attempt.outcome = "lost";
  if (why == kHostEnded) attempt.error_class = kClassHost;
  attempt.error = why;
  return change.tx.end_attempt(attempt);
}

// Hosts that ended while this job ran, the latest included. They stand in its attempts, apart from
// the crashes of its workers, which are surely its own fault.
Result<int> host_deaths(Change& change, const Job& job) {
  auto attempts = change.tx.attempts_of(job.id);
  if (!attempts) return attempts.error();
  return 1 + static_cast<int>(
                 std::count_if(attempts->begin(), attempts->end(),
                               [](const Attempt& each) { return each.error_class == kClassHost; }));
}

}  // namespace

Result<void> EngineImpl::recover() {
  std::vector<Run> runs;
  std::vector<Job> leased;
  std::vector<Asset> moving;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto open = tx.open_runs();
    if (!open) return open.error();
    auto jobs = tx.leased_jobs();
    if (!jobs) return jobs.error();
    auto assets = tx.assets_with_moves();
    if (!assets) return assets.error();
    runs = std::move(*open);
    leased = std::move(*jobs);
    moving = std::move(*assets);
    return {};
  }));
  // The store admits one host at a time, so whatever is open belongs to one that is gone.
  for (const Run& run : runs) end_orphan(run);
  if (!runs.empty() || !leased.empty()) {
    FILMGATE_TRY(change([&](Change& c) -> Result<void> {
      std::map<std::string, std::vector<Job>> by_asset;
      for (const Job& job : leased) by_asset[job.asset_id].push_back(job);
      for (const auto& [asset_id, jobs] : by_asset) {
        FILMGATE_TRY(take_back_from_dead_host(c, asset_id, jobs));
      }
      for (Run run : runs) {
        run.ended_ms = c.now_ms;
        run.outcome = "lost";
        FILMGATE_TRY(c.tx.update_run(run));
      }
      return {};
    }));
    log(LogLevel::kInfo, "engine",
        "took back " + std::to_string(leased.size()) + " jobs that a predecessor left running");
  }
  std::set<std::string> ids;
  for (const Asset& asset : moving) ids.insert(asset.id);
  for (const Job& job : leased) ids.insert(job.asset_id);
  for (const std::string& id : ids) carry_out(id);
  return remove_leftovers();
}

// Only a process that is surely our worker: same boot, same pid, same start time.
void EngineImpl::end_orphan(const Run& run) {
  if (run.pid <= 0 || run.pid_start <= 0 || run.boot_id != worker::boot_id()) return;
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, run.pid, 0)));
  // Asked after the pidfd was opened: what it refers to can't change any more.
  if (!process || worker::process_start_ticks(run.pid) != run.pid_start) return;
  ::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0);
  pollfd gone{process.get(), POLLIN, 0};
  ::poll(&gone, 1, kDeathMs);
}

// Once is chance, and so are a few power cuts; without a limit a file that ends its hosts would go
// on for ever. Publishing parses no media, and only rolls forward.
Result<void> EngineImpl::take_back_from_dead_host(Change& change, const std::string& asset_id,
                                                  std::vector<Job> jobs) {
  const std::string why = kHostEnded;
  int deaths = 0;
  for (Job& job : jobs) {
    if (job.kind == JobKind::kPublish) continue;
    auto died = host_deaths(change, job);
    if (!died) return died.error();
    deaths = std::max(deaths, *died);
    job.error_class = kClassHost;
  }
  if (deaths < kMaxHostDeaths) {
    for (const Job& job : jobs) FILMGATE_TRY(take_back(change, job, why));
    return {};
  }
  auto asset = change.need_asset(asset_id);
  if (!asset) return asset.error();
  for (const Job& job : jobs) FILMGATE_TRY(end_lost_attempt(change, job, why));
  return bury(change, *asset, std::move(jobs),
              why + ", " + std::to_string(deaths) + " times; this file may be the cause",
              kClassHost);
}

// An attempt that the end of its host took is given back, as a stop gives it back. One whose lease
// ran out counts, but one is always left: it isn't sure whose fault it was.
Result<void> EngineImpl::take_back(Change& change, Job job, const std::string& why) {
  FILMGATE_TRY(end_lost_attempt(change, job, why));
  job.state = JobState::kReady;
  job.attempt = std::max(
      0, why == kHostEnded ? job.attempt - 1 : std::min(job.attempt, job.max_attempts - 1));
  job.run_at_ms = change.now_ms;
  job.updated_ms = change.now_ms;
  job.error = why;
  FILMGATE_TRY(change.tx.finish_job(job));
  return change.job_event(job, "job.lost", Json::object({{"why", why}}));
}

Result<void> EngineImpl::remove_leftovers() {
  auto present = parts_.library.run_folders();
  if (!present) return present.error();
  if (present->empty()) return {};
  std::set<std::string> kept;
  for (const auto& [id, run] : runs_) kept.insert(id);
  for (int each = 0; each <= static_cast<int>(AssetState::kCancelled); ++each) {
    AssetQuery query;
    query.state = static_cast<AssetState>(each);
    if (is_final(*query.state)) continue;
    do {
      auto page = assets(query);
      if (!page) return page.error();
      for (const Asset& asset : *page) {
        auto folders = kept_folders(asset.id);
        if (!folders) return folders.error();
        kept.insert(folders->begin(), folders->end());
      }
      query.before = static_cast<int>(page->size()) < query.limit ? "" : page->back().id;
    } while (!query.before.empty());
  }
  for (const std::string& name : *present) {
    if (kept.contains(name)) continue;
    const auto removed = parts_.library.remove_run_folder(name);
    if (!removed) log(LogLevel::kWarning, "engine", removed.error().message);
  }
  return {};
}

Result<std::set<std::string>> EngineImpl::kept_folders(const std::string& asset_id) {
  std::set<std::string> kept;
  FILMGATE_TRY(parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto asset = tx.asset(asset_id);
    if (!asset) return asset.error();
    if (!asset->has_value() || is_final((*asset)->state)) return {};
    auto jobs = tx.jobs_of(asset_id, (*asset)->revision);
    if (!jobs) return jobs.error();
    kept = folders_of(*jobs);
    return {};
  }));
  for (const auto& [id, run] : runs_) {
    if (run->asset.id == asset_id) kept.insert(id);
  }
  return kept;
}

void EngineImpl::drop_work_of(const std::string& asset_id, int revisions_ago) {
  std::set<std::string> names;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto asset = tx.asset(asset_id);
    if (!asset) return asset.error();
    if (!asset->has_value()) return {};
    auto jobs = tx.jobs_of(asset_id, (*asset)->revision - revisions_ago);
    if (!jobs) return jobs.error();
    names = folders_of(*jobs);
    for (const Job& job : *jobs) names.insert(job.run_id);
    return {};
  });
  if (!read) return;  // the next start removes what nobody needs
  names.erase("");
  for (const std::string& name : names) {
    if (runs_.contains(name)) continue;  // goes when its worker has ended
    const auto removed = parts_.library.remove_run_folder(name);
    if (!removed) log(LogLevel::kWarning, "engine", removed.error().message);
  }
}

}  // namespace filmgate::engine
