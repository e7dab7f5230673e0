#include "plugins/qualityprobe/media.h"

#include <cstring>
#include <string>
#include <vector>

#include "plugins/common/frames.h"

namespace filmgate::quality {
namespace {

struct MappedPicture final : Picture {
  MappedPicture(const GstVideoInfo& info, GstBuffer* buffer) : frame(info, buffer, GST_MAP_READ) {}
  MappedFrame frame;
};

// The one format whose samples don't stand apart: three to a 32-bit word, which the measures get
// unpacked.
struct UnpackedPicture final : Picture {
  UnpackedPicture(const GstVideoFrame& frame, const ShownPart& part) {
    words.resize(static_cast<size_t>(part.width) * static_cast<size_t>(part.height));
    size_t next = 0;
    for (int y = part.top; y < part.top + part.height; ++y) {
      const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                        static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
      uint32_t three = 0;
      for (int x = part.left; x < part.left + part.width; ++x, three >>= 10) {
        if (x % 3 == 0 || x == part.left) {  // rows may begin at any byte
          std::memcpy(&three, row + x / 3 * 4, sizeof three);
          three = GUINT32_FROM_LE(three) >> (x % 3 * 10);
        }
        words[next++] = three & 1023;
      }
    }
    samples = {10, 0};
    plane_count = 1;
    planes[0] = {reinterpret_cast<const uint8_t*>(words.data()),
                 2 * static_cast<ptrdiff_t>(part.width), part.width, part.height};
  }
  std::vector<uint16_t> words;
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
  const ShownPart part = shown_part(frame, info);
  const GstVideoFormatInfo* format = frame.info.finfo;
  const bool full_range = info.colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  if (GST_VIDEO_FORMAT_INFO_FORMAT(format) == GST_VIDEO_FORMAT_GRAY10_LE32) {
    auto unpacked = std::make_shared<UnpackedPicture>(frame, part);
    unpacked->full_range = full_range;
    return std::shared_ptr<const Picture>(std::move(unpacked));
  }
  picture->samples.depth = static_cast<int>(GST_VIDEO_FORMAT_INFO_DEPTH(format, 0));
  picture->samples.shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(format, 0));
  picture->full_range = full_range;
  picture->plane_count = static_cast<int>(GST_VIDEO_FRAME_N_PLANES(&frame));
  const int bytes = picture->samples.depth > 8 ? 2 : 1;
  for (guint i = 0; i < GST_VIDEO_FRAME_N_PLANES(&frame); ++i) {
    const guint component = i;  // V before U, as in YV12, changes no shape
    const int pixel_bytes = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, component);
    const auto across = static_cast<int>(GST_VIDEO_FORMAT_INFO_W_SUB(format, component));
    const auto down = static_cast<int>(GST_VIDEO_FORMAT_INFO_H_SUB(format, component));
    const int left = part.left >> across;
    const int top = part.top >> down;
    Plane& plane = picture->planes[i];
    plane.stride = GST_VIDEO_FRAME_PLANE_STRIDE(&frame, i);
    plane.data = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, i)) +
                 top * plane.stride + static_cast<ptrdiff_t>(left) * pixel_bytes;
    plane.width =
        (GST_VIDEO_SUB_SCALE(across, part.left + part.width) - left) * (pixel_bytes / bytes);
    plane.height = GST_VIDEO_SUB_SCALE(down, part.top + part.height) - top;
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
