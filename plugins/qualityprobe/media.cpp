#include "plugins/qualityprobe/media.h"

#include <string>

#include "plugins/common/frames.h"

namespace filmgate::quality {
namespace {

struct MappedPicture final : Picture {
  MappedPicture(const GstVideoInfo& info, GstBuffer* buffer) : frame(info, buffer, GST_MAP_READ) {}
  MappedFrame frame;
};

Error mismatch(GstBuffer* buffer) {
  return {ErrorCode::kInvalidInput,
          "a buffer of " + std::to_string(gst_buffer_get_size(buffer)) +
              " bytes does not hold the picture that its caps describe; the decoder before "
              "qualityprobe is broken, or the stream is"};
}

int ebur128_channel(GstAudioChannelPosition position, bool has_side) {
  switch (position) {
    case GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT:
      return EBUR128_Mp030;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT:
      return EBUR128_Mm030;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_CENTER:
      return EBUR128_Mp000;
    case GST_AUDIO_CHANNEL_POSITION_LFE1:
    case GST_AUDIO_CHANNEL_POSITION_LFE2:
      return EBUR128_UNUSED;
    // The surrounds of 5.1 are called rear or side by different producers; only with both of them
    // does the rear pair stand at 135 degrees (ITU-R BS.2051).
    case GST_AUDIO_CHANNEL_POSITION_REAR_LEFT:
      return has_side ? EBUR128_Mp135 : EBUR128_Mp110;
    case GST_AUDIO_CHANNEL_POSITION_REAR_RIGHT:
      return has_side ? EBUR128_Mm135 : EBUR128_Mm110;
    case GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT:
      return EBUR128_Mp090;
    case GST_AUDIO_CHANNEL_POSITION_SIDE_RIGHT:
      return EBUR128_Mm090;
    case GST_AUDIO_CHANNEL_POSITION_REAR_CENTER:
      return EBUR128_Mp180;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_LEFT_OF_CENTER:
      return EBUR128_MpSC;
    case GST_AUDIO_CHANNEL_POSITION_FRONT_RIGHT_OF_CENTER:
      return EBUR128_MmSC;
    case GST_AUDIO_CHANNEL_POSITION_WIDE_LEFT:
      return EBUR128_Mp060;
    case GST_AUDIO_CHANNEL_POSITION_WIDE_RIGHT:
      return EBUR128_Mm060;
    case GST_AUDIO_CHANNEL_POSITION_SURROUND_LEFT:
      return EBUR128_Mp110;
    case GST_AUDIO_CHANNEL_POSITION_SURROUND_RIGHT:
      return EBUR128_Mm110;
    case GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_LEFT:
      return EBUR128_Up045;
    case GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_RIGHT:
      return EBUR128_Um045;
    case GST_AUDIO_CHANNEL_POSITION_TOP_FRONT_CENTER:
      return EBUR128_Up000;
    case GST_AUDIO_CHANNEL_POSITION_TOP_CENTER:
      return EBUR128_Tp000;
    case GST_AUDIO_CHANNEL_POSITION_TOP_REAR_LEFT:
      return EBUR128_Up135;
    case GST_AUDIO_CHANNEL_POSITION_TOP_REAR_RIGHT:
      return EBUR128_Um135;
    case GST_AUDIO_CHANNEL_POSITION_TOP_SIDE_LEFT:
      return EBUR128_Up090;
    case GST_AUDIO_CHANNEL_POSITION_TOP_SIDE_RIGHT:
      return EBUR128_Um090;
    case GST_AUDIO_CHANNEL_POSITION_TOP_REAR_CENTER:
      return EBUR128_Up180;
    case GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_CENTER:
      return EBUR128_Bp000;
    case GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_LEFT:
      return EBUR128_Bp045;
    case GST_AUDIO_CHANNEL_POSITION_BOTTOM_FRONT_RIGHT:
      return EBUR128_Bm045;
    default:
      return EBUR128_Mp000;  // mono and channels without a place count once
  }
}

}  // namespace

Result<std::shared_ptr<const Picture>> map_picture(const GstVideoInfo& info, GstBuffer* buffer) {
  auto picture = std::make_shared<MappedPicture>(info, buffer);
  if (!picture->frame) return mismatch(buffer);
  const GstVideoFrame& frame = *picture->frame;
  const GstVideoFormatInfo* format = frame.info.finfo;
  picture->samples.depth = static_cast<int>(GST_VIDEO_FORMAT_INFO_DEPTH(format, 0));
  picture->samples.shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(format, 0));
  picture->full_range = info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  picture->plane_count = static_cast<int>(GST_VIDEO_FRAME_N_PLANES(&frame));
  const int bytes = picture->samples.depth > 8 ? 2 : 1;
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); ++i) {
    const guint component = i;  // V before U, as in YV12, changes no shape
    const int per_pixel = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component) / bytes;
    Plane& plane = picture->planes[i];
    plane.data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i));
    plane.stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
    plane.width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, component) * per_pixel;
    plane.height = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, component);
  }
  return std::shared_ptr<const Picture>(std::move(picture));
}

AudioFormat audio_format(const GstAudioInfo& info) {
  AudioFormat format;
  switch (GST_AUDIO_INFO_FORMAT(&info)) {
    case GST_AUDIO_FORMAT_S16:
      format.type = SampleType::kS16;
      break;
    case GST_AUDIO_FORMAT_S32:
      format.type = SampleType::kS32;
      break;
    default:
      format.type = SampleType::kF32;
      break;
  }
  format.rate = GST_AUDIO_INFO_RATE(&info);
  const auto channels = static_cast<size_t>(GST_AUDIO_INFO_CHANNELS(&info));
  bool has_side = false;
  for (size_t i = 0; i < channels; ++i)
    has_side |= info.position[i] == GST_AUDIO_CHANNEL_POSITION_SIDE_LEFT;
  for (size_t i = 0; i < channels; ++i)
    format.channels.push_back(ebur128_channel(info.position[i], has_side));
  return format;
}

}  // namespace filmgate::quality
