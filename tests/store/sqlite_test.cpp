// What only SQLite's files can show.
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "host/store/audit.h"
#include "host/store/migrations.h"
#include "tests/store/store_fixture.h"

namespace filmgate {

Backend backend() {
  return {"sqlite", [](const TemporaryFolder& folder) {
            return "sqlite://" + join(folder.path(), "filmgate.db");
          }};
}

namespace {

class SqliteFile : public testing::Test {
 protected:
  // Runs SQL behind the store's back.
  void tamper(const std::string& sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &db), SQLITE_OK);
    char* message = nullptr;
    sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message);
    last_message_ = message != nullptr ? message : "";
    sqlite3_free(message);
    sqlite3_close(db);
  }
  void make() { ASSERT_OK(open_store(url_)); }

  TemporaryFolder folder_;
  std::string path_ = join(folder_.path(), "filmgate.db");
  std::string url_ = "sqlite://" + path_;
  std::string last_message_;
};

TEST_F(SqliteFile, ANewerSchemaIsRefused) {
  make();
  tamper("PRAGMA user_version = 999");
  const auto store = open_store(url_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(store.error().message.find("schema version 999"), std::string::npos)
      << store.error().message;
}

TEST_F(SqliteFile, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  tamper("CREATE TABLE theirs (a)");
  const auto store = open_store(url_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::kInvalidInput);
  tamper("INSERT INTO asset (id) VALUES ('x')");
  EXPECT_EQ(last_message_, "no such table: asset");
}

TEST_F(SqliteFile, WhatIsNoDatabaseIsRefused) {
  ASSERT_OK(write_file_durably(path_, std::string(4096, 'x')));
  const auto store = open_store(url_);
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::kInvalidInput) << store.error().message;
}

TEST_F(SqliteFile, IsTheOwnersAlone) {
  make();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SqliteFile, TheLockGoesWithTheStore) {
  make();
  make();
  EXPECT_EQ(read_file(path_ + ".lock", 32).value(), std::to_string(::getpid()));
}

TEST_F(SqliteFile, UrlsAreAbsolute) {
  for (const char* url :
       {"", "sqlite://relative.db", "sqlite:///", "/tmp/x.db", "mysql://h/db", "sqlite:///tmp/"}) {
    const auto store = open_store(url);
    ASSERT_FALSE(store.ok()) << url;
    EXPECT_EQ(store.error().code, ErrorCode::kInvalidInput) << url;
  }
  const auto store = open_store("sqlite:///no/such/folder/x.db");
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::kNotFound);
  EXPECT_NE(store.error().message.find("/no/such/folder/x.db"), std::string::npos);
}

TEST_F(SqliteFile, EventsCannotBeChangedOrRemoved) {
  {
    auto store = open_store(url_);
    ASSERT_OK(store);
    Event event;
    event.asset_id = "a";
    event.kind = "k";
    ASSERT_OK((*store)->transact([&](Transaction& t) { return t.append_event(event); }));
  }
  tamper("UPDATE event SET kind = 'forged'");
  EXPECT_EQ(last_message_, "events are never changed");
  tamper("DELETE FROM event");
  EXPECT_EQ(last_message_, "events are never removed");
}

TEST_F(SqliteFile, HistoriesOfTheFirstSchemaStillHold) {
  tamper(std::string(sqlite_migrations().front().sql) +
         "; PRAGMA user_version = 1; PRAGMA application_id = " + std::to_string(0x466d4774) + ";" +
         first_schema_history());
  ASSERT_EQ(last_message_, "");
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

TEST_F(SqliteFile, AStateThatNobodyKnowsIsDamageNotAGuess) {
  make();
  tamper(
      "INSERT INTO setting VALUES ('k', 'v'); PRAGMA ignore_check_constraints = 1;"
      "INSERT INTO asset VALUES (1, 'x', 1, '', '', '', '', 'sleeping', '', '', 0, 0, 0, '', '',"
      " '', NULL, NULL, '', NULL, 0, 0, 0, '', 0)");
  ASSERT_EQ(last_message_, "");
  auto store = open_store(url_);
  ASSERT_OK(store);
  const auto result = (*store)->read([](Transaction& t) -> Result<void> {
    auto asset = t.asset("x");
    if (!asset.ok()) return asset.error();
    return {};
  });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kIo);
  EXPECT_NE(result.error().message.find("'sleeping'"), std::string::npos);
}

TEST_F(SqliteFile, AFullDiskRollsBackAndPasses) {
  const std::string disk = join(folder_.path(), "disk");
  ASSERT_OK(make_folders(disk));
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "mounting a small file system needs privileges";
  }
  {
    auto store = open_store("sqlite://" + join(disk, "filmgate.db"));
    EXPECT_TRUE(store.ok());
    if (store.ok()) {
      const std::string block(256 * 1024, 'x');
      int kept = 0;
      Result<void> result;
      for (int i = 0; i < 100 && result.ok(); ++i) {
        result = (*store)->transact([&](Transaction& t) -> Result<void> {
          FILMGATE_TRY(t.set_setting("count", std::to_string(i)));
          return t.set_setting("block" + std::to_string(i), block);
        });
        if (result.ok()) kept = i;
      }
      EXPECT_FALSE(result.ok());
      if (!result.ok()) {
        EXPECT_EQ(result.error().code, ErrorCode::kNoSpace) << result.error().message;
      }
      EXPECT_TRUE((*store)
                      ->read([&](Transaction& t) -> Result<void> {
                        EXPECT_EQ(t.setting("count").value(), std::to_string(kept));
                        return {};
                      })
                      .ok());
      // The operator makes room.
      EXPECT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=16m"), 0);
      EXPECT_TRUE(
          (*store)->transact([&](Transaction& t) { return t.set_setting("last", block); }).ok());
    }
  }
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

// When the disk runs full SQLite may end the transaction by itself; a caller that overlooks the
// error must not have the rest of its work committed piece by piece.
TEST_F(SqliteFile, WorkThatGoesOnAfterTheDiskWasFullIsNotKept) {
  const std::string disk = join(folder_.path(), "disk");
  ASSERT_OK(make_folders(disk));
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
    GTEST_SKIP() << "mounting a small file system needs privileges";
  }
  {
    auto store = open_store("sqlite://" + join(disk, "filmgate.db"));
    EXPECT_TRUE(store.ok());
    if (store.ok()) {
      const auto result = (*store)->transact([&](Transaction& t) -> Result<void> {
        EXPECT_TRUE(t.set_setting("first", "1").ok());
        EXPECT_FALSE(t.set_setting("block", std::string(8 << 20, 'x')).ok());
        (void)t.set_setting("second", "2");
        return {};
      });
      EXPECT_TRUE((*store)
                      ->read([&](Transaction& t) -> Result<void> {
                        EXPECT_EQ(t.setting("first").value().has_value(), result.ok());
                        EXPECT_EQ(t.setting("second").value().has_value(), result.ok());
                        return {};
                      })
                      .ok());
    }
  }
  EXPECT_EQ(::umount(disk.c_str()), 0);
}

}  // namespace
}  // namespace filmgate
