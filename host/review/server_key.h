// The key behind review links: from a file, or made once and kept in the store's settings.
#pragma once

#include <string>

#include "host/store/store.h"
#include "plugins/core/result.h"

namespace filmgate {

// `key_file` "" = the store's. On the store's thread. A key file that others may read is refused
// (kPermission): who knows the key can approve everything.
Result<std::string> server_key(const std::string& key_file, Store& store);

}  // namespace filmgate
