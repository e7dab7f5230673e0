#include "plugins/renditionscale/video_format.h"

#include <gst/tag/tag.h>

#include <algorithm>

#include "plugins/common/frames.h"

namespace filmgate::scaler {
namespace {

constexpr int kUnspecified = 2;

Orientation from_method(GstVideoOrientationMethod method) {
  switch (method) {
    case GST_VIDEO_ORIENTATION_90R:
      return Orientation::kRotate90;
    case GST_VIDEO_ORIENTATION_180:
      return Orientation::kRotate180;
    case GST_VIDEO_ORIENTATION_90L:
      return Orientation::kRotate270;
    case GST_VIDEO_ORIENTATION_HORIZ:
      return Orientation::kFlipRotate0;
    case GST_VIDEO_ORIENTATION_UL_LR:
      return Orientation::kFlipRotate270;
    case GST_VIDEO_ORIENTATION_VERT:
      return Orientation::kFlipRotate180;
    case GST_VIDEO_ORIENTATION_UR_LL:
      return Orientation::kFlipRotate90;
    default:
      return Orientation::kRotate0;
  }
}

ChromaSite site_of(const GstVideoInfo& info) {
  const auto site = GST_VIDEO_INFO_CHROMA_SITE(&info);
  if (site & GST_VIDEO_CHROMA_SITE_NONE) return ChromaSite::kCentre;
  const bool left = site & GST_VIDEO_CHROMA_SITE_H_COSITED;
  const bool top = site & GST_VIDEO_CHROMA_SITE_V_COSITED;
  if (left && top) return ChromaSite::kTopLeft;
  return top ? ChromaSite::kTop : ChromaSite::kLeft;
}

template <typename Component>
std::array<Component, 3> components_of(const GstVideoFrame& frame) {
  std::array<Component, 3> picture;
  const guint count = std::min(3u, static_cast<guint>(GST_VIDEO_FRAME_N_COMPONENTS(&frame)));
  for (guint c = 0; c < count; ++c) {
    picture[c].data = component_data(frame, c);
    picture[c].stride = GST_VIDEO_FRAME_COMP_STRIDE(&frame, c);
    picture[c].step = GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c);
  }
  return picture;
}

}  // namespace

bool is_hd(int width, int height) {
  return std::max(width, height) >= 1280 || std::min(width, height) > 576;
}

Colour colour_of(const GstVideoInfo& info) {
  const auto& colorimetry = GST_VIDEO_INFO_COLORIMETRY(&info);
  const bool hd = is_hd(GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info));
  Colour colour;
  colour.matrix = static_cast<int>(gst_video_color_matrix_to_iso(colorimetry.matrix));
  colour.transfer = static_cast<int>(gst_video_transfer_function_to_iso(colorimetry.transfer));
  colour.primaries = static_cast<int>(gst_video_color_primaries_to_iso(colorimetry.primaries));
  colour.full_range = colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  if (GST_VIDEO_INFO_IS_RGB(&info)) {
    colour.matrix = kMatrixRgb;
    colour.full_range = colorimetry.range != GST_VIDEO_COLOR_RANGE_16_235;
  } else if (colour.matrix == kUnspecified || colour.matrix == kMatrixRgb) {
    colour.matrix = hd ? kMatrixBt709 : kMatrixBt601;
  }
  if (colour.matrix == 5) colour.matrix = kMatrixBt601;
  if (colour.primaries == kUnspecified) {
    if (colour.matrix == kMatrixBt2020) {
      colour.primaries = kPrimariesBt2020;
    } else {
      colour.primaries = colour.matrix == kMatrixBt601 && !hd ? kPrimariesBt601 : kPrimariesBt709;
    }
  }
  if (!colour.is_hdr() && colour.transfer != kTransferLinear) colour.transfer = kTransferBt709;
  return colour;
}

Format format_of(const GstVideoInfo& info) {
  Format format;
  const GstVideoFormatInfo* layout = info.finfo;
  format.width = GST_VIDEO_INFO_WIDTH(&info);
  format.height = GST_VIDEO_INFO_HEIGHT(&info);
  format.family = GST_VIDEO_FORMAT_INFO_IS_GRAY(layout)  ? Family::kGrey
                  : GST_VIDEO_FORMAT_INFO_IS_RGB(layout) ? Family::kRgb
                                                         : Family::kYuv;
  format.subsample_w =
      format.family == Family::kYuv ? static_cast<int>(GST_VIDEO_FORMAT_INFO_W_SUB(layout, 1)) : 0;
  format.subsample_h =
      format.family == Family::kYuv ? static_cast<int>(GST_VIDEO_FORMAT_INFO_H_SUB(layout, 1)) : 0;
  format.depth = static_cast<int>(GST_VIDEO_FORMAT_INFO_DEPTH(layout, 0));
  // Packed 8-bit formats give the bit position in the pixel as shift; only in two-byte samples is
  // it ours to undo.
  format.shift = format.depth > 8 ? static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(layout, 0)) : 0;
  format.colour = colour_of(info);
  format.site = site_of(info);
  return format;
}

Picture picture_of(const GstVideoFrame& frame) {
  return components_of<Component>(frame);
}

MutablePicture mutable_picture_of(const GstVideoFrame& frame) {
  return components_of<MutableComponent>(frame);
}

Region region_of(const GstVideoFrame& frame, const GstVideoInfo& info) {
  const ShownPart part = shown_part(frame, info);
  return Region{part.left, part.top, part.width, part.height};
}

double peak_of(const GstCaps* caps) {
  constexpr double kUsual = 1000;
  constexpr double kDarkest = 203;
  GstVideoContentLightLevel level;
  if (gst_video_content_light_level_from_caps(&level, caps) &&
      level.max_content_light_level > kDarkest) {
    return std::min<double>(level.max_content_light_level, 10000);
  }
  GstVideoMasteringDisplayInfo display;
  if (gst_video_mastering_display_info_from_caps(&display, caps)) {
    const double nits = display.max_display_mastering_luminance / 10000.0;
    if (nits > kDarkest) return std::min<double>(nits, 10000);
  }
  return kUsual;
}

Size display_size_of(const GstVideoInfo& info, Orientation orientation) {
  return display_size(Size{GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info)},
                      GST_VIDEO_INFO_PAR_N(&info), GST_VIDEO_INFO_PAR_D(&info), orientation);
}

bool OrientationTags::observe(GstEvent* event) {
  const Orientation before = current();
  if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
    reset();
  } else if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
    GstTagList* tags = nullptr;
    gst_event_parse_tag(event, &tags);
    GstVideoOrientationMethod method = GST_VIDEO_ORIENTATION_IDENTITY;
    if (gst_video_orientation_from_tag(tags, &method)) {
      if (gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_STREAM) {
        stream_ = from_method(method);
        has_stream_ = true;
      } else {
        global_ = from_method(method);
      }
    }
  }
  return current() != before;
}

void OrientationTags::reset() {
  *this = OrientationTags();
}

GstEvent* OrientationTags::upright(GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  if (gst_tag_list_get_tag_size(tags, GST_TAG_IMAGE_ORIENTATION) == 0) return event;
  GstTagList* changed = gst_tag_list_copy(tags);
  gst_tag_list_add(changed, GST_TAG_MERGE_REPLACE, GST_TAG_IMAGE_ORIENTATION, "rotate-0", nullptr);
  GstEvent* replaced = gst_event_new_tag(changed);
  gst_event_set_seqnum(replaced, gst_event_get_seqnum(event));
  gst_event_unref(event);
  return replaced;
}

}  // namespace filmgate::scaler
