// Name templates of output folders and files.
#include <algorithm>
#include <cctype>

#include "host/base/file.h"
#include "host/pipeline/key_reader.h"
#include "host/pipeline/plan.h"

namespace filmgate {
namespace {

Error bad(const std::string& text, const std::string& what) {
  return {ErrorCode::kInvalidInput, "the name template \"" + text + "\" " + what};
}

// One step of a path at most: no slash, nothing a shell or another file system minds.
std::string safe_step(std::string_view value) {
  std::string step;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool safe = byte >= 0x80 || std::isalnum(byte) != 0 ||
                      std::string_view(" ._-+@").find(c) != std::string_view::npos;
    step += safe ? c : '-';
  }
  while (!step.empty() && step.back() == ' ') step.pop_back();
  const size_t first = step.find_first_not_of(' ');
  step.erase(0, std::min(first, step.size()));
  if (!step.empty() && (step[0] == '.' || step[0] == '-')) step[0] = '_';
  return step;
}

std::string value_of(const Json& values, const std::string& key) {
  const Json& value = values.get(key);
  if (value.is_number()) return to_text(value);
  return value.string_or("");
}

}  // namespace

const std::vector<std::string>& template_keys() {
  static const std::vector<std::string> keys = {"stem",    "asset", "date", "owner",
                                                "project", "step",  "name"};
  return keys;
}

Result<std::string> expand_template(const std::string& text, const Json& values) {
  std::string path;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '}') return bad(text, "has a \"}\" without \"{\"");
    if (text[i] != '{') {
      path += text[i];
      continue;
    }
    const size_t end = text.find('}', i);
    if (end == std::string::npos) return bad(text, "has a \"{\" without \"}\"");
    const std::string key = text.substr(i + 1, end - i - 1);
    const auto& known = template_keys();
    if (std::find(known.begin(), known.end(), key) == known.end())
      return bad(text, "has the unknown key {" + key + "}" + nearest_hint(key, known));
    const std::string value = safe_step(value_of(values, key));
    if (value.empty()) return bad(text, "needs {" + key + "}, and this upload has none");
    path += value;
    i = end;
  }
  if (!is_safe_relative(path))
    return bad(text, "gives \"" + path +
                         "\", which is no relative path without empty, \".\" and \"..\" steps");
  return path;
}

}  // namespace filmgate
