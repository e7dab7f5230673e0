// Who may include whom, as docs/architecture.md has it. Reads every source file of plugins/ and
// host/, so that a wall can't be crossed unseen.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Rooms = std::set<std::string>;

// A room and the rooms that it may include besides itself.
const std::map<std::string, Rooms>& walls() {
  static const Rooms kLower = {"plugins/core", "host/base", "host/model"};
  static const auto with = [](Rooms rooms, const Rooms& more) {
    rooms.insert(more.begin(), more.end());
    return rooms;
  };
  static const Rooms kEngine =
      with(kLower, {"host/pipeline", "host/store", "host/storage", "host/worker", "host/notify"});
  static const std::map<std::string, Rooms> kWalls = {
      {"plugins",
       {"plugins/core", "plugins/common", "plugins/metadatagate", "plugins/qualityprobe",
        "plugins/thumbnailsink", "plugins/renditionscale"}},
      {"plugins/core", {}},
      {"plugins/common", {"plugins/core"}},
      {"plugins/metadatagate", {"plugins/core", "plugins/common"}},
      {"plugins/qualityprobe", {"plugins/core", "plugins/common"}},
      {"plugins/renditionscale", {"plugins/core", "plugins/common"}},
      {"plugins/thumbnailsink", {"plugins/core", "plugins/common", "plugins/renditionscale"}},
      {"host/base", {"plugins/core"}},
      {"host/model", {"plugins/core", "host/base"}},
      {"host/pipeline", kLower},
      {"host/net", kLower},
      {"host/store", kLower},
      {"host/storage", with(kLower, {"host/net"})},
      {"host/notify", with(kLower, {"host/net", "host/config"})},
      {"host/worker", {"plugins/core", "host/base"}},
      {"host/worker/supervise", {"plugins/core", "host/base", "host/worker"}},
      {"host/worker/process", {"plugins/core", "plugins/common", "host/base", "host/worker"}},
      {"host/config", with(kLower, {"host/pipeline", "host/worker/supervise"})},
      {"host/engine", with(kEngine, {"host/worker/supervise"})},
      {"host/review", with(kEngine, {"host/engine"})},
      {"host/upload", with(kEngine, {"host/engine"})},
      {"host/intake", with(kEngine, {"host/engine", "host/upload"})},
      {"host/http", with(kEngine, {"host/engine", "host/review", "host/upload", "host/config"})},
      {"host/daemon",
       with(kEngine, {"host/engine", "host/review", "host/upload", "host/intake", "host/http",
                      "host/config", "host/net", "host/worker/supervise"})},
      {"host/cli",
       with(kEngine, {"host/engine", "host/config", "host/net", "host/worker/supervise"})},
  };
  return kWalls;
}

// System headers that only some rooms may see.
const std::map<std::string, Rooms>& reserved_headers() {
  static const std::map<std::string, Rooms> kReserved = {
      {"gst/",
       {"plugins", "plugins/common", "plugins/metadatagate", "plugins/qualityprobe",
        "plugins/thumbnailsink", "plugins/renditionscale", "host/worker/process"}},
      {"sqlite3.h", {"host/store"}},
      {"libpq-fe.h", {"host/store"}},
      {"libsoup/", {"host/http", "host/net"}},
      {"seccomp.h", {"host/worker/process"}},
  };
  return kReserved;
}

// "host/worker/process/main.cpp" -> "host/worker/process": the longest room that holds the path.
std::string room_of(const std::string& path) {
  std::string room;
  for (const auto& [name, allowed] : walls())
    if (path.starts_with(name + "/") && name.size() > room.size()) room = name;
  return room;
}

struct Include {
  std::string file;
  int line;
  std::string target;
};

std::vector<Include> all_includes() {
  std::vector<Include> found;
  const fs::path top = FILMGATE_SOURCE_DIR;
  const std::regex include_line(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  for (const char* side : {"plugins", "host"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top / side)) {
      const std::string suffix = entry.path().extension();
      if (suffix != ".h" && suffix != ".cpp") continue;
      std::ifstream file(entry.path());
      std::string line;
      for (int number = 1; std::getline(file, line); ++number) {
        std::smatch match;
        if (std::regex_search(line, match, include_line))
          found.push_back({fs::relative(entry.path(), top), number, match[1]});
      }
    }
  }
  return found;
}

TEST(Walls, EveryFileIsInARoom) {
  std::set<std::string> homeless;
  for (const Include& include : all_includes())
    if (room_of(include.file).empty()) homeless.insert(include.file);
  EXPECT_TRUE(homeless.empty()) << *homeless.begin() << " lies in no room of the table";
}

TEST(Walls, RoomsIncludeOnlyWhatTheyMay) {
  int seen = 0;
  for (const Include& include : all_includes()) {
    const std::string target = room_of(include.target);
    if (target.empty()) continue;
    ++seen;
    const std::string room = room_of(include.file);
    if (room == target) continue;
    EXPECT_TRUE(walls().at(room).contains(target)) << include.file << ":" << include.line << ": "
                                                   << room << " may not include " << include.target;
  }
  EXPECT_GT(seen, 50) << "the includes were not read";
}

TEST(Walls, LibrariesStayInTheirRooms) {
  for (const Include& include : all_includes()) {
    for (const auto& [header, rooms] : reserved_headers()) {
      if (!include.target.starts_with(header)) continue;
      EXPECT_TRUE(rooms.contains(room_of(include.file)))
          << include.file << ":" << include.line << ": <" << include.target
          << "> belongs to other rooms";
    }
  }
}

}  // namespace
