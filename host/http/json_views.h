// Records as the API shows them.
#pragma once

#include <string>

#include "host/engine/engine.h"
#include "plugins/core/json.h"

namespace filmgate::http {

Json asset_summary(const AssetSummary& summary);
// `review_url` "" = not for this caller.
Json asset_details(const AssetView& view, const std::string& review_url);
Json intake_view(const IntakeState& intake);
Json event_view(const Event& event);

}  // namespace filmgate::http
