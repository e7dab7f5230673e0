// The measures and their thresholds as tables: one row makes a flag of `measures`, or a property.
#pragma once

#include <span>
#include <variant>

#include "plugins/qualityprobe/settings.h"

namespace filmgate::quality {

struct Measure {
  const char* nick;  // as written in a launch line
  const char* words;
  bool& (*member)(ElementSettings&);
};

// What stands behind a property; the default is that of ElementSettings.
struct Number {
  double& (*member)(ElementSettings&);
  double min, max;
};
struct Whole {
  int& (*member)(ElementSettings&);
  int min, max;
};
struct Length {  // ns
  Time& (*member)(ElementSettings&);
};

// A property that may change while the element plays; the words carry the unit.
struct Property {
  const char* name;
  const char* nick;
  const char* words;
  std::variant<Number, Whole, Length> value;
};

std::span<const Measure> video_measures();
std::span<const Property> video_properties();
std::span<const Measure> audio_measures();
std::span<const Property> audio_properties();

}  // namespace filmgate::quality
