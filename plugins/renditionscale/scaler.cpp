#include "plugins/renditionscale/scaler.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "plugins/renditionscale/planes.h"
#include "plugins/renditionscale/zimg_graph.h"

namespace filmgate::scaler {
namespace {

// Where the chroma samples must lie before a picture is turned, so that they lie at `site` after.
// Left and right exchanged has no such place (zimg knows no "right"): plan_site() keeps it away.
ChromaSite site_before_turn(ChromaSite site, Orientation orientation) {
  if (site != ChromaSite::kLeft) return site;
  switch (orientation) {
    case Orientation::kRotate90:
    case Orientation::kFlipRotate90:
      return ChromaSite::kBottom;
    case Orientation::kRotate270:
    case Orientation::kFlipRotate270:
      return ChromaSite::kTop;
    default:
      return site;
  }
}

zimg_resample_filter_e zimg_filter(Method method) {
  switch (method) {
    case Method::kBilinear:
      return ZIMG_RESIZE_BILINEAR;
    case Method::kSpline36:
      return ZIMG_RESIZE_SPLINE36;
    case Method::kLanczos:
      return ZIMG_RESIZE_LANCZOS;
    case Method::kBicubic:
      break;
  }
  return ZIMG_RESIZE_BICUBIC;
}

// Only the matrix and the range of 8-bit 4:2:0 are ours to change; zimg does the rest.
std::optional<MatrixChange> change_after_scaling(const Format& in, const Format& out) {
  const bool ours = in.family == Family::kYuv && out.family == Family::kYuv && out.depth == 8 &&
                    out.subsample_w == 1 && out.subsample_h == 1 && in.colour != out.colour &&
                    (out.site == ChromaSite::kLeft || out.site == ChromaSite::kCentre);
  return ours ? matrix_change(in.colour, out.colour) : std::nullopt;
}

// Wide gamuts and HDR become BT.709 in light, by us: zimg doesn't clip what BT.709 can't show.
std::optional<Gamut> gamut_of(const Format& in, const Format& out) {
  const bool hdr = in.colour.is_hdr() && !out.colour.is_hdr();
  const bool wide = in.family != Family::kGrey && in.colour.primaries != out.colour.primaries;
  if ((!hdr && !wide) || out.colour.primaries != kPrimariesBt709) return std::nullopt;
  return Gamut::to_bt709(in.colour.primaries);
}

// How far a chroma sample lies before the middle of the luma samples that it belongs to, in chroma
// samples: across, and down.
double left_of_middle(const Format& format, int c) {
  const bool left = format.site == ChromaSite::kLeft || format.site == ChromaSite::kTopLeft;
  return left ? 0.5 - 0.5 / (1 << format.subsample_w_of(c)) : 0;
}

double above_middle(const Format& format, int c) {
  const double distance = 0.5 - 0.5 / (1 << format.subsample_h_of(c));
  switch (format.site) {
    case ChromaSite::kTop:
    case ChromaSite::kTopLeft:
      return distance;
    case ChromaSite::kBottom:
      return -distance;
    default:
      return 0;
  }
}

Error no_memory() {
  return Error{ErrorCode::kLimit, "not enough memory for a scaled picture"};
}

bool is_planar_8_bit_420(const Format& format) {
  return format.family == Family::kYuv && format.depth == 8 && format.subsample_w == 1 &&
         format.subsample_h == 1;
}

}  // namespace

// One strip of the output, made on its own: its rows, and the graphs that make them.
struct Scaler::Slice {
  int top = 0;
  int bottom = 0;
  ZimgGraph scale;   // from the source to the output, or to linear light; unless resamplers do
  ZimgGraph encode;  // from linear light to the output; only where colours are changed in light
};

struct Scaler::Scratch {
  ZimgScratch zimg;
  Block rows;          // of the resamplers
  OwnedPicture light;  // a strip of linear light; only where colours are changed in light
};

Scaler::Scaler(const Format& in, const Region& region, const Format& out, const Options& options)
    : in_(in),
      seen_(in),
      region_(region),
      out_(out),
      flat_(out),
      options_(options),
      tone_mapped_(in.colour.is_hdr() && !out.colour.is_hdr()),
      change_(change_after_scaling(in, out)),
      gamut_(gamut_of(in, out)),
      tone_map_(in.colour.transfer == kTransferHlg ? kHlgPeak : options.source_peak),
      team_(options.threads) {
  if (swaps_sides(options.orientation)) {
    std::swap(flat_.width, flat_.height);
    std::swap(flat_.subsample_w, flat_.subsample_h);
  }
  flat_.shift = 0;
  if (tone_mapped_ && in.colour.transfer == kTransferHlg) hlg_.emplace();
  if (change_) flat_.colour = in.colour;
  // What lies outside of the region must not bleed into its edges, so the graph gets to see only
  // the region, where chroma samples allow it.
  const int unit_w = 1 << in.subsample_w_of(1);
  const int unit_h = 1 << in.subsample_h_of(1);
  if (region.left % unit_w == 0 && region.top % unit_h == 0) {
    seen_.width = region.width;
    seen_.height = region.height;
    seen_left_ = region.left;
    seen_top_ = region.top;
  }
  flat_.site = site_before_turn(out.site, options.orientation);
  only_change_ = change_ && options.orientation == Orientation::kRotate0 &&
                 is_planar_8_bit_420(in) && in.site == out.site && seen_.width == out.width &&
                 seen_.height == out.height;
}

Scaler::~Scaler() = default;

Result<std::unique_ptr<Scaler>> Scaler::create(const Format& in, const Region& region,
                                               const Format& out, const Options& options) {
  std::unique_ptr<Scaler> scaler(new Scaler(in, region, out, options));
  if (auto built = scaler->build(); !built) return built.error();
  return scaler;
}

Result<void> Scaler::build() {
  resamplers_ = resamplers();
  // Linear light goes through three floats a pixel: short strips keep them in the cache. Strips
  // start at multiples of 16 rows, which the dither pattern repeats in.
  int rows = 64;
  if (!in_light()) {
    rows = (flat_.height + team_.workers() - 1) / team_.workers();
    rows = (rows + 15) / 16 * 16;
  }
  for (int top = 0; top < flat_.height; top += rows) {
    int bottom = std::min(top + rows, flat_.height);
    if (flat_.height - bottom < 16) bottom = flat_.height;  // no sliver at the end
    Slice slice;
    FILMGATE_TRY(build_slice(top, bottom, slice));
    slices_.push_back(std::move(slice));
    if (bottom == flat_.height) break;
  }
  scratch_.resize(static_cast<size_t>(team_.workers()));
  if (!in_light()) return {};
  int tallest = 0;
  for (const Slice& slice : slices_) tallest = std::max(tallest, slice.bottom - slice.top);
  for (Scratch& scratch : scratch_) scratch.light = OwnedPicture(light_strip(tallest));
  return {};
}

std::vector<Resampler> Scaler::resamplers() const {
  const bool ours = !in_light() && in_.family == flat_.family && in_.colour == flat_.colour &&
                    in_.depth == 8 && flat_.depth == 8;
  if (!ours) return {};
  std::vector<Resampler> made;
  for (int c = 0; c < flat_.components(); ++c) {
    // From a distance in samples of luma, or of a component, of the output to one of the source.
    const double scale_w = static_cast<double>(region_.width) / flat_.width;
    const double scale_h = static_cast<double>(region_.height) / flat_.height;
    const double unit_w = 1 << seen_.subsample_w_of(c);
    const double unit_h = 1 << seen_.subsample_h_of(c);
    const double step_w = scale_w * (1 << flat_.subsample_w_of(c)) / unit_w;
    const double step_h = scale_h * (1 << flat_.subsample_h_of(c)) / unit_h;
    const Axis across{seen_.width_of(c), flat_.width_of(c),
                      (region_.left - seen_left_) / unit_w - left_of_middle(flat_, c) * step_w +
                          left_of_middle(seen_, c),
                      flat_.width_of(c) * step_w};
    const Axis down{seen_.height_of(c), flat_.height_of(c),
                    (region_.top - seen_top_) / unit_h - above_middle(flat_, c) * step_h +
                        above_middle(seen_, c),
                    flat_.height_of(c) * step_h};
    auto resampler = Resampler::create(options_.method, across, down);
    if (!resampler) return {};
    made.push_back(*std::move(resampler));
  }
  return made;
}

Format Scaler::light_strip(int rows) const {
  Format strip = flat_;
  strip.family = Family::kRgb;
  strip.height = rows;
  strip.depth = 32;
  return strip;
}

Result<void> Scaler::build_slice(int top, int bottom, Slice& slice) {
  slice.top = top;
  slice.bottom = bottom;
  if (!resamplers_.empty()) return {};
  zimg_image_format from = zimg_format(seen_);
  zimg_image_format to = zimg_format(flat_);
  to.height = static_cast<unsigned>(bottom - top);
  const double step = static_cast<double>(region_.height) / flat_.height;
  from.active_region.left = region_.left - seen_left_;
  from.active_region.width = region_.width;
  from.active_region.top = region_.top - seen_top_ + top * step;
  from.active_region.height = (bottom - top) * step;

  zimg_graph_builder_params params;
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  params.resample_filter = zimg_filter(options_.method);
  params.resample_filter_uv = params.resample_filter;
  params.cpu_type = ZIMG_CPU_AUTO_64B;
  params.nominal_peak_luminance = 100;
  params.allow_approximate_gamma = 1;  // tables of 16 bits: exact enough for 8, and much faster
  const bool same_colours = in_.colour == flat_.colour && in_.family == out_.family;
  params.dither_type =
      in_.depth <= out_.depth && same_colours ? ZIMG_DITHER_NONE : ZIMG_DITHER_ORDERED;
  if (!in_light()) {
    // Grey has no matrix to convert; where the output is RGB, its own is as good as any.
    if (in_.family == Family::kGrey && out_.family != Family::kRgb)
      from.matrix_coefficients = to.matrix_coefficients;
    return slice.scale.build(from, to, params);
  }
  zimg_image_format light = to;
  light.pixel_type = ZIMG_PIXEL_FLOAT;
  light.color_family = ZIMG_COLOR_RGB;
  light.matrix_coefficients = ZIMG_MATRIX_RGB;
  // HLG comes as it is and becomes light with us.
  light.transfer_characteristics = hlg_ ? from.transfer_characteristics : ZIMG_TRANSFER_LINEAR;
  light.color_primaries = from.color_primaries;
  light.subsample_w = light.subsample_h = 0;
  light.depth = 32;
  light.pixel_range = ZIMG_RANGE_FULL;
  FILMGATE_TRY(slice.scale.build(from, light, params));
  light.transfer_characteristics = ZIMG_TRANSFER_LINEAR;
  if (gamut_) light.color_primaries = to.color_primaries;
  return slice.encode.build(light, to, params);
}

Result<void> Scaler::process(const Picture& picture, const MutablePicture& out) {
  Picture in = picture;
  bool separate = true;  // samples lie beside each other, not between those of other components
  for (int c = 0; c < in_.components(); ++c) {
    auto& plane = in[static_cast<size_t>(c)];
    plane.data += (seen_top_ >> in_.subsample_h_of(c)) * plane.stride +
                  static_cast<ptrdiff_t>(seen_left_ >> in_.subsample_w_of(c)) * plane.step;
    separate = separate && plane.step == in_.sample_bytes();
  }
  if (only_change_ && separate) {
    change_colours(in, out);
    return {};
  }
  bool in_place = options_.orientation == Orientation::kRotate0 && out_.shift == 0;
  for (int c = 0; in_place && c < out_.components(); ++c) {
    const auto& plane = out[static_cast<size_t>(c)];
    in_place = plane.step == out_.sample_bytes() &&
               (!resamplers_.empty() || is_aligned(plane.data, plane.stride));
  }
  if (!in_place && !unturned_.components()[0].data) unturned_ = OwnedPicture(flat_);
  const MutablePicture& target = in_place ? out : unturned_.components();
  if (!target[0].data) return no_memory();

  std::atomic<bool> failed = false;
  team_.run(static_cast<int>(slices_.size()), [&](int task, int worker) {
    if (!run_slice(slices_[static_cast<size_t>(task)], scratch_[static_cast<size_t>(worker)], in,
                   target)) {
      failed = true;
    }
  });
  if (failed && resamplers_.empty()) return zimg_error();
  if (failed) return no_memory();
  if (!in_place) turn(target, out);
  if (change_) change_colours(as_source(out), out);
  return {};
}

void Scaler::turn(const MutablePicture& from, const MutablePicture& to) {
  team_.run(out_.components(), [&](int task, int) {
    const auto c = static_cast<size_t>(task);
    turn_plane(from[c], flat_.width_of(task), flat_.height_of(task), options_.orientation,
               out_.shift, to[c]);
  });
}

void Scaler::change_colours(const Picture& from, const MutablePicture& to) {
  const int strips = team_.workers();
  team_.run(strips, [&](int strip, int) {
    const int rows = out_.height;
    change_luma(*change_, out_.site, from, out_.width, out_.height, rows * strip / strips,
                rows * (strip + 1) / strips, to);
  });
  // In place, the chroma of one strip is read for the luma of the next.
  team_.run(strips, [&](int strip, int) {
    const int rows = out_.height_of(1);
    change_chroma(*change_, from, out_.width_of(1), rows * strip / strips,
                  rows * (strip + 1) / strips, to);
  });
}

bool Scaler::run_slice(const Slice& slice, Scratch& scratch, const Picture& in,
                       const MutablePicture& out) const {
  bool made = !resamplers_.empty();
  for (size_t c = 0; c < resamplers_.size(); ++c) {
    const int unit = 1 << flat_.subsample_h_of(static_cast<int>(c));
    made = made && resamplers_[c].run(in[c], out[c], slice.top / unit,
                                      (slice.bottom + unit - 1) / unit, scratch.rows);
  }
  if (!resamplers_.empty()) return made;
  zimg_image_buffer target{ZIMG_API_VERSION, {}};
  for (int c = 0; c < flat_.components(); ++c) {
    const auto& plane = out[static_cast<size_t>(c)];
    target.plane[c] = {plane.data + (slice.top >> flat_.subsample_h_of(c)) * plane.stride,
                       plane.stride, ZIMG_BUFFER_MAX};
  }
  if (!in_light()) return slice.scale.run(seen_, in, target, scratch.zimg);

  const Format strip = light_strip(slice.bottom - slice.top);
  const OwnedPicture& light = scratch.light;
  if (!light.components()[0].data) return false;
  zimg_image_buffer linear{ZIMG_API_VERSION, {}};
  for (size_t c = 0; c < 3; ++c) {
    const auto& plane = light.components()[c];
    linear.plane[c] = {plane.data, plane.stride, ZIMG_BUFFER_MAX};
  }
  if (!slice.scale.run(seen_, in, linear, scratch.zimg)) return false;
  for (int y = 0; y < strip.height; ++y) {
    const auto row = [&](size_t c) {
      const auto& plane = light.components()[c];
      return reinterpret_cast<float*>(plane.data + y * plane.stride);
    };
    const auto width = static_cast<size_t>(strip.width);
    if (hlg_) hlg_->to_light(row(0), row(1), row(2), width);
    if (tone_mapped_) tone_map_.apply(row(0), row(1), row(2), width);
    if (gamut_) gamut_->apply(row(0), row(1), row(2), width);
  }
  return slice.encode.run(strip, light.view(), target, scratch.zimg);
}

}  // namespace filmgate::scaler
