// The configuration of one host: filmgated.conf, then conf.d/*.conf in order, then the environment
// (FILMGATE_STORE_URL for [store] url). Strict: an unknown group or key is refused with file, line
// and the nearest right name. Every key is commented in data/filmgated.conf.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/base/disk_space.h"
#include "plugins/core/result.h"

namespace filmgate {

struct Endpoint {
  std::string name;
  std::string type;  // "webhook" or "log"
  std::string url;
  std::string
      secret;  // "whsec_…" or raw; from secret, secret_file, a credential or the environment
};

struct Configuration {
  // [library]
  std::string root = "var";
  std::string descriptions;  // folder of pipelines; "" = the installed ones
  int64_t scan_ms = 2000;    // how often uploads/ is looked through; inotify only hurries it
  // [intake]
  SpaceMark pause_below{0.05, 20LL << 30};  // the smaller of the two
  SpaceMark slow_below{0.10, 40LL << 30};
  // [store]
  std::string store_url;       // "" = sqlite in the library's root; see store_url_of()
  std::string store_password;  // of a PostgreSQL role; from file, credential or environment
  // [http]
  std::string listen = "127.0.0.1:8470";
  std::string public_url;  // "" = http://<listen>
  std::vector<std::string> tokens_file;
  int64_t idle_ms = 60'000;  // a connection that says nothing for so long is closed
  // [lanes]
  int light = 2, probe = 1, encode = 1;
  // [limits]
  int64_t lease_ms = 30'000, renew_ms = 10'000;
  int64_t wall_ms = 60'000, stall_ms = 20'000;
  int64_t memory_bytes = 4LL << 30, output_bytes = 64LL << 30;
  // [sandbox]
  bool insecure = false;
  // [worker]
  std::string worker_program;  // "" = beside filmgated, else the installed one
  std::string plugin_folder;  // where libgstfilmgate.so lies; "" = beside filmgated, else installed
  int64_t keep_jobs_ms = 30LL * 86'400'000, keep_messages_ms = 30LL * 86'400'000;
  bool keep_work = false;  // leave the run folders of failed attempts
  // [log]
  std::string log_level = "info";
  // [notify NAME] groups; "log" exists always
  std::vector<Endpoint> endpoints;
  // [webhooks]
  bool allow_private_addresses = false;  // deliveries to loopback and private networks
  int64_t delivery_timeout_ms = 15'000;  // of one whole delivery, slow answers included
  std::string ca_file;                   // trusted instead of the system's authorities
  std::string server_key_file;           // [review]; "" = kept in the store
};

// `path` "" = defaults and environment only. `environment` as from environ, for tests. Relative
// paths in a file are relative to that file's folder. The error is the first problem.
Result<Configuration> load_configuration(const std::string& path,
                                         const std::map<std::string, std::string>& environment);
// Where the library lies, as an absolute path without a slash at its end; and the URL of its store.
std::string root_of(const Configuration& configuration);
std::string store_url_of(const Configuration& configuration);
// Every problem, one sentence each ("filmgated.conf:12: …"); empty = good.
std::vector<std::string> configuration_problems(
    const std::string& path, const std::map<std::string, std::string>& environment);
std::map<std::string, std::string> environment_of_process();

// "[::1]:8470" -> {"::1", 8470}; port 0 = any free one.
struct ListenAddress {
  std::string host;
  int port = 0;
  bool loopback() const;
};
Result<ListenAddress> parse_listen_address(const std::string& text);
// Is this the host of an URL or a Host header that never leaves the machine?
bool is_loopback_host(const std::string& host);

}  // namespace filmgate
