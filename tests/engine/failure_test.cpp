// Rejections, failures, retries, and where the source lies meanwhile.
#include <unistd.h>

#include "host/worker/protocol.h"
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

Json note_of(const Bench& bench, const std::string& video) {
  return parse_json(bench.read(video + ".reason.json"), "note").value();
}

TEST(Failure, WhatIsNoVideoIsRejectedAtOnceWithItsReason) {
  Bench bench({description()});
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassMedia, "this is not a video"));
  const std::string id = bench.upload("uploads/a/clip.mp4", "text");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  EXPECT_EQ(bench.asset(id).detail, "this is not a video");
  EXPECT_EQ(bench.read("rejected/a/clip.mp4"), "text");
  const Json note = note_of(bench, "rejected/a/clip.mp4");
  EXPECT_EQ(note.get("reasons").if_array()->front().string_or(""), "this is not a video");
  EXPECT_EQ(note.get("asset").string_or(""), id);
  EXPECT_EQ(note.get("log").string_or(""), "the worker's last words");
  EXPECT_EQ(bench.worker->requests.size(), 1u);
  EXPECT_EQ(bench.topics(), std::vector<std::string>{"asset.rejected"});
}

// "….mp4.reason.json" beside it would have a name no file system takes.
TEST(Failure, ALongNameIsShortenedWhereItsNoteMustLieBesideIt) {
  Bench bench({description("required")});
  const std::string stem(246, 'a');
  bench.write("uploads/" + stem + ".mp4.json", R"({"title": ""})");
  const std::string id = bench.upload("uploads/" + stem + ".mp4", "long");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  EXPECT_TRUE(bench.files("uploads").empty());
  const std::string path = bench.asset(id).source.path;
  EXPECT_EQ(bench.read(path), "long");
  EXPECT_TRUE(bench.has(path + ".json"));
  EXPECT_TRUE(bench.has(path + ".reason.json"));
  EXPECT_EQ(bench.asset(id).name, stem + ".mp4");
  EXPECT_TRUE(bench.asset(id).moves.is_null());
}

TEST(Failure, AnUploadThatWasTakenAwayIsSaidToBeGone) {
  Bench bench({description()});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_EQ(::unlink(bench.library->absolute("uploads/clip.mp4").c_str()), 0);
  ASSERT_TRUE(bench.run_to(id, AssetState::kFailed));
  EXPECT_TRUE(bench.asset(id).detail.starts_with(
      "uploads/clip.mp4 is gone; put it back, or cancel (attempt 1 of "))
      << bench.asset(id).detail;
}

TEST(Failure, TheGateRejectsOnFacts) {
  Bench bench({description("required")});
  bench.write("uploads/clip.json", R"({"title": ""})");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  EXPECT_NE(bench.asset(id).detail.find("metadata.title"), std::string::npos);
  bench.run_now();
  EXPECT_TRUE(bench.has("rejected/clip.mp4.json"));
}

// Its commit is kept, but nobody hears of it.
TEST(Failure, ARejectionWhoseReplyIsLostIsCarriedOut) {
  Bench bench({description("required")});
  bench.worker->next("inspect", [&](const auto& request, const auto& report) {
    bench.store->mute = bench.store->commits + 1;
    return ScriptedWorker::inspects(request, report, good_facts());
  });
  bench.write("uploads/clip.json", R"({"title": ""})");
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  EXPECT_TRUE(bench.run_until([&] { return bench.has("rejected/clip.mp4.reason.json"); }, 60'000));
}

TEST(Failure, AHeadersDurationIsJudgedAfterDecoding) {
  Bench bench({description()});
  Json facts = good_facts();
  facts.set_path("media.duration", 143165.0);
  const auto claim = [facts](const auto& request, const auto& report) {
    return ScriptedWorker::inspects(request, report, facts);
  };
  bench.worker->next("inspect", claim);
  const std::string lying = bench.upload("uploads/lying.mp4");
  ASSERT_TRUE(bench.run_to(lying, AssetState::kProcessed)) << bench.asset(lying).detail;
  EXPECT_DOUBLE_EQ(bench.asset(lying).facts.find_path("media.duration")->number_or(0), 10.0);

  Json quality = good_quality();
  quality.set_path("video.duration", 4000.0);
  bench.worker->next("probe", [quality](const auto& request, const auto& report) {
    return ScriptedWorker::probes(request, report, quality);
  });
  const std::string longer = bench.upload("uploads/long.mp4");
  ASSERT_TRUE(bench.run_to(longer, AssetState::kRejected));
  EXPECT_NE(bench.asset(longer).detail.find("media.duration"), std::string::npos);
}

TEST(Failure, AnOutputFolderThatNeedsWhatIsMissingRejects) {
  Bench bench({description("optional", R"(, "folder": "{owner}/{stem}")")});
  const std::string nameless = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(nameless, AssetState::kRejected));
  EXPECT_NE(bench.asset(nameless).detail.find("owner"), std::string::npos)
      << bench.asset(nameless).detail;
  bench.write("uploads/mine.mp4.json", R"({"owner": "ann"})");
  const std::string named = bench.upload("uploads/mine.mp4");
  ASSERT_TRUE(bench.run_to(named, AssetState::kProcessed)) << bench.asset(named).detail;
  EXPECT_EQ(bench.asset(named).output_path, "processed/ann/mine");
}

TEST(Failure, TheProbeRejects) {
  Bench bench({description()});
  Json quality = good_quality();
  quality.set_path("video.black.ratio", 0.97);
  bench.worker->next("probe", [quality](const auto& request, const auto& report) {
    return ScriptedWorker::probes(request, report, quality);
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  EXPECT_NE(bench.asset(id).detail.find("quality.video.black.ratio is 0.97"), std::string::npos);
  bench.run_now();
  EXPECT_TRUE(bench.files(".work").empty());
}

TEST(Failure, WhatMayPassWaitsInFailedAndIsTriedAgain) {
  Bench bench({description()});
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "the disk is full"));
  bench.write("uploads/clip.mp4.json", "{}");
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  bench.run_now();
  EXPECT_EQ(bench.asset(id).state, AssetState::kFailed);
  EXPECT_EQ(bench.read("failed/clip.mp4"), "bytes");
  EXPECT_TRUE(bench.has("failed/clip.mp4.json"));
  const Json note = note_of(bench, "failed/clip.mp4");
  EXPECT_EQ(note.get("attempt").integer_or(0), 1);
  EXPECT_FALSE(note.get("next_attempt").string_or("").empty());
  // What waits there is known and isn't taken for something a person put there.
  EXPECT_EQ(bench.admit("failed/clip.mp4").value(), id);

  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  EXPECT_TRUE(bench.files("failed").empty());
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "bytes");
}

TEST(Failure, AttemptsUsedUpEndInUnableToProcess) {
  Bench bench({description()});
  for (int i = 0; i < 3; ++i) {
    bench.worker->next("probe", ScriptedWorker::fails(worker::kClassLimit, "it took too long"));
  }
  const int64_t began = bench.clock.now;
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kUnableToProcess));
  bench.run_now();
  EXPECT_GE(bench.clock.now - began, 63'000);  // 10 s and 1 min, less a tenth
  EXPECT_EQ(bench.read("unable_to_process/clip.mp4"), "bytes");
  EXPECT_TRUE(bench.has("unable_to_process/clip.mp4.reason.json"));
  EXPECT_TRUE(bench.files("failed").empty());
  EXPECT_TRUE(bench.files(".work").empty());
  EXPECT_EQ(bench.worker->requests.size(), 4u);  // inspect once, probe three times

  // A person puts it back: tried again, and kept apart from the old asset.
  ASSERT_TRUE(bench.engine->retry(id).ok());
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  bench.run_now();
  EXPECT_EQ(bench.asset(id).revision, 2);
  EXPECT_TRUE(bench.files("unable_to_process").empty());
}

TEST(Failure, ThreeCrashesAreEnough) {
  const std::string text = description();
  std::string patient = text;
  patient.replace(patient.find("\"attempts\": 3"), 13, "\"attempts\": 9");
  Bench bench({patient});
  for (int i = 0; i < 5; ++i) {
    bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassCrash, "it died"));
  }
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kUnableToProcess));
  EXPECT_EQ(bench.worker->requests.size(), 3u);
}

TEST(Failure, OnlyTheFailedRungRunsAgain) {
  Bench bench({description()});
  bench.worker->next("renditions", [](const auto& request, const auto& report) {
    return ScriptedWorker::renders(request, report, {"720p"});
  });
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  const auto& last = bench.worker->requests.back().request.get("verify");
  ASSERT_EQ(last.size(), 1u);
  EXPECT_EQ(last.if_array()->front().get("name").string_or(""), "480p");
  bench.run_now();
  EXPECT_TRUE(bench.has(
      "processed/clip/" +
      bench.worker->requests[2].request.get("verify").if_array()->front().get("file").string_or(
          "")));
}

TEST(Failure, RungsThatFailedTogetherRunApart) {
  Bench bench({description()});
  bench.worker->next("renditions", ScriptedWorker::fails(worker::kClassCrash, "it died"));
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  ASSERT_EQ(bench.worker->requests.size(), 5u);
  EXPECT_EQ(bench.worker->requests[3].request.get("verify").size(), 1u);
  EXPECT_EQ(bench.worker->requests[4].request.get("verify").size(), 1u);
}

TEST(Failure, AFileDroppedIntoFailedIsTriedLikeAnUpload) {
  Bench bench({description()});
  const std::string id = bench.upload("failed/clip.mp4", "by hand");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed));
  bench.run_now();
  EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "by hand");
  EXPECT_TRUE(bench.files("failed").empty());
}

TEST(Failure, AFileDroppedIntoFailedIsTriedFiveTimesAndThenSomebodyIsTold) {
  std::string text = description();  // what holds where nothing is said of it
  text.erase(text.find("\"retry\""), text.find("\"notify\"") - text.find("\"retry\""));
  Bench bench({text});
  for (int i = 0; i < 6; ++i) {
    bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "the disk is slow"));
  }
  const std::string id = bench.upload("failed/clip.mp4", "by hand");
  for (int attempt = 1; attempt < 5; ++attempt) {
    const auto tried = [&] {
      return bench.worker->requests.size() == static_cast<size_t>(attempt);
    };
    ASSERT_TRUE(bench.run_until(tried));
    bench.run_now();
    EXPECT_EQ(bench.read("failed/clip.mp4"), "by hand");
    const Json note = note_of(bench, "failed/clip.mp4");
    EXPECT_EQ(note.get("reasons").if_array()->front().string_or(""), "the disk is slow");
    EXPECT_EQ(note.get("attempt").integer_or(0), attempt);
    EXPECT_EQ(note.get("attempts").integer_or(0), 5);
    EXPECT_FALSE(note.get("next_attempt").string_or("").empty());
  }
  ASSERT_TRUE(bench.run_to(id, AssetState::kUnableToProcess));
  bench.run_now();
  EXPECT_EQ(bench.worker->requests.size(), 5u);
  EXPECT_TRUE(bench.files("failed").empty());
  EXPECT_EQ(bench.read("unable_to_process/clip.mp4"), "by hand");
  EXPECT_EQ(note_of(bench, "unable_to_process/clip.mp4").find("next_attempt"), nullptr);
  ASSERT_FALSE(bench.topics().empty());
  EXPECT_EQ(bench.topics().back(), "asset.unable_to_process");
  EXPECT_EQ(bench.deliveries->messages.back().body.get("detail").string_or(""),
            "the disk is slow (after 5 attempts)");
}

TEST(Failure, ATryThatFallsDueWhileTheEngineLooksIsNotForgotten) {
  constexpr int kQuestions = 20;  // more than a look asks for the time
  for (int before = 1; before < kQuestions; ++before) {
    Bench bench({description()});
    bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "the disk is slow"));
    const std::string id = bench.upload("uploads/clip.mp4");
    ASSERT_TRUE(bench.run_to(id, AssetState::kFailed));
    bench.run_now();
    const int64_t due = bench.view(id).jobs.front().run_at_ms;
    ASSERT_GT(due, bench.clock.now);
    bench.clock.now = due - before;
    bench.clock.step = 1;
    ASSERT_TRUE(bench.engine->pause(Lane::kEncode).ok());  // so it looks
    bench.run_now();
    bench.clock.step = 0;
    EXPECT_TRUE(bench.worker->requests.size() > 1 || bench.executor->timer_within(before))
        << before;
  }
}

TEST(Failure, WhatLiesInTheWayIsNeverReplaced) {
  Bench bench({description()});
  bench.write("rejected/clip.mp4", "an older one");
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassMedia, "not a video"));
  const std::string id = bench.upload("uploads/clip.mp4", "the new one");
  ASSERT_TRUE(bench.run_to(id, AssetState::kRejected));
  bench.run_now();
  EXPECT_EQ(bench.read("rejected/clip.mp4"), "an older one");
  EXPECT_EQ(bench.read("rejected/clip-2.mp4"), "the new one");
  EXPECT_EQ(bench.asset(id).source.path, "rejected/clip-2.mp4");
}

// The way into failed/ is barred, so the source is still where it came in.
TEST(Failure, WhatIsCancelledBeforeItWasSetAsideDoesNotComeBack) {
  Bench bench({description()});
  const std::string failed = bench.library->absolute("failed");
  ASSERT_EQ(::rmdir(failed.c_str()), 0);
  bench.write("failed", "no folder");
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "the disk is slow"));
  bench.write("uploads/clip.mp4.json", "{}");
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kFailed));
  ASSERT_TRUE(bench.engine->cancel(id).ok());
  ASSERT_EQ(::unlink(failed.c_str()), 0);
  ASSERT_TRUE(make_folders(failed).ok());
  ASSERT_TRUE(bench.run_until([&] { return bench.asset(id).moves.size() == 0; }));
  bench.scan();
  bench.run_until([] { return false; }, 60'000);
  EXPECT_EQ(bench.all().size(), 1u);
  EXPECT_EQ(bench.asset(id).state, AssetState::kCancelled);
  EXPECT_TRUE(bench.files("processed").empty());
  EXPECT_EQ(bench.files("rejected"),
            (std::vector<std::string>{"clip.mp4", "clip.mp4.json", "clip.mp4.reason.json"}));
}

// The database goes away right after it was told where the source goes.
TEST(Failure, ASourceThatCouldNotBeMovedInAnOutageIsMovedAfterIt) {
  for (const std::string state : {"failed", "processed"}) {
    Bench bench({description()});
    if (state == "failed") {
      bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassIo, "the disk is slow"));
    }
    bench.engine->observe([&, done = false](const Event& event) mutable {
      if (done || event.kind != "asset.state" || event.data.get("to").string_or("") != state)
        return;
      done = bench.store->away = true;
    });
    const std::string id = bench.upload("uploads/clip.mp4", "bytes");
    ASSERT_TRUE(bench.run_until([&] { return bench.store->away; }));
    bench.run_until([] { return false; }, 5'000);
    bench.store->away = false;
    bench.scan();  // what is about to leave is no new upload
    ASSERT_TRUE(bench.run_until([&] {
      const Asset asset = bench.asset(id);
      return asset.state == AssetState::kProcessed && asset.moves.size() == 0;
    })) << bench.asset(id).detail;
    EXPECT_TRUE(bench.files("uploads").empty());
    EXPECT_EQ(bench.read("processed/clip/source/clip.mp4"), "bytes");
    EXPECT_EQ(bench.all().size(), 1u);
  }
}

TEST(Failure, AFullDatabaseLosesNothing) {
  Bench bench({description()});
  bench.worker->next("probe", [&](const auto& request, const auto& report) {
    bench.store->full = true;
    return ScriptedWorker::probes(request, report, good_quality());
  });
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  bench.run_until([] { return false; }, 20'000);
  EXPECT_EQ(bench.read("uploads/clip.mp4"), "bytes");
  bench.store->full = false;
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
}

// Verified, and then somebody takes its first file away.
worker::RunOutcome loses_one(const worker::RunRequest& request,
                             const worker::Supervisor::OnReport& report) {
  auto outcome = ScriptedWorker::renders(request, report);
  const auto& first = request.request.get("verify").if_array()->front();
  EXPECT_EQ(::unlink(join(request.folder, first.get("file").string_or("")).c_str()), 0);
  return outcome;
}

TEST(Failure, ALostStagedFileIsMadeAgainAndThePublishingDoesNotPayForIt) {
  Bench bench({description("optional")});
  bench.worker->next("renditions", loses_one);
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
  EXPECT_EQ(bench.topics(), std::vector<std::string>{"asset.processed"});
  EXPECT_EQ(bench.worker->requests.back().request.get("verify").size(), 1u);
  for (const Job& job : bench.view(id).jobs) {
    EXPECT_EQ(job.attempt, job.variant == "720p" ? 2 : 1) << to_string(job.kind);
  }
}

TEST(Failure, AFileThatIsLostOverAndOverIsMadeAsOftenAsItHasAttempts) {
  Bench bench({description("optional")});
  for (int i = 0; i < 9; ++i) bench.worker->next("renditions", loses_one);
  const std::string id = bench.upload("uploads/clip.mp4", "bytes");
  ASSERT_TRUE(bench.run_to(id, AssetState::kUnableToProcess));
  bench.run_now();
  EXPECT_NE(bench.asset(id).detail.find("is no longer there as it was made"), std::string::npos)
      << bench.asset(id).detail;
  EXPECT_EQ(bench.worker->requests.size(), 5u);  // inspect, probe, and the rung three times
  EXPECT_EQ(bench.read("unable_to_process/clip.mp4"), "bytes");
  EXPECT_TRUE(bench.files(".work").empty());
}

// Both are at work when it dies; only one of them is to blame.
TEST(Failure, AFileThatEndsTheHostIsGivenUpAndNoOtherWithIt) {
  Bench bench({description()});
  int deaths = 0;
  const Behaviour inspect = [&](const worker::RunRequest& request, const auto& report) {
    if (request.request.get("name").string_or("") == "bad.mp4") {
      ++deaths;
      throw Killed{};
    }
    return ScriptedWorker::inspects(request, report, good_facts());
  };
  const auto script = [&] {
    for (int i = 0; i < 20; ++i) bench.worker->next("inspect", inspect);
  };
  script();
  const std::string bad = bench.upload("uploads/bad.mp4", "bad");
  const std::string good = bench.upload("uploads/good.mp4", "good");
  bool done = false;
  while (!done && deaths < 20) {
    try {
      done = bench.run_until(
          [&] { return is_final(bench.asset(bad).state) && is_final(bench.asset(good).state); });
    } catch (const Killed&) {
      bench.restart();
      script();
    }
  }
  EXPECT_EQ(deaths, 10);
  EXPECT_EQ(bench.asset(good).state, AssetState::kProcessed) << bench.asset(good).detail;
  EXPECT_EQ(bench.asset(bad).state, AssetState::kUnableToProcess);
  EXPECT_NE(bench.asset(bad).detail.find("host ended while it ran, 10 times"), std::string::npos)
      << bench.asset(bad).detail;
  EXPECT_EQ(bench.read("unable_to_process/bad.mp4"), "bad");
  EXPECT_TRUE(bench.has("unable_to_process/bad.mp4.reason.json"));
}

TEST(Failure, HostsThatEndedAreNoCrashesOfItsWorkers) {
  Bench bench({description()});  // of three attempts
  int deaths = 0;
  for (int i = 0; i < 4; ++i) {
    bench.worker->next("inspect", [&](const auto&, const auto&) -> worker::RunOutcome {
      ++deaths;
      throw Killed{};
    });
    if (i == 0) bench.upload("uploads/clip.mp4", "bytes");
    EXPECT_THROW(bench.run_until([] { return false; }), Killed);
    bench.restart();
  }
  EXPECT_EQ(deaths, 4);
  const std::string id = bench.all().front().id;
  EXPECT_EQ(bench.view(id).jobs.front().attempt, 0) << "an attempt that a host's end took";
  bench.worker->next("inspect", ScriptedWorker::fails(worker::kClassCrash, "it died"));
  ASSERT_TRUE(bench.run_to(id, AssetState::kFailed)) << bench.asset(id).detail;
  ASSERT_TRUE(bench.run_to(id, AssetState::kProcessed)) << bench.asset(id).detail;
}

}  // namespace
}  // namespace filmgate::test
