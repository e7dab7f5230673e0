#include "host/model/summary.h"

namespace filmgate {

std::string title_of(const Asset& asset) {
  const Json* const title = asset.facts.find_path("metadata.title");
  return (title != nullptr ? *title : asset.metadata.get("title")).string_or("");
}

AssetSummary summary_of(const Asset& asset) {
  return {.id = asset.id,
          .revision = asset.revision,
          .name = asset.name,
          .title = title_of(asset),
          .description = asset.description,
          .state = asset.state,
          .detail = asset.detail,
          .size = asset.source.size,
          .output_path = asset.output_path,
          .created_ms = asset.created_ms,
          .updated_ms = asset.updated_ms};
}

}  // namespace filmgate
