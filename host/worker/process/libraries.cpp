#include "host/worker/process/libraries.h"

#include <dlfcn.h>
#include <link.h>

#include <sstream>

#include "host/base/file.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {
namespace {

constexpr size_t kMaxListBytes = 1 << 20;

}  // namespace

std::string library_list_of(const std::string& registry) {
  return registry + kLibraryListSuffix;
}

Result<void> keep_library_list(const std::string& registry) {
  // The linker goes from those who need to those that are needed, so the list is turned round.
  std::string list;
  const auto note = [](dl_phdr_info* info, size_t, void* user) {
    auto& lines = *static_cast<std::string*>(user);
    if (info->dlpi_name[0] == '/') lines.insert(0, std::string(info->dlpi_name) + "\n");
    return 0;
  };
  dl_iterate_phdr(note, &list);
  return write_file_durably(library_list_of(registry), list);
}

LibraryOpener::LibraryOpener(const std::string& registry)
    : thread_([path = library_list_of(registry)] {
        const Result<std::string> list = read_file(path, kMaxListBytes);
        if (!list) return;
        std::istringstream lines(*list);
        // They stay open for as long as the process lives, as plugins do.
        for (std::string line; std::getline(lines, line);) dlopen(line.c_str(), RTLD_NOW);
      }) {}

}  // namespace filmgate::worker
