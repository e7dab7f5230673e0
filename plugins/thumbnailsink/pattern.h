// File name patterns like "thumb-%05d.jpg", checked before printf could ever see them.
#pragma once

#include <string>

#include "plugins/core/result.h"

namespace filmgate::stills {

class Pattern {
 public:
  // kInvalidInput unless `text` has exactly one conversion: %d, %i or %u with optional zero and
  // width ("%05d"); "%%" is a per cent sign.
  static Result<Pattern> parse(const std::string& text);

  std::string name(unsigned number) const;

 private:
  std::string before_;
  std::string after_;
  int width_ = 0;
  bool zeros_ = false;
};

// The name of sheet `number` (from 1) under a location: by its pattern (numbers from 0) if it has
// a per cent sign; else the location itself, then "name-2.jpg", "name-3.jpg"…
Result<std::string> numbered_name(const std::string& location, unsigned number);

}  // namespace filmgate::stills
