// filmgated itself, from outside: its command line, and webhooks over HTTPS to a receiver whose
// authority the configuration names.
#include <gtest/gtest.h>
#include <libsoup/soup.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "host/base/file.h"
#include "host/net/webhook_signature.h"
#include "plugins/core/json.h"
#include "tests/support/library.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct Delivery {
  std::string id, timestamp, signature, body;
};

// Says yes to every POST over TLS, on a thread and context of its own.
class TlsReceiver {
 public:
  TlsReceiver(const std::string& certificate, const std::string& key) {
    std::promise<guint> listening;
    thread_ = std::thread([&, this] { serve(certificate, key, listening); });
    port_ = listening.get_future().get();
  }
  ~TlsReceiver() {
    if (loop_ != nullptr) g_main_loop_quit(loop_);
    thread_.join();
    if (loop_ != nullptr) g_main_loop_unref(loop_);
  }
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  std::string url() const { return "https://localhost:" + std::to_string(port_) + "/hook"; }
  std::vector<Delivery> deliveries() {
    const std::scoped_lock lock(mutex_);
    return deliveries_;
  }

 private:
  void serve(const std::string& certificate, const std::string& key,
             std::promise<guint>& listening) {
    GMainContext* const context = g_main_context_new();
    g_main_context_push_thread_default(context);
    loop_ = g_main_loop_new(context, FALSE);
    GTlsCertificate* own =
        g_tls_certificate_new_from_files(certificate.c_str(), key.c_str(), nullptr);
    SoupServer* const server = soup_server_new("tls-certificate", own, nullptr);
    soup_server_add_handler(server, nullptr, on_request, this, nullptr);
    guint port = 0;
    if (soup_server_listen_local(server, 0, SOUP_SERVER_LISTEN_HTTPS, nullptr) != FALSE) {
      GSList* const uris = soup_server_get_uris(server);
      port = static_cast<guint>(g_uri_get_port(static_cast<GUri*>(uris->data)));
      g_slist_free_full(uris, reinterpret_cast<GDestroyNotify>(g_uri_unref));
    }
    listening.set_value(port);
    g_main_loop_run(loop_);
    soup_server_disconnect(server);
    g_object_unref(server);
    g_clear_object(&own);
    g_main_context_pop_thread_default(context);
    g_main_context_unref(context);
  }
  static void on_request(SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                         gpointer data) {
    auto* const self = static_cast<TlsReceiver*>(data);
    SoupMessageHeaders* const headers = soup_server_message_get_request_headers(message);
    const auto header = [headers](const char* name) {
      const char* const value = soup_message_headers_get_one(headers, name);
      return std::string(value != nullptr ? value : "");
    };
    SoupMessageBody* const body = soup_server_message_get_request_body(message);
    const std::scoped_lock lock(self->mutex_);
    self->deliveries_.push_back({header("webhook-id"), header("webhook-timestamp"),
                                 header("webhook-signature"),
                                 std::string(body->data, static_cast<size_t>(body->length))});
    soup_server_message_set_status(message, 204, nullptr);
  }

  GMainLoop* loop_ = nullptr;
  guint port_ = 0;
  std::mutex mutex_;
  std::vector<Delivery> deliveries_;
  std::thread thread_;
};

class Daemon : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "descriptions");
    fs::create_directories(root_ / "library/uploads");
    std::string description = quick_description(2);
    description.insert(description.rfind('}'),
                       R"(, "notify": [{"to": "ops", "on": ["rejected"]}])");
    std::ofstream(root_ / "descriptions/quick.json") << description;
  }
  // An authority of the test's own, and what it says of localhost.
  bool make_certificates() {
    const auto openssl = [this](const std::string& words) {
      std::vector<std::string> arguments = {"openssl"};
      std::istringstream stream(words);
      for (std::string word; stream >> word;) arguments.push_back(word);
      for (std::string& argument : arguments)
        if (argument.starts_with("@")) argument = root_ / argument.substr(1);
      return run_program(arguments).exit_code == 0;
    };
    std::ofstream(root_ / "names") << "subjectAltName=DNS:localhost";
    return openssl(
               "req -x509 -newkey rsa:2048 -nodes -keyout @ca.key -out @ca.pem -days 2 -subj "
               "/CN=Test-authority") &&
           openssl(
               "req -newkey rsa:2048 -nodes -keyout @server.key -out @server.csr -subj "
               "/CN=localhost") &&
           openssl(
               "x509 -req -in @server.csr -CA @ca.pem -CAkey @ca.key -CAcreateserial -days 2 "
               "-extfile @names -out @server.pem");
  }
  std::unique_ptr<Child> start(std::map<std::string, std::string> environment) {
    environment["FILMGATE_LIBRARY_DESCRIPTIONS"] = root_ / "descriptions";
    environment["FILMGATE_LIBRARY_SCAN"] = "100ms";
    environment["XDG_CACHE_HOME"] = std::string(FILMGATE_BINARY_DIR) + "/cache";
    return std::make_unique<Child>(
        std::vector<std::string>{program(), "--root", root_ / "library", "--listen", "127.0.0.1:0"},
        root_ / "log", environment);
  }
  // "" until it listens.
  static std::string address_of(const Child& daemon) {
    const std::string said = daemon.output();
    const size_t at = said.find("console: http://");
    if (at == std::string::npos) return "";
    const size_t begin = said.find("http://", at);
    return said.substr(begin, said.find('/', begin + 7) - begin);
  }
  static Finished filmgate(const Child& daemon, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), std::string(FILMGATE_BINARY_DIR) + "/bin/filmgate");
    arguments.insert(arguments.end(), {"--server", address_of(daemon)});
    return run_program(arguments);
  }
  static std::string program() { return std::string(FILMGATE_BINARY_DIR) + "/bin/filmgated"; }
  // Broken metadata is rejected without a worker.
  void upload_what_is_rejected() {
    std::ofstream(root_ / "library/uploads/clip.mp4.json") << "{";
    std::ofstream(root_ / "library/uploads/clip.mp4") << "no video";
  }

  TemporaryFolder root_;
};

TEST_F(Daemon, DeliversOverHttpsToAReceiverOfTheNamedAuthority) {
  if (!make_certificates()) GTEST_SKIP() << "openssl is not there to make certificates";
  TlsReceiver receiver(root_ / "server.pem", root_ / "server.key");
  const auto daemon = start({{"FILMGATE_NOTIFY_OPS_URL", receiver.url()},
                             {"FILMGATE_NOTIFY_OPS_SECRET", kSecret},
                             {"FILMGATE_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES", "true"},
                             {"FILMGATE_WEBHOOKS_CA_FILE", root_ / "ca.pem"}});
  upload_what_is_rejected();
  ASSERT_TRUE(wait_until([&] { return !receiver.deliveries().empty(); })) << daemon->output();
  const Delivery delivery = receiver.deliveries().front();
  const auto body = parse_json(delivery.body, "delivery");
  ASSERT_TRUE(body.ok()) << delivery.body;
  EXPECT_EQ(body->get("type").string_or(""), "asset.rejected");
  EXPECT_EQ(body->find_path("data.name")->string_or(""), "clip.mp4");
  EXPECT_EQ(delivery.signature,
            webhook_signature(*webhook_key(kSecret), delivery.id,
                              std::atoll(delivery.timestamp.c_str()), delivery.body));
  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->output();
}

TEST_F(Daemon, DeliversNothingToAReceiverThatNobodyVouchesFor) {
  if (!make_certificates()) GTEST_SKIP() << "openssl is not there to make certificates";
  TlsReceiver receiver(root_ / "server.pem", root_ / "server.key");
  const auto daemon = start({{"FILMGATE_NOTIFY_OPS_URL", receiver.url()},
                             {"FILMGATE_NOTIFY_OPS_SECRET", kSecret},
                             {"FILMGATE_WEBHOOKS_ALLOW_PRIVATE_ADDRESSES", "true"}});
  upload_what_is_rejected();
  const auto refused = [&] { return daemon->output().find("certificate") != std::string::npos; };
  EXPECT_TRUE(wait_until(refused)) << daemon->output();
  EXPECT_TRUE(receiver.deliveries().empty());
}

TEST_F(Daemon, SaysThatUploadsWaitForRoom) {
  const auto daemon =
      start({{"FILMGATE_NOTIFY_OPS_TYPE", "log"}, {"FILMGATE_INTAKE_PAUSE_BELOW", "1000T"}});
  upload_what_is_rejected();
  ASSERT_TRUE(wait_until([&] { return !address_of(*daemon).empty() || !daemon->running(); }));
  const Finished status = filmgate(*daemon, {"status"});
  EXPECT_EQ(status.exit_code, 4) << status.errors;
  EXPECT_NE(status.output.find("is ready\nuploads wait for room on the disk: "), std::string::npos)
      << status.output;
  EXPECT_NE(daemon->output().find("uploads wait for room on the disk: "), std::string::npos);
  EXPECT_TRUE(fs::exists(root_ / "library/uploads/clip.mp4"));
}

TEST_F(Daemon, ListsMoreAssetsThanAnAnswerHolds) {
  constexpr int kAssets = 101;
  for (int i = 0; i < kAssets; ++i)  // without its metadata each only waits
    std::ofstream(root_ / ("library/uploads/clip-" + std::to_string(i) + ".mp4")) << "no video";
  const auto daemon = start({{"FILMGATE_NOTIFY_OPS_TYPE", "log"}});
  ASSERT_TRUE(wait_until([&] { return !address_of(*daemon).empty() || !daemon->running(); }));
  ASSERT_FALSE(address_of(*daemon).empty()) << daemon->output();
  Finished listed;
  const auto all = [&] {
    listed = filmgate(*daemon, {"ls", "--state", "waiting_metadata"});
    return std::count(listed.output.begin(), listed.output.end(), '\n') == kAssets;
  };
  EXPECT_TRUE(wait_until(all)) << listed.output << listed.errors;
  EXPECT_EQ(filmgate(*daemon, {"ls", "--description", "quick", "--since", "1h"}).output,
            listed.output);
  EXPECT_EQ(filmgate(*daemon, {"ls", "--description", "other"}).output, "");

  // So are those that are cancelled and tried again.
  const std::vector<std::string> cancel = {"cancel", "--state", "waiting_metadata", "--since",
                                           "1h"};
  std::vector<std::string> dry_run = cancel;
  dry_run.push_back("--dry-run");
  const auto ends_with = [](const Finished& finished, const std::string& line) {
    return finished.exit_code == 0 && finished.output.ends_with(line);
  };
  Finished many = filmgate(*daemon, dry_run);
  EXPECT_TRUE(ends_with(many, "\n101 would be cancelled\n")) << many.output << many.errors;
  EXPECT_TRUE(many.output.starts_with(listed.output));
  many = filmgate(*daemon, cancel);
  EXPECT_TRUE(ends_with(many, "\n101 cancelled\n")) << many.output << many.errors;
  EXPECT_TRUE(ends_with(filmgate(*daemon, cancel), "0 cancelled\n"));

  upload_what_is_rejected();
  ASSERT_TRUE(wait_until([&] { return fs::exists(root_ / "library/rejected/clip.mp4"); }));
  many = filmgate(*daemon, {"retry", "--state", "rejected", "--dry-run"});
  EXPECT_TRUE(ends_with(many, "\n1 would be tried again\n")) << many.output << many.errors;
  const std::string id = many.output.substr(0, many.output.find(' '));
  std::ofstream(root_ / "library/rejected/clip.mp4.json") << "{}";
  many = filmgate(*daemon, {"retry", "--state", "rejected", "--description", "quick"});
  EXPECT_TRUE(ends_with(many, "\n1 tried again\n")) << many.output << many.errors;

  const std::string cancelled = listed.output.substr(0, listed.output.find(' '));
  many = filmgate(*daemon, {"retry", cancelled, "no-such-asset"});
  EXPECT_EQ(many.exit_code, 1);
  EXPECT_NE(many.errors.find("is cancelled; only what is failed"), std::string::npos);
  EXPECT_NE(many.errors.find("there is no asset no-such-asset"), std::string::npos);
  EXPECT_EQ(filmgate(*daemon, {"cancel"}).exit_code, 2);
  EXPECT_EQ(filmgate(*daemon, {"cancel", id, "--state", "failed"}).exit_code, 2);
}

TEST_F(Daemon, LanesArePausedAndAssetsPutFirstFromTheCommandLine) {
  auto daemon = start({{"FILMGATE_NOTIFY_OPS_TYPE", "log"}});
  const auto listens = [&] { return !address_of(*daemon).empty() || !daemon->running(); };
  ASSERT_TRUE(wait_until(listens) && !address_of(*daemon).empty()) << daemon->output();
  const Finished paused = filmgate(*daemon, {"lane", "pause", "light"});
  EXPECT_EQ(paused.exit_code, 0) << paused.errors;
  EXPECT_EQ(paused.output, "light   paused   0 of 2 slots in use, 0 waiting\n");
  std::ofstream(root_ / "library/uploads/clip.mp4.json") << R"({"title": "Clip"})";
  std::ofstream(root_ / "library/uploads/clip.mp4") << "no video";
  Finished told;
  const auto taken_in = [&] {
    told = filmgate(*daemon, {"ls"});
    return !told.output.empty();
  };
  ASSERT_TRUE(wait_until(taken_in)) << daemon->output();
  const std::string id = told.output.substr(0, told.output.find(' '));
  EXPECT_NE(told.output.find("waits for the light lane, which is paused\n"), std::string::npos)
      << told.output;
  EXPECT_EQ(filmgate(*daemon, {"lane", "ls"}).output,
            "light   paused   0 of 2 slots in use, 1 waiting\n"
            "probe   open     0 of 1 slots in use, 0 waiting\n"
            "encode  open     0 of 1 slots in use, 0 waiting\n");

  // The first that can't be put elsewhere keeps nobody else from it.
  told = filmgate(*daemon, {"prioritize", "no-such-asset", id, "--to", "-5"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.errors.find("there is no asset no-such-asset"), std::string::npos) << told.errors;
  told = filmgate(*daemon, {"show", id, "--json"});
  const auto shown = parse_json(told.output, "show");
  ASSERT_TRUE(shown.ok()) << told.output << told.errors;
  EXPECT_EQ(shown->get("priority").integer_or(0), -5);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"prioritize", id, "--to", "1001"},
        {"prioritize", id},
        {"prioritize", "--to", "1"},
        {"prioritize", id, "--to", "nan"},
        {"lane", "pause", "fast"},
        {"lane", "pause"},
        {"lane"}}) {
    EXPECT_EQ(filmgate(*daemon, wrong).exit_code, 2) << wrong.front() << " " << wrong.back();
  }

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << daemon->output();
  fs::remove(root_ / "log");  // where the first one's address stands
  daemon = start({{"FILMGATE_NOTIFY_OPS_TYPE", "log"}});
  ASSERT_TRUE(wait_until(listens) && !address_of(*daemon).empty()) << daemon->output();
  told = filmgate(*daemon, {"lane", "ls", "--json"});
  const auto lanes = parse_json(told.output, "lanes");
  ASSERT_TRUE(lanes.ok()) << told.output << told.errors;
  EXPECT_TRUE(lanes->find_path("lanes.0.paused")->bool_or(false));
  EXPECT_EQ(filmgate(*daemon, {"lane", "resume", "light"}).exit_code, 0);
  EXPECT_TRUE(wait_until([&] { return fs::exists(root_ / "library/rejected/clip.mp4"); }))
      << daemon->output();
  told = filmgate(*daemon, {"prioritize", id, "--to", "1"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.errors.find("clip.mp4 is rejected; nothing of it waits"), std::string::npos)
      << told.errors;
}

TEST_F(Daemon, NamesTheOptionWhoseValueIsWrong) {
  const Finished finished =
      run_program({program(), "--root", root_ / "library", "--listen", "foo"});
  EXPECT_EQ(finished.exit_code, 64);
  EXPECT_NE(finished.errors.find("--listen"), std::string::npos) << finished.errors;
  EXPECT_NE(finished.errors.find("no address and port such as 127.0.0.1:8470"), std::string::npos)
      << finished.errors;
  EXPECT_EQ(finished.errors.find("FILMGATE_"), std::string::npos) << finished.errors;
}

}  // namespace
}  // namespace filmgate::test
