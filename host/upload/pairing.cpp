#include "host/upload/pairing.h"

#include "host/storage/names.h"

namespace filmgate {

Intake sort_arrivals(const std::vector<FoundFile>& ready,
                     const std::function<bool(const std::string&)>& is_present,
                     const std::function<bool(const std::string&)>& is_settled) {
  Intake intake;
  for (const FoundFile& file : ready) {
    if (is_reason_name(file.path)) continue;
    if (is_sidecar_name(file.path)) {
      intake.sidecars.push_back(file);
      continue;
    }
    const auto candidates = sidecar_candidates(file.path);
    const bool half_written = std::any_of(
        candidates.begin(), candidates.end(),
        [&](const std::string& sidecar) { return is_present(sidecar) && !is_settled(sidecar); });
    if (!half_written) intake.videos.push_back(file);
  }
  return intake;
}

}  // namespace filmgate
