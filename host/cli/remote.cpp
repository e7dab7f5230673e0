// The commands that ask a running filmgated over its HTTP API (data/openapi.json).
#include <algorithm>
#include <cctype>
#include <cstdio>

#include "host/base/clock.h"
#include "host/base/disk_space.h"
#include "host/base/file.h"
#include "host/cli/commands.h"
#include "host/net/http_call.h"
#include "plugins/core/json.h"

namespace filmgate::cli {
namespace {

// Percent-encodes everything but unreserved characters (RFC 3986 §2.3).
std::string encode(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

// The answer's JSON; an error answer (RFC 9457) becomes an Error with its own sentence.
Result<Json> ask(const ServerOptions& server, const std::string& method, const std::string& path,
                 const std::string& body = "{}") {
  CallRequest request{.method = method, .url = server.url + path};
  request.headers.emplace_back("Accept", "application/json");
  if (!server.token_file.empty()) {
    Result<std::string> token = read_file(server.token_file, 4096);
    if (!token) return token.error();
    while (!token->empty() && (token->back() == '\n' || token->back() == ' ')) token->pop_back();
    request.headers.emplace_back("Authorization", "Bearer " + *token);
  }
  if (method != "GET") {
    request.content_type = "application/json";
    request.body = body;
  }
  Result<CallReply> reply = http_call(request);
  if (!reply) return reply.error();
  Result<Json> document =
      parse_json(reply->body, server.url + path, {.max_bytes = request.max_bytes, .max_depth = 64});
  if (reply->status >= 200 && reply->status < 300) return document;
  std::string sentence = "HTTP status " + std::to_string(reply->status);
  if (document.ok())
    sentence = document->get("detail").string_or(document->get("title").string_or(sentence));
  return Error{reply->status == 404 ? ErrorCode::kNotFound : ErrorCode::kConflict,
               server.url + ": " + sentence};
}

// Names and reasons come from strangers: control characters must not reach the terminal.
std::string printable(const Json& text) {
  std::string out = text.string_or("");
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return out;
}

void print_asset_line(const Json& asset) {
  std::printf("%s  %-18s %s", asset.get("id").string_or("").c_str(),
              asset.get("state").string_or("").c_str(), printable(asset.get("name")).c_str());
  const std::string detail = printable(asset.get("detail"));
  std::printf("%s%s\n", detail.empty() ? "" : "  - ", detail.c_str());
  if (const std::string waits = printable(asset.get("waits_for")); !waits.empty())
    std::printf("  waits for %s\n", waits.c_str());
}

void print_lane_line(const Json& lane) {
  std::printf("%-7s %-7s %2lld of %lld slots in use, %lld waiting\n",
              printable(lane.get("name")).c_str(),
              lane.get("paused").bool_or(false) ? "paused" : "open",
              static_cast<long long>(lane.get("running").integer_or(0)),
              static_cast<long long>(lane.get("slots").integer_or(0)),
              static_cast<long long>(lane.get("waiting").integer_or(0)));
}

// "&state=failed&cursor=…".
std::string in_query(const Selection& selection, const std::string& cursor) {
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    if (!value.empty()) query += std::string("&") + name + "=" + encode(value);
  };
  add("state", selection.state);
  add("description", selection.description);
  add("since", selection.since);
  add("text", selection.text);
  add("cursor", cursor);
  return query;
}

int print_asset(const ServerOptions& server, const std::string& id) {
  Result<Json> answer = ask(server, "GET", "/v1/assets/" + encode(id));
  if (!answer) return report(answer.error());
  if (server.json)
    std::printf("%s\n", to_text(*answer, 2).c_str());
  else
    print_asset_line(*answer);
  return kPublished;
}

int change_asset(const ServerOptions& server, const std::string& id, const std::string& verb,
                 const std::string& body = "{}") {
  Result<Json> answer = ask(server, "POST", "/v1/assets/" + encode(id) + "/" + verb, body);
  if (!answer) return report(answer.error());
  if (server.json)
    std::printf("%s\n", to_text(*answer, 2).c_str());
  else
    print_asset_line(*answer);
  return kPublished;
}

int change_named(const ServerOptions& server, const ManyOptions& options, const std::string& verb) {
  int worst = kPublished;
  for (const std::string& id : options.ids) {
    const int code = options.dry_run ? print_asset(server, id) : change_asset(server, id, verb);
    worst = std::max(worst, code);  // the others may still do well
  }
  return worst;
}

// Page by page, until the server says that there is no other.
int change_selected(const ServerOptions& server, const ManyOptions& options,
                    const std::string& verb, const char* done) {
  int64_t count = 0;
  size_t refused = 0;
  std::string cursor;
  do {
    Result<Json> answer =
        ask(server, "POST",
            "/v1/assets/" + verb + (options.dry_run ? "?dry_run=true" : "?dry_run=false") +
                in_query(options.selection, cursor));
    if (!answer) return report(answer.error());
    count += answer->get("count").integer_or(0);
    refused += answer->get("refused").size();
    cursor = answer->get("next_cursor").string_or("");
    if (server.json) {
      std::printf("%s\n", to_text(*answer).c_str());
      continue;
    }
    if (const Json::Array* assets = answer->get("assets").if_array())
      for (const Json& asset : *assets) print_asset_line(asset);
    if (const Json::Array* others = answer->get("refused").if_array())
      for (const Json& asset : *others)
        std::fprintf(stderr, "filmgate: %s: %s\n", printable(asset.get("id")).c_str(),
                     printable(asset.get("detail")).c_str());
  } while (!cursor.empty());
  if (!server.json) {
    std::printf("%lld %s%s\n", static_cast<long long>(count), options.dry_run ? "would be " : "",
                done);
  }
  return refused == 0 ? kPublished : kFailure;
}

int change_assets(const ServerOptions& server, const ManyOptions& options, const std::string& verb,
                  const char* done) {
  if (options.ids.empty() != options.selection.empty()) {
    return options.ids.empty() ? change_selected(server, options, verb, done)
                               : change_named(server, options, verb);
  }
  std::fprintf(stderr,
               "filmgate: %s needs the ids of assets, or else which ones: --state, --description, "
               "--since, --text\n",
               verb.c_str());
  return kUsage;
}

}  // namespace

int show_status(const ServerOptions& server) {
  Result<Json> answer = ask(server, "GET", "/readyz");
  if (!answer) return report(answer.error());
  const Json& intake = answer->get("intake");
  if (server.json) {
    std::printf("%s\n", to_text(*answer, 2).c_str());
  } else {
    std::printf("%s is %s\n", server.url.c_str(), printable(answer->get("status")).c_str());
    const std::string detail = printable(intake.get("detail"));
    std::printf("%s\n", detail.empty() ? "uploads are taken in" : detail.c_str());
    std::printf("%s of %s are free in the library\n",
                describe_size(intake.get("free_bytes").integer_or(0)).c_str(),
                describe_size(intake.get("total_bytes").integer_or(0)).c_str());
  }
  return intake.get("pace").string_or("") == "paused" ? kWaits : kPublished;
}

int list_assets(const ServerOptions& server, const Selection& selection) {
  std::string cursor;
  do {
    const std::string path = "/v1/assets?limit=100" + in_query(selection, cursor);
    Result<Json> answer = ask(server, "GET", path);
    if (!answer) return report(answer.error());
    if (server.json) std::printf("%s\n", to_text(*answer).c_str());
    if (const Json::Array* assets = answer->get("assets").if_array(); assets && !server.json)
      for (const Json& asset : *assets) print_asset_line(asset);
    cursor = answer->get("next_cursor").string_or("");
  } while (!cursor.empty());
  return kPublished;
}

int show_asset(const ServerOptions& server, const std::string& id) {
  Result<Json> answer = ask(server, "GET", "/v1/assets/" + encode(id));
  if (!answer) return report(answer.error());
  if (server.json) {
    std::printf("%s\n", to_text(*answer, 2).c_str());
    return kPublished;
  }
  print_asset_line(*answer);
  if (const Json::Array* jobs = answer->get("jobs").if_array())
    for (const Json& job : *jobs) {
      std::printf(
          "  job     %-10s %-8s %-8s attempt %d  %s\n", job.get("kind").string_or("").c_str(),
          job.get("variant").string_or("").c_str(), job.get("state").string_or("").c_str(),
          static_cast<int>(job.get("attempt").integer_or(0)), printable(job.get("error")).c_str());
      if (const std::string waits = printable(job.get("waits_for")); !waits.empty())
        std::printf("          waits for %s\n", waits.c_str());
    }
  if (const Json::Array* outputs = answer->get("outputs").if_array())
    for (const Json& output : *outputs)
      std::printf("  output  %-10s %10lld bytes  %s\n", output.get("name").string_or("").c_str(),
                  static_cast<long long>(output.get("size").integer_or(0)),
                  printable(output.get("path")).c_str());
  return kPublished;
}

int retry_assets(const ServerOptions& server, const ManyOptions& options) {
  return change_assets(server, options, "retry", "tried again");
}

int cancel_assets(const ServerOptions& server, const ManyOptions& options) {
  return change_assets(server, options, "cancel", "cancelled");
}

int prioritize_assets(const ServerOptions& server, const std::vector<std::string>& ids,
                      int priority) {
  int worst = kPublished;
  for (const std::string& id : ids) {
    worst = std::max(worst,
                     change_asset(server, id, "prioritize?priority=" + std::to_string(priority)));
  }
  return worst;
}

int list_lanes(const ServerOptions& server) {
  Result<Json> answer = ask(server, "GET", "/v1/lanes");
  if (!answer) return report(answer.error());
  if (server.json) {
    std::printf("%s\n", to_text(*answer, 2).c_str());
    return kPublished;
  }
  if (const Json::Array* lanes = answer->get("lanes").if_array())
    for (const Json& lane : *lanes) print_lane_line(lane);
  return kPublished;
}

int change_lane(const ServerOptions& server, const std::string& name, const std::string& verb) {
  Result<Json> answer = ask(server, "POST", "/v1/lanes/" + encode(name) + "/" + verb);
  if (!answer) return report(answer.error());
  if (server.json) {
    std::printf("%s\n", to_text(*answer, 2).c_str());
  } else {
    print_lane_line(*answer);
  }
  return kPublished;
}

int erase_asset(const ServerOptions& server, const EraseOptions& options) {
  if (!options.yes) {
    std::fprintf(
        stderr,
        "filmgate: this removes names, metadata, reasons, logs and the bodies of messages%s"
        " of %s for ever; say --yes to do it\n",
        options.media ? ", its source and everything published" : "", options.id.c_str());
    return kUsage;
  }
  return change_asset(server, options.id, "erase",
                      options.media ? R"({"media": "erase"})" : R"({"media": "keep"})");
}

}  // namespace filmgate::cli
