// Whether the disk has room for one more upload. Pure: is told how much there is, and when.
#pragma once

#include <string>

#include "host/base/disk_space.h"
#include "host/engine/engine.h"

namespace filmgate::engine {

class DiskGate {
 public:
  DiskGate(SpaceMark pause_below, SpaceMark slow_below)
      : pause_below_(pause_below), slow_below_(slow_below) {}

  // What the disk looks like now. A pace that began lasts until a tenth more than its mark is free,
  // so that it doesn't change with every file that comes and goes.
  const IntakeState& look(const DiskSpace& disk);
  const IntakeState& state() const { return state_; }

  // Whether an upload may be taken in now; if so it counts as taken.
  bool take(int64_t now_ms);

 private:
  SpaceMark pause_below_, slow_below_;
  IntakeState state_;
  int64_t between_ms_ = 0;  // two uploads at the slow pace
  int64_t taken_ms_ = 0;
};

}  // namespace filmgate::engine
