// Console, review pages and API. Lives on the main thread with the default context; whatever needs
// the engine is posted to its executor and answered when it comes back.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/base/clock.h"
#include "host/base/executor.h"
#include "host/engine/engine.h"
#include "host/http/auth.h"
#include "host/storage/library.h"
#include "plugins/core/result.h"

namespace filmgate {

struct HttpOptions {
  std::string listen = "127.0.0.1:8470";  // port 0 = any free one
  std::string public_url;                 // "" = http://<where it listens>
  std::vector<AccessToken> tokens;        // empty = open to everybody who can reach it
  int64_t idle_ms = 60'000;
  size_t max_body_bytes = 64 * 1024;
  int max_connections = 512;
};

struct HttpParts {
  Engine& engine;
  Executor& engine_executor;
  const Library& library;
  const Clock& clock;
  std::string review_key;  // what review links are made with (host/review/server_key.h)
  // Events of all assets after `seq`, oldest first. On the engine's executor.
  std::function<Result<std::vector<Event>>(int64_t seq, int limit)> events_after;
};

class HttpServer {
 public:
  // kUnavailable when the port is in use, kPermission when it may not be used.
  static Result<std::unique_ptr<HttpServer>> start(HttpParts parts, HttpOptions options);
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
  // With which links begin: the public URL, else where it listens.
  virtual std::string url() const = 0;
};

// All routes as "GET /v1/assets/{id}", for the description of the API to be checked against.
std::vector<std::string> http_routes();

}  // namespace filmgate
