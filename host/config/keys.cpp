#include "host/config/keys.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>

#include "host/base/disk_space.h"
#include "host/base/duration.h"
#include "host/base/file.h"
#include "plugins/core/rules.h"

namespace filmgate::config {
namespace {

constexpr size_t kMaxSecretBytes = 4096;

Error wrong(const std::string& value, const std::string& needed) {
  return {ErrorCode::kInvalidInput, "is \"" + value + "\"; " + needed + " is needed"};
}

auto text(std::string Configuration::*member) {
  return [member](Configuration& to, const std::string& value, const Place&) -> Result<void> {
    to.*member = value;
    return {};
  };
}

auto path(std::string Configuration::*member) {
  return [member](Configuration& to, const std::string& value, const Place& place) -> Result<void> {
    if (value.empty()) return wrong(value, "a path");
    to.*member = absolute_path(value, place);
    return {};
  };
}

auto choice(std::string Configuration::*member, std::vector<std::string> values) {
  return
      [member, values](Configuration& to, const std::string& value, const Place&) -> Result<void> {
        if (std::find(values.begin(), values.end(), value) != values.end()) {
          to.*member = value;
          return {};
        }
        std::string all;
        for (const std::string& one : values) all += (all.empty() ? "" : ", ") + one;
        return wrong(value, "one of " + all);
      };
}

auto flag(bool Configuration::*member) {
  return [member](Configuration& to, const std::string& value, const Place&) -> Result<void> {
    if (value != "true" && value != "false") return wrong(value, "true or false");
    to.*member = value == "true";
    return {};
  };
}

auto count(int Configuration::*member, int least, int most) {
  return [member, least, most](Configuration& to, const std::string& value,
                               const Place&) -> Result<void> {
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least ||
        number > most) {
      return wrong(value, "a number from " + std::to_string(least) + " to " + std::to_string(most));
    }
    to.*member = number;
    return {};
  };
}

auto duration(int64_t Configuration::*member, int64_t least_ms) {
  return [member, least_ms](Configuration& to, const std::string& value,
                            const Place&) -> Result<void> {
    auto ms = parse_duration_ms(value);
    if (!ms) return wrong(value, "a duration such as 500ms, 20s or 1h30m");
    if (*ms < least_ms) return wrong(value, "at least " + describe_duration(least_ms));
    to.*member = *ms;
    return {};
  };
}

auto size(int64_t Configuration::*member, int64_t least) {
  return
      [member, least](Configuration& to, const std::string& value, const Place&) -> Result<void> {
        const auto bytes = parse_size(value);
        if (!bytes) return wrong(value, "a size such as 512M or 4G");
        if (*bytes < least) return wrong(value, "at least " + std::to_string(least >> 20) + "M");
        to.*member = *bytes;
        return {};
      };
}

auto space(SpaceMark Configuration::*member) {
  return [member](Configuration& to, const std::string& value, const Place&) -> Result<void> {
    const auto mark = parse_space_mark(value);
    if (!mark) return wrong(value, "a part of the disk such as 5% or a size such as 10G");
    to.*member = *mark;
    return {};
  };
}

Result<void> check_http_url(const std::string& value) {
  for (const char* scheme : {"http://", "https://"}) {
    if (value.starts_with(scheme) && value.size() > std::string_view(scheme).size() &&
        value[std::string_view(scheme).size()] != '/') {
      return {};
    }
  }
  return wrong(value, "an address that begins with http:// or https://");
}

Result<void> read_listen(Configuration& to, const std::string& value, const Place&) {
  auto address = parse_listen_address(value);
  if (!address) return wrong(value, "an address and a port such as 127.0.0.1:8470");
  to.listen = value;
  return {};
}

Result<void> read_public_url(Configuration& to, const std::string& value, const Place&) {
  FILMGATE_TRY(check_http_url(value));
  to.public_url = value;
  while (to.public_url.ends_with('/')) to.public_url.pop_back();
  return {};
}

// Several files, separated by ";" as lists are in key files.
Result<void> read_tokens_file(Configuration& to, const std::string& value, const Place& place) {
  to.tokens_file.clear();
  size_t start = 0;
  while (start <= value.size()) {
    const size_t end = std::min(value.find(';', start), value.size());
    std::string one = value.substr(start, end - start);
    one.erase(0, one.find_first_not_of(' '));
    one.erase(one.find_last_not_of(' ') + 1);
    if (!one.empty()) to.tokens_file.push_back(absolute_path(one, place));
    start = end + 1;
  }
  return {};
}

Result<void> read_password_file(Configuration& to, const std::string& value, const Place& place) {
  auto password = read_secret(absolute_path(value, place));
  if (!password) return Error{password.error().code, "can't be used: " + password.error().message};
  to.store_password = *password;
  return {};
}

}  // namespace

std::string absolute_path(const std::string& path, const Place& place) {
  return path.starts_with('/') || place.folder.empty() ? path : join(place.folder, path);
}

Result<std::string> read_secret(const std::string& path) {
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  struct stat status {};
  if (fstat(fd->get(), &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
    return Error{ErrorCode::kPermission,
                 path + " holds a secret but everybody may write to it: chmod o-w it"};
  }
  auto content = read_fd(fd->get(), kMaxSecretBytes, path);
  if (!content) return content;
  std::string secret = content->substr(0, content->find_first_of("\r\n"));
  if (secret.empty())
    return Error{ErrorCode::kInvalidInput, path + " is empty; a secret is needed"};
  return secret;
}

const std::vector<Key>& keys() {
  using C = Configuration;
  static const std::vector<Key> kKeys = {
      {"library", "root", path(&C::root)},
      {"library", "descriptions", path(&C::descriptions)},
      {"library", "scan", duration(&C::scan_ms, 50)},
      {"intake", "pause_below", space(&C::pause_below)},
      {"intake", "slow_below", space(&C::slow_below)},
      {"store", "url", text(&C::store_url)},
      {"store", "password", text(&C::store_password)},
      {"store", "password_file", read_password_file},
      {"http", "listen", read_listen},
      {"http", "public_url", read_public_url},
      {"http", "tokens_file", read_tokens_file},
      {"http", "idle", duration(&C::idle_ms, 100)},
      {"lanes", "light", count(&C::light, 1, 256)},
      {"lanes", "probe", count(&C::probe, 1, 256)},
      {"lanes", "encode", count(&C::encode, 1, 256)},
      {"limits", "lease", duration(&C::lease_ms, 500)},
      {"limits", "renew", duration(&C::renew_ms, 100)},
      {"limits", "wall", duration(&C::wall_ms, 1000)},
      {"limits", "stall", duration(&C::stall_ms, 1000)},
      {"limits", "memory", size(&C::memory_bytes, 256LL << 20)},
      {"limits", "output", size(&C::output_bytes, 1LL << 20)},
      {"sandbox", "insecure", flag(&C::insecure)},
      {"worker", "program", path(&C::worker_program)},
      {"worker", "plugins", path(&C::plugin_folder)},
      {"retention", "done_jobs", duration(&C::keep_jobs_ms, 3'600'000)},
      {"retention", "sent_messages", duration(&C::keep_messages_ms, 3'600'000)},
      {"worker", "keep_work", flag(&C::keep_work)},
      {"log", "level", choice(&C::log_level, {"debug", "info", "warning", "error"})},
      {"webhooks", "allow_private_addresses", flag(&C::allow_private_addresses)},
      {"webhooks", "timeout", duration(&C::delivery_timeout_ms, 100)},
      {"webhooks", "ca_file", path(&C::ca_file)},
      {"review", "key_file", path(&C::server_key_file)},
  };
  return kKeys;
}

const std::vector<std::string>& notify_keys() {
  static const std::vector<std::string> kNames = {"type", "url", "secret", "secret_file"};
  return kNames;
}

Result<void> read_notify(Endpoint& endpoint, const std::string& key, const std::string& value,
                         const Place& place) {
  if (key == "type") {
    if (value != "webhook" && value != "log") return wrong(value, "webhook or log");
    endpoint.type = value;
  } else if (key == "url") {
    FILMGATE_TRY(check_http_url(value));
    endpoint.url = value;
  } else if (key == "secret") {
    if (value.empty()) return wrong(value, "a secret");
    endpoint.secret = value;
  } else {
    auto secret = read_secret(absolute_path(value, place));
    if (!secret) return Error{secret.error().code, "can't be used: " + secret.error().message};
    endpoint.secret = *secret;
  }
  return {};
}

}  // namespace filmgate::config
