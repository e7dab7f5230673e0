#include "tests/support/library.h"

#include <algorithm>
#include <filesystem>

#include "host/base/file.h"
#include "host/base/hash.h"

namespace filmgate::test {

namespace fs = std::filesystem;

std::string quick_description(int attempts) {
  return R"({
  "name": "quick",
  "accept": { "suffixes": [".mp4"], "sidecar": "required", "settle": "100ms" },
  "gate": { "metadata.title": { "type": "string", "minLength": 1 } },
  "renditions": [
    { "name": "240p", "height": 240, "video": "x264enc speed-preset=ultrafast", "audio": "avenc_aac", "mux": "mp4mux" },
    { "name": "120p", "height": 120, "video": "x264enc speed-preset=ultrafast", "audio": "avenc_aac", "mux": "mp4mux" }
  ],
  "thumbnails": { "poster": {}, "sprite": { "interval": "500ms" } },
  "retry": { "attempts": )" +
         std::to_string(attempts) + R"(, "backoff": ["100ms"] }
})";
}

// Folders vanish while they are read: a host works in them.
std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code gone;
  for (fs::recursive_directory_iterator entry(folder, gone), end; !gone && entry != end;
       entry.increment(gone))
    if (entry->is_regular_file(gone)) files.push_back(fs::relative(entry->path(), folder, gone));
  std::sort(files.begin(), files.end());
  return files;
}

std::string sha256_of(const std::string& path) {
  Result<Fd> file = open_file(path, 0);
  if (!file) return file.error().message;
  Result<std::string> sum = sha256_hex_of(file->get(), path);
  return sum.ok() ? *sum : sum.error().message;
}

}  // namespace filmgate::test
