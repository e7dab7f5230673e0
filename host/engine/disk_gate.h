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
  // so that it doesn't change with every file that comes and goes; of a mark near the whole disk,
  // until half of what lies above it is.
  const IntakeState& look(const DiskSpace& disk);
  const IntakeState& state() const { return state_; }

  // Whether an upload may be taken in now.
  bool is_open(int64_t now_ms) const;
  // One was. What can't be taken in must not hold up the others.
  void took(int64_t now_ms) { taken_ms_ = now_ms; }

 private:
  SpaceMark pause_below_, slow_below_;
  IntakeState state_;
  int64_t between_ms_ = 0;  // two uploads at the slow pace
  int64_t taken_ms_ = 0;
};

}  // namespace filmgate::engine
