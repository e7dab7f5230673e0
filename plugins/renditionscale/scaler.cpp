#include "plugins/renditionscale/scaler.h"

#include <zimg.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "plugins/renditionscale/planes.h"

namespace filmgate::scaler {
namespace {

constexpr size_t round_up(size_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

struct AlignedFree {
  void operator()(void* memory) const { std::free(memory); }
};

// Memory that only grows; what it held is lost when it does.
class Block {
 public:
  uint8_t* need(size_t size) {
    if (size > size_) {
      memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, round_up(size))));
      size_ = memory_ ? size : 0;
    }
    return memory_.get();
  }

 private:
  std::unique_ptr<uint8_t, AlignedFree> memory_;
  size_t size_ = 0;
};

bool is_aligned(const void* data, ptrdiff_t stride) {
  return reinterpret_cast<uintptr_t>(data) % kAlignment == 0 && stride % kAlignment == 0;
}

zimg_chroma_location_e zimg_site(ChromaSite site) {
  switch (site) {
    case ChromaSite::kCentre:
      return ZIMG_CHROMA_CENTER;
    case ChromaSite::kTopLeft:
      return ZIMG_CHROMA_TOP_LEFT;
    case ChromaSite::kTop:
      return ZIMG_CHROMA_TOP;
    case ChromaSite::kBottom:
      return ZIMG_CHROMA_BOTTOM;
    case ChromaSite::kLeft:
      break;
  }
  return ZIMG_CHROMA_LEFT;
}

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

zimg_image_format zimg_format(const Format& format) {
  zimg_image_format out;
  zimg_image_format_default(&out, ZIMG_API_VERSION);
  // zimg takes only whole chroma samples: the rows and columns that are missing are repeated when
  // the picture is read, and the active region leaves them out.
  const bool subsampled = format.family == Family::kYuv;
  const int unit_w = subsampled ? 1 << format.subsample_w : 1;
  const int unit_h = subsampled ? 1 << format.subsample_h : 1;
  out.width = static_cast<unsigned>((format.width + unit_w - 1) / unit_w * unit_w);
  out.height = static_cast<unsigned>((format.height + unit_h - 1) / unit_h * unit_h);
  out.pixel_type = format.depth > 8 ? ZIMG_PIXEL_WORD : ZIMG_PIXEL_BYTE;
  out.depth = static_cast<unsigned>(format.depth);
  out.pixel_range = format.colour.full_range ? ZIMG_RANGE_FULL : ZIMG_RANGE_LIMITED;
  switch (format.family) {
    case Family::kGrey:
      out.color_family = ZIMG_COLOR_GREY;
      break;
    case Family::kRgb:
      out.color_family = ZIMG_COLOR_RGB;
      break;
    case Family::kYuv:
      out.color_family = ZIMG_COLOR_YUV;
      out.subsample_w = static_cast<unsigned>(format.subsample_w);
      out.subsample_h = static_cast<unsigned>(format.subsample_h);
      out.chroma_location = zimg_site(format.site);
      break;
  }
  out.matrix_coefficients = static_cast<zimg_matrix_coefficients_e>(
      format.family == Family::kRgb ? kMatrixRgb : format.colour.matrix);
  out.transfer_characteristics =
      static_cast<zimg_transfer_characteristics_e>(format.colour.transfer);
  out.color_primaries = static_cast<zimg_color_primaries_e>(format.colour.primaries);
  return out;
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

Error zimg_error() {
  char text[256] = "";
  zimg_get_last_error(text, sizeof text);
  return Error{ErrorCode::kUnsupported,
               std::string("this picture can't be scaled or converted: ") + text};
}

// Rows read from the caller's picture into the ring buffer that a graph reads.
struct Reader {
  const Format* format;
  const Picture* picture;
  zimg_image_buffer ring;

  static int read(void* user, unsigned line, unsigned left, unsigned right) {
    auto* reader = static_cast<Reader*>(user);
    const Format& format = *reader->format;
    for (int c = 0; c < format.components(); ++c) {
      const int ss_w = format.subsample_w_of(c);
      const int first = static_cast<int>(line) >> format.subsample_h_of(c);
      const int rows =
          format.family == Family::kYuv ? (1 << format.subsample_h) >> format.subsample_h_of(c) : 1;
      for (int row = first; row < first + rows; ++row) {
        reader->read_row(c, row, static_cast<int>(left) >> ss_w,
                         (static_cast<int>(right) + (1 << ss_w) - 1) >> ss_w);
      }
    }
    return 0;
  }

  void read_row(int c, int row, int left, int right) const {
    const Component& source = (*picture)[static_cast<size_t>(c)];
    const int width = format->width_of(c);
    const int bytes = format->sample_bytes();
    const uint8_t* from = source.data + std::min(row, format->height_of(c) - 1) * source.stride;
    const auto& plane = ring.plane[c];
    auto* to = static_cast<uint8_t*>(plane.data) +
               static_cast<ptrdiff_t>(static_cast<unsigned>(row) & plane.mask) * plane.stride;
    left = std::min(left, width - 1);
    gather_row(from + static_cast<ptrdiff_t>(left) * source.step, source.step, bytes, format->shift,
               std::min(right, width) - left, to + left * bytes);
    for (int x = width; x < right; ++x) {
      std::memcpy(to + x * bytes, to + (width - 1) * bytes, static_cast<size_t>(bytes));
    }
  }
};

}  // namespace

struct Scaler::Graph {
  struct Free {
    void operator()(zimg_filter_graph* graph) const { zimg_filter_graph_free(graph); }
  };
  std::unique_ptr<zimg_filter_graph, Free> graph;
  size_t tmp_size = 0;
  unsigned input_mask = ZIMG_BUFFER_MAX;

  Result<void> build(const zimg_image_format& from, const zimg_image_format& to,
                     const zimg_graph_builder_params& params) {
    graph.reset(zimg_filter_graph_build(&from, &to, &params));
    if (!graph) return zimg_error();
    unsigned lines = 0;
    if (zimg_filter_graph_get_tmp_size(graph.get(), &tmp_size) != ZIMG_ERROR_SUCCESS ||
        zimg_filter_graph_get_input_buffering(graph.get(), &lines) != ZIMG_ERROR_SUCCESS) {
      return zimg_error();
    }
    input_mask = zimg_select_buffer_mask(lines);
    return {};
  }
};

// One strip of the output, made on its own: its rows, and the graphs that make them.
struct Scaler::Slice {
  int top = 0;
  int bottom = 0;
  Graph scale;   // from the source to the output, or to linear light
  Graph encode;  // from linear light to the output; only when tone-mapping
};

struct Scaler::Scratch {
  Block tmp;
  Block ring;
  Block light;
};

Scaler::Scaler(const Format& in, const Region& region, const Format& out, const Options& options)
    : in_(in),
      seen_(in),
      region_(region),
      out_(out),
      flat_(out),
      options_(options),
      tone_map_(options.source_peak),
      team_(options.threads) {
  if (swaps_sides(options.orientation)) {
    std::swap(flat_.width, flat_.height);
    std::swap(flat_.subsample_w, flat_.subsample_h);
  }
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
  tone_mapped_ = in.colour.is_hdr() && !out.colour.is_hdr();
}

Scaler::~Scaler() = default;

Result<std::unique_ptr<Scaler>> Scaler::create(const Format& in, const Region& region,
                                               const Format& out, const Options& options) {
  std::unique_ptr<Scaler> scaler(new Scaler(in, region, out, options));
  if (auto built = scaler->build(); !built) return built.error();
  return scaler;
}

Result<void> Scaler::build() {
  if (options_.orientation != Orientation::kRotate0) unturned_ = OwnedPicture(flat_);
  // Tone mapping goes through three floats a pixel: short strips keep them in the cache. Strips
  // start at multiples of 16 rows, which the dither pattern repeats in.
  int rows = 64;
  if (!tone_mapped_) {
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
  return {};
}

Result<void> Scaler::build_slice(int top, int bottom, Slice& slice) {
  slice.top = top;
  slice.bottom = bottom;
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
  const bool same_colours = in_.colour == out_.colour && in_.family == out_.family;
  params.dither_type = in_.depth == 8 && same_colours ? ZIMG_DITHER_NONE : ZIMG_DITHER_ORDERED;
  if (!tone_mapped_) {
    // Grey has no matrix to convert; where the output is RGB, its own is as good as any.
    if (in_.family == Family::kGrey && out_.family != Family::kRgb)
      from.matrix_coefficients = to.matrix_coefficients;
    return slice.scale.build(from, to, params);
  }
  zimg_image_format light = to;
  light.pixel_type = ZIMG_PIXEL_FLOAT;
  light.color_family = ZIMG_COLOR_RGB;
  light.matrix_coefficients = ZIMG_MATRIX_RGB;
  light.transfer_characteristics = ZIMG_TRANSFER_LINEAR;
  light.color_primaries = from.color_primaries;
  light.subsample_w = light.subsample_h = 0;
  light.depth = 32;
  light.pixel_range = ZIMG_RANGE_FULL;
  FILMGATE_TRY(slice.scale.build(from, light, params));
  return slice.encode.build(light, to, params);
}

Result<void> Scaler::process(const Picture& picture, const MutablePicture& out) {
  Picture in = picture;
  for (int c = 0; c < in_.components(); ++c) {
    auto& plane = in[static_cast<size_t>(c)];
    plane.data += (seen_top_ >> in_.subsample_h_of(c)) * plane.stride +
                  static_cast<ptrdiff_t>(seen_left_ >> in_.subsample_w_of(c)) * plane.step;
  }
  bool direct = options_.orientation == Orientation::kRotate0;
  for (int c = 0; direct && c < out_.components(); ++c) {
    const auto& plane = out[static_cast<size_t>(c)];
    direct = is_aligned(plane.data, plane.stride);
  }
  if (!direct && !unturned_.components()[0].data) unturned_ = OwnedPicture(flat_);
  const MutablePicture& target = direct ? out : unturned_.components();
  if (!target[0].data) return Error{ErrorCode::kLimit, "not enough memory for a scaled picture"};

  std::atomic<bool> failed = false;
  team_.run(static_cast<int>(slices_.size()), [&](int task, int worker) {
    if (!run_slice(slices_[static_cast<size_t>(task)], scratch_[static_cast<size_t>(worker)], in,
                   target)) {
      failed = true;
    }
  });
  if (failed) return zimg_error();
  if (direct) return {};
  for (int c = 0; c < out_.components(); ++c) {
    const auto& from = target[static_cast<size_t>(c)];
    const auto& to = out[static_cast<size_t>(c)];
    turn_plane(from.data, from.stride, flat_.width_of(c), flat_.height_of(c), options_.orientation,
               to.data, to.stride);
  }
  return {};
}

bool Scaler::run_slice(const Slice& slice, Scratch& scratch, const Picture& in,
                       const MutablePicture& out) const {
  bool direct = seen_.shift == 0;
  const bool whole = seen_.width % (1 << seen_.subsample_w_of(1)) == 0 &&
                     seen_.height % (1 << seen_.subsample_h_of(1)) == 0;
  for (int c = 0; direct && c < seen_.components(); ++c) {
    const auto& plane = in[static_cast<size_t>(c)];
    direct = whole && plane.step == seen_.sample_bytes() && is_aligned(plane.data, plane.stride);
  }

  uint8_t* tmp =
      scratch.tmp.need(std::max(slice.scale.tmp_size, slice.encode.tmp_size) + kAlignment);
  if (!tmp) return false;
  zimg_image_buffer_const source{ZIMG_API_VERSION, {}};
  Reader reader{&seen_, &in, {ZIMG_API_VERSION, {}}};
  if (direct) {
    for (int c = 0; c < seen_.components(); ++c) {
      const auto& plane = in[static_cast<size_t>(c)];
      source.plane[c] = {plane.data, plane.stride, ZIMG_BUFFER_MAX};
    }
  } else {
    size_t size = 0;
    std::array<size_t, 3> offset{};
    for (int c = 0; c < seen_.components(); ++c) {
      auto& plane = reader.ring.plane[c];
      const unsigned mask = slice.scale.input_mask;
      plane.mask = mask == ZIMG_BUFFER_MAX ? mask : mask >> seen_.subsample_h_of(c);
      plane.stride = static_cast<ptrdiff_t>(round_up(static_cast<size_t>(seen_.width_of(c) + 1) *
                                                     static_cast<size_t>(seen_.sample_bytes())));
      const size_t lines = mask == ZIMG_BUFFER_MAX ? static_cast<size_t>(seen_.height_of(c)) + 1
                                                   : static_cast<size_t>(plane.mask) + 1;
      offset[static_cast<size_t>(c)] = size;
      size += static_cast<size_t>(plane.stride) * lines;
    }
    uint8_t* ring = scratch.ring.need(size);
    if (!ring) return false;
    for (int c = 0; c < seen_.components(); ++c) {
      auto& plane = reader.ring.plane[c];
      plane.data = ring + offset[static_cast<size_t>(c)];
      source.plane[c] = {plane.data, plane.stride, plane.mask};
    }
  }

  zimg_image_buffer target{ZIMG_API_VERSION, {}};
  for (int c = 0; c < flat_.components(); ++c) {
    const auto& plane = out[static_cast<size_t>(c)];
    target.plane[c] = {plane.data + (slice.top >> flat_.subsample_h_of(c)) * plane.stride,
                       plane.stride, ZIMG_BUFFER_MAX};
  }
  const auto read = direct ? nullptr : &Reader::read;
  if (!tone_mapped_) {
    return zimg_filter_graph_process(slice.scale.graph.get(), &source, &target, tmp, read, &reader,
                                     nullptr, nullptr) == ZIMG_ERROR_SUCCESS;
  }

  const int rows = slice.bottom - slice.top;
  const size_t stride = round_up(static_cast<size_t>(flat_.width) * sizeof(float));
  const size_t plane_size = stride * static_cast<size_t>(rows);
  uint8_t* light = scratch.light.need(3 * plane_size);
  if (!light) return false;
  zimg_image_buffer linear{ZIMG_API_VERSION, {}};
  zimg_image_buffer_const linear_const{ZIMG_API_VERSION, {}};
  std::array<float*, 3> planes{};
  for (size_t c = 0; c < 3; ++c) {
    uint8_t* data = light + c * plane_size;
    linear.plane[c] = {data, static_cast<ptrdiff_t>(stride), ZIMG_BUFFER_MAX};
    linear_const.plane[c] = {data, static_cast<ptrdiff_t>(stride), ZIMG_BUFFER_MAX};
    planes[c] = reinterpret_cast<float*>(data);
  }
  if (zimg_filter_graph_process(slice.scale.graph.get(), &source, &linear, tmp, read, &reader,
                                nullptr, nullptr) != ZIMG_ERROR_SUCCESS) {
    return false;
  }
  for (int y = 0; y < rows; ++y) {
    const size_t row = static_cast<size_t>(y) * stride / sizeof(float);
    tone_map_.apply(planes[0] + row, planes[1] + row, planes[2] + row,
                    static_cast<size_t>(flat_.width));
  }
  return zimg_filter_graph_process(slice.encode.graph.get(), &linear_const, &target, tmp, nullptr,
                                   nullptr, nullptr, nullptr) == ZIMG_ERROR_SUCCESS;
}

}  // namespace filmgate::scaler
