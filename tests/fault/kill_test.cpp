// SIGKILL of filmgated (its workers die with it) at moments spread over the whole way of an asset;
// after the last one it is started again and left alone. Whatever the moments were: the asset is
// processed once, every published byte is what the manifest says, and nothing is left over.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "host/base/file.h"
#include "plugins/core/json.h"
#include "tests/support/clip.h"
#include "tests/support/library.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

class Kill : public testing::TestWithParam<int> {
 protected:
  std::unique_ptr<Child> start() {
    return std::make_unique<Child>(
        std::vector<std::string>{std::string(FILMGATE_BINARY_DIR) + "/bin/filmgated", "--root",
                                 root_.path() + "/library", "--listen", "127.0.0.1:0"},
        root_ / "log",
        std::map<std::string, std::string>{
            {"FILMGATE_LIBRARY_DESCRIPTIONS", root_ / "descriptions"},
            {"FILMGATE_LIBRARY_SCAN", "100ms"},
            {"FILMGATE_LIMITS_LEASE", "1s"},
            {"FILMGATE_LIMITS_RENEW", "300ms"},
            {"XDG_CACHE_HOME", std::string(FILMGATE_BINARY_DIR) + "/cache"}});
  }
  std::string log() const {
    std::ifstream file(root_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  TemporaryFolder root_;
};

TEST_P(Kill, AtAnyMomentTheAssetIsProcessedOnce) {
  const unsigned seed = static_cast<unsigned>(GetParam());
  std::mt19937 random(seed);
  fs::create_directories(root_ / "descriptions");
  fs::create_directories(root_ / "library/uploads");
  std::ofstream(root_ / "descriptions/quick.json") << quick_description(50);
  const std::string clip = make_clip(320, 240, 1);
  const std::string source_sum = sha256_of(clip);
  std::ofstream(root_ / "library/uploads/clip.mp4.json") << R"({"title": "Killed"})";
  fs::copy(clip, root_ / "library/uploads/clip.mp4");

  const std::string published = root_ / "library/processed/clip";
  const std::string source = published + "/source/clip.mp4";
  const auto settled = [&] {
    return exists(published + "/manifest.json") && exists(source) &&
           files_below(root_ / "library/.work").empty() &&
           files_below(root_ / "library/uploads").empty();
  };
  const int kills = 1 + static_cast<int>(random() % 6);
  for (int kill = 0; kill < kills; ++kill) {
    const std::unique_ptr<Child> daemon = start();
    const int moment_ms = static_cast<int>(random() % 2500);
    // Either the moment comes or, if it was late, the asset is done already.
    (void)wait_until([&] { return settled() || !daemon->running(); }, moment_ms);
    ASSERT_TRUE(daemon->running()) << "filmgated ended by itself:\n" << log();
    daemon->signal(SIGKILL);
    daemon->wait();
  }
  const size_t before = log().size();
  const std::unique_ptr<Child> daemon = start();
  const auto up = [&] { return log().find("console: ", before) != std::string::npos; };
  ASSERT_TRUE(wait_until(up)) << log();
  ASSERT_TRUE(wait_until(settled, 90'000)) << "seed " << seed << "\n" << log();

  Result<std::string> text = read_file(published + "/manifest.json", 1 << 20);
  ASSERT_TRUE(text.ok()) << text.error().message;
  Result<Json> manifest = parse_json(*text, "manifest.json");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  std::set<std::string> names;
  for (const Json& file : *manifest->get("files").if_array()) {
    names.insert(file.get("name").string_or(""));
    EXPECT_EQ(sha256_of(join(published, file.get("path").string_or(""))),
              file.get("sha256").string_or(""))
        << "seed " << seed;
  }
  EXPECT_TRUE(names.contains("240p") && names.contains("120p") && names.contains("poster"));
  EXPECT_EQ(sha256_of(source), source_sum);
  for (const fs::directory_entry& entry : fs::directory_iterator(root_ / "library/processed"))
    EXPECT_EQ(entry.path().filename(), "clip") << "published twice, seed " << seed;
  for (const char* folder : {"failed", "rejected", "unable_to_process"})
    EXPECT_TRUE(files_below(root_ / ("library/" + std::string(folder))).empty())
        << folder << ", seed " << seed << "\n"
        << log();

  daemon->signal(SIGTERM);
  EXPECT_EQ(daemon->wait(), 0) << log();
}

// FILMGATE_FAULT_ROUNDS and FILMGATE_FAULT_SEED make it as long as one likes.
int rounds() {
  const char* chosen = std::getenv("FILMGATE_FAULT_ROUNDS");
  return chosen ? std::atoi(chosen) : 12;
}
int first_seed() {
  const char* chosen = std::getenv("FILMGATE_FAULT_SEED");
  return chosen ? std::atoi(chosen) : 1;
}
INSTANTIATE_TEST_SUITE_P(Seeds, Kill, testing::Range(first_seed(), first_seed() + rounds()));

}  // namespace
}  // namespace filmgate::test
