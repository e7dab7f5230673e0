// The table of all configuration keys: one place says what a key is called and how it is read.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/config/configuration.h"

namespace filmgate::config {

// What a key's reader needs to know about the place of a value.
struct Place {
  std::string folder;  // relative paths start here; "" = the current folder
};

struct Key {
  const char* group;
  const char* name;
  // Stores the value; an error's message completes "filmgated.conf:3: [group] name ".
  std::function<Result<void>(Configuration&, const std::string& value, const Place&)> read;
};

const std::vector<Key>& keys();

// Of a [notify NAME] group: type, url, secret, secret_file.
const std::vector<std::string>& notify_keys();
Result<void> read_notify(Endpoint& endpoint, const std::string& key, const std::string& value,
                         const Place& place);

std::string absolute_path(const std::string& path, const Place& place);
// The first line of a small file that holds a secret; refused when others may write to it.
Result<std::string> read_secret(const std::string& path);

}  // namespace filmgate::config
