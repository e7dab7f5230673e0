// `filmgate audit`: an asset's rows beside what its events tell.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/model/audit.h"
#include "host/store/store.h"

namespace filmgate {

// kNotFound where there is no such asset.
Result<Audit> audit_asset(Transaction& transaction, const std::string& asset_id);

// Those of these assets, or every asset where none is named, in the order of their ids, on one
// consistent state; may run beside a daemon. An error of `found` ends it.
Result<void> audit_store(const std::string& url, const std::string& password,
                         const std::vector<std::string>& asset_ids,
                         const std::function<Result<void>(const Audit&)>& found);

}  // namespace filmgate
