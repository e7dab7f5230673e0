// Many at once is as one after the other.
#include "host/model/event_chain.h"
#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

class Many : public StoreTest {
 protected:
  std::vector<Asset> new_assets(int count) {
    std::vector<Asset> assets;
    for (int number = 0; number < count; ++number) {
      assets.push_back(new_asset("clip-" + std::to_string(number) + ".mp4"));
      assets.back().key = "key-" + std::to_string(number % 10);
    }
    return assets;
  }
  static std::vector<const Asset*> pointers(const std::vector<Asset>& assets) {
    std::vector<const Asset*> pointers;
    for (const Asset& asset : assets) pointers.push_back(&asset);
    return pointers;
  }
  void insert(const std::vector<Asset>& assets) {
    write([&](Transaction& t) { return t.insert_assets(pointers(assets)); });
  }
  static Event event(const std::string& asset_id, Json data) {
    Event event;
    event.asset_id = asset_id;
    event.kind = "asset.received";
    event.at_ms = 1234;
    event.data = std::move(data);
    return event;
  }
};
FILMGATE_STORE_SUITE(Many);

TEST_P(Many, AnswersAreInTheOrderOfTheQuestions) {
  std::vector<Asset> assets = new_assets(300);
  assets[7].sidecar_path = "uploads/all.json";
  assets[8].sidecar_path = "uploads/all.json";
  insert(assets);
  const auto by_id = get([&](Transaction& t) {
    return t.assets(std::vector<std::string>{assets[299].id, "nobody", assets[0].id});
  });
  ASSERT_EQ(by_id.size(), 3u);
  EXPECT_EQ(by_id[0]->name, "clip-299.mp4");
  EXPECT_FALSE(by_id[1].has_value());
  EXPECT_EQ(by_id[2]->source.path, "uploads/clip-0.mp4");
  const auto by_path = get([](Transaction& t) {
    return t.assets_by_path(std::vector<std::string>{"uploads/none.mp4", "uploads/clip-3.mp4", "",
                                                     "uploads/all.json", "uploads/clip-3.mp4"});
  });
  ASSERT_EQ(by_path.size(), 5u);
  EXPECT_FALSE(by_path[0].has_value());
  EXPECT_EQ(by_path[1]->id, assets[3].id);
  EXPECT_FALSE(by_path[2].has_value());
  EXPECT_EQ(by_path[3]->id, assets[7].id);
  EXPECT_EQ(by_path[4]->id, assets[3].id);
  const auto by_key = get([](Transaction& t) {
    return t.assets_by_key(std::vector<std::string>{"", "key-4", "none"});
  });
  ASSERT_EQ(by_key.size(), 3u);
  EXPECT_FALSE(by_key[0].has_value());
  EXPECT_EQ(by_key[1]->id, assets[294].id);
  EXPECT_FALSE(by_key[2].has_value());
}

TEST_P(Many, HistoriesGrowSideBySide) {
  std::vector<Event> events;
  for (int number = 0; number < 300; ++number) {
    events.push_back(event(number % 3 == 0 ? "a" : "b-" + std::to_string(number % 40),
                           Json::object({{"number", number}})));
    if (number % 2 == 0) events.back().personal = Json::object({{"name", "Zoë"}});
  }
  const auto append = [&](Transaction& t) { return t.append_events(events); };
  write(append);
  for (size_t at = 1; at < events.size(); ++at) EXPECT_GT(events[at].seq, events[at - 1].seq);
  for (Event& each : events) each = event(each.asset_id, Json::object({{"again", 1}}));
  write(append);  // what goes on from there
  const auto kept = get([](Transaction& t) { return t.events_of("a"); });
  ASSERT_EQ(kept.size(), 200u);
  EXPECT_EQ(kept[1].data.get("number"), Json(3));
  EXPECT_EQ(kept[2].personal, Json::object({{"name", "Zoë"}}));
  EXPECT_TRUE(kept[1].personal.is_null());
  for (int number = 0; number < 40; ++number) {
    const std::string id = "b-" + std::to_string(number);
    const auto chain = check_chain(get([&](Transaction& t) { return t.events_of(id); }));
    EXPECT_TRUE(chain.ok()) << chain.error().message;
  }
  EXPECT_TRUE(check_chain(kept).ok());
}

TEST_P(Many, OneThatIsRefusedIsTheErrorOfAll) {
  std::vector<Asset> assets = new_assets(100);
  insert_asset("clip-50.mp4");
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_assets(pointers(assets)); }),
            ErrorCode::kConflict);
  assets.erase(assets.begin() + 50);
  insert(assets);
  std::vector<Job> jobs;
  for (const Asset& asset : assets) jobs.push_back(new_job(asset, JobKind::kInspect));
  jobs[40].asset_id = "nobody";
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_jobs(jobs); }), ErrorCode::kNotFound);
  jobs[40].asset_id = assets[41].id;
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_jobs(jobs); }), ErrorCode::kConflict);
  jobs[40].asset_id = assets[40].id;
  write([&](Transaction& t) { return t.insert_jobs(jobs); });
  EXPECT_EQ(get([](Transaction& t) { return t.jobs(std::nullopt, 1000); }).size(), 99u);

  std::vector<OutboxMessage> messages(3);
  for (OutboxMessage& message : messages) {
    message.id = new_id(system_clock());
    message.endpoint = "e";
    message.asset_id = assets[0].id;
  }
  messages[2].id = messages[1].id;
  const auto refused = store_->transact([&](Transaction& t) { return t.enqueue(messages); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_NE(refused.error().message.find(messages[1].id), std::string::npos);
  messages.pop_back();
  write([&](Transaction& t) { return t.enqueue(messages); });
  EXPECT_EQ(get([&](Transaction& t) { return t.messages_of(assets[0].id); }).size(), 2u);
}

TEST_P(Many, RowsAreEditedInTheirState) {
  std::vector<Asset> assets = new_assets(100);
  insert(assets);
  for (Asset& asset : assets) asset.source.sha256 = "of " + asset.name;
  write([&](Transaction& t) { return t.edit_assets(assets); });
  EXPECT_EQ(get([&](Transaction& t) { return t.asset(assets[99].id); })->source.sha256,
            "of clip-99.mp4");
  assets[60].state = AssetState::kProbing;
  assets[0].detail = "new";
  EXPECT_EQ(failure([&](Transaction& t) { return t.edit_assets(assets); }), ErrorCode::kConflict);
  EXPECT_EQ(get([&](Transaction& t) { return t.asset(assets[0].id); })->detail, "");
}

TEST_P(Many, ARowThatIsNotThereIsNotEdited) {
  std::vector<Asset> assets = new_assets(3);
  insert({assets[0], assets[2]});
  EXPECT_EQ(failure([&](Transaction& t) { return t.edit_assets(assets); }), ErrorCode::kNotFound);
}

// More than either side of a connection holds of what the other has not read.
TEST_P(Many, LargeRowsGoBothWays) {
  std::vector<Asset> assets = new_assets(40);
  insert(assets);
  std::vector<std::string> ids;
  for (Asset& asset : assets) {
    asset.facts = Json::object({{"metadata", std::string(500'000, 'x') + asset.name}});
    ids.push_back(asset.id);
  }
  write([&](Transaction& t) { return t.edit_assets(assets); });
  const auto kept = get([&](Transaction& t) { return t.assets(ids); });
  ASSERT_EQ(kept.size(), assets.size());
  for (size_t which = 0; which < kept.size(); ++which) {
    EXPECT_TRUE(kept[which]->facts == assets[which].facts) << which;
  }
}

TEST_P(Many, NothingIsNothing) {
  write([](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_assets({}));
    FILMGATE_TRY(t.insert_jobs({}));
    FILMGATE_TRY(t.append_events({}));
    EXPECT_TRUE(t.assets_by_path({}).value().empty());
    return t.edit_assets({});
  });
}

}  // namespace
}  // namespace filmgate
