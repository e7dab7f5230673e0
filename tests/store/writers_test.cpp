// Several connections at once, each with a thread and a store of its own, beside the daemon's.
#include <map>
#include <set>
#include <thread>

#include "host/model/event_chain.h"
#include "host/store/sql_store.h"
#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

constexpr int kWriters = 8;

class Writers : public StoreTest {
 protected:
  // Runs `work` in every writer's thread; what one of them returns is in its slot.
  template <typename Value>
  std::vector<Value> race(Value (*work)(Store& store, int writer)) {
    std::vector<Value> values(kWriters);
    std::vector<std::thread> threads;
    for (int writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([this, work, writer, &values] {
        auto database = open_database(url_, "", StoreAccess::kShared);
        ASSERT_OK(database);
        auto store = make_store(*std::move(database), StoreAccess::kShared);
        ASSERT_OK(store);
        values[static_cast<size_t>(writer)] = work(**store, writer);
      });
    }
    for (std::thread& thread : threads) thread.join();
    return values;
  }
};
FILMGATE_STORE_SUITE(Writers);

std::vector<Job> claim_all(Store& store, int writer) {
  std::vector<Job> all;
  while (true) {
    std::vector<Job> claimed;
    const auto done = store.transact([&](Transaction& t) -> Result<void> {
      auto jobs = t.claim({.lane = Lane::kEncode,
                           .owner = "writer",
                           .run_id = "run-" + std::to_string(writer),
                           .now_ms = 100});
      if (!jobs.ok()) return jobs.error();
      claimed = *std::move(jobs);
      return {};
    });
    EXPECT_TRUE(done.ok()) << done.error().message;
    if (!done.ok() || claimed.empty()) return all;
    all.insert(all.end(), claimed.begin(), claimed.end());
  }
}

TEST_P(Writers, NoJobIsClaimedTwice) {
  constexpr int kAssets = 60;
  std::set<std::string> made;
  write([&](Transaction& t) -> Result<void> {
    for (int i = 0; i < kAssets; ++i) {
      const Asset asset = new_asset("clip" + std::to_string(i) + ".mp4");
      FILMGATE_TRY(t.insert_asset(asset));
      for (const char* rung : {"1080p", "720p", "480p"}) {
        const Job job = new_job(asset, JobKind::kRendition, rung);
        FILMGATE_TRY(t.insert_job(job));
        made.insert(job.id);
      }
    }
    return {};
  });
  std::set<std::string> claimed;
  int writer = 0;
  for (const std::vector<Job>& jobs : race(claim_all)) {
    for (const Job& job : jobs) {
      EXPECT_TRUE(claimed.insert(job.id).second) << job.id << " was claimed twice";
      EXPECT_EQ(job.fence, 1);
      const Job kept = this->job(job.id);
      EXPECT_EQ(kept.run_id, "run-" + std::to_string(writer));
      EXPECT_EQ(kept.fence, 1);
      EXPECT_EQ(get([&](Transaction& t) { return t.attempts_of(job.id); }).size(), 1u);
    }
    ++writer;
  }
  EXPECT_EQ(claimed, made);
}

int append_events(Store& store, int writer) {
  int appended = 0;
  for (int i = 0; i < 20; ++i) {
    Event event;
    event.asset_id = "shared";
    event.kind = "writer." + std::to_string(writer);
    const auto done = store.transact([&](Transaction& t) { return t.append_event(event); });
    EXPECT_TRUE(done.ok()) << done.error().message;
    appended += done.ok() ? 1 : 0;
  }
  return appended;
}

TEST_P(Writers, AHistoryHasOneOrder) {
  for (const int appended : race(append_events)) EXPECT_EQ(appended, 20);
  const auto events = get([](Transaction& t) { return t.events_of("shared"); });
  EXPECT_EQ(events.size(), 20u * kWriters);
  EXPECT_TRUE(check_chain(events).ok());
}

TEST_P(Writers, AReaderSeesOneState) {
  const Asset asset = insert_asset("a.mp4");
  auto database = open_database(url_, "", StoreAccess::kShared);
  ASSERT_OK(database);
  auto other = make_store(*std::move(database), StoreAccess::kShared);
  ASSERT_OK(other);
  ASSERT_OK(store_->read([&](Transaction& t) -> Result<void> {
    EXPECT_FALSE(t.setting("k").value().has_value());
    EXPECT_TRUE((*other)->transact([](Transaction& o) { return o.set_setting("k", "v"); }).ok());
    EXPECT_FALSE(t.setting("k").value().has_value());
    return {};
  }));
  EXPECT_EQ(get([](Transaction& t) { return t.setting("k"); }), "v");
}

}  // namespace
}  // namespace filmgate
