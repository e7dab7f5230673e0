// Something worth a person's attention, with its place in time.
#pragma once

#include "plugins/qualityprobe/interval_tracker.h"

namespace filmgate::quality {

enum class Severity { kMandatory, kWarning, kInformation };

inline const char* to_string(Severity severity) {
  switch (severity) {
    case Severity::kMandatory:
      return "mandatory";
    case Severity::kWarning:
      return "warning";
    default:
      return "information";
  }
}

struct Finding {
  const char* name = "";  // as docs/elements/qualityprobe.md lists them
  Severity severity = Severity::kWarning;
  Interval interval;
  int channel = -1;  // of audio, from 0; -1: it is about no single one
};

}  // namespace filmgate::quality
