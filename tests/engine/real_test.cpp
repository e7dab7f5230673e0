// The whole way with the real worker: folder watch, sandboxed runs, publishing.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "host/intake/folder_watch.h"
#include "tests/support/clip.h"
#include "tests/support/library.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

class SilentDeliverer final : public Deliverer {
 public:
  explicit SilentDeliverer(Executor& executor) : executor_(executor) {}
  void deliver(const OutboxMessage&, OnDone done) override {
    executor_.post([done] { done({DeliveryResult::kDelivered, "", 0}); });
  }

 private:
  Executor& executor_;
};

class RealHost : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Library::open(folder_ / "library").ok());
    library_ = Library::open(folder_ / "library").value();
    auto parsed = parse_description(quick_description(2), "quick.json", [](const std::string&) {
      return Result<std::string>(Error{ErrorCode::kNotFound, "no presets here"});
    });
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    router_ = Router::make({*parsed}).value();
    executor_ = start_executor_thread("engine");
    call([this] {
      store_ = open_store("sqlite://" + folder_ / "test.db").value();
      worker::SupervisorOptions options;
      options.worker_program = std::string(FILMGATE_BINARY_DIR) + "/bin/filmgate-worker";
      options.plugin_folder = std::string(FILMGATE_BINARY_DIR) + "/plugins";
      options.cache_folder = folder_ / "cache";
      supervisor_ = worker::make_supervisor(*executor_, options);
      deliverer_ = std::make_unique<SilentDeliverer>(*executor_);
      EngineOptions engine_options;
      engine_options.owner = "test";
      engine_ = Engine::make(
          {*store_, *library_, *supervisor_, *deliverer_, *router_, system_clock(), *executor_,
           [](const Approval&, const std::string&) { return std::string(); }},
          engine_options);
      engine_->observe([this](const Event& event) {
        const auto ms = event.data.get("first_picture_ms").if_integer();
        if (event.kind == "run.progress" && ms && *ms > 0) {
          pictured_.push_back(event.data.get("stage").string_or(""));
        }
      });
      EXPECT_TRUE(engine_->start().ok());
      watch_ = FolderWatch::start(*engine_, *library_, *router_, system_clock(), *executor_, 100)
                   .value();
    });
  }
  void TearDown() override {
    if (executor_ == nullptr) return;
    call([this] {
      watch_.reset();
      engine_.reset();
      supervisor_.reset();
      deliverer_.reset();
      store_.reset();
    });
    executor_.reset();
  }

  void call(const std::function<void()>& work) {
    std::promise<void> done;
    executor_->post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }
  // The only asset, once it is final.
  AssetView finish() {
    AssetView view;
    const bool ended = wait_until([&] {
      bool is_over = false;
      call([&] {
        const auto assets = engine_->assets({}).value();
        if (assets.empty()) return;
        view = engine_->view(assets.front().id).value();
        is_over = is_final(view.asset.state);
      });
      return is_over;
    });
    EXPECT_TRUE(ended) << to_string(view.asset.state) << ": " << view.asset.detail;
    return view;
  }
  void put(const std::string& from, const std::string& to) {
    fs::copy_file(from, library_->absolute(to));
  }

  TemporaryFolder folder_;
  std::optional<Library> library_;
  std::optional<Router> router_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<worker::Supervisor> supervisor_;
  std::unique_ptr<SilentDeliverer> deliverer_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<FolderWatch> watch_;
  std::vector<std::string> pictured_;  // stages of runs that told of their first picture
};

TEST_F(RealHost, PublishesAClip) {
  put(make_clip(640, 360, 2), "uploads/clip.mp4");
  ASSERT_TRUE(
      write_file_durably(library_->absolute("uploads/clip.json"), R"({"title": "A test"})").ok());
  const AssetView view = finish();
  ASSERT_EQ(view.asset.state, AssetState::kProcessed) << view.asset.detail;
  call([this] { EXPECT_EQ(pictured_, (std::vector<std::string>{"probe", "renditions"})); });
  std::set<std::string> names;
  for (const Output& output : view.outputs) {
    names.insert(output.name);
    const auto file = open_file(library_->absolute(output.path), 0);
    ASSERT_TRUE(file.ok()) << output.path;
    EXPECT_EQ(sha256_hex_of(file->get(), output.path).value(), output.sha256) << output.path;
  }
  EXPECT_EQ(names, (std::set<std::string>{"240p", "120p", "poster", "sprite", "vtt", "report",
                                          "manifest"}));
  EXPECT_EQ(view.asset.facts.find_path("media.video.width")->integer_or(0), 640);
  EXPECT_NEAR(view.asset.facts.find_path("media.duration")->number_or(0), 2.0, 0.1);
  EXPECT_TRUE(library_->stat("processed/clip/source/clip.mp4").ok());
}

TEST_F(RealHost, RejectsWhatIsNoVideo) {
  ASSERT_TRUE(write_file_durably(library_->absolute("uploads/clip.mp4"), "this is only text").ok());
  ASSERT_TRUE(
      write_file_durably(library_->absolute("uploads/clip.json"), R"({"title": "x"})").ok());
  const AssetView view = finish();
  EXPECT_EQ(view.asset.state, AssetState::kRejected);
  EXPECT_FALSE(view.asset.detail.empty());
  EXPECT_TRUE(wait_until([&] { return library_->stat("rejected/clip.mp4.reason.json").ok(); }));
}

TEST_F(RealHost, RejectsWhatFailsItsRule) {
  put(make_clip(640, 360, 2), "uploads/clip.mp4");
  ASSERT_TRUE(
      write_file_durably(library_->absolute("uploads/clip.json"), R"({"owner": "x"})").ok());
  const AssetView view = finish();
  EXPECT_EQ(view.asset.state, AssetState::kRejected);
  EXPECT_NE(view.asset.detail.find("metadata.title"), std::string::npos) << view.asset.detail;
}

}  // namespace
}  // namespace filmgate::test
