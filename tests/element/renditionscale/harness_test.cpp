#include <gtest/gtest.h>

#include "tests/element/renditionscale/harness.h"

namespace filmgate {
namespace {

TEST_F(RenditionScale, NothingToDoHandsOnTheSameBuffer) {
  make("renditionscale height=1080");
  const std::string caps = i420(320, 240, ",colorimetry=bt601");
  gst_harness_set_src_caps_str(harness_, caps.c_str());
  auto buffer = frame(caps);
  GstBuffer* sent = buffer.get();
  ASSERT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
  auto received = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  EXPECT_EQ(received.get(), sent);
  EXPECT_EQ(colorimetry(), "bt601");
}

TEST_F(RenditionScale, HeightIsTheShortSide) {
  make("renditionscale height=720");
  run(i420(1920, 1080));
  expect_size(1280, 720);
  run(i420(1080, 1920));
  expect_size(720, 1280);
}

TEST_F(RenditionScale, NeverUpscalesUnlessTold) {
  make("renditionscale name=r height=480");
  run(i420(320, 240));
  expect_size(320, 240);
  auto element = Ref<GstElement>::adopt(gst_harness_find_element(harness_, "renditionscale"));
  g_object_set(element.get(), "upscale", TRUE, nullptr);
  run(i420(320, 240));
  expect_size(640, 480);
}

TEST_F(RenditionScale, OddSizesAndWidePixelsComeOutEvenAndSquare) {
  make("renditionscale");
  run(i420(161, 121));
  expect_size(160, 120);
  run(i420(800, 640, ",pixel-aspect-ratio=64/45"));
  expect_size(1138, 640);
}

TEST_F(RenditionScale, EveryFormatGivesTheSameColour) {
  // Limited BT.709 orange, and the same in RGB.
  for (const char* format :
       {"I420", "YV12", "NV12", "NV21", "Y42B", "NV16", "Y444", "YUY2", "UYVY"}) {
    make("renditionscale height=90");
    auto buffer = run("video/x-raw,framerate=25/1,width=321,height=181,colorimetry=bt709,format=" +
                          std::string(format),
                      130, 70, 180);
    SCOPED_TRACE(format);
    expect_colour(buffer.get(), 130, 70, 180);
  }
  for (const char* format :
       {"I420_10LE", "I422_10LE", "Y444_10LE", "P010_10LE", "I420_12LE", "P012_LE"}) {
    const std::string name = format;
    const int shift = name[0] == 'P' ? 8 : name.find("12") != std::string::npos ? 4 : 2;
    make("renditionscale height=90");
    auto buffer =
        run("video/x-raw,framerate=25/1,width=322,height=182,colorimetry=bt709,format=" + name,
            130 << shift, 70 << shift, 180 << shift);
    SCOPED_TRACE(format);
    expect_colour(buffer.get(), 130, 70, 180);
  }
  for (const char* format : {"GBR", "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR"}) {
    make("renditionscale height=90");
    auto buffer = run(
        "video/x-raw,framerate=25/1,width=322,height=182,format=" + std::string(format), 255, 0, 0);
    expect_colour(buffer.get(), 63, 102, 240);
    EXPECT_EQ(colorimetry(), "bt709");
  }
}

TEST_F(RenditionScale, HdIn601BecomesBt709AndSdKeepsIt) {
  make("renditionscale height=360");
  auto yellow = run(i420(1280, 720, ",colorimetry=bt601"), 162, 44, 142);
  GstVideoColorimetry colours = output().colorimetry;
  EXPECT_EQ(colours.matrix, GST_VIDEO_COLOR_MATRIX_BT709);
  EXPECT_EQ(colours.transfer, GST_VIDEO_TRANSFER_BT709);
  EXPECT_EQ(colours.primaries, GST_VIDEO_COLOR_PRIMARIES_SMPTE170M);  // said, not converted
  expect_colour(yellow.get(), 168, 44, 136);
  yellow = run(i420(720, 480, ",colorimetry=bt601"), 162, 44, 142);
  EXPECT_EQ(colorimetry(), "bt601");
  expect_colour(yellow.get(), 162, 44, 142);
  auto white = run(i420(720, 480, ",colorimetry=1:4:16:4"), 255, 128, 128);
  expect_colour(white.get(), 235, 128, 128);
}

TEST_F(RenditionScale, OrientationTurnsOnceAndIsTakenFromTheTags) {
  make("renditionscale height=120");
  gst_harness_set_src_caps_str(harness_, i420(320, 240).c_str());
  orient("rotate-90");
  ASSERT_EQ(gst_harness_push(harness_, frame(i420(320, 240)).release()), GST_FLOW_OK);
  auto buffer = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  expect_size(120, 160);
  int caps = 0;
  std::string orientation;
  while (GstEvent* raw = gst_harness_try_pull_event(harness_)) {
    auto event = Ref<GstEvent>::adopt(raw);
    if (GST_EVENT_TYPE(raw) == GST_EVENT_CAPS) ++caps;
    if (GST_EVENT_TYPE(raw) != GST_EVENT_TAG) continue;
    GstTagList* tags = nullptr;
    gst_event_parse_tag(raw, &tags);
    gchar* text = nullptr;
    if (gst_tag_list_get_string(tags, GST_TAG_IMAGE_ORIENTATION, &text)) {
      orientation = text;
      g_free(text);
    }
    EXPECT_EQ(gst_tag_list_get_tag_size(tags, GST_TAG_TITLE), 1u);
  }
  EXPECT_EQ(caps, 1);  // a muxer refuses a second one
  EXPECT_EQ(orientation, "rotate-0");
}

TEST_F(RenditionScale, OrientationMayChangeMidStream) {
  make("renditionscale");
  run(i420(320, 240));
  expect_size(320, 240);
  orient("rotate-270", GST_TAG_SCOPE_GLOBAL);
  ASSERT_EQ(gst_harness_push(harness_, frame(i420(320, 240)).release()), GST_FLOW_OK);
  auto buffer = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  expect_size(240, 320);
  orient("rotate-0");  // the stream's word counts more than the container's
  ASSERT_EQ(gst_harness_push(harness_, frame(i420(320, 240)).release()), GST_FLOW_OK);
  buffer = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  expect_size(320, 240);
}

TEST_F(RenditionScale, ASquarePictureTurnsThoughItsCapsStay) {
  make("renditionscale");
  const std::string caps = i420(64, 64,
                                ",colorimetry=bt709,chroma-site=mpeg2,"
                                "pixel-aspect-ratio=1/1,interlace-mode=progressive");
  const auto push_half = [&] {
    auto buffer = frame(caps, 30);
    gst_buffer_memset(buffer.get(), 0, 200, 64 * 32);  // bright above, dark below
    EXPECT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
    return Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  };
  gst_harness_set_src_caps_str(harness_, caps.c_str());
  auto upright = push_half();
  EXPECT_EQ(sample(upright.get(), 0, 8, 32 - 4), 200);
  orient("flip-rotate-180");
  auto turned = push_half();
  EXPECT_EQ(sample(turned.get(), 0, 8, 8), 30);
  EXPECT_EQ(sample(turned.get(), 0, 8, 56), 200);
}

TEST_F(RenditionScale, TurnsEveryWayThatTheTagCanSay) {
  // A source with a bright upper left corner: where it ends up.
  struct Case {
    const char* tag;
    bool right;
    bool bottom;
  };
  for (const Case& turn :
       {Case{"rotate-0", false, false}, Case{"rotate-90", true, false},
        Case{"rotate-180", true, true}, Case{"rotate-270", false, true},
        Case{"flip-rotate-0", true, false}, Case{"flip-rotate-90", true, true},
        Case{"flip-rotate-180", false, true}, Case{"flip-rotate-270", false, false}}) {
    make("renditionscale height=32");
    const std::string caps = i420(64, 64);
    gst_harness_set_src_caps_str(harness_, caps.c_str());
    orient(turn.tag);
    auto buffer = frame(caps, 30);
    GstMapInfo map;
    ASSERT_TRUE(gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE));
    for (int y = 0; y < 32; ++y) memset(map.data + y * 64, 200, 32);
    gst_buffer_unmap(buffer.get(), &map);
    ASSERT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
    auto turned = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
    EXPECT_EQ(sample(turned.get(), 0, turn.right ? 28 : 4, turn.bottom ? 28 : 4), 200) << turn.tag;
    EXPECT_EQ(sample(turned.get(), 0, turn.right ? 4 : 28, turn.bottom ? 4 : 28), 30) << turn.tag;
  }
}

TEST_F(RenditionScale, HdrIsConvertedOrRefused) {
  const std::string pq =
      "video/x-raw,format=P010_10LE,framerate=25/1,width=320,height=240,colorimetry=bt2100-pq";
  make("renditionscale height=120");
  auto buffer = run(pq, 723 << 6, 512 << 6, 512 << 6);
  EXPECT_EQ(colorimetry(), "bt709");
  EXPECT_NEAR(sample(buffer.get(), 0, 8, 8), 235, 3);
  buffer.reset();
  make("renditionscale tone-map=false");
  auto bus = Ref<GstBus>::adopt(gst_bus_new());
  auto element = Ref<GstElement>::adopt(gst_harness_find_element(harness_, "renditionscale"));
  gst_element_set_bus(element.get(), bus.get());
  gst_harness_set_src_caps_str(harness_, pq.c_str());
  EXPECT_EQ(gst_harness_push(harness_, frame(pq).release()), GST_FLOW_NOT_NEGOTIATED);
  auto message = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
  ASSERT_TRUE(message);
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  GErrorPtr owned(error);
  EXPECT_TRUE(g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE));
  EXPECT_NE(std::string(error->message).find("HDR (PQ)"), std::string::npos) << error->message;
}

TEST_F(RenditionScale, StridesAndCropComeFromTheMetas) {
  make("renditionscale height=60");
  const std::string caps = i420(160, 120);
  gst_harness_set_src_caps_str(harness_, caps.c_str());
  // A decoder's buffer: 192x128 pixels of which 160x120 at (16, 4) are the picture.
  auto buffer = frame(i420(192, 128), 20);
  GstVideoMeta* meta = gst_buffer_add_video_meta(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                                 GST_VIDEO_FORMAT_I420, 192, 128);
  GstVideoFrame mapped;
  GstVideoInfo info;
  gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, 192, 128);
  ASSERT_TRUE(gst_video_frame_map(&mapped, &info, buffer.get(), GST_MAP_WRITE));
  for (int y = 4; y < 124; ++y) {
    memset(static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, 0)) + y * meta->stride[0] + 16,
           180, 160);
  }
  gst_video_frame_unmap(&mapped);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer.get());
  crop->x = 16;
  crop->y = 4;
  crop->width = 160;
  crop->height = 120;
  ASSERT_EQ(gst_harness_push(harness_, buffer.release()), GST_FLOW_OK);
  auto out = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  expect_size(80, 60);
  for (int x : {0, 40, 79}) EXPECT_EQ(sample(out.get(), 0, x, 0), 180);
  for (int y : {0, 30, 59}) EXPECT_EQ(sample(out.get(), 0, 0, y), 180);
}

TEST_F(RenditionScale, PropertiesMayChangeWhilePlaying) {
  make("renditionscale height=120");
  run(i420(640, 480));
  expect_size(160, 120);
  auto element = Ref<GstElement>::adopt(gst_harness_find_element(harness_, "renditionscale"));
  g_object_set(element.get(), "height", 240, "threads", 2, nullptr);
  gst_util_set_object_arg(G_OBJECT(element.get()), "method", "lanczos");
  ASSERT_EQ(gst_harness_push(harness_, frame(i420(640, 480), 77).release()), GST_FLOW_OK);
  auto buffer = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  buffer.reset();
  buffer = Ref<GstBuffer>::adopt(gst_harness_try_pull(harness_));
  expect_size(320, 240);
}

TEST_F(RenditionScale, FlushDropsTheHeldSegmentButNotTheCaps) {
  make("renditionscale height=120");
  gst_harness_set_src_caps_str(harness_, i420(640, 480).c_str());
  orient("rotate-90");
  gst_harness_push_event(harness_, gst_event_new_flush_start());
  gst_harness_push_event(harness_, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = GST_SECOND;
  gst_harness_push_event(harness_, gst_event_new_segment(&segment));
  ASSERT_EQ(gst_harness_push(harness_, frame(i420(640, 480), 90, 128, 128, GST_SECOND).release()),
            GST_FLOW_OK);
  auto buffer = Ref<GstBuffer>::adopt(gst_harness_pull(harness_));
  expect_size(120, 160);
  auto segments = events(GST_EVENT_SEGMENT);
  ASSERT_EQ(segments.size(), 1u);
  const GstSegment* seen = nullptr;
  gst_event_parse_segment(segments[0].get(), &seen);
  EXPECT_EQ(seen->start, GST_SECOND);
}

TEST_F(RenditionScale, EndAndGapWithoutABufferStillPass) {
  make("renditionscale height=120");
  gst_harness_set_src_caps_str(harness_, i420(640, 480).c_str());
  gst_harness_push_event(harness_, gst_event_new_gap(0, GST_SECOND));
  expect_size(160, 120);
  EXPECT_EQ(events(GST_EVENT_GAP).size(), 1u);
  gst_harness_push_event(harness_, gst_event_new_eos());
  EXPECT_EQ(events(GST_EVENT_EOS).size(), 1u);
}

TEST_F(RenditionScale, StartsAgainAfterNull) {
  make("renditionscale height=120");
  orient("rotate-90");
  run(i420(640, 480));
  expect_size(120, 160);
  auto element = Ref<GstElement>::adopt(gst_harness_find_element(harness_, "renditionscale"));
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_state(element.get(), GST_STATE_PLAYING);
  gst_harness_push_event(harness_, gst_event_new_stream_start("again"));
  run(i420(640, 480));
  expect_size(160, 120);  // the old stream's orientation is forgotten
}

TEST_F(RenditionScale, ATruncatedFrameIsAnErrorNotACrash) {
  make("renditionscale height=120");
  gst_harness_set_src_caps_str(harness_, i420(640, 480).c_str());
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, 1000, nullptr);
  EXPECT_EQ(gst_harness_push(harness_, buffer), GST_FLOW_ERROR);
}

}  // namespace
}  // namespace filmgate
