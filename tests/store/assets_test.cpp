#include <algorithm>
#include <set>

#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

using Ids = std::vector<std::string>;

class Assets : public StoreTest {
 protected:
  std::optional<Asset> asset(const std::string& id) {
    return get([&](Transaction& t) { return t.asset(id); });
  }
  Asset kept_asset(const std::string& id) {
    auto found = asset(id);
    EXPECT_TRUE(found.has_value());
    return found.value_or(Asset{});
  }
  // A page of summaries is that of the whole rows.
  Ids list(const AssetQuery& query) {
    std::vector<AssetSummary> expected;
    for (const Asset& asset : get([&](Transaction& t) { return t.assets(query); })) {
      expected.push_back(summary_of(asset));
    }
    const auto found = get([&](Transaction& t) { return t.list(query); });
    EXPECT_TRUE(found == expected);
    return ids_of(found);
  }
};
FILMGATE_STORE_SUITE(Assets);

TEST_P(Assets, KeepEveryField) {
  Asset asset = new_asset("news/clip.mp4");
  asset.revision = 3;
  asset.description_sha256 = "d1";
  asset.state = AssetState::kAwaitingApproval;
  asset.detail = "Für Zoë 🎬";
  asset.source = {"uploads/news/clip.mp4", int64_t{1} << 40, 1'700'000'000'123'456'789,
                  0xffff'ffff'ffff'fff0, "ab"};
  asset.sidecar_path = "uploads/news/clip.mp4.json";
  asset.sidecar_sha256 = "cd";
  asset.metadata = Json::object({{"title", "A clip"}, {"n", 5}, {"x", 0.1}});
  asset.facts = Json::object({{"media", Json::object({{"duration", 12.25}})}});
  asset.output_path = "processed/news/clip";
  asset.moves = Json::array();
  asset.moves.push_back(Json::object({{"from", "a"}, {"to", "b"}}));
  asset.wake_ms = 77;
  write([&](Transaction& t) { return t.insert_asset(asset); });

  const Asset kept = kept_asset(asset.id);
  EXPECT_EQ(kept.revision, 3);
  EXPECT_EQ(kept.name, asset.name);
  EXPECT_EQ(kept.description, "review");
  EXPECT_EQ(kept.description_sha256, "d1");
  EXPECT_EQ(kept.state, AssetState::kAwaitingApproval);
  EXPECT_EQ(kept.detail, asset.detail);
  EXPECT_EQ(kept.source.path, asset.source.path);
  EXPECT_EQ(kept.source.size, asset.source.size);
  EXPECT_EQ(kept.source.mtime_ns, asset.source.mtime_ns);
  EXPECT_EQ(kept.source.inode, asset.source.inode);
  EXPECT_EQ(kept.source.sha256, "ab");
  EXPECT_EQ(kept.sidecar_path, asset.sidecar_path);
  EXPECT_EQ(kept.sidecar_sha256, "cd");
  EXPECT_EQ(kept.metadata, asset.metadata);
  EXPECT_EQ(kept.facts, asset.facts);
  EXPECT_EQ(kept.output_path, asset.output_path);
  EXPECT_EQ(kept.moves, asset.moves);
  EXPECT_EQ(kept.created_ms, 1000);
  EXPECT_EQ(kept.updated_ms, 1000);
  EXPECT_EQ(kept.wake_ms, 77);
}

TEST_P(Assets, AListShowsWhatTheInspectionFoundOfThem) {
  Asset asset = insert_asset("a.mp4");
  asset.revision = 2;
  asset.state = AssetState::kInspecting;
  asset.detail = "Für Zoë 🎬";
  asset.metadata = Json::object({{"title", "given"}});
  asset.facts = Json::object({{"metadata", Json::object({{"title", "found"}})}});
  asset.output_path = "processed/a";
  asset.updated_ms = 2000;
  write([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); });
  EXPECT_EQ(list({}), Ids{asset.id});
  EXPECT_EQ(list({.text = "found"}), Ids{asset.id});
  EXPECT_EQ(list({.text = "given"}), Ids{});
}

TEST_P(Assets, UpdateReplacesTheRow) {
  Asset asset = insert_asset("a.mp4");
  asset.revision = 2;
  asset.state = AssetState::kInspecting;
  asset.detail = "looking";
  asset.source.path = "failed/a.mp4";
  asset.source.inode = 9;
  asset.metadata = Json::object({{"title", "T"}});
  asset.facts = Json::object({{"k", 1}});
  asset.output_path = "processed/a";
  asset.updated_ms = 2000;
  asset.wake_ms = 3000;
  write([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); });
  const Asset kept = kept_asset(asset.id);
  EXPECT_EQ(kept.revision, 2);
  EXPECT_EQ(kept.state, AssetState::kInspecting);
  EXPECT_EQ(kept.detail, "looking");
  EXPECT_EQ(kept.source.path, "failed/a.mp4");
  EXPECT_EQ(kept.source.inode, 9u);
  EXPECT_EQ(kept.metadata, asset.metadata);
  EXPECT_EQ(kept.facts, asset.facts);
  EXPECT_EQ(kept.output_path, "processed/a");
  EXPECT_EQ(kept.updated_ms, 2000);
  EXPECT_EQ(kept.wake_ms, 3000);
}

TEST_P(Assets, UpdateOfAnotherStateIsAConflictAndChangesNothing) {
  Asset asset = insert_asset("a.mp4");
  asset.state = AssetState::kProbing;
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_asset(asset, AssetState::kInspecting); }),
            ErrorCode::kConflict);
  EXPECT_EQ(kept_asset(asset.id).state, AssetState::kReceived);
}

TEST_P(Assets, AStepThatTheTableForbidsIsRefused) {
  Asset asset = insert_asset("a.mp4");
  asset.state = AssetState::kProcessed;
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); }),
            ErrorCode::kInternal);
  EXPECT_EQ(kept_asset(asset.id).state, AssetState::kReceived);
}

TEST_P(Assets, UpdateInPlaceKeepsTheState) {
  Asset asset = insert_asset("a.mp4");
  asset.detail = "edited";
  write([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); });
  EXPECT_EQ(kept_asset(asset.id).detail, "edited");
}

TEST_P(Assets, WhatIsNotThereIsNotFound) {
  EXPECT_FALSE(asset("no-such-asset").has_value());
  const Asset absent = new_asset("a.mp4");
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_asset(absent, AssetState::kReceived); }),
            ErrorCode::kNotFound);
}

TEST_P(Assets, AnIdIsTakenOnce) {
  Asset asset = insert_asset("a.mp4");
  asset.source.path = "uploads/b.mp4";
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_asset(asset); }), ErrorCode::kConflict);
}

TEST_P(Assets, OneFileIsTheSourceOfOneLivingAsset) {
  insert_asset("a.mp4");
  const Asset again = new_asset("a.mp4");
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_asset(again); }), ErrorCode::kConflict);
}

TEST_P(Assets, AreFoundByPathUnlessFinal) {
  for (int i = 0; i <= static_cast<int>(AssetState::kCancelled); ++i) {
    const auto state = static_cast<AssetState>(i);
    Asset asset = new_asset(std::string(to_string(state)) + ".mp4");
    asset.state = state;
    asset.sidecar_path = asset.source.path + ".json";
    write([&](Transaction& t) { return t.insert_asset(asset); });
    for (const std::string& path : {asset.source.path, asset.sidecar_path}) {
      const auto found = get([&](Transaction& t) { return t.asset_by_path(path); });
      EXPECT_EQ(found.has_value(), !is_final(state)) << path;
      EXPECT_EQ(found.value_or(asset).id, asset.id);
    }
  }
  EXPECT_FALSE(get([](Transaction& t) { return t.asset_by_path(""); }).has_value());
}

TEST_P(Assets, AreListedNewestFirstInPages) {
  Ids all;
  for (int i = 0; i < 7; ++i) {
    all.insert(all.begin(), insert_asset("clip" + std::to_string(i) + ".mp4").id);
  }
  AssetQuery query;
  query.limit = 3;
  EXPECT_EQ(list(query), Ids(all.begin(), all.begin() + 3));
  query.before = all[2];
  EXPECT_EQ(list(query), Ids(all.begin() + 3, all.begin() + 6));
  query.before = all[5];
  EXPECT_EQ(list(query), Ids(all.begin() + 6, all.end()));
  query.before = all[6];
  EXPECT_EQ(list(query), Ids());
}

TEST_P(Assets, AreListedByState) {
  insert_asset("a.mp4");
  const Asset probing = insert_asset("b.mp4", AssetState::kProbing);
  EXPECT_EQ(list({.state = AssetState::kProbing}), Ids{probing.id});
  EXPECT_EQ(list({.state = AssetState::kExpired}), Ids());
}

TEST_P(Assets, AreListedByDescriptionTimeAndWhetherTheyAreFinal) {
  std::vector<Asset> all;
  for (int i = 0; i < 6; ++i) {
    Asset asset = new_asset("match" + std::to_string(i) + ".mp4");
    asset.description = i < 3 ? "web" : "mobile";
    asset.state = i % 2 == 0 ? AssetState::kFailed : AssetState::kRejected;
    asset.created_ms = asset.updated_ms = 1000 * (i + 1);
    write([&](Transaction& t) { return t.insert_asset(asset); });
    all.push_back(asset);
  }
  const auto ids = [&all](std::initializer_list<int> numbers) {
    Ids wanted;
    for (const int number : numbers) wanted.push_back(all[static_cast<size_t>(number)].id);
    return wanted;
  };
  EXPECT_EQ(list({.description = "web"}), ids({2, 1, 0}));
  EXPECT_EQ(list({.description = "we"}), Ids());
  EXPECT_EQ(list({.open = true}), ids({4, 2, 0}));
  EXPECT_EQ(list({.since_ms = 4000}), ids({5, 4, 3}));
  EXPECT_EQ(list({.since_ms = 4001}), ids({5, 4}));
  EXPECT_EQ(list({.state = AssetState::kFailed, .description = "mobile"}), ids({4}));
  for (const char* text : {"match", "ma"}) {
    EXPECT_EQ(list({.open = true,
                    .description = "web",
                    .since_ms = 1000,
                    .text = text,
                    .before = all[2].id,
                    .limit = 5}),
              ids({0}));
  }
  // One that was made long ago is not looked for among those of today.
  const int64_t now = system_clock().now_ms();
  Asset today = new_asset("today.mp4");
  today.created_ms = now;
  write([&](Transaction& t) { return t.insert_asset(today); });
  EXPECT_EQ(list({.since_ms = now}), Ids{today.id});
}

TEST_P(Assets, TextIsFoundInNameTitleAndId) {
  Asset asset = new_asset("news/Interview-42.mp4");
  asset.metadata = Json::object({{"title", "The \"Grand\" Opening 100%"}});
  write([&](Transaction& t) { return t.insert_asset(asset); });
  insert_asset("other.mov");
  for (const char* text : {"Interview", "interview", "terv", "-42.", "Grand\" Op", "opening 100%",
                           "00%", "ie", "w-4"}) {
    EXPECT_EQ(list({.text = text}), Ids{asset.id}) << text;
  }
  EXPECT_EQ(list({.text = asset.id.substr(10)}), Ids{asset.id});
  for (const char* text : {"Interview OR other", "nothing", "%", "_", "*", "\"", "name:news"}) {
    const Ids found = list({.text = text});
    const bool literal = std::string_view(text) == "%" || std::string_view(text) == "\"";
    EXPECT_EQ(found, literal ? Ids{asset.id} : Ids()) << text;
  }
}

TEST_P(Assets, TextIsFoundInEitherCase) {
  Asset asset = new_asset("a.mp4");
  asset.metadata = Json::object({{"title", "Über Zoë"}});
  write([&](Transaction& t) { return t.insert_asset(asset); });
  for (const char* text : {"über", "ÜBER", "ZOË", "zoë"}) {
    EXPECT_EQ(list({.text = text}), Ids{asset.id}) << text;
  }
}

TEST_P(Assets, TextIsFoundInOneStateAndFromACursorOn) {
  Ids all;
  for (int i = 0; i < 6; ++i) {
    const auto state = i % 2 == 0 ? AssetState::kProbing : AssetState::kReceived;
    all.insert(all.begin(), insert_asset("match" + std::to_string(i) + ".mp4", state).id);
    insert_asset("other" + std::to_string(i) + ".mp4", state);
  }
  for (const char* text : {"match", "ma"}) {
    EXPECT_EQ(list({.state = AssetState::kProbing, .text = text}), (Ids{all[1], all[3], all[5]}));
    EXPECT_EQ(list({.text = text, .before = all[2]}), (Ids{all[3], all[4], all[5]})) << text;
    EXPECT_EQ(list({.state = AssetState::kProbing, .text = text, .before = all[3], .limit = 9}),
              Ids{all[5]});
    EXPECT_EQ(list({.text = text, .before = all[5]}), Ids()) << text;
    // No asset has this id: the page goes on from where it would be.
    EXPECT_EQ(list({.text = text, .before = all[1] + "0"}).size(), 5u) << text;
    EXPECT_EQ(list({.text = text, .before = "0"}), Ids()) << text;
  }
}

TEST_P(Assets, TextFollowsTheTitle) {
  Asset asset = new_asset("a.mp4");
  asset.metadata = Json::object({{"title", "before"}});
  write([&](Transaction& t) { return t.insert_asset(asset); });
  asset.metadata.set("title", "afterwards");
  write([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); });
  EXPECT_EQ(list({.text = "before"}), Ids());
  EXPECT_EQ(list({.text = "afterwards"}), Ids{asset.id});
}

TEST_P(Assets, WakeInTheirOrderWhenDue) {
  Asset late = new_asset("late.mp4");
  late.wake_ms = 300;
  Asset early = new_asset("early.mp4");
  early.wake_ms = 200;
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_asset(late));
    FILMGATE_TRY(t.insert_asset(early));
    return t.insert_asset(new_asset("never.mp4"));
  });
  const auto due = [&](int64_t now) {
    return ids_of(get([&](Transaction& t) { return t.assets_to_wake(now, 10); }));
  };
  EXPECT_EQ(due(199), Ids());
  EXPECT_EQ(due(200), Ids{early.id});
  EXPECT_EQ(due(1000), (Ids{early.id, late.id}));
  EXPECT_EQ(get([](Transaction& t) { return t.assets_to_wake(1000, 1); }).size(), 1u);
}

TEST_P(Assets, WithMovesAreThoseThatStillOweSome) {
  Asset asset = insert_asset("a.mp4");
  const auto owing = [&] {
    return ids_of(get([](Transaction& t) { return t.assets_with_moves(); }));
  };
  EXPECT_EQ(owing(), Ids());
  asset.moves = Json::array();
  asset.moves.push_back(Json::object({{"from", "x"}, {"to", "y"}}));
  write([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); });
  EXPECT_EQ(owing(), Ids{asset.id});
  asset.moves = Json::array();
  write([&](Transaction& t) { return t.update_asset(asset, AssetState::kReceived); });
  EXPECT_EQ(owing(), Ids());
}

TEST_P(Assets, AnOutputFolderIsReservedOnce) {
  const Asset first = insert_asset("a.mp4");
  const Asset second = insert_asset("b.mp4");
  const auto reserve = [&](const Asset& asset) {
    bool got = false;
    write([&](Transaction& t) -> Result<void> {
      auto result = t.reserve_output("processed/a", asset.id);
      if (!result.ok()) return result.error();
      got = *result;
      return {};
    });
    return got;
  };
  EXPECT_TRUE(reserve(first));
  EXPECT_FALSE(reserve(second));
  EXPECT_TRUE(reserve(first));
}

TEST_P(Assets, WhatAFailedTransactionWroteIsGone) {
  const Asset asset = new_asset("a.mp4");
  Event event;
  event.asset_id = asset.id;
  event.kind = "asset.received";
  const auto result = store_->transact([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_asset(asset));
    FILMGATE_TRY(t.append_event(event));
    FILMGATE_TRY(t.set_setting("k", "v"));
    auto own = t.asset(asset.id);
    EXPECT_TRUE(own.ok() && own->has_value());
    return Error{ErrorCode::kCancelled, "changed my mind"};
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().message, "changed my mind");
  EXPECT_FALSE(this->asset(asset.id).has_value());
  EXPECT_TRUE(get([&](Transaction& t) { return t.events_of(asset.id); }).empty());
  EXPECT_FALSE(get([](Transaction& t) { return t.setting("k"); }).has_value());
}

TEST_P(Assets, AReadingTransactionCannotWrite) {
  const auto result =
      store_->read([&](Transaction& t) { return t.insert_asset(new_asset("a.mp4")); });
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(list({}).empty());
  insert_asset("a.mp4");  // and the next one can
  EXPECT_EQ(list({}).size(), 1u);
}

TEST_P(Assets, ATransactionWithinAnotherIsRefused) {
  write([&](Transaction&) -> Result<void> {
    EXPECT_FALSE(store_->transact([](Transaction&) { return Result<void>(); }).ok());
    EXPECT_FALSE(store_->read([](Transaction&) { return Result<void>(); }).ok());
    return {};
  });
}

TEST_P(Assets, TheLatestOfAKeyIsFound) {
  Asset first = new_asset("a.mp4");
  first.key = "project/step/ann";
  Asset second = new_asset("b.mp4");
  second.key = first.key;
  insert_asset("c.mp4");  // without any
  write([&](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.insert_asset(first));
    return t.insert_asset(second);
  });
  const auto found = [&](const std::string& key) {
    return get([&](Transaction& t) { return t.asset_by_key(key); });
  };
  EXPECT_EQ(found(first.key).value_or(Asset{}).id, second.id);
  EXPECT_EQ(found(first.key).value_or(Asset{}).key, first.key);
  EXPECT_FALSE(found("").has_value());
  EXPECT_FALSE(found("project/step").has_value());
  second.key.clear();
  write([&](Transaction& t) { return t.update_asset(second, second.state); });
  EXPECT_EQ(found(first.key).value_or(Asset{}).id, first.id);
}

TEST_P(Assets, WhatAllRevisionsHaveIsFoundInTheirOrder) {
  const Asset asset = insert_asset("a.mp4");
  const Asset other = insert_asset("b.mp4");
  Ids jobs, approvals;
  std::vector<std::string> outputs;
  for (const int revision : {1, 2}) {
    Job job = new_job(asset, JobKind::kInspect);
    job.revision = revision;
    Approval approval{.id = new_id(system_clock()),
                      .asset_id = asset.id,
                      .revision = revision,
                      .state = "rejected"};
    Output output{.asset_id = asset.id, .revision = revision, .name = "720p"};
    output.path = "processed/a.r" + std::to_string(revision) + "/720p.mp4";
    write([&](Transaction& t) -> Result<void> {
      FILMGATE_TRY(t.insert_job(job));
      FILMGATE_TRY(t.insert_approval(approval));
      return t.insert_output(output);
    });
    jobs.push_back(job.id);
    approvals.push_back(approval.id);
    outputs.push_back(output.path);
  }
  EXPECT_EQ(ids_of(get([&](Transaction& t) { return t.all_jobs_of(asset.id); })), jobs);
  EXPECT_EQ(ids_of(get([&](Transaction& t) { return t.all_approvals_of(asset.id); })), approvals);
  std::vector<std::string> found;
  for (const Output& output : get([&](Transaction& t) { return t.all_outputs_of(asset.id); })) {
    found.push_back(output.path);
  }
  EXPECT_EQ(found, outputs);
  EXPECT_TRUE(get([&](Transaction& t) { return t.all_jobs_of(other.id); }).empty());
  EXPECT_TRUE(get([&](Transaction& t) { return t.all_approvals_of(other.id); }).empty());
  EXPECT_TRUE(get([&](Transaction& t) { return t.all_outputs_of(other.id); }).empty());
}

TEST_P(Assets, TenThousandAreListedAndFound) {
  std::string wanted;
  write([&](Transaction& t) -> Result<void> {
    for (int i = 0; i < 10'000; ++i) {
      Asset asset = new_asset("clip-" + std::to_string(i) + ".mp4");
      asset.metadata = Json::object({{"title", "Take " + std::to_string(i)}});
      FILMGATE_TRY(t.insert_asset(asset));
      if (i == 7321) wanted = asset.id;
    }
    return {};
  });
  EXPECT_EQ(list({.text = "Take 7321"}), Ids{wanted});
  // In pages, all of them and by a text that all of them have.
  for (const char* text : {"", "clip"}) {
    Ids found;
    AssetQuery query{.text = text, .limit = 999};
    for (Ids page = list(query); !page.empty(); page = list(query)) {
      found.insert(found.end(), page.begin(), page.end());
      query.before = page.back();
    }
    EXPECT_EQ(found.size(), 10'000u) << text;
    EXPECT_TRUE(std::is_sorted(found.rbegin(), found.rend())) << text;
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), found.size()) << text;
  }
}

}  // namespace
}  // namespace filmgate
