// The conformance suite speaks to the Store interface only. Each kind of database brings a way to
// make an empty one; every case runs against all of them.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <functional>
#include <memory>
#include <string>

#include "host/base/file.h"
#include "host/base/id.h"
#include "host/store/store.h"

namespace filmgate {

#define ASSERT_OK(expression)                                               \
  do {                                                                      \
    const auto& assert_ok_result = (expression);                            \
    ASSERT_TRUE(assert_ok_result.ok()) << assert_ok_result.error().message; \
  } while (false)

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char path[] = "/tmp/filmgate-store-XXXXXX";
    if (::mkdtemp(path) == nullptr) ADD_FAILURE() << "no temporary folder";
    path_ = path;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { EXPECT_TRUE(remove_tree(path_).ok()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Backend {
  const char* name;
  // The URL of an empty database that nobody else uses; "" where there can't be any.
  std::string (*url)(const TemporaryFolder& folder);
};

inline void PrintTo(const Backend& backend, std::ostream* out) {
  *out << backend.name;
}

// An asset with a history as the first schema kept it, everything within the chain: the rows as
// SQL.
std::string first_schema_history();

// Each program of tests has its own: sqlite_test.cpp, postgresql_test.cpp.
Backend backend();

class StoreTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    url_ = GetParam().url(folder_);
    if (url_.empty()) GTEST_SKIP() << GetParam().name << " is not installed";
    open();
  }
  void open() {
    auto store = open_store(url_);
    ASSERT_TRUE(store.ok()) << store.error().message;
    store_ = std::move(store).value();
  }
  void reopen() {
    store_.reset();
    open();
  }

  using Work = std::function<Result<void>(Transaction&)>;
  void write(const Work& work) { ASSERT_OK(store_->transact(work)); }
  ErrorCode failure(const Work& work) {
    const auto result = store_->transact(work);
    EXPECT_FALSE(result.ok());
    return result.ok() ? ErrorCode::kInternal : result.error().code;
  }
  // The value that a reading call gives.
  template <typename Call>
  auto get(const Call& call) {
    using Value = std::decay_t<decltype(call(std::declval<Transaction&>()).value())>;
    Value value{};
    const auto result = store_->read([&](Transaction& t) -> Result<void> {
      auto found = call(t);
      if (!found.ok()) return found.error();
      value = std::move(found).value();
      return {};
    });
    EXPECT_TRUE(result.ok()) << result.error().message;
    return value;
  }

  Asset new_asset(const std::string& name) {
    Asset asset;
    asset.id = new_id(system_clock());
    asset.name = name;
    asset.description = "review";
    asset.source.path = "uploads/" + name;
    asset.created_ms = asset.updated_ms = 1000;
    return asset;
  }
  Asset insert_asset(const std::string& name, AssetState state = AssetState::kReceived) {
    Asset asset = new_asset(name);
    asset.state = state;
    write([&](Transaction& t) { return t.insert_asset(asset); });
    return asset;
  }
  Job new_job(const Asset& asset, JobKind kind, const std::string& variant = "") {
    Job job;
    job.id = new_id(system_clock());
    job.asset_id = asset.id;
    job.kind = kind;
    job.variant = variant;
    job.state = JobState::kReady;
    job.lane = lane_of(kind);
    job.created_ms = job.updated_ms = 1000;
    return job;
  }
  Job insert_job(const Asset& asset, JobKind kind, const std::string& variant = "") {
    const Job job = new_job(asset, kind, variant);
    write([&](Transaction& t) { return t.insert_job(job); });
    return job;
  }
  std::vector<Job> claim(const ClaimRequest& request) {
    std::vector<Job> jobs;
    write([&](Transaction& t) -> Result<void> {
      auto claimed = t.claim(request);
      if (!claimed.ok()) return claimed.error();
      jobs = std::move(claimed).value();
      return {};
    });
    return jobs;
  }
  Job job(const std::string& id) {
    auto found = get([&](Transaction& t) { return t.job(id); });
    EXPECT_TRUE(found.has_value());
    return found.value_or(Job{});
  }

  TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<Store> store_;
};

template <typename Records>
std::vector<std::string> ids_of(const Records& records) {
  std::vector<std::string> ids;
  for (const auto& record : records) ids.push_back(record.id);
  return ids;
}

#define FILMGATE_STORE_SUITE(Suite)                                      \
  INSTANTIATE_TEST_SUITE_P(Databases, Suite, testing::Values(backend()), \
                           [](const auto& each) { return each.param.name; })

}  // namespace filmgate
