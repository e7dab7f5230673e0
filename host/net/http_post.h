// One POST to a stranger's server, with every guard that takes: the name is resolved once and the
// addresses judged, the connection goes to the judged address only, redirects are not followed, the
// whole exchange has one time limit however slowly the other side drips, and of the answer only the
// status and headers are read.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/base/executor.h"

namespace filmgate {

struct PostRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type = "application/json";
  std::string body;
  int64_t timeout_ms = 15'000;
  bool allow_private_addresses = false;
  std::string ca_file;  // PEM, trusted instead of the system's authorities; "" = none
};

struct PostReply {
  int status = 0;           // 0 = no answer; `error` says why
  bool forbidden = false;   // the address or the URL itself is refused: trying again is no use
  std::string error;        // one sentence when there was no answer
  std::string retry_after;  // header, as it came
};

// To be called on the executor's thread, which must iterate its context as the thread's default.
// `done` comes there exactly once, never from within the call.
void post_guarded(Executor& executor, PostRequest request,
                  std::function<void(const PostReply&)> done);

// What a Retry-After header means from `now_ms` on: seconds, or an HTTP date; at most a day, 0 when
// there is none or it can't be read.
int64_t retry_after_ms(const std::string& header, int64_t now_ms);

}  // namespace filmgate
