// Each element under data, caps, flushes, state changes, properties, events and queries at once.
#include <gtest/gtest.h>

#include "tests/element/stress/storm.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

const std::vector<std::string> kPictures{
    "video/x-raw,format=I420,width=64,height=48,framerate=25/1",
    "video/x-raw,format=NV12,width=33,height=17,framerate=25/1",
    "video/x-raw,format=I420_10LE,width=80,height=60,framerate=0/1,colorimetry=bt2100-pq",
    "video/x-raw,format=GRAY8,width=16,height=96,framerate=25/1"};
const std::vector<std::string> kSounds{
    "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved,channel-mask=(bitmask)3",
    "audio/x-raw,format=F32LE,rate=8000,channels=6,layout=interleaved,channel-mask=(bitmask)0x3f",
    "audio/x-raw,format=S32LE,rate=44100,channels=1,layout=interleaved"};

class Stress : public Robustness {
 protected:
  // What every element must bear besides its own properties.
  static void weather(Storm& storm) {
    storm.push_data();
    storm.flush();
    storm.change_states();
    storm.query();
    EXPECT_TRUE(storm.run(400, 20, 10));
  }
};

void read_text(GstElement* element, const char* property) {
  gchar* text = nullptr;
  g_object_get(element, property, &text, nullptr);
  const GString8 owned(text);
}

TEST_F(Stress, OfAQualityprobeOfPictures) {
  const TemporaryFolder folder;
  Storm storm("qualityprobe per-frame=true report-location=" + folder.path() + "/report.json",
              kPictures, 1);
  storm.set("black-duration", "0");
  storm.set("freeze-noise", "0.5");
  storm.set("freeze-noise", "0");
  storm.set("interval", "1000000");
  storm.set("post-messages", "false");
  storm.set("post-messages", "true");
  storm.set("crop-round", "2");
  storm.send_upstream(gst_event_new_reconfigure());
  storm.repeat([](GstElement* element) { read_text(element, "summary"); });
  weather(storm);
}

TEST_F(Stress, OfAQualityprobeOfSound) {
  Storm storm("qualityprobe per-frame=true", kSounds, 2);
  storm.set("silence-threshold", "-20");
  storm.set("silence-duration", "0");
  storm.set("clipping-run", "1");
  storm.set("clipping-run", "9");
  storm.set("dropout-duration", "0");
  storm.repeat([](GstElement* element) { read_text(element, "summary"); });
  weather(storm);
}

// Sound after pictures and pictures after sound, which no decoder does.
TEST_F(Stress, OfAQualityprobeOfBoth) {
  Storm storm("qualityprobe", {kPictures[0], kSounds[0], kPictures[1], kSounds[1]}, 3);
  storm.repeat([](GstElement* element) { read_text(element, "summary"); });
  weather(storm);
}

TEST_F(Stress, OfARenditionscale) {
  Storm storm("renditionscale height=32", kPictures, 4);
  storm.set("height", "24");
  storm.set("height", "48");
  storm.set("width", "40");
  storm.set("method", "lanczos");
  storm.set("threads", "1");
  storm.set("threads", "3");
  storm.set("upscale", "true");
  storm.set("tone-map", "false");
  storm.set("keep-hdr", "true");
  storm.send_upstream(gst_event_new_reconfigure());
  weather(storm);
}

// A seek or a stop may come between any two buffers, and is no error of the stream.
TEST_F(Stress, OfALineThatIsSoughtAndStopped) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "GStreamer's own queues are not built for the thread sanitizer";
#endif
  const auto line = Ref<GstElement>::adopt(gst_parse_launch(
      "videotestsrc ! video/x-raw,width=64,height=64 ! renditionscale height=32 ! qualityprobe"
      " ! fakesink async=false",
      nullptr));
  ASSERT_TRUE(line);
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(line.get()));
  std::mt19937 random(7);
  int turn = 0;
  // For so many microseconds at most: it waits for an error.
  const auto rest = [&](int most) {
    const auto time = std::uniform_int_distribution<GstClockTime>(0, most)(random) * GST_USECOND;
    GstMessage* message = gst_bus_timed_pop_filtered(bus.get(), time, GST_MESSAGE_ERROR);
    if (message == nullptr) return;
    GError* error = nullptr;
    gchar* detail = nullptr;
    gst_message_parse_error(message, &error, &detail);
    ADD_FAILURE() << turn << ": " << error->message << " " << detail;
    g_clear_error(&error);
    g_free(detail);
    gst_message_unref(message);
  };
  for (; turn < 240 && !HasFailure(); ++turn) {
    gst_element_set_state(line.get(), turn % 3 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    rest(3000);
    if (turn % 2) {
      gst_element_seek_simple(line.get(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                              turn % 5 * GST_SECOND);
    }
    rest(2000);
    gst_element_set_state(line.get(), turn % 4 ? GST_STATE_READY : GST_STATE_NULL);
    rest(0);
  }
  gst_element_set_state(line.get(), GST_STATE_NULL);
}

TEST_F(Stress, OfAThumbnailsink) {
  const TemporaryFolder folder;
  const std::string at = folder.path();
  Storm storm("thumbnailsink poster-location=" + at + "/p.jpg location=" + at +
                  "/n-%d.png count=2 sprite-location=" + at + "/s.webp vtt-location=" + at +
                  "/s.vtt sprite-interval=1000000000 async=false",
              kPictures, 5);
  storm.set("quality", "20");
  storm.set("count", "1");
  storm.set("poster-location", at + "/q.jpg");
  storm.set("width", "20");
  storm.repeat([](GstElement* element) {
    GstSample* sample = nullptr;
    g_object_get(element, "last-sample", &sample, nullptr);
    if (sample) gst_sample_unref(sample);
  });
  weather(storm);
}

TEST_F(Stress, OfAMetadatagate) {
  Storm storm(
      "metadatagate on-fail=drop inject-tags=true metadata={\"title\":\"Kelp\"} "
      "rules={\"media.video.height\":{\"minimum\":30}}",
      kPictures, 6);
  storm.set("hold", "false");
  storm.set("metadata", "{\"title\":\"Wrack\"}");
  storm.set("rules", "{\"metadata.title\":{\"minLength\":1}}");
  storm.set("on-fail", "eos");
  storm.set("on-fail", "pass");
  storm.repeat([](GstElement* element) {
    read_text(element, "facts");
    gint verdict = 0;
    g_object_get(element, "verdict", &verdict, nullptr);
  });
  weather(storm);
}

}  // namespace
}  // namespace filmgate::test
