// Where files can't be written: nothing half-made stays, and one sentence says why.
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/element/robustness/support.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

namespace fs = std::filesystem;

class Files : public Robustness {
 protected:
  // Runs to the end or the first error, which is returned as "domain: text".
  static std::string run(const std::string& launch) {
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(launch.c_str(), nullptr));
    auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
    std::string text = message ? "" : "it hangs";
    if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      GError* error = nullptr;
      gst_message_parse_error(message.get(), &error, nullptr);
      const GErrorPtr owned(error);
      text = std::string(g_quark_to_string(error->domain)) + ": " + error->message;
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return text;
  }

  std::string thumbnails(const std::string& settings) const {
    return run(
        "videotestsrc num-buffers=60 ! video/x-raw,width=320,height=240,framerate=30/1 ! "
        "thumbnailsink " +
        settings);
  }

  static void expect_resource_error(const std::string& error) {
    EXPECT_TRUE(error.starts_with("gst-resource-error-quark")) << error;
    EXPECT_EQ(fault_of_sentence(error), "");
  }

  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()));
  }

  TemporaryFolder folder_;
};

// As on a full disk, of which the limit is a portable stand-in.
TEST_F(Files, ThatBecomeTooLargeLeaveNothing) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit tight = before;
  tight.rlim_cur = 1000;
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &tight);
  const std::string poster = thumbnails("poster-location=" + folder_ / "p.png");
  const std::string numbered = thumbnails("location=" + folder_ / "n-%d.png");
  const std::string sheet =
      thumbnails("sprite-location=" + folder_ / "s.jpg vtt-location=" + folder_ / "s.vtt");
  const std::string report =
      run("videotestsrc num-buffers=10 ! qualityprobe report-location=" + folder_ / "r.json" +
          " ! fakesink");
  setrlimit(RLIMIT_FSIZE, &before);
  for (const std::string& error : {poster, numbered, sheet}) expect_resource_error(error);
  if (!report.empty()) expect_resource_error(report);
  EXPECT_LE(files(), size_t{1});  // a report below the limit
}

// An administrator's pipeline must not put a file in the place of /dev/null.
TEST_F(Files, ThatAreNoneAreNotReplaced) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  expect_resource_error(thumbnails("poster-location=" + pipe + " format=jpeg"));
  expect_resource_error(
      run("videotestsrc num-buffers=2 ! qualityprobe report-location=" + pipe + " ! fakesink"));
  EXPECT_TRUE(fs::is_fifo(pipe));
  fs::create_symlink("/dev/full", folder_ / "full");
  expect_resource_error(run("videotestsrc num-buffers=2 ! qualityprobe report-location=" +
                            folder_ / "full" + " ! fakesink"));
  EXPECT_TRUE(fs::is_character_file(folder_ / "full"));
  EXPECT_EQ(files(), size_t{2});
}

TEST_F(Files, InFoldersThatAreNotThere) {
  expect_resource_error(thumbnails("poster-location=" + folder_ / "no/p.png"));
  expect_resource_error(thumbnails("poster-location=/proc/p.png"));
  expect_resource_error(run("videotestsrc num-buffers=2 ! qualityprobe report-location=" +
                            folder_ / "no/r.json" + " ! fakesink"));
  fs::create_directory(folder_ / "p.jpg");
  expect_resource_error(thumbnails("poster-location=" + folder_ / "p.jpg"));
  EXPECT_EQ(files(), size_t{1});
}

TEST_F(Files, WhosePatternsAreWrong) {
  for (const char* pattern : {"n.jpg", "n-%s.jpg", "n-%d-%d.jpg", "n-%", "n-%n.jpg", "n-%999d.jpg",
                              "n-%*d.jpg", "n-%d", "n-%ld.jpg", "n-%-5d.jpg"})
    expect_resource_error(thumbnails("location=" + folder_ / pattern));
  expect_resource_error(thumbnails("sprite-location=" + folder_ / "s-%s.jpg"));
  expect_resource_error(thumbnails("vtt-location=" + folder_ / "s.vtt"));
  expect_resource_error(thumbnails(""));
  EXPECT_EQ(files(), size_t{0});
}

TEST_F(Files, MayLieInAFolderWithAPerCentSign) {
  fs::create_directory(folder_ / "100%");
  EXPECT_EQ(thumbnails("location=" + folder_ / "100%%/n-%d.jpg"), "");
  EXPECT_TRUE(fs::exists(folder_ / "100%/n-0.jpg"));
}

TEST_F(Files, MayHaveTheLongestNames) {
  const auto longest = [](const char* end) { return std::string(255 - strlen(end), 'n') + end; };
  EXPECT_EQ(thumbnails("poster-location=" + folder_ / longest(".jpg")), "");
  EXPECT_EQ(run("videotestsrc num-buffers=2 ! qualityprobe report-location=" +
                folder_ / longest(".json") + " ! fakesink"),
            "");
  expect_resource_error(thumbnails("poster-location=" + folder_ / "n" + longest(".jpg")));
  EXPECT_EQ(files(), size_t{2});
}

// Tiles shrink so that every encoder can hold the sheet.
TEST_F(Files, OfManyTilesStayWithinWhatEncodersHold) {
  for (const char* name : {"s.jpg", "s.webp", "s.png"}) {
    EXPECT_EQ(thumbnails("sprite-width=0 sprite-columns=100 sprite-rows=1 sprite-interval=1000000 "
                         "sprite-location=" +
                         folder_ / name),
              "");
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  }
}

// NULL and PLAYING twice with the same elements gives the same files twice.
TEST_F(Files, AreMadeAgainWhenThePipelineRunsAgain) {
  auto pipeline = Ref<GstElement>::sink(gst_parse_launch(
      ("videotestsrc num-buffers=30 ! metadatagate ! qualityprobe report-location=" +
       folder_ / "r.json" +
       " ! renditionscale height=60 ! thumbnailsink poster-location=" + folder_ / "p.jpg")
          .c_str(),
      nullptr));
  for (int round = 0; round < 2; ++round) {
    fs::remove(folder_ / "r.json");
    fs::remove(folder_ / "p.jpg");
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
    auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
    ASSERT_TRUE(message);
    EXPECT_EQ(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_EOS);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    EXPECT_EQ(files(), size_t{2}) << round;
  }
}

// What came before READY makes no picture of what comes after.
TEST_F(Files, ShowNothingOfARunThatWasStopped) {
  const Bench bench("thumbnailsink async=false poster-location=" + folder_ / "p.jpg");
  for (const bool stopped : {true, false}) {
    bench.set_caps(
        gst_caps_from_string("video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1"));
    if (stopped) {
      EXPECT_EQ(bench.push(gst_buffer_new_allocate(nullptr, 256, nullptr)), GST_FLOW_OK);
      gst_element_set_state(bench.element(), GST_STATE_READY);
      gst_element_set_state(bench.element(), GST_STATE_PLAYING);
    } else {
      bench.push_event(gst_event_new_eos());
    }
  }
  EXPECT_EQ(bench.error(), "");
  EXPECT_EQ(files(), size_t{0});
}

// The end that upstream sends after an error does not make a poster of what was seen before.
TEST_F(Files, ShowNothingOfAStreamThatBroke) {
  const Bench bench("thumbnailsink async=false poster-location=" + folder_ / "p.jpg");
  bench.set_caps(
      gst_caps_from_string("video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1"));
  EXPECT_EQ(bench.push(gst_buffer_new_allocate(nullptr, 256, nullptr)), GST_FLOW_OK);
  EXPECT_EQ(bench.push(gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
  bench.push_event(gst_event_new_eos());
  EXPECT_NE(bench.error(), "");
  EXPECT_EQ(files(), size_t{0});
}

// A broken clock makes no cue that ends before it starts.
TEST_F(Files, NameMomentsThatComeOneAfterTheOther) {
  const Bench bench("thumbnailsink async=false sprite-count=3 sprite-location=" +
                    folder_ / "s.jpg" + " vtt-location=" + folder_ / "s.vtt");
  bench.set_caps(
      gst_caps_from_string("video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1"));
  constexpr GstClockTime kThird = G_MAXINT64 / 3;
  for (GstClockTime i = 0; i < 6; ++i) {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 256, nullptr);
    gst_buffer_memset(buffer, 0, 128, 256);
    GST_BUFFER_PTS(buffer) = i * kThird;
    GST_BUFFER_DURATION(buffer) = G_MAXINT64;
    EXPECT_EQ(bench.push(buffer), GST_FLOW_OK);
  }
  bench.push_event(gst_event_new_eos());
  std::ifstream vtt(folder_ / "s.vtt");
  std::string line;
  unsigned long long before = 0;
  int cues = 0;
  while (std::getline(vtt, line)) {
    unsigned long long from[4];
    unsigned long long to[4];
    if (std::sscanf(line.c_str(), "%llu:%llu:%llu.%llu --> %llu:%llu:%llu.%llu", &from[0], &from[1],
                    &from[2], &from[3], &to[0], &to[1], &to[2], &to[3]) != 8) {
      continue;
    }
    const auto ms = [](const auto& t) { return ((t[0] * 60 + t[1]) * 60 + t[2]) * 1000 + t[3]; };
    EXPECT_EQ(ms(from), before) << line;
    EXPECT_GT(ms(to), ms(from)) << line;
    before = ms(to);
    ++cues;
  }
  EXPECT_EQ(cues, 3);
}

}  // namespace
}  // namespace filmgate::test
