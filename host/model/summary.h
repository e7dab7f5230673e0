// What lists show of an asset: its row without the documents in it, which may be long.
#pragma once

#include <string>

#include "host/model/records.h"

namespace filmgate {

struct AssetSummary {
  std::string id;
  int revision = 1;
  std::string name;
  std::string title;  // "" when it has none
  std::string description;
  AssetState state = AssetState::kReceived;
  std::string detail;
  int64_t size = 0;  // of the source, bytes
  std::string output_path;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;

  bool operator==(const AssetSummary&) const = default;
};

// What the inspection found (the sidecar's before the file's own), until then the sidecar's.
std::string title_of(const Asset& asset);
AssetSummary summary_of(const Asset& asset);

}  // namespace filmgate
