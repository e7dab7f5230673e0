// filmgated: watches uploads, waits for approval, launches transcodes and publishes.
#include <glib-unix.h>
#include <glib.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "host/base/file.h"
#include "host/base/log.h"
#include "host/daemon/host.h"
#include "host/daemon/setup.h"

namespace filmgate::daemon {
namespace {

constexpr const char* kDefaultConfiguration = "/etc/filmgate/filmgated.conf";
constexpr guint kStopSeconds = 30;  // then the process ends as it is; recovery does the rest

struct Arguments {
  std::string configuration;
  std::string root;
  std::string listen;
  bool check = false;
};

int complain(const Error& error) {
  std::fprintf(stderr, "filmgated: %s\n", error.message.c_str());
  return exit_code_of(error);
}

LogLevel level_from(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  return name == "error" ? LogLevel::kError : LogLevel::kInfo;
}

std::map<std::string, std::string> environment_with(const Arguments& arguments) {
  auto environment = environment_of_process();
  // What the command line says is the last word, as the environment is over the files.
  if (!arguments.root.empty()) environment["FILMGATE_LIBRARY_ROOT"] = arguments.root;
  if (!arguments.listen.empty()) environment["FILMGATE_HTTP_LISTEN"] = arguments.listen;
  return environment;
}

// The main loop with signals, the watchdog and a clean end. Made before the host, so that a signal
// during the start is kept and answered as soon as the loop turns.
class MainLoop {
 public:
  MainLoop() : loop_(g_main_loop_new(nullptr, FALSE)) {
    g_unix_signal_add(SIGTERM, on_signal, this);
    g_unix_signal_add(SIGINT, on_signal, this);
  }
  MainLoop(const MainLoop&) = delete;
  MainLoop& operator=(const MainLoop&) = delete;
  ~MainLoop() { g_main_loop_unref(loop_); }

  int run(std::unique_ptr<Host> host) {
    host_ = std::move(host);
    uint64_t watchdog_us = 0;
    if (sd_watchdog_enabled(0, &watchdog_us) > 0) {
      g_timeout_add(static_cast<guint>(watchdog_us / 2000), on_watchdog, this);
    }
    sd_notify(0, "READY=1");
    g_main_loop_run(loop_);
    if (!clean_) {
      // The engine's thread may wait for a database or a disk; nobody waits for it any more. The
      // workers end with us, and the next start takes their jobs back.
      log(LogLevel::kWarning, "daemon", "ended before everything was handed back");
      _exit(EX_TEMPFAIL);
    }
    host_.reset();
    log(LogLevel::kInfo, "daemon", "stopped");
    return EX_OK;
  }

 private:
  static gboolean on_signal(gpointer data) noexcept {
    auto* const self = static_cast<MainLoop*>(data);
    if (self->stopping_) {  // asked twice: at once
      g_main_loop_quit(self->loop_);
      return G_SOURCE_CONTINUE;
    }
    self->stopping_ = true;
    sd_notify(0, "STOPPING=1");
    log(LogLevel::kInfo, "daemon", "stopping; what runs is handed back");
    g_timeout_add_seconds(
        kStopSeconds,
        [](gpointer loop) -> gboolean {
          g_main_loop_quit(static_cast<GMainLoop*>(loop));
          return G_SOURCE_REMOVE;
        },
        self->loop_);
    self->host_->stop([self] {
      self->clean_ = true;
      g_main_loop_quit(self->loop_);
    });
    return G_SOURCE_CONTINUE;
  }

  // Says that both threads turn, not only this one.
  static gboolean on_watchdog(gpointer data) noexcept {
    static_cast<MainLoop*>(data)->host_->ping([] { sd_notify(0, "WATCHDOG=1"); });
    return G_SOURCE_CONTINUE;
  }

  std::unique_ptr<Host> host_;
  GMainLoop* loop_;
  bool stopping_ = false;
  bool clean_ = false;
};

int check_configuration(const Arguments& arguments) {
  const auto environment = environment_with(arguments);
  const auto problems = configuration_problems(arguments.configuration, environment);
  for (const std::string& problem : problems) {
    std::fprintf(stderr, "filmgated: %s\n", problem.c_str());
  }
  if (!problems.empty()) return EX_CONFIG;
  auto configuration = load_configuration(arguments.configuration, environment);
  if (!configuration) return complain(configuration.error());
  auto setup = prepare(*configuration);
  if (!setup) return complain(setup.error());
  std::string names;
  for (const Description& description : setup->descriptions) {
    names += (names.empty() ? "" : ", ") + description.name;
  }
  std::printf(
      "%s is good; descriptions: %s\n",
      arguments.configuration.empty() ? "the configuration" : arguments.configuration.c_str(),
      names.empty() ? "none" : names.c_str());
  return EX_OK;
}

int run(const Arguments& arguments) {
  auto configuration = load_configuration(arguments.configuration, environment_with(arguments));
  if (!configuration) return complain(configuration.error());
  set_log_level(level_from(configuration->log_level));
  auto setup = prepare(*configuration);
  if (!setup) return complain(setup.error());
  const bool open = setup->tokens.empty();
  const size_t descriptions = setup->descriptions.size();
  const std::string root = setup->state_folder;
  MainLoop loop;
  auto host = Host::start(*std::move(setup));
  if (!host) return complain(host.error());
  log(LogLevel::kInfo, "daemon",
      "library " + root + ", " + std::to_string(descriptions) + " descriptions");
  log(LogLevel::kInfo, "daemon", "console: " + (*host)->console_url());
  if (open) {
    log(LogLevel::kInfo, "daemon",
        "console and API are open to every user of this machine; [http] tokens_file closes them");
  }
  if (configuration->insecure) {
    log(LogLevel::kWarning, "daemon",
        "[sandbox] insecure = true: uploads may be parsed unconfined on this kernel");
  }
  return loop.run(*std::move(host));
}

}  // namespace
}  // namespace filmgate::daemon

int main(int argc, char** argv) {
  using namespace filmgate::daemon;
  CLI::App app{"Watches uploads, waits for approval, transcodes and publishes.", "filmgated"};
  Arguments arguments;
  app.add_option(
      "--config", arguments.configuration,
      std::string("Configuration file; default ") + kDefaultConfiguration + " where it exists");
  app.add_option("--root", arguments.root, "The library's folder, instead of [library] root");
  app.add_option("--listen", arguments.listen, "ADDRESS:PORT, instead of [http] listen")
      ->check([](const std::string& text) {
        const auto address = filmgate::parse_listen_address(text);
        return address ? std::string() : address.error().message;
      });
  app.add_flag("--check-config", arguments.check,
               "Say what is wrong with configuration and descriptions, and where");
  app.set_version_flag("--version", "filmgated " FILMGATE_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EX_OK : EX_USAGE;
  }
  if (arguments.configuration.empty() && filmgate::exists(kDefaultConfiguration)) {
    arguments.configuration = kDefaultConfiguration;
  }
  return arguments.check ? check_configuration(arguments) : run(arguments);
}
