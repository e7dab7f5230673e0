// Connections that are cut, at every place that matters, and what the store makes of it.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "tests/store/postgresql_server.h"
#include "tests/store/store_fixture.h"
#include "tests/support/process.h"

namespace filmgate {
namespace {

// Between store and server, on a socket of its own. It can lose a COMMIT or the reply to it, or
// keep the end of a pipeline back.
class Proxy {
 public:
  enum class Mode { kPass, kLoseCommit, kLoseReply, kHoldSync };

  Proxy(const std::string& folder, const std::string& server_folder)
      : server_(server_folder + "/.s.PGSQL.5432"), listener_(socket_at()) {
    const sockaddr_un address = address_of(folder + "/.s.PGSQL.5432");
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 8) != 0) {
      ADD_FAILURE() << "the proxy can't listen";
    }
    thread_ = std::thread([this] { run(); });
  }
  ~Proxy() {
    stop_ = true;
    thread_.join();
  }
  std::atomic<Mode> mode = Mode::kPass;  // once; then it passes everything again
  std::atomic<bool> refuses = false;     // new connections
  std::atomic<int> cuts = 0;
  std::function<void()> held = [] {};  // the server has all but the end

 private:
  struct Pair {
    Fd client, server;
  };

  static Fd socket_at() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  static bool readable(int fd, int limit_ms) {
    pollfd waits = {fd, POLLIN, 0};
    return ::poll(&waits, 1, limit_ms) > 0;
  }

  void run() {
    while (!stop_) {
      std::vector<pollfd> waits = {{listener_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs_) {
        waits.push_back({pair.client.get(), POLLIN, 0});
        waits.push_back({pair.server.get(), POLLIN, 0});
      }
      if (::poll(waits.data(), waits.size(), 20) <= 0) continue;
      for (size_t i = 0; i < pairs_.size(); ++i) {
        if (waits[1 + 2 * i].revents != 0) from_client(pairs_[i]);
        if (waits[2 + 2 * i].revents != 0) pass(pairs_[i].server, pairs_[i].client);
      }
      std::erase_if(pairs_, [](const Pair& pair) { return !pair.client; });
      if (waits[0].revents != 0) accept_one();
    }
  }

  void accept_one() {
    Pair pair{Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), socket_at()};
    if (refuses) return;
    const sockaddr_un address = address_of(server_);
    if (::connect(pair.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
        0) {
      pairs_.push_back(std::move(pair));
    }
  }

  // Whatever one of them says; that it hung up ends both.
  std::string pass(Fd& from, Fd& to, bool forward = true) {
    char block[65536];
    const ssize_t size = from ? ::recv(from.get(), block, sizeof block, 0) : 0;
    const bool passed = size > 0 && (!forward || ::send(to.get(), block, static_cast<size_t>(size),
                                                        MSG_NOSIGNAL) == size);
    if (!passed) {
      from.reset();
      to.reset();
    }
    return std::string(block, size > 0 ? static_cast<size_t>(size) : 0);
  }

  void from_client(Pair& pair) {
    if (mode == Mode::kPass) {
      pass(pair.client, pair.server);
      return;
    }
    char block[65536];
    const ssize_t size = ::recv(pair.client.get(), block, sizeof block, MSG_PEEK);
    const std::string said(block, size > 0 ? static_cast<size_t>(size) : 0);
    if (mode == Mode::kHoldSync) {
      constexpr std::string_view kSync("S\0\0\0\4", 5);
      if (!said.ends_with(kSync)) {
        pass(pair.client, pair.server);
        return;
      }
      mode = Mode::kPass;
      ++cuts;
      ::recv(pair.client.get(), block, said.size(), 0);
      ::send(pair.server.get(), block, said.size() - kSync.size(), MSG_NOSIGNAL);
      held();
      return;
    }
    if (said.find("; COMMIT") == std::string::npos) {
      pass(pair.client, pair.server);
      return;
    }
    if (mode == Mode::kLoseReply) {
      pass(pair.client, pair.server);
      readable(pair.server.get(), 10'000);
    }
    mode = Mode::kPass;
    ++cuts;
    // The server isn't told that its client is gone.
    abandoned_.push_back(std::move(pair.server));
    pair.client.reset();
  }

  std::string server_;
  Fd listener_;
  std::vector<Pair> pairs_;
  std::vector<Fd> abandoned_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

class Cut : public testing::Test {
 protected:
  void SetUp() override {
    if (!postgresql_server()) GTEST_SKIP() << "PostgreSQL is not installed";
    direct_ = empty_database();
    const std::string name = direct_.substr(direct_.rfind('/') + 1);
    proxy_ = std::make_unique<Proxy>(folder_.path(), postgresql_server()->folder());
    auto store = open_store(test::PostgresqlServer::url(folder_.path(), name));
    ASSERT_OK(store);
    store_ = *std::move(store);
    ASSERT_OK(set("k", "0"));
  }
  Result<void> set(const std::string& key, const std::string& value) {
    return store_->transact([&](Transaction& t) { return t.set_setting(key, value); });
  }
  std::string sql(const std::string& statements) {
    return postgresql_server()->sql(direct_, statements);
  }
  std::string kept() { return sql("SELECT value FROM setting WHERE key = 'k'"); }
  void cut_all() {
    sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
        " WHERE application_name LIKE 'filmgate %' AND datname = current_database()");
  }

  TemporaryFolder folder_;
  std::string direct_;
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<Store> store_;
};

TEST_F(Cut, BetweenTransactionsNobodyNotices) {
  cut_all();
  ASSERT_OK(set("k", "1"));
  cut_all();
  ASSERT_OK(store_->read([](Transaction& t) -> Result<void> {
    EXPECT_EQ(t.setting("k").value(), "1");
    return {};
  }));
}

TEST_F(Cut, WithinATransactionNothingIsKept) {
  const auto done = store_->transact([&](Transaction& t) -> Result<void> {
    EXPECT_TRUE(t.set_setting("k", "1").ok());
    cut_all();
    const auto refused = t.set_setting("other", "2");
    EXPECT_FALSE(refused.ok());
    if (!refused.ok()) {
      EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    }
    EXPECT_FALSE(t.set_setting("more", "3").ok()) << "on no account in a new transaction";
    return {};  // overlooked: the commit must not be taken for one
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(sql("SELECT count(*) FROM setting"), "1");
  EXPECT_EQ(kept(), "0");
  ASSERT_OK(set("k", "2"));
  EXPECT_EQ(kept(), "2");
}

TEST_F(Cut, WhatIsRefusedAmongManyCutsNothing) {
  const auto sessions = [&] {
    return sql(
        "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'filmgate %'"
        " AND datname = current_database()");
  };
  const std::string before = sessions();
  std::vector<Job> jobs(3);  // of no asset
  for (Job& job : jobs) job.id = new_id(system_clock());
  const auto refused =
      store_->transact([&](Transaction& t) -> Result<void> { return t.insert_jobs(jobs); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound) << refused.error().message;
  ASSERT_OK(set("k", "1"));
  EXPECT_EQ(sessions(), before);
}

TEST_F(Cut, WithinManyAtOnceNothingIsKept) {
  std::vector<OutboxMessage> messages(100);
  for (OutboxMessage& message : messages) message.id = new_id(system_clock());
  const std::span<const OutboxMessage> all = messages;
  const auto done = store_->transact([&](Transaction& t) -> Result<void> {
    EXPECT_TRUE(t.enqueue(all.first(40)).ok());
    cut_all();
    const auto refused = t.enqueue(all.subspan(40));
    EXPECT_FALSE(refused.ok());
    if (!refused.ok()) {
      EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    }
    EXPECT_FALSE(t.enqueue(all.subspan(40)).ok());
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(sql("SELECT count(*) FROM outbox"), "0");
  ASSERT_OK(store_->transact([&](Transaction& t) { return t.enqueue(all); }));
  EXPECT_EQ(sql("SELECT count(*) FROM outbox"), "100");
}

// The server may have answered all that was asked and then say that it ends the session.
TEST_F(Cut, AfterTheLastOfManyAtOnceNothingIsKept) {
  std::vector<OutboxMessage> messages(80);
  for (OutboxMessage& message : messages) message.id = new_id(system_clock());
  const std::span<const OutboxMessage> all = messages;
  proxy_->held = [&] { cut_all(); };
  const auto done = store_->transact([&](Transaction& t) -> Result<void> {
    EXPECT_TRUE(t.enqueue(all.first(40)).ok());  // the statements are prepared
    proxy_->mode = Proxy::Mode::kHoldSync;
    return t.enqueue(all.subspan(40));
  });
  EXPECT_EQ(proxy_->cuts, 1);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::kUnavailable) << done.error().message;
  ASSERT_OK(store_->transact([&](Transaction& t) { return t.enqueue(all); }));
  EXPECT_EQ(sql("SELECT count(*) FROM outbox"), "80");
}

// As while it is being restored, or where its role's password is changed.
TEST_F(Cut, AServerThatRefusesWhomItLetInBeforeIsAway) {
  cut_all();
  const std::string name = direct_.substr(direct_.rfind('/') + 1);
  const std::string other = test::PostgresqlServer::url(postgresql_server()->folder(), "postgres");
  postgresql_server()->sql(other, "ALTER DATABASE " + name + " RENAME TO elsewhere");
  const auto done = set("k", "1");
  postgresql_server()->sql(other, "ALTER DATABASE elsewhere RENAME TO " + name);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::kUnavailable) << done.error().message;
  ASSERT_TRUE(test::wait_until([&] { return set("k", "2").ok(); }));
  EXPECT_EQ(kept(), "2");
}

TEST_F(Cut, AtACommitThatArrivedItIsKnownToBeKept) {
  for (const char* value : {"1", "2", "3"}) {
    proxy_->mode = Proxy::Mode::kLoseReply;
    ASSERT_OK(set("k", value));
    EXPECT_EQ(kept(), value);
  }
  EXPECT_EQ(proxy_->cuts, 3);
  ASSERT_OK(set("k", "4"));
  EXPECT_EQ(kept(), "4");
}

TEST_F(Cut, AtACommitThatNeverArrivedItIsKnownToBeGone) {
  for (const char* value : {"1", "2"}) {
    proxy_->mode = Proxy::Mode::kLoseCommit;
    const auto done = set("k", value);
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(done.error().message.find("nothing was kept"), std::string::npos)
        << done.error().message;
    EXPECT_EQ(kept(), "0");
  }
  EXPECT_EQ(proxy_->cuts, 2);
  ASSERT_OK(set("k", "3"));
  EXPECT_EQ(kept(), "3");
}

// The very first transaction that a connection writes has no number before it.
TEST_F(Cut, AlsoAtTheFirstCommitOfAll) {
  store_.reset();
  auto store = open_store(
      test::PostgresqlServer::url(folder_.path(), direct_.substr(direct_.rfind('/') + 1)));
  ASSERT_OK(store);
  store_ = *std::move(store);
  proxy_->mode = Proxy::Mode::kLoseCommit;
  ASSERT_FALSE(set("k", "1").ok());
  proxy_->mode = Proxy::Mode::kLoseReply;
  ASSERT_OK(set("k", "2"));
  EXPECT_EQ(kept(), "2");
}

TEST_F(Cut, AServerThatIsAwayIsNotWaitedForAgainAndAgain) {
  proxy_->refuses = true;
  cut_all();
  const auto first = set("k", "1");
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(first.error().code, ErrorCode::kUnavailable);
  proxy_->refuses = false;
  // It is tried again after a pause, not at once.
  const auto second = set("k", "2");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, first.error().message);
  ASSERT_TRUE(test::wait_until([&] { return set("k", "3").ok(); }));
  EXPECT_EQ(kept(), "3");
}

TEST_F(Cut, WhoTookTheLibraryMeanwhileKeepsIt) {
  proxy_->refuses = true;
  cut_all();
  auto other = open_store(direct_);
  ASSERT_OK(other);
  proxy_->refuses = false;
  const auto refused = set("k", "1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(refused.error().message.find("another filmgated (pid " + std::to_string(::getpid())),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(kept(), "0");
}

TEST_F(Cut, AServerThatCrashedComesBackWithAllThatWasKept) {
  ASSERT_OK(set("k", "1"));
  postgresql_server()->crash();
  postgresql_server()->launch();
  EXPECT_EQ(kept(), "1");
  ASSERT_OK(set("k", "2"));
  EXPECT_EQ(kept(), "2");
}

}  // namespace
}  // namespace filmgate
