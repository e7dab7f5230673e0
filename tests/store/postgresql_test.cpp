// What only a PostgreSQL server can show.
#include "host/store/audit.h"
#include "host/store/maintenance.h"
#include "host/store/sql_store.h"
#include "tests/store/postgresql_server.h"
#include "tests/store/store_fixture.h"

namespace filmgate {

test::PostgresqlServer* postgresql_server() {
  static const std::unique_ptr<test::PostgresqlServer> server = test::PostgresqlServer::start();
  return server.get();
}

std::string empty_database() {
  static const std::string url = postgresql_server()->new_database();
  // Sessions that a test abandoned would hold its tables.
  postgresql_server()->sql(url,
                           "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                           " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  const std::string refused =
      postgresql_server()->sql(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  EXPECT_EQ(refused, "");
  return url;
}

Backend backend() {
  return {"postgresql", [](const TemporaryFolder&) {
            return postgresql_server() ? empty_database() : std::string();
          }};
}

namespace {

class Postgresql : public testing::Test {
 protected:
  void SetUp() override {
    if (!postgresql_server()) GTEST_SKIP() << "PostgreSQL is not installed";
    url_ = empty_database();
  }
  void make() { ASSERT_OK(open_store(url_)); }
  std::string sql(const std::string& statements) {
    return postgresql_server()->sql(url_, statements);
  }
  Error refusal(const std::string& url, const std::string& password = "") {
    const auto store = open_store(url, password);
    EXPECT_FALSE(store.ok());
    return store.ok() ? Error{} : store.error();
  }

  std::string url_;
};

TEST_F(Postgresql, ANewerSchemaIsRefused) {
  make();
  sql("INSERT INTO filmgate_schema VALUES (999, 0)");
  const Error error = refusal(url_);
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.message.find("schema version 999"), std::string::npos) << error.message;
  EXPECT_EQ(sql("SELECT max(version) FROM filmgate_schema"), "999");
}

TEST_F(Postgresql, HistoriesOfTheFirstSchemaStillHold) {
  sql("CREATE TABLE filmgate_schema (version integer PRIMARY KEY, applied_ms bigint NOT NULL);"
      "INSERT INTO filmgate_schema VALUES (1, 0);" +
      std::string(postgresql_migrations().front().sql) + first_schema_history());
  ASSERT_OK(open_store(url_));
  int audited = 0;
  ASSERT_OK(audit_store(url_, "", {"old"}, [&](const Audit& audit) -> Result<void> {
    ++audited;
    EXPECT_EQ(audit.problems, std::vector<std::string>());
    EXPECT_EQ(audit.events, 2);
    return {};
  }));
  EXPECT_EQ(audited, 1);
}

TEST_F(Postgresql, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  sql("CREATE TABLE theirs (a integer)");
  const Error error = refusal(url_);
  EXPECT_EQ(error.code, ErrorCode::kInvalidInput) << error.message;
  EXPECT_EQ(sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
}

TEST_F(Postgresql, AnEmptyDatabaseIsNotMadeByLookingAtIt) {
  const auto report = check_store(url_, "");
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, ErrorCode::kUnsupported) << report.error().message;
  EXPECT_EQ(sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}

TEST_F(Postgresql, AnotherEncodingIsRefused) {
  sql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
  const Error error = refusal(test::PostgresqlServer::url(postgresql_server()->folder(), "latin"));
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_NE(error.message.find("LATIN1"), std::string::npos) << error.message;
}

TEST_F(Postgresql, WhatIsNotThereIsSaidPlainly) {
  EXPECT_EQ(refusal(test::PostgresqlServer::url(postgresql_server()->folder(), "absent")).code,
            ErrorCode::kNotFound);
  const Error away = refusal(test::PostgresqlServer::url("/tmp/no-such-folder", "x"));
  EXPECT_EQ(away.code, ErrorCode::kUnavailable) << away.message;
  EXPECT_EQ(away.message.find('\n'), std::string::npos) << away.message;
}

TEST_F(Postgresql, APasswordInTheUrlIsRefusedAndNotRepeated) {
  for (const char* url : {"postgresql://me:geheim@localhost/x", "postgresql://h/x?password=geheim",
                          "postgresql://me:geheim@[::1/x"}) {
    const auto checked = check_store_url(url);
    ASSERT_FALSE(checked.ok()) << url;
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidInput);
    EXPECT_EQ(checked.error().message.find("geheim"), std::string::npos) << checked.error().message;
    EXPECT_EQ(refusal(url).code, ErrorCode::kInvalidInput);
  }
}

TEST_F(Postgresql, ThePasswordIsUsed) {
  sql("CREATE ROLE guarded LOGIN PASSWORD 'geheim'; GRANT ALL ON DATABASE " +
      url_.substr(url_.rfind('/') + 1) + " TO guarded; GRANT ALL ON SCHEMA public TO guarded;");
  const std::string rules = postgresql_server()->folder() + "/data/pg_hba.conf";
  const std::string before = read_file(rules, 1 << 20).value();
  const auto write_rules = [&](const std::string& text) {
    Fd file = open_file(rules, 1 /* O_WRONLY */ | 01000 /* O_TRUNC */).value();
    ASSERT_OK(write_all(file.get(), text, rules));
    sql("SELECT pg_reload_conf()");
  };
  write_rules("local all guarded scram-sha-256\n" + before);
  const std::string url = "postgresql://guarded@" + url_.substr(url_.find('@') + 1);
  // The rules are read again in a moment.
  EXPECT_EQ(sql("SELECT count(*) > 0 FROM pg_hba_file_rules WHERE 'guarded' = ANY (user_name)"),
            "t");
  Error without;
  for (int i = 0; i < 1000 && without.code != ErrorCode::kPermission; ++i) {
    const auto store = open_store(url);
    if (!store.ok()) without = store.error();
  }
  EXPECT_EQ(without.code, ErrorCode::kPermission) << without.message;
  EXPECT_NE(without.message.find("password_file"), std::string::npos) << without.message;
  const Error wrong = refusal(url, "falsch");
  EXPECT_EQ(wrong.code, ErrorCode::kPermission) << wrong.message;
  EXPECT_EQ(wrong.message.find("falsch"), std::string::npos);
  ASSERT_OK(open_store(url, "geheim"));
  write_rules(before);
}

TEST_F(Postgresql, EventsCannotBeChangedOrRemoved) {
  {
    auto store = open_store(url_);
    ASSERT_OK(store);
    Event event;
    event.asset_id = "a";
    event.kind = "k";
    ASSERT_OK((*store)->transact([&](Transaction& t) { return t.append_event(event); }));
  }
  EXPECT_NE(sql("UPDATE event SET kind = 'forged'").find("never changed"), std::string::npos);
  EXPECT_NE(sql("DELETE FROM event").find("never removed"), std::string::npos);
  EXPECT_NE(sql("TRUNCATE event").find("never removed"), std::string::npos);
  EXPECT_EQ(sql("SELECT kind FROM event"), "k");
  // Whoever may do everything can still be found out.
  sql("ALTER TABLE event DISABLE TRIGGER ALL; UPDATE event SET kind = 'forged'");
  const auto report = check_store(url_, "");
  ASSERT_OK(report);
  EXPECT_EQ(report->problems.back(), "the history of asset a was altered at event 1");
}

TEST_F(Postgresql, AFailedTransactionIsNotCommittedWhenItsErrorIsOverlooked) {
  auto store = open_store(url_);
  ASSERT_OK(store);
  const auto result = (*store)->transact([](Transaction& t) -> Result<void> {
    EXPECT_TRUE(t.set_setting("before", "1").ok());
    Job orphan;
    orphan.id = "j";
    orphan.asset_id = "nobody";
    EXPECT_FALSE(t.insert_job(orphan).ok());
    EXPECT_FALSE(t.set_setting("after", "2").ok());
    return {};
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kIo) << result.error().message;
  EXPECT_EQ(sql("SELECT count(*) FROM setting"), "0");
  // Nor when nothing was written before it.
  EXPECT_FALSE((*store)
                   ->transact([](Transaction& t) -> Result<void> {
                     Job orphan;
                     orphan.id = "j";
                     orphan.asset_id = "nobody";
                     EXPECT_FALSE(t.insert_job(orphan).ok());
                     return {};
                   })
                   .ok());
  ASSERT_OK((*store)->transact([](Transaction& t) { return t.set_setting("k", "v"); }));
}

TEST_F(Postgresql, ACommitIsDurableWhateverTheServersDefaultIs) {
  make();
  sql("ALTER ROLE filmgate SET synchronous_commit = off");
  auto database = open_database(url_, "", StoreAccess::kShared);
  ASSERT_OK(database);
  sql::Connection& connection = (*database)->connection();
  ASSERT_OK(connection.begin(true));
  const auto read = +[](sql::Row& row) { return row.text(); };
  EXPECT_EQ(connection.one(read, "SELECT current_setting('synchronous_commit')").value(), "on");
  sql("ALTER ROLE filmgate RESET synchronous_commit");
}

}  // namespace
}  // namespace filmgate
