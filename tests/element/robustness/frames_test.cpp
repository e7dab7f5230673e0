// Frames of any format, size, layout and time, good and broken, with events in between. The seed of
// a failure is printed; FILMGATE_SEED repeats it.
#include <gst/video/video.h>

#include <cstdlib>
#include <random>

#include "tests/element/robustness/support.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

class Chaos {
 public:
  Chaos(unsigned seed, std::string launch) : random_(seed), launch_(std::move(launch)) {}

  void run() {
    const Bench bench(launch_);
    auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(bench.element(), "sink"));
    auto templ = Ref<GstCaps>::adopt(gst_pad_get_pad_template_caps(pad.get()));
    const GValue* list = nullptr;
    for (guint i = 0; i < gst_caps_get_size(templ.get()); ++i) {
      const GstStructure* structure = gst_caps_get_structure(templ.get(), i);
      if (gst_structure_has_name(structure, "video/x-raw"))
        list = gst_structure_get_value(structure, "format");
    }
    ASSERT_TRUE(list && GST_VALUE_HOLDS_LIST(list));
    if (bench.get()->sinkpad) gst_harness_set_sink_caps_str(bench.get(), "video/x-raw");
    for (int round = 0; round < 4; ++round) {
      new_caps(bench, g_value_get_string(gst_value_list_get_value(
                          list, static_cast<guint>(pick(
                                    0, static_cast<int>(gst_value_list_get_size(list)) - 1)))));
      for (int i = 0; i < 6; ++i) {
        if (pick(0, 3) == 0) disturb(bench);
        bool broken = false;
        GstBuffer* buffer = frame(broken);
        const GstFlowReturn flow = bench.push(buffer);
        const std::string error = bench.error();
        if (flow == GST_FLOW_ERROR) {
          ASSERT_TRUE(broken) << error;
          ASSERT_EQ(fault_of_sentence(error), "");
          ASSERT_TRUE(error.starts_with("gst-stream-error-quark")) << error;
        } else {
          ASSERT_EQ(error, "");
        }
      }
    }
    if (pick(0, 1)) bench.push_event(gst_event_new_eos());
  }

 private:
  int pick(int least, int most) { return std::uniform_int_distribution<>(least, most)(random_); }

  int side() {
    constexpr int kOdd[] = {1, 2, 3, 5, 15, 16, 17, 33, 63, 64, 65, 127, 161, 320};
    return pick(0, 40) == 0 ? pick(1, 4100) : kOdd[pick(0, 13)];
  }

  void new_caps(const Bench& bench, const char* format) {
    gst_video_info_set_format(&info_, gst_video_format_from_string(format),
                              static_cast<guint>(side()), static_cast<guint>(side()));
    constexpr const char* kColours[] = {"bt709", "bt601", "2:4:7:1", "bt2020", "1:4:0:0"};
    if (GST_VIDEO_INFO_IS_YUV(&info_) && pick(0, 1))
      gst_video_colorimetry_from_string(&info_.colorimetry, kColours[pick(0, 4)]);
    info_.par_n = pick(0, 2) ? 1 : pick(1, 80);
    info_.par_d = pick(0, 2) ? 1 : pick(1, 80);
    info_.fps_n = pick(0, 1) * 25;
    info_.fps_d = 1;
    bench.set_caps(gst_video_info_to_caps(&info_));
  }

  void disturb(const Bench& bench) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    switch (pick(0, 6)) {
      case 0:
        bench.push_event(gst_event_new_flush_start());
        bench.push_event(gst_event_new_flush_stop(pick(0, 1)));
        bench.push_event(gst_event_new_segment(&segment));
        break;
      case 1:
        bench.push_event(
            gst_event_new_gap(static_cast<GstClockTime>(pick(0, 1000)) * GST_MSECOND, time()));
        break;
      case 2:
        segment.rate = pick(0, 1) ? -1 : 2;
        segment.start = static_cast<guint64>(pick(0, 2)) * GST_SECOND;
        segment.stop = segment.start + 10 * GST_SECOND;
        segment.position = segment.rate < 0 ? segment.stop : segment.start;
        bench.push_event(gst_event_new_segment(&segment));
        break;
      case 3:
        gst_segment_init(&segment, pick(0, 1) ? GST_FORMAT_BYTES : GST_FORMAT_DEFAULT);
        if (bench.get()->sinkpad) bench.push_event(gst_event_new_segment(&segment));
        break;
      case 4: {
        constexpr const char* kTurns[] = {"rotate-90", "flip-rotate-180", "rotate-0", "nonsense"};
        bench.push_event(gst_event_new_tag(
            gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, kTurns[pick(0, 3)], nullptr)));
        break;
      }
      case 5:
        bench.push_event(gst_event_new_stream_start(std::to_string(pick(0, 9)).c_str()));
        bench.push_event(gst_event_new_segment(&segment));
        break;
      default:
        bench.push_event(
            gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("surprise")));
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
      case 3:
        return 0;
      default:
        return static_cast<GstClockTime>(pick(0, 1000)) * 10 * GST_MSECOND;
    }
  }

  // Memory is of its own, so that any byte beyond it is found.
  GstBuffer* frame(bool& broken) {
    gsize size = GST_VIDEO_INFO_SIZE(&info_);
    gsize offset[GST_VIDEO_MAX_PLANES] = {};
    gint stride[GST_VIDEO_MAX_PLANES] = {};
    const guint planes = GST_VIDEO_INFO_N_PLANES(&info_);
    int width = GST_VIDEO_INFO_WIDTH(&info_);
    int height = GST_VIDEO_INFO_HEIGHT(&info_);
    const int kind = pick(0, 5);
    if (kind == 0) {  // too small for its caps
      broken = true;
      size = static_cast<gsize>(pick(0, static_cast<int>(size) - 1));
    } else if (kind <= 2) {  // a layout of its own, good or reaching beyond the end
      size = 0;
      const int pad = pick(0, 70);
      for (guint p = 0; p < planes; ++p) {
        const guint rows = static_cast<guint>(GST_VIDEO_INFO_COMP_HEIGHT(&info_, p));
        stride[p] = GST_VIDEO_INFO_PLANE_STRIDE(&info_, p) + pad;
        offset[p] = size;
        size += static_cast<gsize>(stride[p]) * rows;
      }
      if (kind == 2) {
        broken = true;
        const guint p = static_cast<guint>(pick(0, static_cast<int>(planes) - 1));
        switch (pick(0, 3)) {
          case 0:
            stride[p] += pick(1, 100000);
            break;
          case 1:
            offset[p] += static_cast<gsize>(pick(1, 100000));
            break;
          case 2:
            width = pick(0, 2 * width);
            break;
          default:
            height = pick(0, 2 * height);
        }
      }
    }
    GstBuffer* buffer = gst_buffer_new();
    if (size > 0) {
      gpointer data = g_malloc0(size);
      for (gsize i = 0; i < size; i += 7)
        static_cast<guint8*>(data)[i] = static_cast<guint8>(random_());
      gst_buffer_append_memory(buffer, gst_memory_new_wrapped(GST_MEMORY_FLAG_READONLY, data, size,
                                                              0, size, data, g_free));
    }
    if (kind == 1 || kind == 2)
      gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE,
                                     GST_VIDEO_INFO_FORMAT(&info_), static_cast<guint>(width),
                                     static_cast<guint>(height), planes, offset, stride);
    if (pick(0, 5) == 0) {
      GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
      crop->x = static_cast<guint>(pick(0, 400));
      crop->y = static_cast<guint>(pick(0, 400));
      crop->width = static_cast<guint>(pick(0, 400));
      crop->height = static_cast<guint>(pick(0, 400));
    }
    GST_BUFFER_PTS(buffer) = time();
    GST_BUFFER_DURATION(buffer) = time();
    return buffer;
  }

  std::mt19937 random_;
  std::string launch_;
  GstVideoInfo info_{};
};

class Frames : public Robustness, public testing::WithParamInterface<const char*> {};

TEST_P(Frames, OfAnyKindDoNoHarm) {
  const TemporaryFolder folder;
  std::string launch = GetParam();
  for (size_t at; (at = launch.find('@')) != std::string::npos;)
    launch.replace(at, 1, folder.path());
  const char* wanted = std::getenv("FILMGATE_SEED");
  const unsigned first = wanted ? static_cast<unsigned>(std::atoi(wanted)) : 1;
  for (unsigned seed = first; seed < first + (wanted ? 1 : 60) && !HasFailure(); ++seed) {
    SCOPED_TRACE("FILMGATE_SEED=" + std::to_string(seed) + " " + launch);
    Chaos(seed, launch).run();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Elements, Frames,
    testing::Values("qualityprobe per-frame=true",
                    "qualityprobe measures=freeze+black black-duration=0 freeze-duration=0",
                    "renditionscale", "renditionscale height=64 method=lanczos",
                    "renditionscale height=48 width=100 upscale=true threads=3",
                    "thumbnailsink poster-location=@/p.jpg location=@/n-%d.png count=3",
                    "thumbnailsink location=@/n-%d.webp interval=1000000 width=33 "
                    "sprite-location=@/s.jpg vtt-location=@/s.vtt sprite-interval=1000000"));

}  // namespace
}  // namespace filmgate::test
