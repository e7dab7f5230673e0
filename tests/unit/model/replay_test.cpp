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
  void received() {
    add("asset.received", Json::object({{"name", "clip.mp4"},
                                        {"path", "uploads/clip.mp4"},
                                        {"revision", 1},
                                        {"size", 7},
                                        {"description", "web"},
                                        {"description_sha256", "d35c"}}));
  }
  void enter(const char* from, const char* to, int revision = 1) {
    add("asset.state",
        Json::object(
            {{"from", from}, {"to", to}, {"detail", "Zoë said so"}, {"revision", revision}}));
  }
  void job(const char* kind, const char* state, int64_t fence, int attempt = 1,
           const Json& more = Json::object()) {
    Json data = Json::object({{"job", "j"},
                              {"kind", "inspect"},
                              {"state", state},
                              {"attempt", attempt},
                              {"fence", fence},
                              {"revision", 1}});
    data.merge(more);
    add(kind, std::move(data));
  }

  std::vector<Event> events;
};

// A short way with one job, and the rows that belong to it.
struct Way {
  Way() {
    history.received();
    history.add("asset.sidecar", Json::object({{"name", "clip.mp4.json"},
                                               {"path", "uploads/clip.mp4.json"},
                                               {"sha256", "51de"},
                                               {"metadata_sha256", document_digest(metadata)}}));
    history.job("job.created", "ready", 0, 0);
    history.enter("received", "inspecting");
    history.job("job.leased", "leased", 1);
    history.add("asset.hashed", Json::object({{"sha256", "5ha"}}));
    history.job("job.done", "done", 1, 1,
                Json::object({{"facts_sha256", facts_digest(facts())},
                              {"metadata_sha256", document_digest(metadata)}}));
    history.add("approval.requested",
                Json::object({{"approval", "p"}, {"quorum", 1}, {"expires", 9'000'000}}));
    history.enter("inspecting", "awaiting_approval");
    history.add("approval.decided", Json::object({{"approval", "p"},
                                                  {"decision", "approve"},
                                                  {"reviewer", "zoe@example.org"},
                                                  {"decided", true}}));
    history.enter("awaiting_approval", "transcoding");
    history.add(
        "asset.published",
        Json::object({{"revision", 1},
                      {"output_path", "processed/clip"},
                      {"outputs", Json(Json::Array{Json::object(
                                      {{"name", "720p"}, {"size", 5}, {"sha256", "0ut"}})})},
                      {"paths", Json::object({{"720p", "processed/clip/720p.mp4"}})}}));
    history.add("asset.state", Json::object({{"from", "transcoding"},
                                             {"to", "processed"},
                                             {"detail", "Zoë said so"},
                                             {"revision", 1},
                                             {"path", "processed/clip/source/clip.mp4"},
                                             {"sidecar", "processed/clip/source/clip.mp4.json"}}));
    rows.asset.id = "a";
    rows.asset.state = AssetState::kProcessed;
    rows.asset.name = "clip.mp4";
    rows.asset.detail = "Zoë said so";
    rows.asset.description = "web";
    rows.asset.description_sha256 = "d35c";
    rows.asset.source = {"processed/clip/source/clip.mp4", 7, 0, 0, "5ha"};
    rows.asset.sidecar_path = "processed/clip/source/clip.mp4.json";
    rows.asset.sidecar_sha256 = "51de";
    rows.asset.metadata = metadata;
    rows.asset.facts = facts();
    rows.asset.output_path = "processed/clip";
    Job job;
    job.id = "j";
    job.state = JobState::kDone;
    job.attempt = 1;
    job.fence = 1;
    rows.jobs = {job};
    Attempt attempt;
    attempt.job_id = "j";
    attempt.fence = 1;
    attempt.ended_ms = 5;
    rows.attempts = {attempt};
    Approval approval;
    approval.id = "p";
    approval.state = "approved";
    approval.expires_ms = 9'000'000;
    approval.decisions.push_back(Json::object());
    rows.approvals = {approval};
    Output output;
    output.name = "720p";
    output.path = "processed/clip/720p.mp4";
    output.size = 5;
    output.sha256 = "0ut";
    rows.outputs = {output};
  }
  Json facts() const {
    return Json::object(
        {{"metadata", metadata}, {"media", Json::object({{"duration", 10.5}, {"offset", -0.0}})}});
  }
  std::vector<std::string> problems() const { return audit(rows, history.events).problems; }

  const Json metadata = Json::object({{"title", "Zoë"}});
  History history;
  AssetRows rows;
};

TEST(Audit, EverythingAgrees) {
  const Way way;
  const Audit found = audit(way.rows, way.history.events);
  EXPECT_EQ(found.problems, std::vector<std::string>());
  EXPECT_EQ(found.events, 13);
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
      [](AssetRows& rows) { rows.outputs[0].size = 6; },
      [](AssetRows& rows) { rows.outputs[0].path = "processed/clip/1080p.mp4"; },
      [](AssetRows& rows) { rows.asset.name = "other.mp4"; },
      [](AssetRows& rows) { rows.asset.detail = "nobody said so"; },
      [](AssetRows& rows) { rows.asset.description = "mobile"; },
      [](AssetRows& rows) { rows.asset.description_sha256 = "other"; },
      [](AssetRows& rows) { rows.asset.source.size = 8; },
      [](AssetRows& rows) { rows.asset.source.path = "rejected/clip.mp4"; },
      [](AssetRows& rows) { rows.asset.sidecar_path.clear(); },
      [](AssetRows& rows) { rows.asset.sidecar_sha256 = "other"; },
      [](AssetRows& rows) { rows.asset.metadata.set("title", "Ben"); },
      [](AssetRows& rows) { rows.asset.facts.set_path("media.duration", 11); },
      [](AssetRows& rows) { rows.asset.facts.set_path("metadata.title", "Ben"); },
      [](AssetRows& rows) { rows.asset.output_path = "processed/clip-2"; },
      [](AssetRows& rows) { rows.jobs[0].crashes = 1; },
      [](AssetRows& rows) { rows.attempts.clear(); },
      [](AssetRows& rows) { rows.attempts[0].ended_ms = 0; },
      [](AssetRows& rows) { rows.approvals[0].quorum = 2; },
      [](AssetRows& rows) { rows.approvals[0].expires_ms = 0; },
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

TEST(Audit, WhatARowReadsBackIsWhatWasTold) {
  Way way;
  way.rows.asset.facts = parse_json(to_text(way.rows.asset.facts), "facts").value();
  EXPECT_EQ(way.problems(), std::vector<std::string>());
}

TEST(Replay, WhatWasPublishedBeforeLiesBesideItFromThenOn) {
  Way way;
  way.history.add("asset.published", Json::object({{"revision", 2},
                                                   {"output_path", "processed/clip"},
                                                   {"former", "processed/clip.r1"},
                                                   {"former_revision", 1}}));
  const Replayed now = replay(way.history.events);
  EXPECT_EQ(now.outputs.at({1, "720p"}).path, "processed/clip.r1/720p.mp4");
  EXPECT_EQ(now.outputs.at({1, "720p"}).size, 5);
}

TEST(Replay, OlderHistoriesDontTellOfEverything) {
  Way way;
  for (Event& event : way.history.events) {
    for (const char* key :
         {"size", "path", "sidecar", "facts_sha256", "metadata_sha256", "paths"}) {
      event.data.erase(key);
      event.personal.erase(key);
    }
    if (Json* outputs = event.data.find("outputs")) (*outputs->if_array())[0].erase("size");
  }
  const Replayed now = replay(way.history.events);
  EXPECT_EQ(now.faults, std::vector<std::string>());
  for (const char* untold : {"size", "facts", "metadata", "source path", "sidecar path"}) {
    EXPECT_FALSE(now.fields.contains(untold)) << untold;
  }
  EXPECT_EQ(now.outputs.at({1, "720p"}).path, std::nullopt);
}

TEST(Replay, OlderHistoriesNameNoStateOfAJobAndNotEveryJob) {
  History history;
  history.add("asset.received", Json::object({{"name", "clip.mp4"}}));
  history.add("job.done", Json::object({{"job", "j"}, {"kind", "inspect"}, {"fence", 1}}));
  AssetRows rows;
  rows.asset.id = "a";
  rows.asset.name = "clip.mp4";
  Job told;
  told.id = "j";
  told.state = JobState::kDone;
  told.fence = 1;
  Job untold;
  untold.id = "k";
  rows.jobs = {told, untold};
  Attempt attempt;
  attempt.job_id = "j";
  attempt.fence = 1;
  attempt.ended_ms = 5;
  rows.attempts = {attempt};
  EXPECT_EQ(audit(rows, history.events).problems, std::vector<std::string>());
}

TEST(Personal, StandsBesideTheChainAndIsToldWithIt) {
  Way way;
  const Event& decided = way.history.events[9];
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
  way.history.events[9].personal.set("reviewer", "ben@example.org");
  EXPECT_FALSE(check_chain(way.history.events).ok());
  way.history.events[9].personal = Json();
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
