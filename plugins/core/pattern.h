// A regular expression (PCRE2 syntax, UTF-8) over text that strangers wrote. It is searched for,
// not anchored, and the effort of searches is bounded whatever the pattern and the texts are.
// Thread-safe once compiled.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

class Pattern {
 public:
  enum class Found { kYes, kNo, kGaveUp };
  // What is left of the effort that searches may take together: tens of milliseconds in all.
  struct Effort {
    size_t left = 2'000'000;
  };

  // kInvalidInput with PCRE2's words and the offset in the pattern when it can't be compiled.
  static Result<Pattern> compile(std::string_view text);

  // kGaveUp when the effort, or the memory that one search may take, is used up.
  Found search(std::string_view subject, Effort& effort) const;
  const std::string& text() const { return text_; }

 private:
  struct Code;
  Pattern(std::string text, std::shared_ptr<const Code> code)
      : text_(std::move(text)), code_(std::move(code)) {}

  std::string text_;
  std::shared_ptr<const Code> code_;
};

}  // namespace filmgate
