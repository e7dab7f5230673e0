// The good ways through.
#include <unistd.h>

#include "host/base/hash.h"
#include "host/worker/protocol.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

TEST(Way, AnUploadIsPublishedWithManifestAndItsSourceMoves) {
  Bench bench({description()});
  bench.write("uploads/news/clip.mp4.json", R"({"title": "Evening news"})");
  const std::string id = bench.upload("uploads/news/clip.mp4", "the bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();

  const Asset asset = bench.asset(id);
  EXPECT_EQ(asset.output_path, "processed/news/clip");
  EXPECT_EQ(asset.source.path, "processed/news/clip/source/clip.mp4");
  EXPECT_EQ(asset.source.sha256, to_hex(sha256("the bytes")));
  EXPECT_EQ(bench.read(asset.source.path), "the bytes");
  EXPECT_TRUE(bench.has("processed/news/clip/source/clip.mp4.json"));
  EXPECT_TRUE(bench.files("uploads").empty());
  EXPECT_TRUE(bench.files(".work").empty());
  EXPECT_EQ(asset.facts.find_path("metadata.title")->string_or(""), "Evening news");

  const Json manifest = parse_json(bench.read("processed/news/clip/manifest.json"), "m").value();
  std::map<std::string, std::string> files;
  for (const Json& entry : *manifest.get("files").if_array()) {
    const std::string file = entry.get("path").string_or("");
    const std::string bytes = bench.read("processed/news/clip/" + file);
    EXPECT_EQ(entry.get("sha256").string_or(""), to_hex(sha256(bytes))) << file;
    EXPECT_EQ(entry.get("size").integer_or(0), static_cast<int64_t>(bytes.size())) << file;
    files[entry.get("name").string_or("")] = file;
  }
  EXPECT_EQ(files.size(), 4u);
  EXPECT_TRUE(files.contains("720p") && files.contains("480p") && files.contains("poster") &&
              files.contains("report"));
  EXPECT_EQ(bench.view(id).outputs.size(), 5u);  // and the manifest
  for (const Job& job : bench.view(id).jobs) EXPECT_EQ(job.state, JobState::kDone);
  EXPECT_EQ(bench.topics(), std::vector<std::string>{"asset.processed"});
}

TEST(Way, TheLadderRunsAsOneWorker) {
  Bench bench({description()});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  ASSERT_EQ(bench.worker->requests.size(), 3u);
  EXPECT_EQ(bench.worker->requests[2].request.get("verify").size(), 2u);
}

TEST(Way, SoundThatOnlyDecodingShowsIsMeasuredToo) {
  Bench bench({description()});
  bench.worker->next("inspect", [](const auto& request, const auto& report) {
    Json facts = good_facts();
    facts.find("media")->erase("audio");
    return ScriptedWorker::inspects(request, report, facts);
  });
  bench.worker->next("probe", [](const auto& request, const auto& report) {
    report(Json::object({{"type", "facts"},
                         {"facts", *parse_json(R"({"media": {"audio": {"codec": "aac"}}})", "")}}));
    return ScriptedWorker::probes(request, report, good_quality());
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  ASSERT_EQ(bench.worker->requests.size(), 4u);
  const auto launch = [&](size_t run) {
    return bench.worker->requests[run].request.get("launch").string_or("");
  };
  EXPECT_EQ(launch(1).find("audio/x-raw"), std::string::npos);
  EXPECT_NE(launch(2).find("qualityprobe name=audio"), std::string::npos);
  EXPECT_NE(launch(3).find("audio/x-raw"), std::string::npos);
  EXPECT_EQ(bench.view(id).outputs.size(), 5u);  // the first probe's poster isn't among them
}

TEST(Way, ASecondFileOfTheSameNameGetsItsOwnFolder) {
  Bench bench({description()});
  const std::string first = bench.upload("uploads/clip.mp4", "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kProcessed));
  bench.run_now();
  const std::string second = bench.upload("uploads/clip.mp4", "two");
  ASSERT_NE(first, second);
  ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed));
  EXPECT_EQ(bench.asset(second).output_path, "processed/clip-2");
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "one");
  EXPECT_EQ(bench.read("processed/clip-2/source/clip.mp4"), "two");
}

TEST(Way, AdmittingTwiceIsOneAsset) {
  Bench bench({description()});
  const std::string id = bench.upload("uploads/clip.mp4");
  EXPECT_EQ(bench.admit("uploads/clip.mp4").value(), id);
  EXPECT_TRUE(bench.engine->knows("uploads/clip.mp4").value());
  EXPECT_FALSE(bench.engine->knows("uploads/other.mp4").value());
  EXPECT_EQ(bench.all().size(), 1u);
}

TEST(Way, WhatNoDescriptionAcceptsStaysWhereItIs) {
  Bench bench({description()});
  bench.write("uploads/notes.txt", "hello");
  const auto refused = bench.admit("uploads/notes.txt");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_TRUE(bench.has("uploads/notes.txt"));
  EXPECT_TRUE(bench.all().empty());
}

// clip.json serves both; the one began without it, which its description allows.
TEST(Way, MetadataThatOneWaitsForGoesToTheOneThatRunsAsWell) {
  Bench bench({description(), description("required", "", "mov", ".mov")});
  bench.worker->hang_next("probe");
  const std::string runs = bench.upload("uploads/clip.mp4", "one");
  ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  const std::string waits = bench.upload("uploads/clip.mov", "two");
  bench.run_now();
  ASSERT_EQ(bench.asset(waits).state, AssetState::kWaitingMetadata);
  bench.write("uploads/clip.json", R"({"title": "Both"})");
  EXPECT_TRUE(bench.admit("uploads/clip.json").ok());
  bench.run_now();
  bench.worker->release();
  for (const std::string& id : {runs, waits}) {
    ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
    EXPECT_EQ(bench.asset(id).metadata.get("title").string_or(""), "Both") << bench.asset(id).name;
  }
}

TEST(Way, AReplacedFileIsTakenInAnew) {
  Bench bench({description()});
  bench.worker->hang_next("inspect");
  const std::string first = bench.upload("uploads/clip.mp4", "one");
  bench.run_now();
  bench.write("uploads/new.mp4.part", "two, longer");
  ASSERT_EQ(::rename(bench.library->absolute("uploads/new.mp4.part").c_str(),
                     bench.library->absolute("uploads/clip.mp4").c_str()),
            0);
  const std::string second = bench.admit("uploads/clip.mp4").value();
  EXPECT_NE(first, second);
  ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed));
  EXPECT_EQ(bench.asset(first).state, AssetState::kCancelled);
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "two, longer");
}

TEST(Way, AFileThatChangesUnderARunIsNotPublished) {
  Bench bench({description()});
  bench.worker->next("renditions", [&](const auto& request, const auto& report) {
    bench.write("uploads/clip.mp4", "somebody wrote into it meanwhile");
    return ScriptedWorker::renders(request, report);
  });
  const std::string first = bench.upload("uploads/clip.mp4", "one");
  ASSERT_TRUE(bench.run_to(first, AssetState::kCancelled)) << to_string(bench.asset(first).state);
  EXPECT_TRUE(bench.files("processed").empty());
  const std::string second = bench.admit("uploads/clip.mp4").value();
  ASSERT_TRUE(bench.run_to(second, AssetState::kProcessed));
  bench.run_now();
  EXPECT_TRUE(bench.files(".work").empty());
}

// The rungs run apart; the failure of one moved the source, and where it was another file lies now.
TEST(Way, ARungThatEndsAfterTheSourceWasMovedIsNotTakenForAStrangers) {
  Bench bench({description()});
  bench.options.slots.encode = 2;
  bench.restart();
  bench.worker->next("renditions", [](const auto& request, const auto& report) {
    const worker::RunOutcome outcome = ScriptedWorker::renders(request, report);
    for (const Json& entry : *request.request.get("verify").if_array()) {
      EXPECT_EQ(::unlink(join(request.folder, entry.get("file").string_or("")).c_str()), 0);
    }
    return outcome;
  });
  bench.worker->next("renditions", ScriptedWorker::fails(worker::kClassIo, "a slow disk"));
  bench.worker->next("renditions", [&](const auto& request, const auto& report) {
    EXPECT_TRUE(bench.has("failed/clip.mp4"));
    bench.write("uploads/clip.mp4", "somebody else's");
    return ScriptedWorker::renders(request, report);
  });
  const std::string id = bench.upload("uploads/clip.mp4", "the bytes");
  ASSERT_TRUE(bench.run_until([&] { return is_final(bench.asset(id).state); }));
  EXPECT_EQ(bench.asset(id).state, AssetState::kProcessed) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "the bytes");
  EXPECT_EQ(bench.read("uploads/clip.mp4"), "somebody else's");
}

TEST(Way, AnIdleEngineWakesForItsDutiesOnly) {
  Bench bench({description()});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  int wakes = 0;
  bench.run_until([&] { return ++wakes > 10; }, 86'400'000);
  EXPECT_LE(wakes, 8) << "in a day";
}

TEST(Way, StoppingHandsBackWithoutLosingTheAttempt) {
  Bench bench({description()});
  bench.worker->hang_next("probe");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  bool stopped = false;
  bench.engine->stop([&] { stopped = true; });
  bench.run_now();
  EXPECT_TRUE(stopped);
  for (const Job& job : bench.view(id).jobs) {
    if (job.kind != JobKind::kProbe) continue;
    EXPECT_EQ(job.state, JobState::kReady);
    EXPECT_EQ(job.attempt, 0);
  }
  bench.restart();
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
}

TEST(Way, CancellingStopsTheWorkAndPutsTheSourceAside) {
  Bench bench({description()});
  bench.worker->hang_next("renditions");
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  ASSERT_TRUE(bench.engine->cancel(id).ok());
  bench.run_now();
  EXPECT_EQ(bench.worker->running(), 0);
  EXPECT_EQ(bench.asset(id).state, AssetState::kCancelled);
  EXPECT_EQ(bench.read("rejected/clip.mp4"), "bytes");
  EXPECT_TRUE(bench.files(".work").empty());
  EXPECT_FALSE(bench.engine->cancel("nobody").ok());
}

// Its file is set aside with the reason, and nothing of the work is left.
void expect_set_aside(Bench& bench, const std::string& id) {
  EXPECT_EQ(bench.asset(id).state, AssetState::kCancelled);
  EXPECT_EQ(bench.read("rejected/clip.mp4"), "bytes");
  EXPECT_NE(bench.read("rejected/clip.mp4.reason.json").find("a person cancelled it"),
            std::string::npos);
  for (const char* folder : {"uploads", "failed", ".work"}) {
    EXPECT_TRUE(bench.files(folder).empty()) << folder;
  }
  for (const Job& job : bench.view(id).jobs) EXPECT_TRUE(is_final(job.state));
  EXPECT_EQ(bench.worker->running(), 0);
  const auto open = bench.store->read([](Transaction& tx) -> Result<void> {
    EXPECT_TRUE(tx.open_runs().value().empty());
    EXPECT_TRUE(tx.leased_jobs().value().empty());
    return {};
  });
  EXPECT_TRUE(open.ok());
  const size_t asked = bench.worker->requests.size();
  bench.run_until([] { return false; }, 3'600'000);
  EXPECT_EQ(bench.worker->requests.size(), asked);
}

TEST(Way, WhateverRunsCanBeCancelled) {
  for (const char* stage : {"inspect", "probe", "renditions"}) {
    SCOPED_TRACE(stage);
    Bench bench({description()});
    bench.worker->hang_next(stage);
    const std::string id = bench.upload("uploads/clip.mp4", "bytes");
    ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
    ASSERT_TRUE(bench.engine->cancel(id).ok());
    bench.run_now();
    expect_set_aside(bench, id);
  }
}

TEST(Way, WhateverWaitsCanBeCancelled) {
  const std::string person = R"(, "approval": {"required": true, "expires": "14d"})";
  const auto cancel_in = [](const std::string& text, AssetState state, bool fails) {
    SCOPED_TRACE(to_string(state));
    Bench bench({text});
    if (fails) bench.worker->next("probe", ScriptedWorker::fails(worker::kClassIo, "a slow disk"));
    const std::string id = bench.upload("uploads/clip.mp4", "bytes");
    ASSERT_TRUE(bench.run_to(id, state)) << bench.asset(id).detail;
    bench.run_now();
    ASSERT_TRUE(bench.engine->cancel(id).ok());
    bench.run_now();
    expect_set_aside(bench, id);
    EXPECT_TRUE(bench.engine->cancel(id).ok());  // as it wanted
    EXPECT_EQ(bench.engine->retry(id).error().code, ErrorCode::kConflict);
  };
  cancel_in(description("required"), AssetState::kWaitingMetadata, false);
  cancel_in(description("optional", person), AssetState::kAwaitingApproval, false);
  cancel_in(description(), AssetState::kFailed, true);
}

TEST(Way, WhatIsOverCannotBeCancelled) {
  Bench bench({description()});
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  const auto refused = bench.engine->cancel(id);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "bytes");
}

TEST(Way, MessagesAreRepeatedInOrderUntilTheyArrive) {
  Bench bench({description()});
  bench.deliveries->answers.push_back({DeliveryResult::kRetry, "the receiver is away", 0});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_until([&] { return bench.deliveries->messages.size() == 2; }));
  EXPECT_EQ(bench.deliveries->messages[0].id, bench.deliveries->messages[1].id);
  EXPECT_FALSE(bench.run_until([&] { return bench.deliveries->messages.size() > 2; }, 86'400'000));
}

}  // namespace
}  // namespace filmgate::test
