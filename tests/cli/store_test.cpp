// filmgated on a PostgreSQL server from upload to publication, and `filmgate db` beside it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <thread>

#include "host/base/file.h"
#include "plugins/core/json.h"
#include "tests/support/clip.h"
#include "tests/support/postgresql.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

const std::string kPrograms = std::string(FILMGATE_BINARY_DIR) + "/bin/";

constexpr const char* kDescription = R"({
  "name": "quick",
  "accept": { "suffixes": [".mp4"], "sidecar": "required", "settle": "100ms" },
  "gate": { "metadata.title": { "type": "string", "minLength": 1 } },
  "renditions": [
    { "name": "120p", "height": 120, "video": "x264enc speed-preset=ultrafast", "audio": "avenc_aac", "mux": "mp4mux" }
  ],
  "thumbnails": { "poster": {} }
})";

class Stored : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "descriptions");
    fs::create_directories(root_ / "library/uploads");
    std::ofstream(root_ / "descriptions/quick.json") << kDescription;
  }
  void configure(const std::string& store) {
    std::ofstream(root_ / "filmgated.conf")
        << "[library]\nroot = library\ndescriptions = descriptions\nscan = 100ms\n"
        << store;
  }
  std::unique_ptr<Child> start() {
    return std::make_unique<Child>(
        std::vector<std::string>{kPrograms + "filmgated", "--config", root_ / "filmgated.conf",
                                 "--listen", "127.0.0.1:0"},
        root_ / "log",
        std::map<std::string, std::string>{
            {"XDG_CACHE_HOME", std::string(FILMGATE_BINARY_DIR) + "/cache"}});
  }
  Finished filmgate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kPrograms + "filmgate");
    arguments.insert(arguments.end(), {"--config", root_ / "filmgated.conf"});
    return run_program(arguments);
  }
  Finished db(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "db");
    return filmgate(std::move(arguments));
  }
  bool stop(Child& daemon) {
    daemon.signal(SIGTERM);
    return daemon.wait() == 0;
  }

  TemporaryFolder root_;
};

TEST_F(Stored, OnPostgresqlAnUploadGoesTheWholeWay) {
  const std::unique_ptr<PostgresqlServer> server = PostgresqlServer::start();
  if (!server) GTEST_SKIP() << "PostgreSQL is not installed";
  const std::string url = server->new_database();
  configure("[store]\nurl = " + url + "\n");
  std::unique_ptr<Child> daemon = start();
  fs::copy(make_clip(320, 240, 1), root_ / "library/uploads/clip.mp4");
  std::ofstream(root_ / "library/uploads/clip.mp4.json") << R"({"title": "Für Zoë"})";
  const auto published = [&] {
    return exists(root_ / "library/processed/clip/manifest.json") &&
           exists(root_ / "library/processed/clip/source/clip.mp4");
  };
  ASSERT_TRUE(wait_until([&] { return published() || !daemon->running(); }, 90'000))
      << daemon->output();
  ASSERT_TRUE(published()) << daemon->output();
  EXPECT_EQ(server->sql(url, "SELECT state || ' ' || title FROM asset"), "processed Für Zoë");
  EXPECT_FALSE(exists(root_ / "library/filmgate.db"));

  // Beside the daemon: looking is welcome, changing is not.
  const Finished checked = db({"check"});
  EXPECT_EQ(checked.exit_code, 0) << checked.errors;
  EXPECT_NE(checked.output.find("schema version "), std::string::npos) << checked.output;
  const Finished audited = filmgate({"audit", "--all", "--json"});
  EXPECT_EQ(audited.exit_code, 0) << audited.output << audited.errors;
  EXPECT_NE(audited.output.find("\"verdict\":\"agrees\""), std::string::npos) << audited.output;
  const Finished refused = db({"migrate"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.errors.find("another filmgated (pid " + std::to_string(daemon->pid())),
            std::string::npos)
      << refused.errors;

  // A server that is started again in between is nothing that the daemon would stop for.
  server->crash();
  server->launch();
  fs::copy(make_clip(320, 240, 1), root_ / "library/uploads/second.mp4");
  std::ofstream(root_ / "library/uploads/second.mp4.json") << R"({"title": "Second"})";
  const auto second = [&] { return exists(root_ / "library/processed/second/source/second.mp4"); };
  ASSERT_TRUE(wait_until([&] { return second() || !daemon->running(); }, 90'000) && second())
      << daemon->output();

  EXPECT_TRUE(stop(*daemon)) << daemon->output();
  EXPECT_NE(db({"migrate"}).output.find(" already\n"), std::string::npos);
  const Finished sound = db({"check"});
  EXPECT_EQ(sound.exit_code, 0) << sound.errors;

  // A row that a hand changed is not what the history tells.
  const std::string id = server->sql(url, "SELECT id FROM asset WHERE name = 'second.mp4'");
  server->sql(url, "UPDATE asset SET state = 'rejected' WHERE id = '" + id + "'");
  const Finished differs = filmgate({"audit", id});
  EXPECT_EQ(differs.exit_code, 5) << differs.errors;
  EXPECT_NE(differs.output.find("state differs: the events say processed, the row says rejected"),
            std::string::npos)
      << differs.output;
  EXPECT_EQ(filmgate({"audit"}).exit_code, 2);
  EXPECT_EQ(filmgate({"audit", "nobody"}).exit_code, 1);
}

TEST_F(Stored, AStopDoesNotWaitForADatabaseThatGivesNoAnswer) {
  const std::unique_ptr<PostgresqlServer> server = PostgresqlServer::start();
  if (!server) GTEST_SKIP() << "PostgreSQL is not installed";
  const std::string url = server->new_database();
  configure("[store]\nurl = " + url + "\n");
  const std::unique_ptr<Child> daemon = start();
  const auto ready = [&] { return daemon->output().find("console: ") != std::string::npos; };
  ASSERT_TRUE(wait_until([&] { return ready() || !daemon->running(); }) && ready())
      << daemon->output();

  std::thread holder([&] { server->sql(url, "BEGIN; LOCK TABLE asset; SELECT pg_sleep(600)"); });
  const auto seen = [&](const std::string& condition) {
    return server->sql(url, "SELECT pid FROM pg_stat_activity WHERE " + condition);
  };
  EXPECT_TRUE(wait_until([&] { return !seen("wait_event = 'PgSleep'").empty(); }));
  std::ofstream(root_ / "library/uploads/clip.mp4") << "no video";
  std::string asked;  // the daemon's session, from now on without any answer
  EXPECT_TRUE(wait_until([&] { return !(asked = seen("wait_event_type = 'Lock'")).empty(); }))
      << daemon->output();
  const int session = std::atoi(asked.c_str());
  if (session > 0) ::kill(session, SIGSTOP);
  daemon->signal(SIGTERM);
  const auto stopping = [&] { return daemon->output().find("stopping") != std::string::npos; };
  EXPECT_TRUE(wait_until(stopping)) << daemon->output();
  daemon->signal(SIGTERM);  // at once
  EXPECT_EQ(daemon->wait(20'000), 75) << daemon->output();
  if (session > 0) ::kill(session, SIGCONT);
  server->sql(url,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              " WHERE wait_event = 'PgSleep'");
  holder.join();
}

TEST_F(Stored, TheStoreIsMadeCheckedAndExportedByHand) {
  configure("");
  EXPECT_EQ(db({"check"}).exit_code, 1);
  EXPECT_EQ(db({"migrate"}).output.rfind("the schema went from version 0 to ", 0), 0u);
  EXPECT_EQ(db({"check"}).exit_code, 0);
  const std::string file = root_ / "rows.jsonl";
  const Finished exported = db({"export", "--output", file});
  EXPECT_EQ(exported.exit_code, 0) << exported.errors;
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(db({"export", "--output", file}).exit_code, 1) << "it must not replace a file";
}

TEST_F(Stored, AStoreThatCannotBeIsRefusedBeforeAnythingStarts) {
  for (const char* url : {"mysql://h/d", "postgresql://me:geheim@h/d"}) {
    configure(std::string("[store]\nurl = ") + url + "\n");
    const Finished checked = run_program(
        {kPrograms + "filmgated", "--check-config", "--config", root_ / "filmgated.conf"});
    EXPECT_EQ(checked.exit_code, 78) << url;
    EXPECT_NE(checked.errors.find("the store's URL"), std::string::npos) << checked.errors;
    EXPECT_EQ(checked.errors.find("geheim"), std::string::npos) << checked.errors;
  }
}

}  // namespace
}  // namespace filmgate::test
