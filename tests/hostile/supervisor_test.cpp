// Whatever a worker does, the host hears of it exactly once, with a class and a sentence.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "host/worker/protocol.h"
#include "host/worker/supervise/registry.h"
#include "tests/hostile/worker_fixture.h"

namespace filmgate::worker {
namespace {

class SupervisorTest : public WorkerTest {
 protected:
  void SetUp() override {
    WorkerTest::SetUp();
    use_worker(fake_worker());
    input_ = write("clip.mp4", "anything");
  }
  Ran misbehave(const std::string& way) { return run(input_, "inspect", way); }
  void expect_failed(const Ran& ran, const char* error_class, const std::string& words) {
    EXPECT_FALSE(ran.outcome.ok);
    EXPECT_EQ(ran.outcome.error_class, error_class);
    EXPECT_NE(ran.outcome.message.find(words), std::string::npos) << ran.outcome.message;
  }
  std::string input_;
};

TEST_F(SupervisorTest, GoodRunIsOk) {
  const Ran ran = misbehave("nothing");
  EXPECT_TRUE(ran.outcome.ok) << ran.outcome.message;
  EXPECT_EQ(ran.outcome.exit_code, 0);
  EXPECT_EQ(ran.count("ready"), 1);
}

TEST_F(SupervisorTest, AnIntrospectionThatIsKilledIsAskedOnceMore) {
  const std::string cache = path("cache");
  const std::string registry = registry_path("", cache).value();
  const auto kill = [&](const char* number) { write("cache/" + base_name(registry) + number, ""); };
  kill(".kill-1");
  const Result<std::string> told = introspect(fake_worker(), "", cache);
  EXPECT_TRUE(told.ok()) << told.error().message;
  kill(".kill-1");
  kill(".kill-2");
  kill(".tmpA1b2C3");  // as GStreamer and the worker name what they are writing
  write("cache/." + base_name(registry) + ".libraries.x.tmp", "");
  const Result<std::string> killed = introspect(fake_worker(), "", cache);
  ASSERT_FALSE(killed.ok());
  EXPECT_NE(killed.error().message.find("signal 9 ended it twice"), std::string::npos)
      << killed.error().message;
  EXPECT_FALSE(exists(registry + ".tmpA1b2C3"));
  EXPECT_FALSE(exists(path("cache/." + base_name(registry) + ".libraries.x.tmp")));
}

TEST_F(SupervisorTest, WorkerGetsFiveDescriptorsAndNoEnvironment) {
  setenv("FILMGATE_SECRET", "hunter2", 1);
  const Fd leaked = leaked_descriptor();
  const Ran ran = misbehave("surroundings");
  ASSERT_NE(ran.last("message"), nullptr);
  const Json& fields = ran.last("message")->get("fields");
  EXPECT_EQ(fields.get("descriptors").string_or(""), "0,1,2,3,4");
  EXPECT_FALSE(fields.get("environment").bool_or(true));
}

TEST_F(SupervisorTest, CrashIsACrash) {
  const Ran ran = misbehave("segfault");
  expect_failed(ran, kClassCrash, "signal 11");
  EXPECT_EQ(ran.outcome.signal, SIGSEGV);
}

TEST_F(SupervisorTest, KilledFromOutsideIsACrash) {
  expect_failed(misbehave("killed"), kClassCrash, "memory");
}

TEST_F(SupervisorTest, StallIsALimit) {
  limits_.stall_ms = 100;
  expect_failed(misbehave("stall"), kClassLimit, "no progress");
}

TEST_F(SupervisorTest, WallTimeIsALimitAlsoWithProgress) {
  limits_.wall_ms = 300;
  expect_failed(misbehave("chatter"), kClassLimit, "longer than");
}

TEST_F(SupervisorTest, LineThatIsNoJsonEndsTheRun) {
  expect_failed(misbehave("no-json"), kClassInternal, "no report");
}

TEST_F(SupervisorTest, LineWithoutATypeEndsTheRun) {
  expect_failed(misbehave("no-type"), kClassInternal, "no report");
}

TEST_F(SupervisorTest, DeeplyNestedLineEndsTheRun) {
  expect_failed(misbehave("deep"), kClassInternal, "no report");
}

TEST_F(SupervisorTest, EndlessLineEndsTheRun) {
  expect_failed(misbehave("huge-line"), kClassInternal, "longer");
}

TEST_F(SupervisorTest, LogKeepsItsTailOnly) {
  const Ran ran = misbehave("flood-log");
  expect_failed(ran, kClassCrash, "signal 6");
  EXPECT_LE(ran.outcome.log.size(), 16U * 1024);
  EXPECT_NE(ran.outcome.log.find("the last words"), std::string::npos);
}

TEST_F(SupervisorTest, SuccessMustBeSaid) {
  expect_failed(misbehave("silent-exit"), kClassCrash, "before it was done");
}

TEST_F(SupervisorTest, NothingCountsAfterAnError) {
  const Ran ran = misbehave("lies");
  expect_failed(ran, kClassMedia, "bad");
  EXPECT_EQ(ran.outcome.detail, "e: d");
  EXPECT_EQ(ran.count("done"), 0);
}

TEST_F(SupervisorTest, CancelEndsAlsoADeafWorker) {
  Ran ran;
  ASSERT_TRUE(supervisor_
                  ->start(
                      request(input_, "inspect", "deaf"),
                      [&](const Json& report) {
                        ran.reports.push_back(report);
                        // By now it ignores SIGTERM.
                        if (ran.count("progress") == 1) supervisor_->cancel("run", 50);
                      },
                      [&](const RunOutcome& outcome) {
                        ran.outcome = outcome;
                        ++ran.exits;
                      })
                  .ok());
  wait_until([&] { return ran.exits > 0; });
  expect_failed(ran, kClassCancelled, "cancelled");
  EXPECT_EQ(ran.outcome.signal, SIGKILL);
}

TEST_F(SupervisorTest, DroppingTheSupervisorKillsWithoutCallbacks) {
  bool ready = false, exited = false;
  const Result<StartedRun> started = supervisor_->start(
      request(input_, "inspect", "stall"), [&](const Json&) { ready = true; },
      [&](const RunOutcome&) { exited = true; });
  ASSERT_TRUE(started.ok());
  wait_until([&] { return ready; });
  EXPECT_NE(process_start_ticks(started->pid), 0);
  supervisor_.reset();
  EXPECT_EQ(process_start_ticks(started->pid), 0);
  EXPECT_FALSE(exited);
}

TEST_F(SupervisorTest, TwoRunsUnderOneIdAreRefused) {
  const auto nothing = [](const Json&) {};
  ASSERT_TRUE(
      supervisor_->start(request(input_, "inspect", "stall"), nothing, [](const RunOutcome&) {})
          .ok());
  const Result<StartedRun> second =
      supervisor_->start(request(input_, "inspect", "stall"), nothing, [](const RunOutcome&) {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST_F(SupervisorTest, MissingWorkerIsAnErrorAtStart) {
  use_worker("/nowhere/filmgate-worker");
  const Result<StartedRun> started = supervisor_->start(
      request(input_, "inspect", "x"), [](const Json&) {}, [](const RunOutcome&) {});
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find("/nowhere/filmgate-worker"), std::string::npos);
}

TEST_F(SupervisorTest, ARegistryThatWasDeletedIsMadeAgain) {
  SupervisorOptions options;
  options.worker_program = real_worker();
  options.plugin_folder = FILMGATE_BINARY_DIR "/plugins";
  options.cache_folder = path("cache");
  supervisor_ = make_supervisor(*executor_, options);
  const std::string launch = "fdsrc fd=3 ! parsebin ! fakesink";
  for (int round = 0; round < 2; ++round) {
    expect_failed(run(input_, "inspect", launch), kClassMedia, "not a video");
    ASSERT_TRUE(remove_tree(path("cache")).ok());
  }
}

TEST_F(SupervisorTest, InputMayBeNoSymbolicLink) {
  ASSERT_EQ(symlink("/etc/passwd", path("link.mp4").c_str()), 0);
  EXPECT_FALSE(supervisor_
                   ->start(
                       request(path("link.mp4"), "inspect", "x"), [](const Json&) {},
                       [](const RunOutcome&) {})
                   .ok());
}

}  // namespace
}  // namespace filmgate::worker
