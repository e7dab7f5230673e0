// Something worth a person's attention, with its place in time.
#pragma once

#include "plugins/qualityprobe/interval_tracker.h"

namespace filmgate::quality {

enum class Severity { kMandatory, kWarning };

inline const char* to_string(Severity severity) {
  return severity == Severity::kMandatory ? "mandatory" : "warning";
}

struct Finding {
  const char* name = "";  // black, freeze, blur, levels, silence, clipping
  Severity severity = Severity::kWarning;
  Interval interval;
};

}  // namespace filmgate::quality
