// renditionscale in a harness, with frames of one colour.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/renditionscale/gstrenditionscale.h"

namespace filmgate {

class RenditionScale : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    gst_init(nullptr, nullptr);
    GST_ELEMENT_REGISTER(renditionscale, nullptr);
  }

  void make(const char* description, const char* downstream = "video/x-raw") {
    if (harness_) gst_harness_teardown(harness_);
    harness_ = gst_harness_new_parse(description);
    gst_harness_set_sink_caps_str(harness_, downstream);
  }
  void TearDown() override {
    if (harness_) gst_harness_teardown(harness_);
  }

  static std::string i420(int width, int height, const std::string& more = "") {
    return "video/x-raw,format=I420,framerate=25/1,width=" + std::to_string(width) +
           ",height=" + std::to_string(height) + more;
  }

  // A buffer of one colour for the latest source caps.
  Ref<GstBuffer> frame(const std::string& caps_text, int y = 100, int u = 128, int v = 128,
                       GstClockTime pts = 0) {
    auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(caps_text.c_str()));
    GstVideoInfo info;
    EXPECT_TRUE(gst_video_info_from_caps(&info, caps.get()));
    auto buffer = Ref<GstBuffer>::adopt(
        gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
    GstVideoFrame mapped;
    EXPECT_TRUE(gst_video_frame_map(&mapped, &info, buffer.get(), GST_MAP_WRITE));
    const int colour[] = {y, u, v};
    for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&mapped); ++c) {
      auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(&mapped, c));
      for (int row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT(&mapped, c); ++row) {
        for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH(&mapped, c); ++x) {
          guint8* sample = data + row * GST_VIDEO_FRAME_COMP_STRIDE(&mapped, c) +
                           x * GST_VIDEO_FRAME_COMP_PSTRIDE(&mapped, c);
          if (GST_VIDEO_FRAME_COMP_DEPTH(&mapped, c) > 8) {
            // Cb and Cr of P010 are whole words in turn, whatever GStreamer's offset says.
            if (GST_VIDEO_FRAME_N_PLANES(&mapped) == 2 && c == 2) {
              sample = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, 1)) +
                       row * GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, 1) + x * 4 + 2;
            }
            GST_WRITE_UINT16_LE(sample, static_cast<guint16>(colour[c]));
          } else {
            *sample = static_cast<guint8>(colour[c]);
          }
        }
      }
    }
    gst_video_frame_unmap(&mapped);
    GST_BUFFER_PTS(buffer.get()) = pts;
    GST_BUFFER_DURATION(buffer.get()) = 40 * GST_MSECOND;
    return buffer;
  }

  Ref<GstBuffer> run(const std::string& caps, int y = 100, int u = 128, int v = 128) {
    gst_harness_set_src_caps_str(harness_, caps.c_str());
    EXPECT_EQ(gst_harness_push(harness_, frame(caps, y, u, v).release()), GST_FLOW_OK);
    return Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  }

  GstVideoInfo output() {
    auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(harness_->sinkpad));
    GstVideoInfo info;
    gst_video_info_init(&info);
    EXPECT_TRUE(caps && gst_video_info_from_caps(&info, caps.get()));
    return info;
  }
  void expect_size(int width, int height) {
    const GstVideoInfo info = output();
    EXPECT_EQ(GST_VIDEO_INFO_WIDTH(&info), width);
    EXPECT_EQ(GST_VIDEO_INFO_HEIGHT(&info), height);
    EXPECT_EQ(GST_VIDEO_INFO_PAR_N(&info), GST_VIDEO_INFO_PAR_D(&info));
    EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_I420);
  }
  std::string colorimetry() {
    const GstVideoInfo info = output();
    GString8 text(gst_video_colorimetry_to_string(&GST_VIDEO_INFO_COLORIMETRY(&info)));
    return text ? text.get() : "";
  }
  int sample(GstBuffer* buffer, guint component, int x, int y) {
    const GstVideoInfo info = output();
    GstVideoFrame mapped;
    EXPECT_TRUE(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READ));
    const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_COMP_DATA(&mapped, component));
    const int value = data[y * GST_VIDEO_FRAME_COMP_STRIDE(&mapped, component) + x];
    gst_video_frame_unmap(&mapped);
    return value;
  }
  int word(GstBuffer* buffer, guint component, int x, int y) {
    const GstVideoInfo info = output();
    GstVideoFrame mapped;
    EXPECT_TRUE(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_READ));
    const auto* data = static_cast<const guint8*>(GST_VIDEO_FRAME_COMP_DATA(&mapped, component));
    const int value =
        GST_READ_UINT16_LE(data + y * GST_VIDEO_FRAME_COMP_STRIDE(&mapped, component) +
                           x * GST_VIDEO_FRAME_COMP_PSTRIDE(&mapped, component));
    gst_video_frame_unmap(&mapped);
    return value;
  }
  void expect_colour(GstBuffer* buffer, int y, int u, int v) {
    EXPECT_NEAR(sample(buffer, 0, 8, 8), y, 2);
    EXPECT_NEAR(sample(buffer, 1, 4, 4), u, 2);
    EXPECT_NEAR(sample(buffer, 2, 4, 4), v, 2);
  }

  void orient(const char* orientation, GstTagScope scope = GST_TAG_SCOPE_STREAM) {
    GstTagList* tags =
        gst_tag_list_new(GST_TAG_IMAGE_ORIENTATION, orientation, GST_TAG_TITLE, "clip", nullptr);
    gst_tag_list_set_scope(tags, scope);
    EXPECT_TRUE(gst_harness_push_event(harness_, gst_event_new_tag(tags)));
  }

  // The events of one type that came out so far.
  std::vector<Ref<GstEvent>> events(GstEventType type) {
    std::vector<Ref<GstEvent>> found;
    while (GstEvent* raw = gst_harness_try_pull_event(harness_)) {
      auto event = Ref<GstEvent>::adopt(raw);
      if (GST_EVENT_TYPE(raw) == type) found.push_back(event);
    }
    return found;
  }

  GstHarness* harness_ = nullptr;
};

}  // namespace filmgate
