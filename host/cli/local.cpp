#include "host/cli/local.h"

#include <cstdlib>

#include "host/base/file.h"

namespace filmgate::cli {
namespace {

constexpr const char* kDefaultConfiguration = "/etc/filmgate/filmgated.conf";

}  // namespace

std::string cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache == '/')
    return join(cache, "filmgate");
  if (const char* home = std::getenv("HOME"); home && *home == '/')
    return join(home, ".cache/filmgate");
  return "";
}

Result<std::string> find_sidecar(const std::string& input, const std::string& chosen) {
  if (!chosen.empty()) {
    if (exists(chosen)) return chosen;
    return Error{ErrorCode::kNotFound, "the metadata file " + chosen + " isn't there"};
  }
  const std::string folder = folder_of(input);
  const std::string beside = folder.empty() ? stem_of(input) : join(folder, stem_of(input));
  for (const std::string& place : {input + ".json", beside + ".json"})
    if (exists(place)) return place;
  return std::string();
}

Result<Configuration> read_configuration(const StoreOptions& options) {
  auto environment = environment_of_process();
  if (!options.root.empty()) environment["FILMGATE_LIBRARY_ROOT"] = options.root;
  std::string path = options.configuration;
  if (path.empty() && exists(kDefaultConfiguration)) path = kDefaultConfiguration;
  return load_configuration(path, environment);
}

}  // namespace filmgate::cli
