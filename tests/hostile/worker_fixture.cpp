#include "tests/hostile/worker_fixture.h"

#include <fcntl.h>
#include <cstdlib>

namespace filmgate::worker {

const Json* Ran::last(std::string_view type) const {
  const Json* found = nullptr;
  for (const Json& report : reports) {
    if (report.get("type").string_or("") == type) found = &report;
  }
  return found;
}

int Ran::count(std::string_view type) const {
  return static_cast<int>(std::count_if(reports.begin(), reports.end(), [&](const Json& report) {
    return report.get("type").string_or("") == type;
  }));
}

void WorkerTest::SetUp() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern = std::string(base ? base : "/tmp") + "/filmgate-hostile-XXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  folder_ = pattern;
  ASSERT_TRUE(make_folders(work()).ok());
  executor_ = make_executor(nullptr);
  use_worker(real_worker());
}

void WorkerTest::TearDown() {
  supervisor_.reset();
  executor_.reset();
  if (!folder_.empty()) {
    EXPECT_TRUE(remove_tree(folder_).ok());
  }
}

std::string WorkerTest::fake_worker() const {
  return FILMGATE_BINARY_DIR "/tests/filmgate_fake_worker";
}
std::string WorkerTest::real_worker() const {
  return FILMGATE_BINARY_DIR "/bin/filmgate-worker";
}

void WorkerTest::use_worker(const std::string& program) {
  SupervisorOptions options;
  options.worker_program = program;
  options.plugin_folder = FILMGATE_BINARY_DIR "/plugins";
  options.cache_folder = FILMGATE_BINARY_DIR "/tests/cache";
  supervisor_ = make_supervisor(*executor_, options);
}

std::string WorkerTest::write(const std::string& name, std::string_view content) {
  const Result<Fd> file = open_file(path(name), O_WRONLY | O_CREAT | O_TRUNC);
  EXPECT_TRUE(file.ok());
  EXPECT_TRUE(write_all(file->get(), content, name).ok());
  return path(name);
}

std::string WorkerTest::media(const std::string& name) {
  const std::string file = FILMGATE_SOURCE_DIR "/../shared/media/" + name;
  return exists(file) ? file : "";
}

Fd WorkerTest::leaked_descriptor() {
  constexpr int kHigh = 100;
  const Result<Fd> file = open_file("/dev/null", O_RDONLY);
  EXPECT_TRUE(file.ok());
  Fd leaked(fcntl(file->get(), F_DUPFD, kHigh));
  EXPECT_TRUE(leaked);
  return leaked;
}

RunRequest WorkerTest::request(const std::string& input, const std::string& stage,
                               const std::string& launch) const {
  RunRequest request;
  request.run_id = "run";
  request.input = input;
  request.folder = work();
  request.limits = limits_;
  request.request = Json::object({{"stage", stage}, {"launch", launch}, {"name", "clip"}});
  return request;
}

Ran WorkerTest::run(const RunRequest& request) {
  Ran ran;
  const Result<StartedRun> started = supervisor_->start(
      request, [&ran](const Json& report) { ran.reports.push_back(report); },
      [&ran](const RunOutcome& outcome) {
        ran.outcome = outcome;
        ++ran.exits;
      });
  EXPECT_TRUE(started.ok()) << (started.ok() ? "" : started.error().message);
  if (!started.ok()) return ran;
  EXPECT_GT(started->pid, 0);
  wait_until([&ran] { return ran.exits > 0; });
  EXPECT_EQ(ran.exits, 1);
  EXPECT_EQ(supervisor_->running(), 0);
  return ran;
}

Ran WorkerTest::run(const std::string& input, const std::string& stage, const std::string& launch) {
  return run(request(input, stage, launch));
}

void WorkerTest::wait_until(const std::function<bool()>& done) {
  bool late = false;
  const auto timer = executor_->after(120'000, [&late] { late = true; });
  while (!done() && !late) g_main_context_iteration(executor_->context(), TRUE);
  EXPECT_FALSE(late) << "waited for two minutes";
}

}  // namespace filmgate::worker
