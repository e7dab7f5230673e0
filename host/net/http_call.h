// The plain client that command-line tools use to speak with their own filmgated. Blocks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate {

struct CallRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type;  // of the body; "" = no body is sent
  std::string body;
  int timeout_s = 30;                   // without any byte
  size_t max_bytes = size_t{16} << 20;  // of the answer's body: kLimit beyond
};

struct CallReply {
  int status = 0;
  std::string content_type;  // without parameters
  std::string body;
};

// kUnavailable when nobody answers, kTimeout when the answer stalls. Follows no redirects.
Result<CallReply> http_call(const CallRequest& request);

}  // namespace filmgate
