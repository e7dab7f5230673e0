// Workers that are started ahead: as safe as any other, and never the reason why a run fails.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iterator>
#include <memory>
#include <sstream>
#include <thread>

#include "host/worker/protocol.h"
#include "host/worker/supervise/process.h"
#include "host/worker/supervise/registry.h"
#include "tests/hostile/worker_fixture.h"

namespace filmgate::worker {
namespace {

constexpr int kWanted = 2;
constexpr int kUnfitExit = 3;

std::string text_of(const std::string& path) {
  Result<std::string> text = read_file(path, 1 << 16);
  return text ? *std::move(text) : "";
}

// Ended, but still there to be collected.
void wait_for_death(int pid) {
  siginfo_t how{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &how, WEXITED | WNOWAIT), 0);
}

class SpareTest : public WorkerTest {
 protected:
  void SetUp() override {
    WorkerTest::SetUp();
    input_ = write("clip.mp4", "anything");
    use(fake_worker());
  }
  void use(const std::string& program, int64_t idle_ms = 60'000) {
    options_ = options_for(program);
    options_.spares = kWanted;
    options_.spare_idle_ms = idle_ms;
    supervisor_ = make_supervisor(*executor_, options_);
  }
  Ran ask(const std::string& way) { return run(input_, "inspect", way); }
  // A run that a spare was given which stands still and takes nothing.
  std::unique_ptr<Ran> give_to_one_that_stands_still() {
    const std::vector<int> waiting = warm_up();
    kill(waiting.front(), SIGSTOP);
    auto ran = std::make_unique<Ran>();
    const Result<StartedRun> started = supervisor_->start(
        request(input_, "inspect", "nothing"),
        [ran = ran.get()](const Json& report) { ran->reports.push_back(report); },
        [ran = ran.get()](const RunOutcome& outcome) {
          ran->outcome = outcome;
          ++ran->exits;
        });
    EXPECT_TRUE(started.ok());
    if (started) ran->pid = started->pid;
    EXPECT_EQ(ran->pid, waiting.front());
    return ran;
  }

  // The process ids of all that were started and not collected yet.
  static std::vector<int> children() {
    std::istringstream list(text_of("/proc/thread-self/children"));
    return {std::istream_iterator<int>(list), {}};
  }
  // Of those that were started ahead and live.
  static std::vector<int> spares() {
    std::vector<int> found = children();
    std::erase_if(found, [](int pid) {
      const std::string arguments = text_of("/proc/" + std::to_string(pid) + "/cmdline");
      return arguments.find("--spare") == std::string::npos;
    });
    return found;
  }
  // The first run has them started.
  std::vector<int> warm_up(const std::string& way = "nothing") {
    EXPECT_TRUE(spares().empty());
    ask(way);
    wait_until([] { return spares().size() == kWanted; });
    return spares();
  }

  std::string input_;
  SupervisorOptions options_;
};

TEST_F(SpareTest, TakesTheNextRunAndIsReplaced) {
  const std::vector<int> waiting = warm_up();
  const Ran ran = ask("nothing");
  EXPECT_TRUE(ran.outcome.ok) << ran.outcome.message;
  EXPECT_EQ(ran.pid, waiting.front());
  wait_until([] { return spares().size() == kWanted; });
  EXPECT_EQ(spares().front(), waiting.back());
}

TEST_F(SpareTest, HasFiveDescriptorsAndNoEnvironment) {
  const Fd leaked = leaked_descriptor();
  const std::vector<int> waiting = warm_up();
  const Ran ran = ask("surroundings");
  EXPECT_EQ(ran.pid, waiting.front());
  ASSERT_NE(ran.last("message"), nullptr);
  const Json& fields = ran.last("message")->get("fields");
  EXPECT_EQ(fields.get("descriptors").string_or(""), "0,1,2,3,4");
  EXPECT_FALSE(fields.get("environment").bool_or(true));
}

TEST_F(SpareTest, ThatDiedMeanwhileIsNoFailure) {
  for (const int pid : warm_up()) {
    kill(pid, SIGKILL);
    wait_for_death(pid);
  }
  const Ran ran = ask("nothing");
  EXPECT_TRUE(ran.outcome.ok) << ran.outcome.message;
}

TEST_F(SpareTest, ThatDiesBeforeItTouchesTheJobIsNoFailure) {
  const auto ran = give_to_one_that_stands_still();
  kill(ran->pid, SIGKILL);
  wait_until([&] { return ran->exits > 0; });
  EXPECT_TRUE(ran->outcome.ok) << ran->outcome.message;
  EXPECT_EQ(ran->exits, 1);
  EXPECT_EQ(ran->count("ready"), 1);
}

// Or one that hangs while it loads. The file has nothing to do with it.
TEST_F(SpareTest, ThatNeverTakesTheJobIsNoFailure) {
  limits_.stall_ms = 1500;
  const auto ran = give_to_one_that_stands_still();
  wait_until([&] { return ran->exits > 0; });
  EXPECT_TRUE(ran->outcome.ok) << ran->outcome.message;
  EXPECT_EQ(ran->count("ready"), 1);
  EXPECT_EQ(process_start_ticks(ran->pid), 0);
}

TEST_F(SpareTest, ThatCannotBeReplacedIsNoCrashOfTheFile) {
  const auto ran = give_to_one_that_stands_still();
  ASSERT_EQ(unlink(input_.c_str()), 0);
  kill(ran->pid, SIGKILL);
  wait_until([&] { return ran->exits > 0; });
  EXPECT_EQ(ran->outcome.error_class, kClassIo) << ran->outcome.message;
  EXPECT_NE(ran->outcome.message.find("clip.mp4"), std::string::npos) << ran->outcome.message;
}

TEST_F(SpareTest, IsNotReplacedInARunThatIsCancelled) {
  const auto ran = give_to_one_that_stands_still();
  supervisor_->cancel("run", 50);
  wait_until([&] { return ran->exits > 0; });
  EXPECT_EQ(ran->outcome.error_class, kClassCancelled);
  EXPECT_EQ(ran->count("ready"), 0);
}

TEST_F(SpareTest, ThatLoadedARegistryWhichIsGoneGetsNoJob) {
  options_.cache_folder = path("cache");
  supervisor_ = make_supervisor(*executor_, options_);
  const std::vector<int> old = warm_up();
  ASSERT_TRUE(remove_tree(options_.cache_folder).ok());
  const Ran ran = ask("nothing");
  EXPECT_TRUE(ran.outcome.ok) << ran.outcome.message;
  EXPECT_NE(ran.pid, old.front());
  for (const int pid : old) EXPECT_EQ(process_start_ticks(pid), 0);
}

TEST_F(SpareTest, ThatDiesOfTheJobIsACrash) {
  warm_up();
  const Ran ran = ask("segfault");
  EXPECT_EQ(ran.outcome.error_class, kClassCrash);
  EXPECT_EQ(ran.outcome.signal, SIGSEGV);
}

TEST_F(SpareTest, EndsWithTheSupervisor) {
  const std::vector<int> waiting = warm_up();
  supervisor_.reset();
  for (const int pid : waiting) EXPECT_EQ(process_start_ticks(pid), 0);
}

TEST_F(SpareTest, EndsWhenNoRunCame) {
  use(fake_worker(), 50);
  size_t started = 0;
  bool over = false;
  ASSERT_TRUE(supervisor_
                  ->start(
                      request(input_, "inspect", "nothing"),
                      [&](const Json& report) {
                        if (report.get("type").string_or("") == "ready")
                          started = children().size();
                      },
                      [&](const RunOutcome&) { over = true; })
                  .ok());
  wait_until([&] { return over && children().empty(); });
  EXPECT_EQ(started, 2U) << "the run's worker and one ahead of the next";
  EXPECT_TRUE(ask("nothing").outcome.ok);
}

TEST_F(SpareTest, AreGivenUpWhereTheyEndAtOnce) {
  options_.cache_folder = path("cache");
  supervisor_ = make_supervisor(*executor_, options_);
  const std::string registry = registry_path(options_.plugin_folder, options_.cache_folder).value();
  const std::string tries = write("cache/" + base_name(registry) + ".no-spares", "");
  const auto tried = [&] { return text_of(tries).size(); };
  constexpr size_t kMost = 3;
  for (int i = 0; i < 100 && tried() < kMost; ++i) EXPECT_TRUE(ask("nothing").outcome.ok);
  wait_until([] { return children().empty(); });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask("nothing").outcome.ok);
  EXPECT_EQ(tried(), kMost);
}

class RealSpareTest : public SpareTest {
 protected:
  void SetUp() override {
    SpareTest::SetUp();
    use(real_worker());
    fresh_ = ask(kLaunch);
    wait_until([] { return spares().size() == kWanted; });
  }
  std::vector<std::string> arguments() const {
    const std::string& plugins = options_.plugin_folder;
    return {real_worker(),
            "--registry",
            registry_path(plugins, options_.cache_folder).value(),
            "--plugins",
            plugins,
            "--parent",
            std::to_string(getpid())};
  }
  static constexpr const char* kLaunch = "fdsrc fd=3 ! parsebin ! fakesink";
  Ran fresh_;  // a run whose worker wasn't started ahead
};

TEST_F(RealSpareTest, TellsWhatItIs) {
  EXPECT_EQ(text_of("/proc/" + std::to_string(spares().front()) + "/comm"),
            std::string(kSpareProcessName) + "\n");
}

TEST_F(RealSpareTest, WorksBehindTheSameWalls) {
  const std::vector<int> waiting = spares();
  const Ran ran = ask(kLaunch);
  EXPECT_EQ(ran.pid, waiting.front());
  ASSERT_NE(ran.last("ready"), nullptr) << ran.outcome.message;
  EXPECT_EQ(ran.last("ready")->get("sandbox").string_or("-"),
            fresh_.last("ready")->get("sandbox").string_or(""));
  EXPECT_EQ(ran.outcome.error_class, kClassMedia) << ran.outcome.message;
  EXPECT_EQ(ran.outcome.message, fresh_.outcome.message);
}

TEST_F(RealSpareTest, IsLimitedBeforeItTouchesTheUpload) {
  const std::vector<int> waiting = spares();
  limits_.output_bytes = 123'456;
  std::string at_ready;
  bool over = false;
  const auto report = [&](const Json& said) {
    if (said.get("type").string_or("") != "ready") return;
    at_ready = text_of("/proc/" + std::to_string(waiting.front()) + "/limits");
  };
  const Result<StartedRun> started = supervisor_->start(request(input_, "inspect", kLaunch), report,
                                                        [&](const RunOutcome&) { over = true; });
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(started->pid, waiting.front());
  wait_until([&] { return over; });
  EXPECT_NE(at_ready.find("Max file size             123456"), std::string::npos) << at_ready;
}

TEST_F(RealSpareTest, CanBeGivenNoElementOfTheNetwork) {
  const std::vector<int> waiting = spares();
  RunRequest asked = request(input_, "inspect", kLaunch);
  Json elements = Json::array();
  elements.push_back("souphttpsrc");
  asked.request.set("elements", std::move(elements));
  const Ran ran = run(asked);
  EXPECT_EQ(ran.pid, waiting.front());
  EXPECT_EQ(ran.outcome.error_class, kClassUnsupported) << ran.outcome.message;
}

TEST_F(RealSpareTest, WritesInItsWorkFolderOnly) {
  const std::string clip = media("sample_with_metadata.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  const std::vector<int> waiting = spares();
  const Ran outside = run(clip, "inspect", "fdsrc fd=3 ! filesink location=../escaped");
  EXPECT_FALSE(outside.outcome.ok);
  EXPECT_FALSE(exists(path("escaped")));
  const Ran inside = run(clip, "inspect", "fdsrc fd=3 ! parsebin ! fakesink");
  EXPECT_TRUE(inside.outcome.ok) << inside.outcome.message;
  EXPECT_EQ(outside.pid, waiting.front());
  EXPECT_EQ(inside.pid, waiting.back());
}

// A descriptor that was open before the walls would lead through them.
TEST_F(RealSpareTest, WithAnotherFileOpenRefusesToWait) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  Fd ours(ends[0]), theirs(ends[1]);
  const Fd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  std::vector<std::string> words = arguments();
  words.push_back("--spare");
  std::vector<int> descriptors(kFolderFd + 2, nothing.get());
  descriptors.front() = theirs.get();
  const Result<Child> child = spawn(words, descriptors);
  ASSERT_TRUE(child.ok());
  ours.reset();  // one that waits ends in peace
  theirs.reset();
  EXPECT_EQ(reap(*child).exit_code, kUnfitExit);
}

TEST_F(RealSpareTest, DiesWithItsHost) {
  // The kernel counts the thread that started it as its parent.
  Result<Process> spare = Error{};
  std::thread([&] {
    spare = start_ahead(arguments());
    if (!spare) return;
    pollfd waiting{spare->channel.get(), POLLIN, 0};
    poll(&waiting, 1, 60'000);
  }).join();
  ASSERT_TRUE(spare.ok());
  pollfd gone{spare->child.process.get(), POLLIN, 0};
  poll(&gone, 1, 30'000);
  kill(spare->child.pid, SIGTERM);  // so that the test ends where it lives on
  EXPECT_EQ(reap(spare->child).signal, SIGKILL);
  EXPECT_NE(heard_from(*spare).find(kSpareWaits), std::string::npos);
}

}  // namespace
}  // namespace filmgate::worker
