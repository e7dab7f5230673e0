#include "host/storage/names.h"

#include "host/base/file.h"

namespace filmgate {
namespace {

constexpr std::string_view kReasonSuffix = ".reason.json";
constexpr size_t kLongestName = 255;   // NAME_MAX of every Linux file system
constexpr size_t kNumberRoom = 8;      // "-1234567"
constexpr size_t kLongestSuffix = 32;  // anything longer is no suffix that means something

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [text](std::string_view end) { return text.ends_with(end); });
}

}  // namespace

std::vector<std::string> sidecar_candidates(std::string_view video) {
  const std::string path(video);
  std::vector<std::string> names = {path + ".json"};
  const std::string by_stem = join(folder_of(path), stem_of(path) + ".json");
  if (by_stem != names.front()) names.push_back(by_stem);
  return names;
}

bool is_sidecar_name(std::string_view path) {
  return suffix_of(path) == ".json" && !is_reason_name(path);
}

std::string reason_name(std::string_view video) {
  return std::string(video) + std::string(kReasonSuffix);
}

bool is_reason_name(std::string_view path) {
  return path.ends_with(kReasonSuffix);
}

bool is_passing_name(std::string_view file_name) {
  return file_name.starts_with('.') ||
         ends_with_any(file_name, {".part", ".partial", ".crdownload", ".filepart", ".tmp", "~"});
}

std::string fitting_name(std::string_view path) {
  constexpr size_t kMost = kLongestName - kReasonSuffix.size() - kNumberRoom;
  std::string name = base_name(path);
  if (name.size() <= kMost) return std::string(path);
  const size_t dot = name.rfind('.');
  const bool has_suffix =
      dot != std::string::npos && dot > 0 && name.size() - dot <= kLongestSuffix;
  const std::string suffix = has_suffix ? name.substr(dot) : "";
  size_t end = kMost - suffix.size();
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
  name.resize(end);
  return join(folder_of(path), name + suffix);
}

std::string below_first_folder(std::string_view path) {
  const size_t slash = path.find('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace filmgate
