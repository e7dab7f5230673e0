// gst-launch text as descriptions use it: a straight chain of elements and caps, without names,
// bins, or links to other pads. What is read here can be checked, completed and written again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

struct LaunchProperty {
  std::string name;
  std::string value;  // without quotes
};

// An element with its properties, or caps between two elements.
struct LaunchStep {
  std::string element;  // "" for caps
  std::string caps;     // "audio/x-raw,channels=[1,2]"
  std::vector<LaunchProperty> properties;

  const std::string* property(std::string_view name) const;  // null when not set
  // Sets it unless the text did.
  void set_default(std::string_view name, std::string value);
};

using LaunchChain = std::vector<LaunchStep>;

// The error says what is wrong with the text, without a place; an empty text is an empty chain.
Result<LaunchChain> parse_chain(std::string_view text);

// The same as text. Caps with characters that a shell would take become a capsfilter.
std::string to_launch(const LaunchStep& step);
std::string to_launch(const LaunchChain& chain);

// JSON as the value of a property, quoted. Inside of strings everything that gst-launch's or a
// shell's quoting could trip over is written as \uXXXX, so one text serves both.
std::string launch_json(const Json& value);

}  // namespace filmgate
