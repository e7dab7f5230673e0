// What the databases are asked in bench/store.py, through the interface that the engine uses.
//   bench_store open URL                       makes the tables
//   bench_store list URL RUNS TEXT…            pages and searches; milliseconds, one JSON object
//   bench_store jobs URL CLAIMERS SECONDS      whole lives of jobs, each step a durable commit
//   bench_store lives URL ASSETS               whole lives of assets, for what they leave behind
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>

#include "host/base/id.h"
#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using Clock = std::chrono::steady_clock;

template <typename Value>
Value need(Result<Value> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(result).value();
}
void need(const Result<void>& result) {
  if (result.ok()) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

Json spread(std::vector<double> milliseconds) {
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double part) {
    return milliseconds[static_cast<size_t>(part * static_cast<double>(milliseconds.size() - 1))];
  };
  return Json::object({{"p50", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}});
}

Json time_reads(Store& store, int runs, const std::function<Result<void>(Transaction&, int)>& ask) {
  std::vector<double> times;
  for (int run = 0; run < runs; ++run) {
    const auto began = Clock::now();
    need(store.read([&](Transaction& tx) { return ask(tx, run); }));
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  return spread(std::move(times));
}

Json time_pages(Store& store, int runs, const std::function<AssetQuery(int)>& query) {
  return time_reads(store, runs, [&](Transaction& tx, int run) -> Result<void> {
    auto page = tx.list(query(run));
    if (!page.ok()) return page.error();
    return {};
  });
}

int list(const std::string& url, int runs, const std::vector<std::string>& texts) {
  const auto store = need(open_store(url));
  // Cursors from all over: ids are times, so a page may begin at any.
  std::vector<Asset> ends[2];
  need(store->read([&](Transaction& tx) -> Result<void> {
    AssetQuery newest;
    newest.limit = 1;
    ends[0] = need(tx.assets(newest));
    AssetQuery rare;
    rare.state = AssetState::kAwaitingApproval;
    rare.limit = 500;
    ends[1] = need(tx.assets(rare));
    return {};
  }));
  const auto milliseconds = [](const std::string& id) {
    return std::stoull(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  };
  const uint64_t newest = milliseconds(ends[0].front().id);
  const uint64_t oldest = milliseconds("01900000-0000-7000-8000-000000000000");
  std::mt19937_64 random(1);
  const auto anywhere = [&] {
    char text[16];
    std::snprintf(text, sizeof text, "%012llx",
                  static_cast<unsigned long long>(oldest + random() % (newest - oldest)));
    const std::string digits = text;
    return digits.substr(0, 8) + "-" + digits.substr(8) + "-7000-8000-000000000000";
  };
  Json said = Json::object();
  said.set("first page", time_pages(*store, runs, [](int) { return AssetQuery{}; }));
  said.set("a page anywhere", time_pages(*store, runs, [&](int) {
             AssetQuery query;
             query.before = anywhere();
             return query;
           }));
  said.set("a page of one state", time_pages(*store, runs, [&](int) {
             AssetQuery query;
             query.state = AssetState::kAwaitingApproval;
             query.before = anywhere();
             return query;
           }));
  said.set("one row by its key",
           time_reads(*store, runs, [&](Transaction& tx, int) -> Result<void> {
             auto row = tx.asset(ends[0].front().id);
             if (!row.ok()) return row.error();
             return {};
           }));
  for (const std::string& text : texts) {
    said.set("search \"" + text + "\"", time_pages(*store, std::max(20, runs / 10), [&](int run) {
               AssetQuery query;
               query.text = text;
               if (run % 2 == 1) query.before = anywhere();
               return query;
             }));
  }
  std::printf("%s\n", to_text(said).c_str());
  return 0;
}

Asset new_asset(int64_t number) {
  Asset asset;
  asset.id = new_id(system_clock());
  asset.name = "bench/clip-" + std::to_string(number) + ".mp4";
  asset.description = "web";
  asset.source.path = "uploads/" + asset.name;
  asset.source.size = 1 << 20;
  asset.created_ms = asset.updated_ms = system_clock().now_ms();
  return asset;
}

Job new_job(const Asset& asset, JobKind kind, const std::string& variant = "") {
  Job job;
  job.id = new_id(system_clock());
  job.asset_id = asset.id;
  job.kind = kind;
  job.variant = variant;
  job.state = JobState::kReady;
  job.lane = lane_of(kind);
  job.created_ms = job.updated_ms = job.run_at_ms = system_clock().now_ms();
  return job;
}

Result<void> tell(Transaction& tx, const Job& job, const char* kind) {
  Event event;
  event.asset_id = job.asset_id;
  event.kind = kind;
  event.at_ms = system_clock().now_ms();
  event.data = Json::object({{"job", job.id},
                             {"kind", to_string(job.kind)},
                             {"attempt", job.attempt},
                             {"fence", job.fence}});
  return tx.append_event(event);
}

// One life: queued, claimed under a fence with its attempt and event, done with both; three
// commits, each on the disk before the next step.
int64_t live(Store& store, const Asset& asset, const std::string& owner, Clock::time_point end) {
  int64_t lives = 0;
  for (int64_t number = 0; Clock::now() < end; ++number) {
    const Job made = new_job(asset, JobKind::kRendition, std::to_string(number));
    need(store.transact([&](Transaction& tx) -> Result<void> {
      FILMGATE_TRY(tx.insert_job(made));
      return tell(tx, made, "job.created");
    }));
    Job job;
    need(store.transact([&](Transaction& tx) -> Result<void> {
      auto claimed = tx.claim({.lane = Lane::kEncode,
                               .owner = owner,
                               .run_id = owner,
                               .now_ms = system_clock().now_ms(),
                               .whole_ladder = false});
      if (!claimed.ok()) return claimed.error();
      if (claimed->empty()) return {};    // another claimer was quicker
      job = std::move(claimed->front());  // perhaps one that another made
      return tell(tx, job, "job.leased");
    }));
    if (job.id.empty()) continue;
    need(store.transact([&](Transaction& tx) -> Result<void> {
      job.state = JobState::kDone;
      FILMGATE_TRY(tx.finish_job(job));
      FILMGATE_TRY(tx.end_attempt({.job_id = job.id,
                                   .run_id = owner,
                                   .fence = job.fence,
                                   .ended_ms = system_clock().now_ms(),
                                   .outcome = "ok"}));
      return tell(tx, job, "job.done");
    }));
    ++lives;
  }
  return lives;
}

int jobs(const std::string& url, int claimers, int seconds) {
  const auto daemon = need(open_store(url));
  std::vector<Asset> assets;
  for (int i = 0; i < claimers; ++i) assets.push_back(new_asset(i));
  need(daemon->transact([&](Transaction& tx) -> Result<void> {
    for (const Asset& asset : assets) FILMGATE_TRY(tx.insert_asset(asset));
    return {};
  }));
  std::atomic<int64_t> lives = 0;
  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < claimers; ++i) {
    threads.emplace_back([&, i] {
      const auto store = need(
          make_store(need(open_database(url, "", StoreAccess::kShared)), StoreAccess::kShared));
      lives += live(*store, assets[static_cast<size_t>(i)], "claimer-" + std::to_string(i), end);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("%s\n", to_text(Json::object({{"lives", lives.load()},
                                            {"seconds", took},
                                            {"per_second", static_cast<double>(lives) / took}}))
                          .c_str());
  return 0;
}

// What an asset with three rungs writes on its way: rows of its own, four jobs, their attempts,
// some twenty events, three messages, five outputs.
Result<void> leave_behind(Transaction& tx, int64_t number) {
  Asset asset = new_asset(number);
  asset.state = AssetState::kProcessed;
  asset.source.sha256 = std::string(64, 'a');
  asset.metadata = Json::object({{"title", "A clip of the bench, number " + std::to_string(number)},
                                 {"owner", "bench@example.org"}});
  asset.facts = Json::object({{"quality", std::string(1500, 'q')}});
  FILMGATE_TRY(tx.insert_asset(asset));
  for (const auto& [kind, variant] :
       std::vector<std::pair<JobKind, const char*>>{{JobKind::kInspect, ""},
                                                    {JobKind::kProbe, ""},
                                                    {JobKind::kRendition, "1080p"},
                                                    {JobKind::kRendition, "720p"},
                                                    {JobKind::kRendition, "480p"},
                                                    {JobKind::kPublish, ""}}) {
    Job job = new_job(asset, kind, variant);
    FILMGATE_TRY(tx.insert_job(job));
    FILMGATE_TRY(tell(tx, job, "job.created"));
    auto claimed = tx.claim({.lane = job.lane,
                             .owner = "bench",
                             .run_id = job.id,
                             .now_ms = system_clock().now_ms() + 1000,
                             .whole_ladder = false});
    if (!claimed.ok()) return claimed.error();
    FILMGATE_TRY(tell(tx, claimed->front(), "job.leased"));
    claimed->front().state = JobState::kDone;
    FILMGATE_TRY(tx.finish_job(claimed->front()));
    FILMGATE_TRY(tell(tx, job, "job.done"));
    Output output;
    output.asset_id = asset.id;
    output.name = std::string(to_string(kind)) + variant;
    output.path = "processed/bench/clip-" + std::to_string(number) + "/" + output.name + ".mp4";
    output.media_type = "video/mp4";
    output.sha256 = std::string(64, 'b');
    output.info = Json::object({{"width", 1920}, {"height", 1080}, {"duration", 10.0}});
    FILMGATE_TRY(tx.insert_output(output));
  }
  for (int i = 0; i < 3; ++i) {
    OutboxMessage message;
    message.id = new_id(system_clock());
    message.endpoint = "ops";
    message.topic = "asset.processed";
    message.asset_id = asset.id;
    message.state = "sent";
    message.body = Json::object({{"asset", asset.id}, {"name", asset.name}});
    FILMGATE_TRY(tx.enqueue(message));
  }
  return {};
}

int lives(const std::string& url, int assets) {
  const auto store = need(open_store(url));
  constexpr int kBatch = 100;
  for (int from = 0; from < assets; from += kBatch) {
    need(store->transact([&](Transaction& tx) -> Result<void> {
      for (int i = from; i < std::min(assets, from + kBatch); ++i) {
        FILMGATE_TRY(leave_behind(tx, i));
      }
      return {};
    }));
  }
  return 0;
}

}  // namespace
}  // namespace filmgate

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const std::string what = words.empty() ? "" : words[0];
  if (what == "open" && words.size() == 2) {
    filmgate::need(filmgate::open_store(words[1]));
    return 0;
  }
  if (what == "list" && words.size() >= 3) {
    return filmgate::list(words[1], std::atoi(words[2].c_str()), {words.begin() + 3, words.end()});
  }
  if (what == "jobs" && words.size() == 4) {
    return filmgate::jobs(words[1], std::atoi(words[2].c_str()), std::atoi(words[3].c_str()));
  }
  if (what == "lives" && words.size() == 3) {
    return filmgate::lives(words[1], std::atoi(words[2].c_str()));
  }
  std::fprintf(stderr, "usage: bench_store open|list|jobs|lives URL …\n");
  return 2;
}
