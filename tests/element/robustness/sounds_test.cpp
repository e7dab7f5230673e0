// Sound of any format, layout, rate and time, good and broken, with events in between. The seed of
// a failure is printed; FILMGATE_SEED repeats it.
#include <gst/audio/audio.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/element/robustness/support.h"

namespace filmgate::test {
namespace {

class Noise {
 public:
  Noise(unsigned seed, const std::string& launch) : random_(seed), bench_(launch) {}

  void run() {
    bench_.push_event(gst_event_new_stream_start("sound"));
    for (int round = 0; round < 4; ++round) {
      new_caps();
      const std::string refused = bench_.error();
      if (!refused.empty()) {  // no loudness is defined for such a rate
        ASSERT_TRUE(GST_AUDIO_INFO_RATE(&info_) < 16 || GST_AUDIO_INFO_RATE(&info_) > 768'000);
        ASSERT_TRUE(refused.starts_with("gst-stream-error-quark")) << refused;
        ASSERT_EQ(fault_of_sentence(refused), "");
        return;
      }
      GstSegment segment;
      gst_segment_init(&segment, GST_FORMAT_TIME);
      bench_.push_event(gst_event_new_segment(&segment));
      for (int i = 0; i < 10; ++i) {
        if (pick(0, 3) == 0) disturb();
        ASSERT_EQ(bench_.error(), "");
        bool broken = false;
        const GstFlowReturn flow = bench_.push(buffer(broken));
        const std::string error = bench_.error();
        if (flow == GST_FLOW_ERROR) {
          ASSERT_TRUE(broken) << error;
          ASSERT_EQ(fault_of_sentence(error), "");
          ASSERT_TRUE(error.starts_with("gst-stream-error-quark")) << error;
        } else {
          ASSERT_EQ(error, "");
          ASSERT_FALSE(broken && flow == GST_FLOW_OK);
        }
      }
    }
    if (pick(0, 1)) bench_.push_event(gst_event_new_eos());
    ASSERT_EQ(bench_.error(), "");
  }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<>(least, most)(random_); }

  void new_caps() {
    constexpr const char* kFormats[] = {GST_AUDIO_NE(S16), GST_AUDIO_NE(S32), GST_AUDIO_NE(F32)};
    constexpr int kRates[] = {8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000};
    const int channels = pick(1, 8);
    const bool odd = pick(0, 5) == 0;
    const int rate = odd ? pick(1, 4'000'000) >> pick(0, 20) : kRates[pick(0, 7)];
    const guint64 mask = pick(0, 2) ? gst_audio_channel_get_fallback_mask(channels) : 0;
    GstCaps* caps = gst_caps_new_simple(
        "audio/x-raw", "format", G_TYPE_STRING, kFormats[pick(0, 2)], "rate", G_TYPE_INT,
        std::max(1, rate), "channels", G_TYPE_INT, channels, "layout", G_TYPE_STRING, "interleaved",
        "channel-mask", GST_TYPE_BITMASK, mask, nullptr);
    gst_audio_info_from_caps(&info_, caps);
    bench_.push_event(gst_event_new_caps(caps));
    gst_caps_unref(caps);
  }

  void disturb() {
    GstSegment segment;
    gst_segment_init(&segment, pick(0, 3) ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
    switch (pick(0, 3)) {
      case 0:
        bench_.push_event(gst_event_new_flush_start());
        bench_.push_event(gst_event_new_flush_stop(pick(0, 1)));
        bench_.push_event(gst_event_new_segment(&segment));
        break;
      case 1:
        bench_.push_event(
            gst_event_new_gap(static_cast<GstClockTime>(pick(0, 1000)) * GST_MSECOND, time()));
        break;
      case 2:
        segment.rate = pick(0, 1) ? -1 : 2;
        segment.start = static_cast<guint64>(pick(0, 2)) * GST_SECOND;
        segment.stop = segment.start + GST_SECOND;
        segment.position = segment.rate < 0 ? segment.stop : segment.start;
        bench_.push_event(gst_event_new_segment(&segment));
        break;
      default:
        bench_.push_event(gst_event_new_stream_start(std::to_string(pick(0, 9)).c_str()));
        bench_.push_event(gst_event_new_segment(&segment));
    }
  }

  GstClockTime time() {
    switch (pick(0, 7)) {
      case 0:
        return GST_CLOCK_TIME_NONE;
      case 1:
        return GST_CLOCK_TIME_NONE - static_cast<GstClockTime>(pick(1, 1000));
      case 2:
        return static_cast<GstClockTime>(G_MAXINT64) - static_cast<GstClockTime>(pick(0, 1000));
      default:
        return static_cast<GstClockTime>(pick(0, 1000)) * 10 * GST_MSECOND;
    }
  }

  // Samples of any value, those that are no number included.
  GstBuffer* buffer(bool& broken) {
    const int bytes = GST_AUDIO_INFO_BPF(&info_);
    const int frames = pick(0, 9) ? pick(1, 600) : 0;
    int extra = pick(0, 7) ? 0 : pick(1, 15);
    broken = extra % bytes != 0;
    const auto size = static_cast<gsize>(frames * bytes + extra);
    GstBuffer* buffer = gst_buffer_new();
    if (size > 0) {
      auto* data = static_cast<guint8*>(g_malloc(size));
      const auto same = static_cast<guint8>(pick(0, 255));
      const bool flat = pick(0, 2) == 0;
      for (gsize i = 0; i < size; ++i) data[i] = flat ? same : static_cast<guint8>(random_());
      gst_buffer_append_memory(buffer, gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, data, size,
                                                              0, size, data, g_free));
    }
    GST_BUFFER_PTS(buffer) = time();
    GST_BUFFER_DURATION(buffer) = time();
    return buffer;
  }

  std::mt19937 random_;
  Bench bench_;
  GstAudioInfo info_{};
};

class Sounds : public Robustness, public testing::WithParamInterface<const char*> {};

TEST_P(Sounds, OfAnyKindDoNoHarm) {
  const char* wanted = std::getenv("FILMGATE_SEED");
  const unsigned first = wanted ? static_cast<unsigned>(std::atoi(wanted)) : 1;
  for (unsigned seed = first; seed < first + (wanted ? 1 : 60) && !HasFailure(); ++seed) {
    SCOPED_TRACE("FILMGATE_SEED=" + std::to_string(seed) + " " + GetParam());
    Noise(seed, GetParam()).run();
  }
}

INSTANTIATE_TEST_SUITE_P(Elements, Sounds,
                         testing::Values("qualityprobe per-frame=true interval=1000000",
                                         "qualityprobe silence-duration=0 clipping-run=1 "
                                         "dropout-duration=0 silence-threshold=-10"));

}  // namespace
}  // namespace filmgate::test
