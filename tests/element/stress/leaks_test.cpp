// What is still alive when a program has ended, as GStreamer's leaks tracer tells.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

// `@` is a folder with clip.mp4. Lines that end in an error are meant to.
constexpr const char* kLines[] = {
    "filesrc location=@/clip.mp4 ! decodebin ! video/x-raw ! qualityprobe "
    "report-location=@/report.json ! renditionscale height=120 ! thumbnailsink "
    "poster-location=@/p.jpg location=@/n-%d.png count=3 sprite-location=@/s.webp "
    "vtt-location=@/s.vtt sprite-interval=500000000",
    "filesrc location=@/clip.mp4 ! parsebin ! metadatagate inject-tags=true "
    "metadata={\"title\":\"Kelp\"} ! matroskamux ! filesink location=@/out.mkv",
    "audiotestsrc num-buffers=50 ! audioconvert ! audio/x-raw,channels=6 ! qualityprobe ! fakesink",
    "videotestsrc num-buffers=5 ! renditionscale height=100 threads=3 method=lanczos ! fakesink",
    "videotestsrc num-buffers=5 ! qualityprobe report-location=/nowhere/report.json ! fakesink",
    "videotestsrc num-buffers=5 ! metadatagate rules={\"metadata.title\":{}} ! fakesink",
    "videotestsrc num-buffers=5 ! metadatagate rules={\"metadata.title\":{}} on-fail=eos ! "
    "fakesink",
    "videotestsrc num-buffers=5 ! metadatagate hold=true timeout=1000000 ! fakesink",
    "videotestsrc num-buffers=5 ! metadatagate rules=nonsense ! fakesink",
    "videotestsrc num-buffers=5 ! metadatagate sidecar=@/none.json ! fakesink",
    "videotestsrc num-buffers=5 ! thumbnailsink poster-location=/nowhere/p.jpg",
    "videotestsrc num-buffers=5 ! thumbnailsink location=@/without-a-number.jpg count=2",
    "videotestsrc num-buffers=5 ! video/x-raw,format=P010_10LE,colorimetry=bt2100-pq ! "
    "renditionscale tone-map=false ! fakesink",
};

class Leaks : public testing::TestWithParam<const char*> {};

TEST_P(Leaks, NothingOutlivesItsPipeline) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a plugin built for a sanitizer can't be loaded by gst-launch-1.0";
#endif
  const TemporaryFolder folder;
  std::string line = GetParam();
  if (line.find("@/clip.mp4") != std::string::npos) {
    ASSERT_EQ(run_program({"cp", make_clip(320, 240, 2), folder / "clip.mp4"}).exit_code, 0);
  }
  for (size_t at; (at = line.find('@')) != std::string::npos;) line.replace(at, 1, folder.path());
  std::vector<std::string> command{"gst-launch-1.0", "-q"};
  for (size_t at = 0; at < line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    command.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  const std::string log = folder / "log";
  const Finished done = run_refused(command, {{"GST_TRACERS", "leaks"},
                                              {"GST_DEBUG", "GST_TRACER:7"},
                                              {"GST_DEBUG_NO_COLOR", "1"},
                                              {"GST_DEBUG_FILE", log}});
  // 255 is what it ends with where the pipeline could not be started; signals are below.
  EXPECT_TRUE(done.exit_code == 0 || done.exit_code == 1 || done.exit_code == 255) << done.errors;
  const std::string text = run_program({"cat", log}).output;
  // The tracer first describes its records, with formats in the place of values.
  constexpr std::string_view kRecord = "object-alive, type-name=(string)";
  ASSERT_NE(text.find(kRecord), std::string::npos) << "the tracer did not run";
  for (size_t at = 0; (at = text.find(kRecord, at)) != std::string::npos;) {
    const size_t end = text.find('\n', at);
    if (text[at + kRecord.size()] != '%') ADD_FAILURE() << text.substr(at, end - at);
    at = end;
  }
}

INSTANTIATE_TEST_SUITE_P(Lines, Leaks, testing::ValuesIn(kLines));

}  // namespace
}  // namespace filmgate::test
