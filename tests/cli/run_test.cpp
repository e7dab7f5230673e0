// `filmgate` as a person or a script uses it: what it makes, says and returns.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "host/base/file.h"
#include "plugins/core/json.h"
#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

const std::string kFilmgate = std::string(FILMGATE_BINARY_DIR) + "/bin/filmgate";
const std::string kPipelines = std::string(FILMGATE_SOURCE_DIR) + "/pipelines/";

class Run : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  std::string sidecar() {
    return write("meta.json", R"({"title": "Harbour", "owner": "desk@example.org"})");
  }
  Finished run(const std::string& description, const std::string& input,
               std::vector<std::string> more = {}) {
    std::vector<std::string> command = {kFilmgate, "run",      description,
                                        input,     "--output", folder_ / "out"};
    command.insert(command.end(), more.begin(), more.end());
    return run_program(command);
  }
  // The output folder holds nothing but what was published.
  void expect_nothing_left(const std::vector<std::string>& published = {}) {
    const Finished listing = run_program({"ls", "-A", folder_ / "out"});
    std::string expected;
    for (const std::string& name : published) expected += name + "\n";
    EXPECT_EQ(listing.output, expected);
  }

  TemporaryFolder folder_;
};

Json probe(const std::string& file) {
  const Finished probed =
      run_program({"ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", file});
  EXPECT_EQ(probed.exit_code, 0) << probed.errors;
  Result<Json> document = parse_json(probed.output, file);
  return document.ok() ? *document : Json();
}

TEST_F(Run, PublishesTheLadderStillsAndManifest) {
  const std::string clip = make_clip(1280, 720, 2);
  const Finished run_result = run(kPipelines + "web.json", clip, {"--metadata", sidecar()});
  ASSERT_EQ(run_result.exit_code, 0) << run_result.errors;
  const std::string folder = folder_ / "out/1280x720-2.00";
  EXPECT_EQ(run_result.output, folder + "\n");
  expect_nothing_left({"1280x720-2.00"});
  EXPECT_TRUE(exists(clip)) << "the input must stay where it is";

  Result<std::string> text = read_file(folder + "/manifest.json", 1 << 20);
  ASSERT_TRUE(text.ok()) << text.error().message;
  Result<Json> manifest = parse_json(*text, "manifest.json");
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  const Json::Array* files = manifest->get("files").if_array();
  ASSERT_TRUE(files);
  std::set<std::string> names;
  for (const Json& file : *files) {
    const std::string path = join(folder, file.get("path").string_or(""));
    names.insert(file.get("name").string_or(""));
    Result<Fd> opened = open_file(path, 0);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    Result<std::string> sum = sha256_hex_of(opened->get(), path);
    ASSERT_TRUE(sum.ok());
    EXPECT_EQ(*sum, file.get("sha256").string_or("")) << path;
  }
  for (const char* name : {"720p", "480p", "poster", "sprite", "report"})
    EXPECT_TRUE(names.contains(name)) << name << " is not in the manifest";
  EXPECT_FALSE(names.contains("1080p")) << "a rung above the source";

  const Json rung = probe(folder + "/720p.mp4");
  EXPECT_EQ(rung.find_path("streams.0.height")->integer_or(0), 720);
  EXPECT_EQ(rung.find_path("format.tags.title")->string_or(""), "Harbour");
  EXPECT_NEAR(std::stod(rung.find_path("format.duration")->string_or("0")), 2.0, 0.1);
}

TEST_F(Run, ASecondRunOfTheSameNameGetsItsOwnFolder) {
  const std::string clip = make_clip(320, 240, 1);
  ASSERT_EQ(run(kPipelines + "web.json", clip, {"--metadata", sidecar()}).exit_code, 0);
  ASSERT_EQ(run(kPipelines + "web.json", clip, {"--metadata", sidecar()}).exit_code, 0);
  expect_nothing_left({"320x240-1.00", "320x240-1.00-2"});
}

TEST_F(Run, ReportsEventsAsJsonLines) {
  const Finished run_result =
      run(kPipelines + "web.json", make_clip(320, 240, 1), {"--metadata", sidecar(), "--json"});
  ASSERT_EQ(run_result.exit_code, 0) << run_result.errors;
  std::istringstream lines(run_result.output);
  Json last;
  for (std::string line; std::getline(lines, line);) {
    Result<Json> event = parse_json(line, "line");
    ASSERT_TRUE(event.ok()) << event.error().message;
    last = *event;
  }
  EXPECT_EQ(last.get("type").string_or(""), "result");
  EXPECT_EQ(last.get("state").string_or(""), "processed");
}

TEST_F(Run, WaitsForAPersonUnlessToldToApprove) {
  const std::string clip = make_clip(320, 240, 1);
  const Finished waiting = run(kPipelines + "review.json", clip, {"--metadata", sidecar()});
  EXPECT_EQ(waiting.exit_code, 4);
  EXPECT_NE(waiting.errors.find("waits for a person"), std::string::npos) << waiting.errors;
  expect_nothing_left();
  const Finished approved =
      run(kPipelines + "review.json", clip, {"--metadata", sidecar(), "--approve"});
  EXPECT_EQ(approved.exit_code, 0) << approved.errors;
}

TEST_F(Run, ApprovesForAsManyAsTheQuorumAsksFor) {
  const std::string two = write("two.json", R"({"name": "two", "accept": {"suffixes": [".mp4"]},
    "approval": {"required": true, "quorum": 2}, "renditions": [
      {"name": "120p", "height": 120, "video": "x264enc speed-preset=ultrafast",
       "audio": "avenc_aac", "mux": "mp4mux"}]})");
  const Finished approved =
      run(two, make_clip(320, 240, 1), {"--metadata", sidecar(), "--approve"});
  EXPECT_EQ(approved.exit_code, 0) << approved.errors;
}

TEST_F(Run, WaitsForMetadata) {
  const Finished run_result = run(kPipelines + "web.json", make_clip(320, 240, 1));
  EXPECT_EQ(run_result.exit_code, 4);
  EXPECT_NE(run_result.errors.find("--metadata"), std::string::npos) << run_result.errors;
}

TEST_F(Run, RejectsAVideoWhoseMetadataFailsTheGate) {
  const std::string bad = write("bad.json", R"({"title": "", "owner": "nobody"})");
  const Finished run_result =
      run(kPipelines + "web.json", make_clip(320, 240, 1), {"--metadata", bad});
  EXPECT_EQ(run_result.exit_code, 3);
  EXPECT_NE(run_result.errors.find("metadata.title"), std::string::npos) << run_result.errors;
  EXPECT_NE(run_result.errors.find("metadata.owner"), std::string::npos) << run_result.errors;
  expect_nothing_left();
}

TEST_F(Run, RejectsASidecarOfAHundredThousandBrackets) {
  const std::string deep = write("deep.json", std::string(50'000, '['));
  const Finished run_result =
      run(kPipelines + "web.json", make_clip(320, 240, 1), {"--metadata", deep});
  EXPECT_EQ(run_result.exit_code, 3);
  EXPECT_NE(run_result.errors.find("nested deeper"), std::string::npos) << run_result.errors;
  const std::string long_one = write("long.json", std::string(100'000, '['));
  EXPECT_EQ(
      run(kPipelines + "web.json", make_clip(320, 240, 1), {"--metadata", long_one}).exit_code, 3);
}

TEST_F(Run, RejectsWhatIsNoVideo) {
  const std::string meta = sidecar();
  for (const auto& [name, content] : std::map<std::string, std::string>{
           {"text.mp4", "this is not a video at all\n"},
           {"empty.mp4", ""},
           {"list.mp4", "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"},
           {"zip.mp4", std::string("PK\x03\x04", 4) + std::string(5000, 'z')},
           {"noise.mp4", std::string(100'000, '\x5a')}}) {
    const Finished run_result =
        run(kPipelines + "web.json", write(name, content), {"--metadata", meta});
    EXPECT_EQ(run_result.exit_code, 3) << name << ": " << run_result.errors;
    EXPECT_NE(run_result.errors.find(name), std::string::npos) << run_result.errors;
  }
  expect_nothing_left();
}

TEST_F(Run, RejectsATruncatedVideo) {
  Result<std::string> whole = read_file(make_clip(320, 240, 1), 10 << 20);
  ASSERT_TRUE(whole.ok());
  const std::string half = write("half.mp4", whole->substr(0, whole->size() / 2));
  const Finished run_result = run(kPipelines + "web.json", half, {"--metadata", sidecar()});
  EXPECT_EQ(run_result.exit_code, 3) << run_result.errors;
  expect_nothing_left();
}

TEST_F(Run, RefusesADescriptionWithAnUnknownKeyOrElement) {
  const std::string clip = make_clip(320, 240, 1);
  const std::string key = write("key.json", "{\n  \"name\": \"key\",\n  \"rendtions\": []\n}\n");
  Finished run_result = run(key, clip);
  EXPECT_EQ(run_result.exit_code, 1);
  EXPECT_NE(run_result.errors.find("key.json:3:"), std::string::npos) << run_result.errors;
  EXPECT_NE(run_result.errors.find("\"renditions\""), std::string::npos) << run_result.errors;
  const std::string element = write(
      "element.json",
      "{\n  \"name\": \"element\",\n  \"renditions\": [\n    { \"name\": \"a\", \"height\": 240, "
      "\"video\": \"x246enc\", \"audio\": \"avenc_aac\", \"mux\": \"mp4mux\" }\n  ]\n}\n");
  run_result = run(element, clip);
  EXPECT_EQ(run_result.exit_code, 1);
  EXPECT_NE(run_result.errors.find("x264enc"), std::string::npos) << run_result.errors;
}

TEST_F(Run, UsageErrorsAreTwoAndMissingFilesOne) {
  EXPECT_EQ(run_program({kFilmgate, "run"}).exit_code, 2);
  EXPECT_EQ(run_program({kFilmgate, "walk"}).exit_code, 2);
  EXPECT_EQ(run_program({kFilmgate, "--version"}).exit_code, 0);
  const Finished run_result = run(kPipelines + "web.json", folder_ / "nowhere.mp4");
  EXPECT_EQ(run_result.exit_code, 1);
  EXPECT_NE(run_result.errors.find("nowhere.mp4"), std::string::npos);
}

TEST_F(Run, AnInterruptLeavesNothingBehind) {
  const std::string clip = make_clip(1280, 720, 20);
  Child child({kFilmgate, "run", kPipelines + "web.json", clip, "--metadata", sidecar(), "--output",
               folder_ / "out", "--json"},
              folder_ / "log");
  ASSERT_TRUE(wait_until([&] { return child.output().find("run.progress") != std::string::npos; }));
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 130);
  expect_nothing_left();
}

TEST_F(Run, APlansLinesRunAsPrinted) {
  const std::string clip = make_clip(1280, 720, 2);
  const Finished plan =
      run_program({kFilmgate, "plan", kPipelines + "web.json", clip, "--metadata", sidecar()});
  ASSERT_EQ(plan.exit_code, 0) << plan.errors;
  EXPECT_NE(plan.output.find("1080p      skipped"), std::string::npos) << plan.output;
  std::istringstream lines(plan.output);
  int ran = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("gst-launch-1.0") == std::string::npos) continue;
    const Finished launched = run_program({"sh", "-c", "cd \"$0\" && " + line, folder_.path()});
    EXPECT_EQ(launched.exit_code, 0) << line << "\n" << launched.errors;
    ++ran;
  }
  EXPECT_EQ(ran, 3);
  EXPECT_EQ(probe(folder_ / "480p.mp4").find_path("streams.0.height")->integer_or(0), 480);
}

}  // namespace
}  // namespace filmgate::test
