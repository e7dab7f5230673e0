#include <glib.h>

#include "host/base/file.h"

namespace filmgate {
namespace {

constexpr size_t kMaxPath = 1024;
constexpr size_t kMaxStep = 255;  // NAME_MAX of every Linux file system

bool is_safe_step(std::string_view step) {
  return !step.empty() && step.size() <= kMaxStep && step != "." && step != "..";
}

}  // namespace

std::string join(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  if (name.empty()) return std::string(folder);
  std::string path(folder);
  if (path.back() != '/') path += '/';
  path += name;
  return path;
}

bool is_safe_relative(std::string_view relative) {
  if (relative.size() > kMaxPath) return false;
  for (const char c : relative) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  if (!g_utf8_validate(relative.data(), static_cast<gssize>(relative.size()), nullptr)) {
    return false;
  }
  // An absolute path has an empty first step, the empty path an empty only one.
  while (true) {
    const size_t slash = relative.find('/');
    if (!is_safe_step(relative.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    relative.remove_prefix(slash + 1);
  }
}

std::string base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::string folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return "";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

std::string stem_of(std::string_view path) {
  std::string name = base_name(path);
  const size_t dot = name.rfind('.');
  // A leading dot hides a file; it begins no suffix.
  if (dot != std::string::npos && dot > 0) name.resize(dot);
  return name;
}

std::string suffix_of(std::string_view path) {
  const std::string name = base_name(path);
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return "";
  std::string suffix = name.substr(dot);
  for (char& c : suffix) c = g_ascii_tolower(c);
  return suffix;
}

}  // namespace filmgate
