// The walls of a real worker, on this machine's kernel and as on Debian 12's.
#include <cstdio>

#include "host/worker/protocol.h"
#include "tests/hostile/worker_fixture.h"

namespace filmgate::worker {
namespace {

struct SelfTest {
  int exit_code = -1;
  std::string text;
};

class SandboxTest : public WorkerTest {
 protected:
  SelfTest self_test(const std::string& options) {
    const Result<std::string> catalogue =
        introspect(real_worker(), FILMGATE_BINARY_DIR "/plugins", path("cache"));
    EXPECT_TRUE(catalogue.ok());
    SelfTest result;
    const std::string command =
        real_worker() + " --self-test --registry " + path("cache") + "/registry-*.bin " + options;
    FILE* output = popen(command.c_str(), "r");
    char buffer[4096];
    for (size_t n = 0; (n = fread(buffer, 1, sizeof buffer, output)) > 0;) {
      result.text.append(buffer, n);
    }
    result.exit_code = pclose(output);
    return result;
  }
};

TEST_F(SandboxTest, EveryWallHolds) {
  const SelfTest result = self_test("");
  EXPECT_EQ(result.exit_code, 0) << result.text;
  EXPECT_EQ(result.text.find("OPEN"), std::string::npos) << result.text;
}

TEST_F(SandboxTest, EveryWallHoldsWithDebian12sKernel) {
  const SelfTest result = self_test("--landlock-abi 2");
  EXPECT_EQ(result.exit_code, 0) << result.text;
  EXPECT_NE(result.text.find("sandbox: landlock 2, seccomp"), std::string::npos) << result.text;
}

TEST_F(SandboxTest, NetworkAndFileSourcesAreNotThere) {
  const std::string text = self_test("").text;
  for (const char* element :
       {" hlsdemux", " dashdemux", " mssdemux", " souphttpsrc", " filesrc", " uridecodebin",
        " playbin", " giosrc", " tcpclientsrc", " rsvgdec"}) {
    EXPECT_EQ(text.find(element), std::string::npos) << element;
  }
  EXPECT_NE(text.find(" qtdemux"), std::string::npos);
}

TEST_F(SandboxTest, DescriptionCantBringInTheNetwork) {
  RunRequest asked = request(write("clip.mp4", "x"), "inspect", "fdsrc fd=3 ! fakesink");
  Json elements = Json::array();
  elements.push_back("souphttpsrc");
  asked.request.set("elements", std::move(elements));
  const Ran ran = run(asked);
  EXPECT_EQ(ran.outcome.error_class, kClassUnsupported) << ran.outcome.message;
  EXPECT_NE(ran.outcome.message.find("souphttpsrc"), std::string::npos);
}

TEST_F(SandboxTest, SecondInputIsRefused) {
  const std::string clip = media("sample_with_metadata.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  const Ran ran = run(clip, "inspect", "fdsrc fd=3 ! fakesink fdsrc fd=0 ! fakesink");
  EXPECT_EQ(ran.outcome.error_class, kClassInternal);
  EXPECT_NE(ran.outcome.message.find("only source"), std::string::npos) << ran.outcome.message;
}

TEST_F(SandboxTest, OutputOutsideOfTheWorkFolderIsRefused) {
  const std::string clip = media("sample_with_metadata.mp4");
  if (clip.empty()) GTEST_SKIP() << "../shared/media is absent";
  const Ran ran = run(clip, "inspect", "fdsrc fd=3 ! filesink location=../escaped");
  EXPECT_FALSE(ran.outcome.ok);
  EXPECT_EQ(access(path("escaped").c_str(), F_OK), -1);
}

}  // namespace
}  // namespace filmgate::worker
