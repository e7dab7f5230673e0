#include "plugins/thumbnailsink/pattern.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace filmgate::stills {
namespace {

constexpr int kWidest = 20;

Error bad(const std::string& text, const char* why) {
  return Error{ErrorCode::kInvalidInput, "the file name pattern \"" + text + "\" " + why +
                                             "; write one number like %05d, and %% for a per cent "
                                             "sign"};
}

}  // namespace

Result<Pattern> Pattern::parse(const std::string& text) {
  Pattern pattern;
  bool found = false;
  for (size_t i = 0; i < text.size(); ++i) {
    std::string& part = found ? pattern.after_ : pattern.before_;
    if (text[i] != '%') {
      part += text[i];
      continue;
    }
    if (++i == text.size()) return bad(text, "ends in a lone per cent sign");
    if (text[i] == '%') {
      part += '%';
      continue;
    }
    if (found) return bad(text, "has more than one number");
    found = true;
    if (text[i] == '0') {
      pattern.zeros_ = true;
      ++i;
    }
    while (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i]))) {
      pattern.width_ = pattern.width_ * 10 + (text[i++] - '0');
      if (pattern.width_ > kWidest) return bad(text, "has a number that is too wide");
    }
    if (i == text.size() || (text[i] != 'd' && text[i] != 'i' && text[i] != 'u')) {
      return bad(text, "has a conversion that is not a whole number");
    }
  }
  if (!found) return bad(text, "has no number, so that each picture would replace the one before");
  return pattern;
}

std::string Pattern::name(unsigned number) const {
  std::string digits = std::to_string(number);
  const auto width = static_cast<size_t>(width_);
  if (digits.size() < width) digits.insert(0, width - digits.size(), zeros_ ? '0' : ' ');
  return before_ + digits + after_;
}

Result<std::string> numbered_name(const std::string& location, unsigned number) {
  if (location.find('%') != std::string::npos) {
    auto pattern = Pattern::parse(location);
    if (!pattern) return pattern.error();
    return pattern->name(number - 1);
  }
  if (number == 1) return location;
  std::filesystem::path path(location);
  const std::string name =
      path.stem().string() + "-" + std::to_string(number) + path.extension().string();
  return path.replace_filename(name).string();
}

}  // namespace filmgate::stills
