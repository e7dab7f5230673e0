#include "host/model/event_chain.h"
#include "tests/store/store_fixture.h"

namespace filmgate {
namespace {

using Ids = std::vector<std::string>;

class Messages : public StoreTest {
 protected:
  Event append(const std::string& asset_id, const std::string& kind, Json data = {}) {
    Event event;
    event.asset_id = asset_id;
    event.kind = kind;
    event.at_ms = 1234;
    event.data = std::move(data);
    write([&](Transaction& t) { return t.append_event(event); });
    return event;
  }
  std::vector<Event> history(const std::string& asset_id) {
    return get([&](Transaction& t) { return t.events_of(asset_id); });
  }
  void enqueue(const std::string& id, const std::string& endpoint, int64_t not_before_ms = 0) {
    OutboxMessage message;
    message.id = id;
    message.endpoint = endpoint;
    message.topic = "asset.processed";
    message.asset_id = "asset";
    message.body = Json::object({{"id", id}});
    message.state = "waiting";
    message.not_before_ms = not_before_ms;
    write([&](Transaction& t) { return t.enqueue(message); });
  }
  Ids due(int64_t now_ms, int limit = 10) {
    return ids_of(get([&](Transaction& t) { return t.due_messages(now_ms, limit); }));
  }
  OutboxMessage message(const std::string& id) {
    for (auto& each : get([](Transaction& t) { return t.messages_of("asset"); })) {
      if (each.id == id) return each;
    }
    ADD_FAILURE() << "no message " << id;
    return {};
  }
};
FILMGATE_STORE_SUITE(Messages);

TEST_P(Messages, EventsAreNumberedPerAssetAndChained) {
  const Event a1 = append("a", "asset.received", Json::object({{"x", 1.5}, {"y", "ä"}}));
  const Event b1 = append("b", "asset.received");
  const Event a2 = append("a", "asset.state");
  EXPECT_EQ(a1.number, 1);
  EXPECT_EQ(a1.previous_hash, "");
  EXPECT_EQ(b1.number, 1);
  EXPECT_EQ(a2.number, 2);
  EXPECT_EQ(a2.previous_hash, a1.hash);
  EXPECT_EQ(a1.hash.size(), 64u);
  EXPECT_LT(a1.seq, b1.seq);
  EXPECT_LT(b1.seq, a2.seq);
  const auto kept = history("a");
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].seq, a1.seq);
  EXPECT_EQ(kept[0].hash, a1.hash);
  EXPECT_EQ(kept[0].data, a1.data);
  EXPECT_EQ(kept[0].at_ms, 1234);
  EXPECT_EQ(kept[1].kind, "asset.state");
  EXPECT_TRUE(check_chain(kept).ok());
}

TEST_P(Messages, TheChainHoldsForAllKindsOfData) {
  append("a", "k", 5.0);
  append("a", "k", 0.1);
  append("a", "k", 1e300);
  append("a", "k", int64_t{9007199254740993});
  append("a", "k", "line\nbreak \"quote\" \\ \x01 é 🎬");
  append("a", "k", Json::object());
  append("a", "k", Json::array());
  append("a", "k", Json());
  EXPECT_TRUE(check_chain(history("a")).ok());
}

TEST_P(Messages, AlteredHistoryShows) {
  for (const char* kind : {"one", "two", "three"}) append("a", kind, Json::object({{"n", 1}}));
  const auto kept = history("a");
  ASSERT_EQ(kept.size(), 3u);
  const auto alter = [&](const std::function<void(std::vector<Event>&)>& how) {
    auto events = kept;
    how(events);
    return check_chain(events).ok();
  };
  EXPECT_TRUE(alter([](auto&) {}));
  EXPECT_FALSE(alter([](auto& e) { e[1].data.set("n", 2); }));
  EXPECT_FALSE(alter([](auto& e) { e[1].kind = "other"; }));
  EXPECT_FALSE(alter([](auto& e) { e[0].at_ms = 1; }));
  EXPECT_FALSE(alter([](auto& e) { e[2].asset_id = "b"; }));
  EXPECT_FALSE(alter([](auto& e) { e.erase(e.begin() + 1); }));
  EXPECT_FALSE(alter([](auto& e) { e.erase(e.begin()); }));
  EXPECT_FALSE(alter([](auto& e) { std::swap(e[0], e[1]); }));
  // An event that was altered and hashed again no longer fits the next one.
  EXPECT_FALSE(alter([](auto& e) {
    e[1].kind = "other";
    e[1].hash = event_hash(e[1]);
  }));
}

TEST_P(Messages, WhatIsPersonalStandsBesideTheChain) {
  Event event;
  event.asset_id = "a";
  event.kind = "k";
  event.data = Json::object({{"n", 1}});
  event.personal = Json::object({{"name", "Für Zoë.mp4"}});
  write([&](Transaction& t) { return t.append_event(event); });
  append("a", "k", Json::object({{"n", 2}}));
  const auto kept = history("a");
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].personal, event.personal);
  EXPECT_EQ(kept[0].data.get("n").integer_or(0), 1);
  EXPECT_NE(kept[0].data.get("personal").string_or(""), "");
  EXPECT_TRUE(kept[1].personal.is_null());
  EXPECT_TRUE(check_chain(kept).ok());
  EXPECT_EQ(get([](Transaction& t) { return t.events_after(0, 1); })[0].personal, event.personal);
}

TEST_P(Messages, FieldsCannotRunIntoEachOther) {
  Event one;
  one.number = 1;
  one.asset_id = "2a";
  Event other;
  other.number = 12;
  other.asset_id = "a";
  EXPECT_NE(event_hash(one), event_hash(other));
}

TEST_P(Messages, EventsAreReadOnInTheirGlobalOrder) {
  const Event first = append("a", "one");
  append("b", "two");
  append("a", "three");
  const auto kinds = [&](int64_t after, int limit) {
    Ids names;
    for (const Event& event : get([&](Transaction& t) { return t.events_after(after, limit); })) {
      names.push_back(event.kind);
    }
    return names;
  };
  EXPECT_EQ(kinds(0, 10), (Ids{"one", "two", "three"}));
  EXPECT_EQ(kinds(first.seq, 1), Ids{"two"});
  EXPECT_EQ(kinds(first.seq, 10), (Ids{"two", "three"}));
}

TEST_P(Messages, LeaveInOrderPerEndpoint) {
  enqueue("ops-1", "ops");
  enqueue("ops-2", "ops");
  enqueue("desk-1", "desk");
  EXPECT_EQ(due(0), (Ids{"ops-1", "desk-1"}));
  EXPECT_EQ(due(0, 1), Ids{"ops-1"});

  OutboxMessage sent = message("ops-1");
  sent.state = "sent";
  sent.attempt = 1;
  sent.sent_ms = 5;
  write([&](Transaction& t) { return t.update_message(sent); });
  EXPECT_EQ(due(0), (Ids{"ops-2", "desk-1"}));
  EXPECT_EQ(message("ops-1").sent_ms, 5);
}

TEST_P(Messages, WhatWasLastSentInTheFutureIsDue) {
  enqueue("ops-1", "ops", 7'205'000);
  enqueue("desk-1", "desk", 7'205'000);
  OutboxMessage failed = message("ops-1");
  failed.attempt = 1;
  failed.sent_ms = 7'200'000;
  write([&](Transaction& t) { return t.update_message(failed); });
  failed = message("desk-1");
  failed.attempt = 1;
  failed.sent_ms = 130'000;  // another host's clock may be ahead by as much
  write([&](Transaction& t) { return t.update_message(failed); });
  EXPECT_EQ(due(100'000), Ids{"ops-1"});
}

TEST_P(Messages, AMessageThatBacksOffHoldsBackItsEndpointOnly) {
  enqueue("ops-1", "ops");
  enqueue("ops-2", "ops");
  enqueue("desk-1", "desk");
  OutboxMessage failed = message("ops-1");
  failed.attempt = 1;
  failed.not_before_ms = 500;
  failed.error = "503";
  write([&](Transaction& t) { return t.update_message(failed); });
  EXPECT_EQ(due(499), Ids{"desk-1"});
  EXPECT_EQ(due(500), (Ids{"ops-1", "desk-1"}));
  failed.state = "dead";
  write([&](Transaction& t) { return t.update_message(failed); });
  EXPECT_EQ(due(0), (Ids{"ops-2", "desk-1"}));
  EXPECT_EQ(message("ops-1").error, "503");
}

TEST_P(Messages, AnIdIsEnqueuedOnce) {
  enqueue("m", "ops");
  OutboxMessage again = message("m");
  EXPECT_EQ(failure([&](Transaction& t) { return t.enqueue(again); }), ErrorCode::kConflict);
  again.id = "absent";
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_message(again); }), ErrorCode::kNotFound);
}

TEST_P(Messages, ApprovalsAreDecidedOnce) {
  const Asset asset = insert_asset("a.mp4", AssetState::kAwaitingApproval);
  Approval approval;
  approval.id = new_id(system_clock());
  approval.asset_id = asset.id;
  approval.state = "pending";
  approval.quorum = 2;
  approval.reviewers = {"desk@example.org", "zoë@example.org"};
  approval.expires_ms = 99;
  write([&](Transaction& t) { return t.insert_approval(approval); });
  auto kept = get([&](Transaction& t) { return t.approval_of(asset.id, 1); });
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->id, approval.id);
  EXPECT_EQ(kept->quorum, 2);
  EXPECT_EQ(kept->reviewers, approval.reviewers);
  EXPECT_EQ(kept->expires_ms, 99);

  Approval second = approval;
  second.id = new_id(system_clock());
  EXPECT_EQ(failure([&](Transaction& t) { return t.insert_approval(second); }),
            ErrorCode::kConflict);

  approval.state = "approved";
  approval.decided_ms = 50;
  approval.decisions = Json::array();
  approval.decisions.push_back(Json::object({{"reviewer", "desk@example.org"}}));
  write([&](Transaction& t) { return t.update_approval(approval, "pending"); });
  approval.state = "rejected";
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_approval(approval, "pending"); }),
            ErrorCode::kConflict);
  kept = get([&](Transaction& t) { return t.approval(approval.id); });
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->state, "approved");
  EXPECT_EQ(kept->decided_ms, 50);
  EXPECT_EQ(kept->decisions, approval.decisions);

  write([&](Transaction& t) { return t.insert_approval(second); });
  kept = get([&](Transaction& t) { return t.approval_of(asset.id, 1); });
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->id, second.id) << "the latest one counts";
  EXPECT_FALSE(get([&](Transaction& t) { return t.approval_of(asset.id, 2); }).has_value());
  approval.id = "absent";
  EXPECT_EQ(failure([&](Transaction& t) { return t.update_approval(approval, "pending"); }),
            ErrorCode::kNotFound);
}

TEST_P(Messages, DescriptionsAreKeptByTheirHash) {
  write([](Transaction& t) -> Result<void> {
    FILMGATE_TRY(t.keep_description("aa", "review", "{}"));
    return t.keep_description("aa", "review", "{}");
  });
  EXPECT_EQ(get([](Transaction& t) { return t.description_text("aa"); }), "{}");
  EXPECT_EQ(get([](Transaction& t) { return t.description_text("bb"); }), std::nullopt);
}

TEST_P(Messages, SettingsAreReplaced) {
  EXPECT_EQ(get([](Transaction& t) { return t.setting("key"); }), std::nullopt);
  write([](Transaction& t) { return t.set_setting("key", "one"); });
  write([](Transaction& t) { return t.set_setting("key", ""); });
  EXPECT_EQ(get([](Transaction& t) { return t.setting("key"); }), "");
}

TEST_P(Messages, EverythingIsThereAfterReopening) {
  const Asset asset = insert_asset("a.mp4");
  const Job job = insert_job(asset, JobKind::kInspect);
  append(asset.id, "asset.received");
  enqueue("m", "ops");
  reopen();
  EXPECT_TRUE(get([&](Transaction& t) { return t.asset(asset.id); }).has_value());
  EXPECT_EQ(this->job(job.id).state, JobState::kReady);
  EXPECT_EQ(append(asset.id, "asset.state").number, 2);
  EXPECT_TRUE(check_chain(history(asset.id)).ok());
  EXPECT_EQ(due(0), Ids{"m"});
}

TEST_P(Messages, ASecondOpenerIsRefused) {
  const auto second = open_store(url_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find("another filmgated (pid"), std::string::npos)
      << second.error().message;
}

}  // namespace
}  // namespace filmgate
