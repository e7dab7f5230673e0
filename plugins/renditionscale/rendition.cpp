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

GstStructure* exact_structure(const GstStructure* source, const RenditionPlan& plan) {
  GstStructure* structure = gst_structure_copy(source);
  if (plan.passthrough) return structure;
  // Fields are mixed by scaling and turning, so what leaves is progressive; HDR metadata describes
  // light that is gone.
  gst_structure_remove_fields(structure, "field-order", "mastering-display-info",
                              "content-light-level", nullptr);
  GString8 colorimetry(gst_video_colorimetry_to_string(&plan.colorimetry));
  const bool centred = plan.out.site == ChromaSite::kCentre;
  gst_structure_set(structure, "format", G_TYPE_STRING, "I420", "width", G_TYPE_INT, plan.out.width,
                    "height", G_TYPE_INT, plan.out.height, "pixel-aspect-ratio", GST_TYPE_FRACTION,
                    1, 1, "interlace-mode", G_TYPE_STRING, "progressive", "colorimetry",
                    G_TYPE_STRING, colorimetry.get(), "chroma-site", G_TYPE_STRING,
                    centred ? "jpeg" : "mpeg2", nullptr);
  return structure;
}

}  // namespace

RenditionPlan plan_rendition(const GstVideoInfo& info, Orientation orientation,
                             const SizeRequest& request) {
  RenditionPlan plan;
  plan.in = format_of(info);
  const Size size = plan_size(Size{plan.in.width, plan.in.height}, GST_VIDEO_INFO_PAR_N(&info),
                              GST_VIDEO_INFO_PAR_D(&info), orientation, request);
  plan.out.width = size.width;
  plan.out.height = size.height;
  plan.out.site = output_site(plan.in, orientation);

  const Colour& in = plan.in.colour;
  const bool keeps_601 = plan.in.family != Family::kRgb && in.matrix == kMatrixBt601 &&
                         !in.is_hdr() && !is_hd(plan.in.width, plan.in.height);
  plan.out.colour.transfer = kTransferBt709;
  if (keeps_601) {
    plan.out.colour.matrix = kMatrixBt601;
    plan.out.colour.primaries = in.primaries;
    plan.colorimetry = GST_VIDEO_INFO_COLORIMETRY(&info);
    plan.colorimetry.matrix = GST_VIDEO_COLOR_MATRIX_BT601;
    plan.colorimetry.primaries =
        gst_video_color_primaries_from_iso(static_cast<guint>(in.primaries));
    if (plan.colorimetry.transfer == GST_VIDEO_TRANSFER_UNKNOWN || in.transfer != kTransferBt709) {
      plan.colorimetry.transfer = GST_VIDEO_TRANSFER_BT601;
    }
  } else {
    gst_video_colorimetry_from_string(&plan.colorimetry, GST_VIDEO_COLORIMETRY_BT709);
  }
  plan.colorimetry.range = GST_VIDEO_COLOR_RANGE_16_235;

  plan.passthrough = GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_I420 &&
                     orientation == Orientation::kRotate0 && plan.in.width == plan.out.width &&
                     plan.in.height == plan.out.height && plan.in.colour == plan.out.colour;
  return plan;
}

GstStructure* output_structure(const GstStructure* source, Orientation orientation,
                               const SizeRequest& request) {
  auto caps = Ref<GstCaps>::adopt(gst_caps_new_full(gst_structure_copy(source), nullptr));
  GstVideoInfo info;
  if (gst_caps_is_fixed(caps.get()) && gst_video_info_from_caps(&info, caps.get())) {
    return exact_structure(source, plan_rendition(info, orientation, request));
  }
  GstStructure* structure = gst_structure_copy(source);
  gst_structure_remove_fields(structure, "colorimetry", "chroma-site", "field-order",
                              "interlace-mode", "pixel-aspect-ratio", "mastering-display-info",
                              "content-light-level", nullptr);
  gst_structure_set(structure, "format", G_TYPE_STRING, "I420", "width", GST_TYPE_INT_RANGE, 2,
                    G_MAXINT, "height", GST_TYPE_INT_RANGE, 2, G_MAXINT, nullptr);
  return structure;
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
