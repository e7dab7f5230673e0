#include "plugins/renditionscale/rendition.h"

#include <utility>

#include "plugins/common/handles.h"
#include "plugins/renditionscale/video_format.h"

namespace filmgate::scaler {
namespace {

bool exchanges_left_and_right(Orientation orientation) {
  return orientation == Orientation::kRotate180 || orientation == Orientation::kFlipRotate0;
}

// 4:2:0 samples lie to the left, as in MPEG-2 and H.264. Centred ones stay centred; and a mirrored
// picture is centred, because "to the right" can't be said in any stream.
ChromaSite output_site(const Format& in, Orientation orientation) {
  const bool centred =
      in.family == Family::kYuv && in.subsample_h > 0 && in.site == ChromaSite::kCentre;
  return centred || exchanges_left_and_right(orientation) ? ChromaSite::kCentre : ChromaSite::kLeft;
}

// BT.601's two and SMPTE 240M's are so near to BT.709's that neither FFmpeg's scale nor GStreamer's
// videoconvert converts them unless told; the caps keep saying which they are, so that a player
// that does show them right loses nothing.
bool is_near_bt709(int primaries) {
  return primaries == kPrimariesBt709 || primaries == kPrimariesBt470bg ||
         primaries == kPrimariesBt601 || primaries == kPrimariesSmpte240m;
}

void plan_colours(const GstVideoInfo& info, bool keep_hdr, RenditionPlan& plan) {
  const Colour& in = plan.in.colour;
  Colour& out = plan.out.colour;
  plan.colorimetry = GST_VIDEO_INFO_COLORIMETRY(&info);
  if (in.is_hdr() && keep_hdr) {
    out = in;
    if (plan.in.family == Family::kRgb) {
      out.matrix = kMatrixBt2020;
      plan.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT2020;
    }
  } else {
    const bool keeps_601 = plan.in.family != Family::kRgb && in.matrix == kMatrixBt601 &&
                           !in.is_hdr() && !is_hd(plan.in.width, plan.in.height);
    const bool known =
        in.transfer == kTransferBt709 && plan.colorimetry.transfer != GST_VIDEO_TRANSFER_UNKNOWN;
    out.transfer = kTransferBt709;
    out.primaries = is_near_bt709(in.primaries) && !in.is_hdr() ? in.primaries : kPrimariesBt709;
    out.matrix = keeps_601 ? kMatrixBt601 : kMatrixBt709;
    plan.colorimetry.matrix =
        keeps_601 ? GST_VIDEO_COLOR_MATRIX_BT601 : GST_VIDEO_COLOR_MATRIX_BT709;
    if (!keeps_601) {
      plan.colorimetry.transfer = GST_VIDEO_TRANSFER_BT709;
    } else if (!known) {
      plan.colorimetry.transfer = GST_VIDEO_TRANSFER_BT601;
    }
    plan.colorimetry.primaries =
        gst_video_color_primaries_from_iso(static_cast<guint>(out.primaries));
  }
  out.full_range = false;
  plan.colorimetry.range = GST_VIDEO_COLOR_RANGE_16_235;
}

GstStructure* exact_structure(const GstStructure* source, const RenditionPlan& plan,
                              GstVideoFormat format) {
  GstStructure* structure = gst_structure_copy(source);
  if (plan.passthrough) return structure;
  // Fields are mixed by scaling and turning, so what leaves is progressive.
  gst_structure_remove_field(structure, "field-order");
  if (!plan.out.colour.is_hdr()) {  // these describe light that is gone
    gst_structure_remove_fields(structure, "mastering-display-info", "content-light-level",
                                nullptr);
  }
  GString8 colorimetry(gst_video_colorimetry_to_string(&plan.colorimetry));
  const bool centred = plan.out.site == ChromaSite::kCentre;
  gst_structure_set(structure, "format", G_TYPE_STRING, gst_video_format_to_string(format), "width",
                    G_TYPE_INT, plan.out.width, "height", G_TYPE_INT, plan.out.height,
                    "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, "interlace-mode", G_TYPE_STRING,
                    "progressive", "colorimetry", G_TYPE_STRING, colorimetry.get(), "chroma-site",
                    G_TYPE_STRING, centred ? "jpeg" : "mpeg2", nullptr);
  return structure;
}

}  // namespace

RenditionPlan plan_rendition(const GstVideoInfo& info, Orientation orientation,
                             const RenditionRequest& request, GstVideoFormat format) {
  RenditionPlan plan;
  plan.in = format_of(info);
  const Size size = plan_size(Size{plan.in.width, plan.in.height}, GST_VIDEO_INFO_PAR_N(&info),
                              GST_VIDEO_INFO_PAR_D(&info), orientation, request.size);
  plan.out.width = size.width;
  plan.out.height = size.height;
  plan.out.site = output_site(plan.in, orientation);
  const GstVideoFormatInfo* layout = gst_video_format_get_info(format);
  plan.out.depth = static_cast<int>(GST_VIDEO_FORMAT_INFO_DEPTH(layout, 0));
  plan.out.shift = static_cast<int>(GST_VIDEO_FORMAT_INFO_SHIFT(layout, 0));
  plan_colours(info, request.keep_hdr, plan);
  plan.passthrough = GST_VIDEO_INFO_FORMAT(&info) == format &&
                     orientation == Orientation::kRotate0 && plan.in.width == plan.out.width &&
                     plan.in.height == plan.out.height && plan.in.colour == plan.out.colour;
  return plan;
}

std::vector<GstVideoFormat> output_formats(const GstVideoInfo& info, Orientation orientation,
                                           const RenditionRequest& request) {
  if (!colour_of(info).is_hdr() || !request.keep_hdr) {
    return {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE};
  }
  if (plan_rendition(info, orientation, request, GST_VIDEO_FORMAT_P010_10LE).passthrough) {
    return {GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420_10LE};
  }
  return {GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE};
}

void append_output(GstCaps* caps, const GstStructure* source, Orientation orientation,
                   const RenditionRequest& request) {
  auto single = Ref<GstCaps>::adopt(gst_caps_new_full(gst_structure_copy(source), nullptr));
  GstVideoInfo info;
  if (gst_caps_is_fixed(single.get()) && gst_video_info_from_caps(&info, single.get())) {
    for (GstVideoFormat format : output_formats(info, orientation, request)) {
      const RenditionPlan plan = plan_rendition(info, orientation, request, format);
      gst_caps_append_structure(caps, exact_structure(source, plan, format));
    }
    return;
  }
  GstStructure* structure = gst_structure_copy(source);
  gst_structure_remove_fields(structure, "format", "colorimetry", "chroma-site", "field-order",
                              "interlace-mode", "pixel-aspect-ratio", "mastering-display-info",
                              "content-light-level", nullptr);
  gst_structure_set(structure, "width", GST_TYPE_INT_RANGE, 2, G_MAXINT, "height",
                    GST_TYPE_INT_RANGE, 2, G_MAXINT, nullptr);
  auto open = Ref<GstCaps>::adopt(gst_caps_new_full(structure, nullptr));
  static GstStaticCaps formats =
      GST_STATIC_CAPS("video/x-raw, format=(string)" FILMGATE_RENDITION_FORMATS);
  auto allowed = Ref<GstCaps>::adopt(gst_static_caps_get(&formats));
  gst_caps_append(caps, gst_caps_intersect(open.get(), allowed.get()));
}

Region trimmed(const Region& region, const RenditionPlan& plan, Orientation orientation) {
  Size target{plan.out.width, plan.out.height};
  if (swaps_sides(orientation)) std::swap(target.width, target.height);
  Region part = region;
  const bool same_width = region.width == target.width || region.width == target.width + 1;
  const bool same_height = region.height == target.height || region.height == target.height + 1;
  if (same_width && same_height) {
    part.width = target.width;
    part.height = target.height;
  }
  return part;
}

}  // namespace filmgate::scaler
