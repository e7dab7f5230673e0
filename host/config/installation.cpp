#include "host/config/installation.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "host/base/file.h"
#include "host/base/hash.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate {
namespace {

constexpr size_t kMaxDescriptionBytes = size_t{1} << 20;

std::string own_folder() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? folder_of(std::string_view(path, static_cast<size_t>(length)))
                    : std::string(".");
}

// The first of `places` that is there; `variable` of the environment comes before all.
Result<std::string> find_part(const char* what, const char* variable,
                              const std::vector<std::string>& places) {
  if (const char* chosen = std::getenv(variable); chosen && *chosen) {
    if (exists(chosen)) return std::string(chosen);
    return Error{ErrorCode::kNotFound,
                 std::string(variable) + " names " + chosen + ", which isn't there"};
  }
  std::string looked;
  for (const std::string& place : places) {
    if (exists(place)) return place;
    looked += (looked.empty() ? "" : ", ") + place;
  }
  return Error{ErrorCode::kNotFound, std::string(what) + " was not found (looked for " + looked +
                                         "); set " + variable + " to where it is"};
}

std::string identity_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return path + " absent";
  return path + " " + std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) +
         "." + std::to_string(info.st_mtim.tv_nsec);
}

PresetReader preset_reader(const std::string& beside, const std::string& installed) {
  return [beside, installed](const std::string& name) -> Result<std::string> {
    if (!is_safe_relative(name) || name.find('/') != std::string::npos)
      return Error{ErrorCode::kInvalidInput, "\"" + name + "\" is no name of a preset"};
    for (const std::string& folder : {beside, installed}) {
      const std::string path = join(join(folder, "presets"), name + ".json");
      if (exists(path)) return read_file(path, kMaxDescriptionBytes);
    }
    std::vector<std::string> known;
    if (DIR* listing = opendir(join(installed, "presets").c_str())) {
      while (const dirent* entry = readdir(listing))
        if (suffix_of(entry->d_name) == ".json") known.push_back(stem_of(entry->d_name));
      closedir(listing);
    }
    std::sort(known.begin(), known.end());
    std::string list;
    for (const std::string& preset : known) list += (list.empty() ? "" : ", ") + preset;
    return Error{ErrorCode::kNotFound, "there is no preset \"" + name + "\"; there are: " + list};
  };
}

}  // namespace

Result<Installation> find_installation() {
  const std::string here = own_folder();
  Installation found;
  Result<std::string> worker =
      find_part("filmgate-worker", "FILMGATE_WORKER",
                {join(here, "filmgate-worker"), join(here, "../libexec/filmgate/filmgate-worker")});
  if (!worker) return worker.error();
  found.worker_program = *worker;
  Result<std::string> plugin = find_part(
      "the plugin libgstfilmgate.so", "FILMGATE_PLUGINS",
      {join(here, "../plugins/libgstfilmgate.so"), FILMGATE_INSTALLED_PLUGINS "/libgstfilmgate.so",
       join(here, "../lib/gstreamer-1.0/libgstfilmgate.so")});
  if (!plugin) return plugin.error();
  found.plugin_folder = suffix_of(*plugin) == ".so" ? folder_of(*plugin) : *plugin;
  Result<std::string> descriptions =
      find_part("the folder of descriptions", "FILMGATE_PIPELINES",
                {join(here, "../share/filmgate/pipelines"), join(here, "../../../pipelines")});
  if (!descriptions) return descriptions.error();
  found.descriptions = *descriptions;
  return found;
}

Result<Catalogue> load_catalogue(const Installation& installation,
                                 const std::string& cache_folder) {
  std::string cache;
  if (!cache_folder.empty()) {
    const std::string key = identity_of(installation.worker_program) + "\n" +
                            identity_of(join(installation.plugin_folder, "libgstfilmgate.so")) +
                            "\n" + identity_of(FILMGATE_GSTREAMER_PLUGINS);
    cache = join(cache_folder, "elements-" + to_hex(sha256(key)).substr(0, 16) + ".json");
    if (Result<std::string> text = read_file(cache, size_t{64} << 20); text.ok()) {
      Result<Json> document = parse_json(
          *text, cache, {.max_bytes = size_t{64} << 20, .max_depth = 16, .max_keys = 4'000'000});
      if (document.ok()) return Catalogue::from_json(*document);
    }
  }
  Result<std::string> text =
      worker::introspect(installation.worker_program, installation.plugin_folder, cache_folder);
  if (!text) return text.error();
  Result<Json> document =
      parse_json(*text, "filmgate-worker --introspect",
                 {.max_bytes = size_t{64} << 20, .max_depth = 16, .max_keys = 4'000'000});
  if (!document) return document.error();
  if (!cache.empty() && make_folders(cache_folder).ok()) {
    // The cache only saves time; a folder that can't be written costs a second at the next start.
    (void)write_file_durably(cache, *text).ok();
  }
  return Catalogue::from_json(*document);
}

Result<Description> load_description(const std::string& path, const Installation& installation) {
  Result<std::string> text = read_file(path, kMaxDescriptionBytes);
  if (!text) return text.error();
  const std::string folder = folder_of(path);
  return parse_description(*text, path,
                           preset_reader(folder.empty() ? "." : folder, installation.descriptions));
}

Result<std::vector<Description>> load_descriptions(const std::string& folder,
                                                   const Installation& installation,
                                                   const Catalogue& catalogue) {
  DIR* listing = opendir(folder.c_str());
  if (!listing) return error_from_errno(errno, "cannot read the folder of descriptions " + folder);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(listing))
    if (entry->d_name[0] != '.' && suffix_of(entry->d_name) == ".json")
      names.emplace_back(entry->d_name);
  closedir(listing);
  std::sort(names.begin(), names.end());

  std::vector<Description> descriptions;
  std::string problems;
  for (const std::string& name : names) {
    Result<Description> description = load_description(join(folder, name), installation);
    if (!description) {
      problems += description.error().message + "\n";
      continue;
    }
    for (const std::string& problem : check_description(*description, catalogue))
      problems += problem + "\n";
    descriptions.push_back(std::move(*description));
  }
  if (!problems.empty()) {
    problems.pop_back();
    return Error{ErrorCode::kInvalidInput, problems};
  }
  if (descriptions.empty())
    return Error{ErrorCode::kNotFound, "there is no description (*.json) in " + folder +
                                           "; put one there, for example a copy of review.json"};
  return descriptions;
}

}  // namespace filmgate
