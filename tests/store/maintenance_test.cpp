#include "host/store/maintenance.h"

#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

class Maintenance : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped()) return;
    asset_ = new_asset("news/Für Zoë.mp4");
    asset_.description_sha256 = "d1";
    asset_.metadata = Json::object({{"title", "Harbour"}, {"n", 5}});
    write([&](Transaction& t) -> Result<void> {
      FILMGATE_TRY(t.keep_description("d1", "review", "{}"));
      FILMGATE_TRY(t.insert_asset(asset_));
      for (const char* kind : {"asset.received", "asset.state"}) {
        Event event;
        event.asset_id = asset_.id;
        event.kind = kind;
        event.data = Json::object({{"kind", kind}});
        FILMGATE_TRY(t.append_event(event));
      }
      return t.insert_job(new_job(asset_, JobKind::kProbe));
    });
  }
  std::vector<std::string> problems() {
    auto report = check_store(url_, "");
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? report->problems : std::vector<std::string>{"no report"};
  }

  Asset asset_;
};
FILMGATE_STORE_SUITE(Maintenance);

TEST_P(Maintenance, ASoundStoreHasNoProblemsAndIsCounted) {
  const auto report = check_store(url_, "");  // beside the open store
  ASSERT_OK(report);
  EXPECT_GE(report->schema_version, 1);
  EXPECT_EQ(report->problems, std::vector<std::string>());
  const std::map<std::string, int64_t> rows(report->rows.begin(), report->rows.end());
  EXPECT_EQ(rows.at("asset"), 1);
  EXPECT_EQ(rows.at("job"), 1);
  EXPECT_EQ(rows.at("event"), 2);
  EXPECT_EQ(rows.at("outbox"), 0);
}

TEST_P(Maintenance, WhatBelongsToNothingIsReported) {
  Asset lonely = new_asset("lonely.mp4");
  lonely.description_sha256 = "d2";
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_asset(lonely));
    Event event;
    event.asset_id = "nobody";
    event.kind = "k";
    return t.append_event(event);
  });
  EXPECT_EQ(problems(),
            (std::vector<std::string>{"1 events without their asset", "1 assets without a history",
                                      "1 assets whose description is missing"}));
}

TEST_P(Maintenance, EveryRowIsExported) {
  std::map<std::string, std::vector<Json>> rows;
  ASSERT_OK(export_store(url_, "", [&](const std::string& line) -> Result<void> {
    auto parsed = parse_json(line, "line");
    if (!parsed.ok()) return parsed.error();
    rows[parsed->get("table").string_or("")].push_back(parsed->get("row"));
    return {};
  }));
  ASSERT_EQ(rows["asset"].size(), 1u);
  const Json& asset = rows["asset"][0];
  EXPECT_EQ(asset.get("id").string_or(""), asset_.id);
  EXPECT_EQ(asset.get("name").string_or(""), "news/Für Zoë.mp4");
  EXPECT_EQ(asset.get("metadata"), asset_.metadata);
  EXPECT_TRUE(asset.get("facts").is_null());
  EXPECT_EQ(asset.get("created_ms").integer_or(0), 1000);
  EXPECT_EQ(asset.find("seq"), nullptr);
  EXPECT_EQ(asset.find("search_text"), nullptr);
  ASSERT_EQ(rows["event"].size(), 2u);
  EXPECT_EQ(rows["event"][1].get("data").get("kind").string_or(""), "asset.state");
  EXPECT_EQ(rows["job"].size(), 1u);
  EXPECT_EQ(rows["description"].size(), 1u);
}

TEST_P(Maintenance, AnExportEndsWhenItsPlaceIsFull) {
  const auto done = export_store(url_, "", [](const std::string&) -> Result<void> {
    return Error{ErrorCode::kNoSpace, "full"};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::kNoSpace);
}

TEST_P(Maintenance, MigratingWaitsForTheDaemonToStop) {
  const auto busy = migrate_store(url_, "");
  ASSERT_FALSE(busy.ok());
  EXPECT_EQ(busy.error().code, ErrorCode::kUnavailable);
  store_.reset();
  const auto done = migrate_store(url_, "");
  ASSERT_OK(done);
  EXPECT_EQ(done->before, done->after);
  EXPECT_GE(done->after, 1);
}

}  // namespace
}  // namespace filmgate
