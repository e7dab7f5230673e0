#include "host/daemon/host.h"

#include <unistd.h>

#include <future>

#include "host/base/log.h"
#include "host/engine/engine.h"
#include "host/http/server.h"
#include "host/intake/folder_watch.h"
#include "host/notify/notify.h"
#include "host/review/review_link.h"
#include "host/review/server_key.h"
#include "host/storage/library.h"
#include "host/store/store.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::daemon {
namespace {

std::string instance_name() {
  char name[256] = "localhost";
  gethostname(name, sizeof name - 1);
  return std::string(name) + ':' + std::to_string(getpid()) + ':' + worker::boot_id();
}

// Runs `work` on the executor's thread and waits for what it returns.
template <typename Work>
auto run_on(Executor& executor, Work work) {
  std::promise<decltype(work())> promise;
  auto result = promise.get_future();
  executor.post([&] { promise.set_value(work()); });
  return result.get();
}

class RunningHost final : public Host {
 public:
  explicit RunningHost(Setup setup, Library library, Router router)
      : setup_(std::move(setup)),
        library_(std::move(library)),
        router_(std::move(router)),
        main_(make_executor(nullptr)),
        executor_(start_executor_thread("engine")) {}
  RunningHost(const RunningHost&) = delete;
  RunningHost& operator=(const RunningHost&) = delete;

  ~RunningHost() override {
    http_.reset();
    run_on(*executor_, [this] {
      watch_.reset();
      engine_.reset();
      deliverer_.reset();
      supervisor_.reset();
      store_.reset();
      return true;
    });
  }

  Result<void> start() {
    // The port first: its number is part of every link.
    FILMGATE_TRY(run_on(*executor_, [this] { return build(); }));
    FILMGATE_TRY(listen());
    FILMGATE_TRY(run_on(*executor_, [this] { return begin(); }));
    return {};
  }

  void stop(std::function<void()> stopped) override {
    http_.reset();
    executor_->post([this, stopped = std::move(stopped)] {
      watch_.reset();
      engine_->stop([this, stopped] { main_->post(stopped); });
    });
  }

  void ping(std::function<void()> alive) override {
    executor_->post([this, alive = std::move(alive)] { main_->post(alive); });
  }

  std::string console_url() const override { return public_url_ + "/"; }

 private:
  // On the engine's thread from here: store, supervisor and engine belong to it.
  Result<void> build() {
    const Configuration& configuration = setup_.configuration;
    auto store = open_store(setup_.store_url, configuration.store_password);
    if (!store) return store.error();
    store_ = *std::move(store);
    auto key = server_key(configuration.server_key_file, *store_);
    if (!key) return key.error();
    key_ = *key;
    supervisor_ = worker::make_supervisor(
        *executor_, {setup_.installation.worker_program, setup_.installation.plugin_folder,
                     setup_.cache_folder, configuration.insecure});
    DelivererOptions delivery;
    delivery.endpoints = configuration.endpoints;
    delivery.timeout_ms = configuration.delivery_timeout_ms;
    delivery.allow_private_addresses = configuration.allow_private_addresses;
    delivery.ca_file = configuration.ca_file;
    auto deliverer = make_deliverer(std::move(delivery), *executor_, system_clock());
    if (!deliverer) return deliverer.error();
    deliverer_ = *std::move(deliverer);
    EngineOptions options;
    options.owner = instance_name();
    options.slots = {configuration.light, configuration.probe, configuration.encode};
    options.lease_ms = configuration.lease_ms;
    options.renew_ms = configuration.renew_ms;
    options.limits.wall_ms = configuration.wall_ms;
    options.limits.stall_ms = configuration.stall_ms;
    options.limits.memory_bytes = configuration.memory_bytes;
    options.limits.output_bytes = configuration.output_bytes;
    options.pause_below = configuration.pause_below;
    options.slow_below = configuration.slow_below;
    options.keep_work = configuration.keep_work;
    options.keep_jobs_ms = configuration.keep_jobs_ms;
    options.keep_messages_ms = configuration.keep_messages_ms;
    // Links are asked for only once begin() has started the engine, when the port is known.
    const auto link = [this](const Approval& approval, const std::string& reviewer) {
      return ReviewLinks(key_, public_url_).link(approval, reviewer);
    };
    engine_ = Engine::make(
        {*store_, library_, *supervisor_, *deliverer_, router_, system_clock(), *executor_, link},
        options);
    return {};
  }

  Result<void> begin() {
    FILMGATE_TRY(engine_->start());
    auto watch = FolderWatch::start(*engine_, library_, router_, system_clock(), *executor_,
                                    setup_.configuration.scan_ms);
    if (!watch) return watch.error();
    watch_ = *std::move(watch);
    return {};
  }

  Result<void> listen() {
    const Configuration& configuration = setup_.configuration;
    HttpOptions options;
    options.listen = configuration.listen;
    options.public_url = setup_.public_url;
    options.tokens = setup_.tokens;
    options.idle_ms = configuration.idle_ms;
    const auto events_after = [this](int64_t seq, int limit) -> Result<std::vector<Event>> {
      std::vector<Event> events;
      FILMGATE_TRY(store_->read([&](Transaction& tx) -> Result<void> {
        auto found = tx.events_after(seq, limit);
        if (!found) return found.error();
        events = *std::move(found);
        return {};
      }));
      return events;
    };
    auto http = HttpServer::start(
        {*engine_, *executor_, library_, system_clock(), key_, events_after}, options);
    if (!http) return http.error();
    http_ = *std::move(http);
    public_url_ = http_->url();
    return {};
  }

  Setup setup_;
  Library library_;
  Router router_;
  std::string key_;
  std::string public_url_;
  std::unique_ptr<Executor> main_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<worker::Supervisor> supervisor_;
  std::unique_ptr<Deliverer> deliverer_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<FolderWatch> watch_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace

Result<std::unique_ptr<Host>> Host::start(Setup setup) {
  auto library = Library::open(setup.state_folder);
  if (!library) {
    // A parent that can't be made is no wrong setting but something that can't be created.
    const ErrorCode code = library.error().code;
    return Error{code == ErrorCode::kNotFound ? ErrorCode::kIo : code, library.error().message};
  }
  auto router = Router::make(setup.descriptions);
  if (!router) return router.error();
  auto host =
      std::make_unique<RunningHost>(std::move(setup), *std::move(library), *std::move(router));
  FILMGATE_TRY(host->start());
  return std::unique_ptr<Host>(std::move(host));
}

}  // namespace filmgate::daemon
