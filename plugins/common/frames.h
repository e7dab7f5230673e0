// Video frames in memory, trusted no further than their memory reaches.
#pragma once

#include <gst/video/video.h>

#include <algorithm>
#include <cstddef>

namespace filmgate {

// Where the samples of a component begin. GStreamer 1.22 says that Cr of P010 and P012 starts one
// byte behind Cb; it is one sample.
inline guint8* component_data(const GstVideoFrame& frame, guint component) {
  auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_COMP_DATA(&frame, component));
  const bool odd = GST_VIDEO_FRAME_COMP_DEPTH(&frame, component) > 8 &&
                   GST_VIDEO_FORMAT_INFO_POFFSET(frame.info.finfo, component) % 2 != 0;
  return odd && data ? data + 1 : data;
}

// gst_video_frame_map() believes the offsets and strides of a video meta; those of a broken decoder
// may lead out of the memory. Of the formats without a step from sample to sample only those are
// known that put three samples into 32 bits, as GRAY10_LE32 does.
inline bool lies_in_memory(const GstVideoFrame& frame) {
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); ++c) {
    const guint plane = GST_VIDEO_FORMAT_INFO_PLANE(frame.info.finfo, c);
    const GstMapInfo& map = frame.map[frame.meta ? plane : 0];
    const guint8* data = component_data(frame, c);
    const int width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, c);
    const int height = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c);
    if (!data || !map.data || width <= 0 || height <= 0) return false;
    const ptrdiff_t last_row =
        static_cast<ptrdiff_t>(GST_VIDEO_FRAME_COMP_STRIDE(&frame, c)) * (height - 1);
    const int sample = GST_VIDEO_FRAME_COMP_DEPTH(&frame, c) > 8 ? 2 : 1;
    const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c);
    const ptrdiff_t row = step > 0 ? static_cast<ptrdiff_t>(step) * (width - 1) + sample
                                   : (static_cast<ptrdiff_t>(width) + 2) / 3 * 4;
    const ptrdiff_t begin = data - map.data;
    if (begin + std::min<ptrdiff_t>(0, last_row) < 0 ||
        begin + std::max<ptrdiff_t>(0, last_row) + row > static_cast<ptrdiff_t>(map.size))
      return false;
  }
  return true;
}

// gst_video_frame_map() takes a video meta that is smaller than its caps for a mistake of the
// program, and says so as a critical.
inline bool fills_caps(const GstVideoInfo& info, GstBuffer* buffer) {
  const GstVideoMeta* meta = gst_buffer_get_video_meta(buffer);
  return !meta || (meta->width >= static_cast<guint>(GST_VIDEO_INFO_WIDTH(&info)) &&
                   meta->height >= static_cast<guint>(GST_VIDEO_INFO_HEIGHT(&info)));
}

// In pixels.
struct ShownPart {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

// The part of a frame that is shown: its crop meta, else the size that the caps say; a decoder's
// own picture may be larger.
inline ShownPart shown_part(const GstVideoFrame& frame, const GstVideoInfo& info) {
  const int width = GST_VIDEO_FRAME_WIDTH(&frame);
  const int height = GST_VIDEO_FRAME_HEIGHT(&frame);
  const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(frame.buffer);
  if (crop && crop->x < static_cast<guint>(width) && crop->y < static_cast<guint>(height) &&
      crop->width > 0 && crop->height > 0) {
    const int left = static_cast<int>(crop->x);
    const int top = static_cast<int>(crop->y);
    const auto rest_w = static_cast<guint>(width - left);
    const auto rest_h = static_cast<guint>(height - top);
    return {left, top, static_cast<int>(std::min(crop->width, rest_w)),
            static_cast<int>(std::min(crop->height, rest_h))};
  }
  return {0, 0, std::min(width, GST_VIDEO_INFO_WIDTH(&info)),
          std::min(height, GST_VIDEO_INFO_HEIGHT(&info))};
}

// A frame that is mapped while this lives.
class MappedFrame {
 public:
  MappedFrame(const GstVideoInfo& info, GstBuffer* buffer, GstMapFlags flags)
      : held_(fills_caps(info, buffer) && gst_video_frame_map(&frame_, &info, buffer, flags)),
        whole_(held_ && frame_.info.finfo->format == info.finfo->format && lies_in_memory(frame_)) {
  }
  ~MappedFrame() {
    if (held_) gst_video_frame_unmap(&frame_);
  }
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  // False where the buffer doesn't hold the picture that its caps describe: don't look at it.
  explicit operator bool() const { return whole_; }
  const GstVideoFrame& operator*() const { return frame_; }
  const GstVideoFrame* operator->() const { return &frame_; }

 private:
  GstVideoFrame frame_ = GST_VIDEO_FRAME_INIT;
  const bool held_;
  const bool whole_;
};

}  // namespace filmgate
