// The configuration of one host: filmgated.conf, then conf.d/*.conf in order, then the environment
// (FILMGATE_STORE_URL for [store] url). Strict: an unknown group or key is refused with file, line
// and the nearest right name. Every key is commented in data/filmgated.conf.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate {

struct Endpoint {
  std::string name;
  std::string type;    // "webhook" or "log"
  std::string url;
  std::string secret;  // "whsec_…" or raw; from secret, secret_file, a credential or the environment
};

struct Configuration {
  // [library]
  std::string root = "var";
  std::string descriptions;  // folder of pipelines; "" = the installed ones
  int64_t scan_ms = 2000;    // how often uploads/ is looked through; inotify only hurries it
  // [store]
  std::string store_url;  // "" = sqlite in the library's root
  // [http]
  std::string listen = "127.0.0.1:8470";
  std::string public_url;  // "" = http://<listen>
  std::vector<std::string> tokens_file;
  // [lanes]
  int light = 2, probe = 1, encode = 1;
  // [limits]
  int64_t lease_ms = 30'000, renew_ms = 10'000;
  int64_t wall_ms = 60'000, stall_ms = 20'000;
  int64_t memory_bytes = 4LL << 30, output_bytes = 64LL << 30;
  int64_t max_upload_bytes = 256LL << 30;
  // [sandbox]
  bool insecure = false;
  // [log]
  std::string log_level = "info";
  // [notify NAME] groups; "log" exists always
  std::vector<Endpoint> endpoints;
  bool allow_private_addresses = false;  // [webhooks]: deliveries to loopback and private networks
  std::string server_key_file;           // [review]; "" = kept in the store
};

// `path` "" = defaults and environment only. `environment` as from environ, for tests.
Result<Configuration> load_configuration(const std::string& path,
                                         const std::map<std::string, std::string>& environment);
std::map<std::string, std::string> environment_of_process();

}  // namespace filmgate
