// What the events of an asset tell, and how it is compared with its rows.
#include "host/model/replay.h"

#include <gtest/gtest.h>

#include "host/model/audit.h"
#include "host/model/event_chain.h"
#include "host/model/personal.h"

namespace filmgate {
namespace {

class History {
 public:
  Event& add(const char* kind, Json data) {
    Event event;
    event.asset_id = "a";
    event.number = static_cast<int64_t>(events.size()) + 1;
    event.kind = kind;
    event.data = std::move(data);
    event.previous_hash = events.empty() ? "" : events.back().hash;
    set_apart(event);
    seal_personal(event);
    event.hash = event_hash(event);
    events.push_back(std::move(event));
    return events.back();
  }
  void received() { add("asset.received", Json::object({{"name", "clip.mp4"}, {"revision", 1}})); }
  void enter(const char* from, const char* to, int revision = 1) {
    add("asset.state",
        Json::object(
            {{"from", from}, {"to", to}, {"detail", "Zoë said so"}, {"revision", revision}}));
  }
  void job(const char* kind, const char* state, int64_t fence, int attempt = 1) {
    add(kind, Json::object({{"job", "j"},
                            {"kind", "inspect"},
                            {"state", state},
                            {"attempt", attempt},
                            {"fence", fence},
                            {"revision", 1}}));
  }

  std::vector<Event> events;
};

// A short way with one job, and the rows that belong to it.
struct Way {
  Way() {
    history.received();
    history.job("job.created", "ready", 0, 0);
    history.enter("received", "inspecting");
    history.job("job.leased", "leased", 1);
    history.add("asset.hashed", Json::object({{"sha256", "5ha"}}));
    history.job("job.done", "done", 1);
    history.add("approval.requested", Json::object({{"approval", "p"}}));
    history.enter("inspecting", "awaiting_approval");
    history.add("approval.decided", Json::object({{"approval", "p"},
                                                  {"decision", "approve"},
                                                  {"reviewer", "zoe@example.org"},
                                                  {"decided", true}}));
    history.enter("awaiting_approval", "transcoding");
    history.add(
        "asset.published",
        Json::object(
            {{"revision", 1},
             {"outputs", Json(Json::Array{Json::object({{"name", "720p"}, {"sha256", "0ut"}})})}}));
    history.enter("transcoding", "processed");
    rows.asset.id = "a";
    rows.asset.state = AssetState::kProcessed;
    rows.asset.source.sha256 = "5ha";
    Job job;
    job.id = "j";
    job.state = JobState::kDone;
    job.attempt = 1;
    job.fence = 1;
    rows.jobs = {job};
    Approval approval;
    approval.id = "p";
    approval.state = "approved";
    approval.decisions.push_back(Json::object());
    rows.approvals = {approval};
    Output output;
    output.name = "720p";
    output.sha256 = "0ut";
    rows.outputs = {output};
  }
  std::vector<std::string> problems() const { return audit(rows, history.events).problems; }

  History history;
  AssetRows rows;
};

TEST(Audit, EverythingAgrees) {
  const Way way;
  const Audit found = audit(way.rows, way.history.events);
  EXPECT_EQ(found.problems, std::vector<std::string>());
  EXPECT_EQ(found.events, 12);
  EXPECT_EQ(found.latest_hash, way.history.events.back().hash);
  EXPECT_EQ(to_json(found).get("verdict").string_or(""), "agrees");
}

TEST(Audit, EachRowThatSaysSomethingElseIsFound) {
  const std::vector<std::function<void(AssetRows&)>> wrongs = {
      [](AssetRows& rows) { rows.asset.state = AssetState::kRejected; },
      [](AssetRows& rows) { rows.asset.revision = 2; },
      [](AssetRows& rows) { rows.asset.source.sha256 = "other"; },
      [](AssetRows& rows) { rows.jobs[0].state = JobState::kReady; },
      [](AssetRows& rows) { rows.jobs[0].fence = 2; },
      [](AssetRows& rows) { rows.jobs[0].attempt = 2; },
      [](AssetRows& rows) { rows.jobs[0].id = "another"; },
      [](AssetRows& rows) { rows.approvals[0].state = "rejected"; },
      [](AssetRows& rows) { rows.approvals[0].decisions = Json(); },
      [](AssetRows& rows) { rows.approvals.clear(); },
      [](AssetRows& rows) { rows.outputs[0].sha256 = "other"; },
      [](AssetRows& rows) { rows.outputs.clear(); },
      [](AssetRows& rows) { rows.outputs[0].name = "1080p"; },
  };
  for (size_t i = 0; i < wrongs.size(); ++i) {
    Way way;
    wrongs[i](way.rows);
    EXPECT_FALSE(way.problems().empty()) << i;
  }
}

TEST(Audit, AJobThatIsOverNeedsNoRowAnyMore) {
  Way way;
  way.rows.jobs.clear();
  EXPECT_EQ(way.problems(), std::vector<std::string>());
  way.history.job("job.created", "ready", 0);
  EXPECT_FALSE(way.problems().empty());
}

TEST(Replay, StepsThatMayNotHappenAreFaults) {
  const auto faults = [](const std::function<void(History&)>& more) {
    Way way;
    more(way.history);
    return replay(way.history.events).faults.size();
  };
  EXPECT_EQ(faults([](History&) {}), 0u);
  EXPECT_EQ(faults([](History& h) { h.enter("rejected", "received"); }), 1u);  // it wasn't
  EXPECT_EQ(faults([](History& h) { h.enter("processed", "inspecting"); }), 1u);
  EXPECT_EQ(faults([](History& h) { h.enter("processed", "received", 3); }), 1u);
  EXPECT_EQ(faults([](History& h) { h.job("job.done", "done", 0); }), 1u);
  EXPECT_EQ(faults([](History& h) { h.job("job.leased", "leased", 1); }), 2u);
  EXPECT_EQ(faults([](History& h) {
              h.add("approval.expired", Json::object({{"approval", "p"}}));
            }),
            1u);
}

TEST(Replay, TheNextRevisionBeginsWithASourceThatIsNotHashed) {
  Way way;
  way.history.enter("processed", "received", 2);
  const Replayed now = replay(way.history.events);
  EXPECT_EQ(now.revision, 2);
  EXPECT_EQ(now.source_sha256, "");
  EXPECT_EQ(now.outputs.size(), 1u);  // what is published stays
}

TEST(Replay, OlderHistoriesNameNoStateOfAJobAndNotEveryJob) {
  History history;
  history.add("asset.received", Json::object({{"name", "clip.mp4"}}));
  history.add("job.done", Json::object({{"job", "j"}, {"kind", "inspect"}, {"fence", 1}}));
  AssetRows rows;
  rows.asset.id = "a";
  Job told;
  told.id = "j";
  told.state = JobState::kDone;
  told.fence = 1;
  Job untold;
  untold.id = "k";
  rows.jobs = {told, untold};
  EXPECT_EQ(audit(rows, history.events).problems, std::vector<std::string>());
}

TEST(Personal, StandsBesideTheChainAndIsToldWithIt) {
  Way way;
  const Event& decided = way.history.events[8];
  EXPECT_EQ(to_text(decided.data).find("zoe"), std::string::npos) << to_text(decided.data);
  EXPECT_EQ(told(decided).get("reviewer").string_or(""), "zoe@example.org");
  EXPECT_EQ(told(decided).find("personal"), nullptr);
  for (const Event& event : way.history.events) {
    EXPECT_EQ(to_text(event.data).find("Zoë"), std::string::npos) << to_text(event.data);
    EXPECT_EQ(to_text(event.data).find("clip"), std::string::npos) << to_text(event.data);
  }
  EXPECT_NE(decided.salt, way.history.events[0].salt);
}

TEST(Personal, WhatIsAlteredOrGoneShows) {
  Way way;
  way.history.events[8].personal.set("reviewer", "ben@example.org");
  EXPECT_FALSE(check_chain(way.history.events).ok());
  way.history.events[8].personal = Json();
  EXPECT_FALSE(check_chain(way.history.events).ok());  // nobody erased it
  way.history.add(kErased, Json::object());
  EXPECT_TRUE(check_chain(way.history.events).ok());
  EXPECT_EQ(way.problems(), std::vector<std::string>());
}

TEST(Personal, AnOldEventMayBeRedactedOnlyIfAnErasureSaysSo) {
  Way way;
  way.history.events[2].redacted = true;
  way.history.events[2].data = Json();
  EXPECT_FALSE(check_chain(way.history.events).ok());
  way.history.add(kErased, Json::object({{"redacted", Json(Json::Array{Json(3)})}}));
  EXPECT_TRUE(check_chain(way.history.events).ok());
  way.history.events[2].hash = "forged";
  EXPECT_FALSE(check_chain(way.history.events).ok());
}

}  // namespace
}  // namespace filmgate
