// Each gst-launch-1.0 and gst-inspect-1.0 line of the documentation, run as it stands there.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

struct Line {
  std::string page;  // from the top of the tree
  int number = 0;
  std::string command;
  bool refused = false;  // must fail
};

void PrintTo(const Line& line, std::ostream* out) {
  *out << line.page << ":" << line.number << ": " << line.command;
}

std::vector<Line> lines_of(const std::string& page) {
  std::vector<Line> lines;
  std::ifstream file(std::string(FILMGATE_SOURCE_DIR) + "/" + page);
  std::string text;
  std::string comment;
  bool fenced = false;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.starts_with("```")) fenced = !fenced;
    if (!fenced) continue;
    if (text.starts_with("#")) comment = text;
    if (text.empty()) comment.clear();
    if (!text.starts_with("gst-launch-1.0") && !text.starts_with("gst-inspect-1.0")) continue;
    Line line{page, number, text, comment.starts_with("# Refused")};
    while (line.command.ends_with("\\") && std::getline(file, text)) {
      ++number;
      line.command += "\n" + text;
    }
    lines.push_back(line);
  }
  return lines;
}

std::vector<Line> all_lines() {
  std::vector<Line> all;
  for (const char* page :
       {"README.md", "docs/elements/metadatagate.md", "docs/elements/qualityprobe.md",
        "docs/elements/renditionscale.md", "docs/elements/thumbnailsink.md"})
    for (Line& line : lines_of(page)) all.push_back(std::move(line));
  return all;
}

class DocumentedLine : public testing::TestWithParam<Line> {};

TEST_P(DocumentedLine, DoesWhatThePageSays) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a plugin built for a sanitizer can't be loaded by gst-launch-1.0";
#endif
  const TemporaryFolder folder;
  fs::copy_file(make_clip(320, 240, 2), folder / "clip.mp4");
  std::ofstream(folder / "clip.json") << R"({"title": "Kelp", "owner": "desk@example.org"})";
  const std::string build = FILMGATE_BINARY_DIR;
  const std::vector<std::string> command{"sh", "-c",
                                         "cd '" + folder.path() + "' && " + GetParam().command};
  const std::map<std::string, std::string> environment{
      {"GST_PLUGIN_PATH", build + "/plugins"},
      {"GST_PRESET_PATH", std::string(FILMGATE_SOURCE_DIR) + "/data/presets"},
      {"GST_REGISTRY", build + "/registry-docs.bin"}};
  if (GetParam().refused) {
    EXPECT_NE(run_refused(command, environment).exit_code, 0) << "this line should be refused";
  } else {
    const Finished done = run_program(command, 120'000, environment);
    EXPECT_EQ(done.exit_code, 0) << done.output << done.errors;
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, DocumentedLine, testing::ValuesIn(all_lines()),
                         [](const auto& test) {
                           std::string name = fs::path(test.param.page).stem().string();
                           return name + "_line_" + std::to_string(test.param.number);
                         });

TEST(DocumentedLines, EveryElementHasSome) {
  std::string text;
  for (const Line& line : all_lines()) text += line.command;
  for (const char* element : {"metadatagate", "qualityprobe", "renditionscale", "thumbnailsink"})
    EXPECT_NE(text.find(element), std::string::npos) << element;
}

}  // namespace
}  // namespace filmgate::test
