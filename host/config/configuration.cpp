#include "host/config/configuration.h"

#include <dirent.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>

#include "host/base/file.h"
#include "host/config/keys.h"
#include "plugins/core/rules.h"

extern char** environ;

namespace filmgate {
namespace {

using config::Key;
using config::Place;

constexpr size_t kMaxFileBytes = 256 * 1024;
constexpr const char* kNotifyPrefix = "notify ";
constexpr const char* kEnvironmentPrefix = "FILMGATE_";

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = nearest_word(word, known);
  return nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?";
}

std::vector<std::string> group_names() {
  std::vector<std::string> names;
  for (const Key& key : config::keys()) {
    if (names.empty() || names.back() != key.group) names.emplace_back(key.group);
  }
  names.emplace_back("notify NAME");
  return names;
}

std::vector<std::string> key_names(const std::string& group) {
  std::vector<std::string> names;
  for (const Key& key : config::keys()) {
    if (group == key.group) names.emplace_back(key.name);
  }
  return names;
}

bool is_endpoint_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && name != "log" &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string::npos;
}

std::string environment_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    name += c == '-' || c == ' ' ? '_' : static_cast<char>(std::toupper(c));
  }
  return name;
}

// Reads all sources in order and gathers every problem on the way.
class Reader {
 public:
  explicit Reader(const std::map<std::string, std::string>& environment)
      : environment_(environment) {}

  void read(const std::string& path) {
    if (!path.empty()) {
      read_file_at(path);
      for (const std::string& part : parts_of(path)) read_file_at(part);
    }
    read_environment();
    read_credentials();
    check();
  }

  const Configuration& configuration() const { return configuration_; }
  const std::vector<std::string>& problems() const { return problems_; }
  ErrorCode code() const { return code_; }

 private:
  void problem(const std::string& where, const std::string& what,
               ErrorCode code = ErrorCode::kInvalidInput) {
    if (problems_.empty()) code_ = code;
    problems_.push_back(where.empty() ? what : where + ": " + what);
  }

  // conf.d/*.conf beside the file, in the order of their names.
  static std::vector<std::string> parts_of(const std::string& path) {
    std::string folder = folder_of(path);
    folder = folder.empty() ? "conf.d" : join(folder, "conf.d");
    std::vector<std::string> parts;
    DIR* const directory = opendir(folder.c_str());
    if (directory == nullptr) return parts;
    while (const dirent* entry = readdir(directory)) {
      const std::string name = entry->d_name;
      if (name.ends_with(".conf") && !name.starts_with('.')) parts.push_back(join(folder, name));
    }
    closedir(directory);
    std::sort(parts.begin(), parts.end());
    return parts;
  }

  void read_file_at(const std::string& path) {
    auto content = read_file(path, kMaxFileBytes);
    if (!content) return problem("", content.error().message, content.error().code);
    const Place place{folder_of(path)};
    std::string group;
    bool group_known = false;
    std::map<std::string, int> seen;
    int line_number = 0;
    for (size_t start = 0; start < content->size();) {
      const size_t end = std::min(content->find('\n', start), content->size());
      const std::string line = trimmed(std::string_view(*content).substr(start, end - start));
      start = end + 1;
      const std::string where = path + ":" + std::to_string(++line_number);
      if (line.empty() || line.front() == '#' || line.front() == ';') continue;
      if (line.front() == '[') {
        if (line.back() != ']') {
          problem(where, "\"" + line + "\" lacks its closing bracket");
          group_known = false;
          continue;
        }
        group = trimmed(std::string_view(line).substr(1, line.size() - 2));
        group_known = open_group(where, group);
        continue;
      }
      const size_t equals = line.find('=');
      if (equals == std::string::npos) {
        problem(where, "\"" + line + "\" is neither [group] nor key = value");
        continue;
      }
      if (group.empty()) {
        problem(where, "a key stands before the first [group]");
        continue;
      }
      if (!group_known) continue;  // the group was refused already
      const std::string key = trimmed(std::string_view(line).substr(0, equals));
      const std::string value = trimmed(std::string_view(line).substr(equals + 1));
      const auto [earlier, first] = seen.emplace(group + "\n" + key, line_number);
      if (!first) {
        problem(where, "[" + group + "] " + key + " is set already in line " +
                           std::to_string(earlier->second));
        continue;
      }
      set(where, group, key, value, place);
    }
  }

  bool open_group(const std::string& where, const std::string& group) {
    if (group.starts_with(kNotifyPrefix)) {
      const std::string name = trimmed(std::string_view(group).substr(strlen(kNotifyPrefix)));
      if (!is_endpoint_name(name)) {
        problem(where, "\"" + name +
                           "\" can't name an endpoint: letters, digits, - and _ do, and \"log\" "
                           "is there always");
        return false;
      }
      endpoint(name);
      return true;
    }
    if (!key_names(group).empty()) return true;
    problem(where, "there is no group [" + group + "]" + suggestion(group, group_names()));
    return false;
  }

  Endpoint& endpoint(const std::string& name) {
    for (Endpoint& one : configuration_.endpoints) {
      if (one.name == name) return one;
    }
    configuration_.endpoints.push_back({name, "webhook", "", ""});
    return configuration_.endpoints.back();
  }

  void set(const std::string& where, const std::string& group, const std::string& key,
           const std::string& value, const Place& place) {
    Result<void> done;
    if (group.starts_with(kNotifyPrefix)) {
      const auto& names = config::notify_keys();
      if (std::find(names.begin(), names.end(), key) == names.end()) {
        return problem(where, "[" + group + "] has no key " + key + suggestion(key, names));
      }
      done = config::read_notify(
          endpoint(trimmed(std::string_view(group).substr(strlen(kNotifyPrefix)))), key, value,
          place);
    } else {
      const auto& keys = config::keys();
      const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& one) {
        return group == one.group && key == one.name;
      });
      if (found == keys.end()) {
        return problem(where,
                       "[" + group + "] has no key " + key + suggestion(key, key_names(group)));
      }
      done = found->read(configuration_, value, place);
    }
    if (!done) {
      problem(where, "[" + group + "] " + key + " " + done.error().message, done.error().code);
    }
  }

  // FILMGATE_<GROUP>_<KEY>, FILMGATE_NOTIFY_<NAME>_<KEY>. Other FILMGATE_ variables are not ours.
  void read_environment() {
    for (const auto& [name, value] : environment_) {
      if (!name.starts_with(kEnvironmentPrefix)) continue;
      const std::string rest = name.substr(strlen(kEnvironmentPrefix));
      if (rest.starts_with("NOTIFY_")) {
        read_notify_variable(name, rest.substr(strlen("NOTIFY_")), value);
        continue;
      }
      std::vector<std::string> known;
      bool done = false;
      for (const Key& key : config::keys()) {
        const std::string group = environment_name(key.group) + "_";
        if (!rest.starts_with(group)) continue;
        known.push_back(kEnvironmentPrefix + group + environment_name(key.name));
        if (name != known.back()) continue;
        set(name, key.group, key.name, value, {});
        done = true;
      }
      if (!done && !known.empty()) {
        problem("", "the environment variable " + name + " stands for no key" +
                        suggestion(name, known));
      }
    }
  }

  void read_notify_variable(const std::string& name, const std::string& rest,
                            const std::string& value) {
    // The longest key first: "SECRET_FILE" ends in no shorter one's name, but "X_URL" must not
    // be taken for an endpoint of that name.
    for (const char* key : {"secret_file", "secret", "type", "url"}) {
      const std::string end = "_" + environment_name(key);
      if (!rest.ends_with(end) || rest.size() == end.size()) continue;
      const std::string endpoint_name = rest.substr(0, rest.size() - end.size());
      for (const Endpoint& one : configuration_.endpoints) {
        if (environment_name(one.name) == endpoint_name) {
          return set(name, kNotifyPrefix + one.name, key, value, {});
        }
      }
      std::string lower;
      for (const char c : endpoint_name) lower += static_cast<char>(std::tolower(c));
      if (open_group(name, kNotifyPrefix + lower)) {
        set(name, kNotifyPrefix + lower, key, value, {});
      }
      return;
    }
    problem("", "the environment variable " + name +
                    " stands for no key; FILMGATE_NOTIFY_<NAME>_URL, _TYPE, _SECRET and "
                    "_SECRET_FILE do");
  }

  // What `LoadCredential=` of the unit brought: notify.<name>.secret, http.tokens, review.key,
  // store.password.
  void read_credentials() {
    const auto found = environment_.find("CREDENTIALS_DIRECTORY");
    if (found == environment_.end() || found->second.empty()) return;
    const std::string& folder = found->second;
    for (Endpoint& one : configuration_.endpoints) {
      const std::string path = join(folder, "notify." + one.name + ".secret");
      if (!one.secret.empty() || !exists(path)) continue;
      auto secret = config::read_secret(path);
      if (!secret) {
        problem("", secret.error().message, secret.error().code);
      } else {
        one.secret = *secret;
      }
    }
    if (const std::string path = join(folder, "store.password");
        configuration_.store_password.empty() && exists(path)) {
      auto password = config::read_secret(path);
      if (!password) {
        problem("", password.error().message, password.error().code);
      } else {
        configuration_.store_password = *password;
      }
    }
    if (const std::string path = join(folder, "http.tokens");
        configuration_.tokens_file.empty() && exists(path)) {
      configuration_.tokens_file.push_back(path);
    }
    if (const std::string path = join(folder, "review.key");
        configuration_.server_key_file.empty() && exists(path)) {
      configuration_.server_key_file = path;
    }
  }

  // What one key alone doesn't show.
  void check() {
    const Configuration& now = configuration_;
    if (now.renew_ms * 2 > now.lease_ms) {
      problem("",
              "[limits] renew must be at most half of lease, or a lease runs out while its "
              "owner lives");
    }
    for (const Endpoint& one : now.endpoints) {
      if (one.type == "webhook" && one.url.empty()) {
        problem("", "[notify " + one.name + "] lacks its url");
      }
    }
    const auto address = parse_listen_address(now.listen);
    if (!address || !now.tokens_file.empty()) return;
    if (!address->loopback()) {
      problem("", "[http] listen = " + now.listen +
                      " lets other machines in, so tokens_file must say who may do what");
    } else if (!now.public_url.empty() && !is_loopback_host(host_of(now.public_url))) {
      problem("", "[http] public_url = " + now.public_url +
                      " lets other machines in, so tokens_file must say who may do what");
    }
  }

  static std::string host_of(const std::string& url) {
    const size_t start = url.find("://") + 3;
    const size_t end = url.find_first_of("/?#", start);
    std::string authority = url.substr(start, end == std::string::npos ? end : end - start);
    authority.erase(0, authority.rfind('@') == std::string::npos ? 0 : authority.rfind('@') + 1);
    if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
    return authority.substr(0, authority.find(':'));
  }

  const std::map<std::string, std::string>& environment_;
  Configuration configuration_;
  std::vector<std::string> problems_;
  ErrorCode code_ = ErrorCode::kInvalidInput;
};

}  // namespace

Result<Configuration> load_configuration(const std::string& path,
                                         const std::map<std::string, std::string>& environment) {
  Reader reader(environment);
  reader.read(path);
  if (!reader.problems().empty()) return Error{reader.code(), reader.problems().front()};
  return reader.configuration();
}

std::vector<std::string> configuration_problems(
    const std::string& path, const std::map<std::string, std::string>& environment) {
  Reader reader(environment);
  reader.read(path);
  return reader.problems();
}

std::string root_of(const Configuration& configuration) {
  std::error_code ignored;
  std::string root = std::filesystem::absolute(configuration.root, ignored).lexically_normal();
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return root;
}

std::string store_url_of(const Configuration& configuration) {
  if (!configuration.store_url.empty()) return configuration.store_url;
  return "sqlite://" + join(root_of(configuration), "filmgate.db");
}

std::map<std::string, std::string> environment_of_process() {
  std::map<std::string, std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return result;
}

bool is_loopback_host(const std::string& host) {
  return host == "localhost" || host == "::1" || host.ends_with(".localhost") ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

bool ListenAddress::loopback() const {
  return is_loopback_host(host);
}

Result<ListenAddress> parse_listen_address(const std::string& text) {
  const Error wrong{ErrorCode::kInvalidInput,
                    "\"" + text + "\" is no address and port such as 127.0.0.1:8470"};
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong;
  ListenAddress address;
  address.host = text.substr(0, colon);
  const bool bracketed = address.host.starts_with('[') && address.host.ends_with(']');
  if (bracketed) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || (!bracketed && address.host.find(':') != std::string::npos)) {
    return wrong;
  }
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, address.port);
  if (error != std::errc() || end != last || address.port < 0 || address.port > 65535) return wrong;
  return address;
}

}  // namespace filmgate
