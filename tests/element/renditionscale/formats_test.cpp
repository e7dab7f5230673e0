// What leaves in which format, and what is said of it.
#include <gst/video/video-anc.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/element/renditionscale/harness.h"

namespace filmgate {
namespace {

using RenditionScaleFormats = RenditionScale;

const char* const kPq =
    "video/x-raw,format=P010_10LE,framerate=25/1,width=320,height=240,colorimetry=bt2100-pq,"
    "content-light-level=(string)1000:200";

TEST_F(RenditionScaleFormats, EightBitsWhereDownstreamTakesAll) {
  make("renditionscale height=120", "video/x-raw,format={P010_10LE,I420_10LE,I420}");
  run("video/x-raw,format=I420_10LE,framerate=25/1,width=320,height=240,colorimetry=bt709", 400,
      512, 512);
  expect_size(160, 120);
}

TEST_F(RenditionScaleFormats, TenBitsWhereDownstreamAsks) {
  make("renditionscale height=120", "video/x-raw,format=I420_10LE");
  auto buffer = run(i420(320, 240, ",colorimetry=bt709"), 100, 60, 200);
  const GstVideoInfo info = output();
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_I420_10LE);
  EXPECT_NEAR(word(buffer.get(), 0, 8, 8), 400, 1);
  EXPECT_NEAR(word(buffer.get(), 2, 8, 8), 800, 1);

  make("renditionscale height=120", "video/x-raw,format=P010_10LE");
  buffer = run(i420(320, 240, ",colorimetry=bt709"), 100, 60, 200);
  EXPECT_NEAR(word(buffer.get(), 0, 8, 8) >> 6, 400, 1);
}

TEST_F(RenditionScaleFormats, HdrIsKeptWhereAsked) {
  make("renditionscale height=120 keep-hdr=true");
  auto buffer = run(kPq, 500 << 6, 400 << 6, 600 << 6);
  const GstVideoInfo info = output();
  EXPECT_EQ(GST_VIDEO_INFO_FORMAT(&info), GST_VIDEO_FORMAT_I420_10LE);
  EXPECT_EQ(GST_VIDEO_INFO_WIDTH(&info), 160);
  EXPECT_EQ(colorimetry(), "bt2100-pq");
  auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(harness_->sinkpad));
  EXPECT_TRUE(
      gst_structure_has_field(gst_caps_get_structure(caps.get(), 0), "content-light-level"));
  EXPECT_NEAR(word(buffer.get(), 0, 8, 8), 500, 1);
  EXPECT_NEAR(word(buffer.get(), 1, 8, 8), 400, 1);
  EXPECT_NEAR(word(buffer.get(), 2, 8, 8), 600, 1);
}

TEST_F(RenditionScaleFormats, KeptHdrOfTheRightSizePassesUntouched) {
  make("renditionscale height=240 keep-hdr=true");
  gst_harness_set_src_caps_str(harness_, kPq);
  auto buffer = frame(kPq);
  const GstBuffer* sent = buffer.get();
  ASSERT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
  auto received = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  EXPECT_EQ(received.get(), sent);
}

TEST_F(RenditionScaleFormats, ToneMappedHdrSaysNothingOfItsOldLight) {
  make("renditionscale height=120");
  run(kPq, 500 << 6, 512 << 6, 512 << 6);
  auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(harness_->sinkpad));
  EXPECT_FALSE(
      gst_structure_has_field(gst_caps_get_structure(caps.get(), 0), "content-light-level"));
}

TEST_F(RenditionScaleFormats, CaptionsStayWithTheirPicture) {
  make("renditionscale height=120");
  gst_harness_set_src_caps_str(harness_, i420(320, 240).c_str());
  auto buffer = frame(i420(320, 240));
  const guint8 data[] = {0x94, 0x2c};
  gst_buffer_add_video_caption_meta(buffer.get(), GST_VIDEO_CAPTION_TYPE_CEA608_RAW, data, 2);
  gst_buffer_add_video_region_of_interest_meta(buffer.get(), "face", 10, 10, 20, 20);
  ASSERT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
  auto received = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  EXPECT_NE(gst_buffer_get_video_caption_meta(received.get()), nullptr);
  // Its pixels are others now.
  EXPECT_EQ(gst_buffer_get_meta(received.get(), GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE),
            nullptr);
}

TEST_F(RenditionScaleFormats, InterlacedVideoIsWarnedOfOnce) {
  make("renditionscale height=120");
  auto bus = Ref<GstBus>::adopt(gst_bus_new());
  auto element = Ref<GstElement>::adopt(gst_harness_find_element(harness_, "renditionscale"));
  gst_element_set_bus(element.get(), bus.get());
  const std::string caps = i420(320, 240, ",interlace-mode=interleaved");
  run(caps);
  auto woven = frame(caps);
  GST_BUFFER_FLAG_SET(woven.get(), GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF);
  ASSERT_EQ(gst_harness_push(harness_, woven.release()), GST_FLOW_OK);
  auto scaled = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  EXPECT_EQ(GST_BUFFER_FLAGS(scaled.get()) &
                (GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF),
            0u);
  auto first = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_WARNING));
  auto second = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_WARNING));
  EXPECT_TRUE(first);
  EXPECT_FALSE(second);
  const GstVideoInfo info = output();
  EXPECT_FALSE(GST_VIDEO_INFO_IS_INTERLACED(&info));
}

}  // namespace
}  // namespace filmgate
