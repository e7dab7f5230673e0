// Where the metadata comes from, and what becomes of metadata that can't be read.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/element/metadatagate/support.h"

namespace filmgate {
namespace {

constexpr const char* kNeedsTitle =
    R"({"metadata.title": {}, "media.tracks.video": {"minimum": 1}})";

Said judge(const Properties& properties) {
  Properties all = properties;
  all.insert(all.end(), {{"rules", kNeedsTitle}, {"on-fail", "drop"}});
  GateHarness gate(all);
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  return gate.next_said();
}

TEST(Sidecar, IsReadFromAFile) {
  const ScratchFolder folder;
  const Said said =
      judge(Properties{{"sidecar", folder.write("clip.mp4.json", R"({"title":"Kelp","n":5})")}});
  EXPECT_EQ(said.verdict, "pass");
  EXPECT_EQ(said.facts.find_path("metadata.n")->integer_or(0), 5);
}

TEST(Sidecar, IsReadFromADescriptorAsOftenAsNeeded) {
  const ScratchFolder folder;
  const int fd = open(folder.write("clip.json", R"({"title":"Kelp"})").c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  const std::string location = "fd://" + std::to_string(fd);
  EXPECT_EQ(judge(Properties{{"sidecar", location}}).verdict, "pass");
  EXPECT_EQ(judge(Properties{{"sidecar", location}}).verdict, "pass");
  EXPECT_EQ(fcntl(fd, F_GETFD) >= 0, true) << "the caller's descriptor was closed";
  close(fd);
}

TEST(Sidecar, IsReadFromAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  constexpr std::string_view kText = R"({"title":"Kelp"})";
  ASSERT_EQ(write(ends[1], kText.data(), kText.size()), static_cast<ssize_t>(kText.size()));
  close(ends[1]);
  EXPECT_EQ(judge(Properties{{"sidecar", "fd://" + std::to_string(ends[0])}}).verdict, "pass");
  close(ends[0]);
}

TEST(Sidecar, BrokenTextIsTheOneReason) {
  const ScratchFolder folder;
  const auto reasons = [&](const std::string& text) {
    const Said said = judge(Properties{{"sidecar", folder.write("clip.json", text)}});
    EXPECT_EQ(said.verdict, "reject");
    EXPECT_EQ(said.reasons.size(), 1U);
    return said.reasons.empty() ? "" : said.reasons.front();
  };
  EXPECT_EQ(reasons("{\n \"title\": \"a\",\n}"),
            "the metadata can't be read: clip.json:3:1: expected a key in quotes but found '}'");
  EXPECT_EQ(reasons(std::string(60'000, '[')),
            "the metadata can't be read: clip.json:1:9: nested deeper than 8 levels");
  EXPECT_EQ(reasons(std::string(100'000, '[')),
            "clip.json is larger than the 64 KiB a sidecar may have");
  EXPECT_EQ(reasons("[1]"),
            "the metadata can't be read: clip.json:1:1: metadata must be an object such as "
            "{\"title\": \"…\"}, not array");
  EXPECT_NE(reasons("").find("clip.json:1:1:"), std::string::npos);
  EXPECT_NE(reasons("{\"title\":\"a\",\"title\":\"b\"}").find("stands here twice"),
            std::string::npos);
  EXPECT_NE(reasons("\xFF\xD8\xFF").find("clip.json:1:1:"), std::string::npos);
}

TEST(Sidecar, BrokenTextDoesNotHideOtherReasons) {
  GateHarness gate(
      Properties{{"metadata", "{"},
                 {"rules", R"({"metadata.title": {}, "media.video.height": {"minimum": 900}})"},
                 {"on-fail", "drop"}});
  gate.begin();
  gate.push_buffer();
  const Said said = gate.next_said();
  ASSERT_EQ(said.reasons.size(), 2U);
  EXPECT_NE(said.reasons[0].find("metadata:1:2:"), std::string::npos);
  EXPECT_EQ(said.reasons[1], "media.video.height is 240; at least 900 is needed");
}

TEST(Sidecar, AFileThatCannotBeOpenedIsAnError) {
  const ScratchFolder folder;
  ASSERT_EQ(mkfifo(folder.path("fifo").c_str(), 0600), 0);
  const std::pair<std::string, std::string> cases[] = {
      {"/nowhere/clip.json", "cannot open /nowhere/clip.json: No such file or directory."},
      {folder.path(""), folder.path("") + " is not a regular file."},
      {folder.path("fifo"), folder.path("fifo") + " is not a regular file."},
      {"fd://x", "\"fd://x\" names no descriptor; write fd://3."},
      {"fd://999", "cannot read fd://999: Bad file descriptor."}};
  for (const auto& [location, error] : cases) {
    EXPECT_EQ(start_error(Properties{{"sidecar", location}}), error);
  }
}

}  // namespace
}  // namespace filmgate
