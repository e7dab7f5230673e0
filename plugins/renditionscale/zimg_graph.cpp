#include "plugins/renditionscale/zimg_graph.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "plugins/renditionscale/owned_picture.h"
#include "plugins/renditionscale/planes.h"

namespace filmgate::scaler {
namespace {

constexpr size_t round_up(size_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
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

// Lays the ring out in one block; false where there is no memory.
bool make_ring(const Format& format, unsigned mask, Block& block, zimg_image_buffer& ring) {
  size_t size = 0;
  std::array<size_t, 3> offset{};
  for (int c = 0; c < format.components(); ++c) {
    auto& plane = ring.plane[c];
    plane.mask = mask == ZIMG_BUFFER_MAX ? mask : mask >> format.subsample_h_of(c);
    plane.stride = static_cast<ptrdiff_t>(round_up(static_cast<size_t>(format.width_of(c) + 1) *
                                                   static_cast<size_t>(format.sample_bytes())));
    const size_t lines = mask == ZIMG_BUFFER_MAX ? static_cast<size_t>(format.height_of(c)) + 1
                                                 : static_cast<size_t>(plane.mask) + 1;
    offset[static_cast<size_t>(c)] = size;
    size += static_cast<size_t>(plane.stride) * lines;
  }
  uint8_t* memory = block.need(size);
  if (!memory) return false;
  for (int c = 0; c < format.components(); ++c) {
    ring.plane[c].data = memory + offset[static_cast<size_t>(c)];
  }
  return true;
}

// True where the graph can read the picture as it lies.
bool is_direct(const Format& format, const Picture& source) {
  bool direct = format.shift == 0 && format.width % (1 << format.subsample_w_of(1)) == 0 &&
                format.height % (1 << format.subsample_h_of(1)) == 0;
  for (int c = 0; direct && c < format.components(); ++c) {
    const auto& plane = source[static_cast<size_t>(c)];
    direct = plane.step == format.sample_bytes() && is_aligned(plane.data, plane.stride);
  }
  return direct;
}

}  // namespace

bool is_aligned(const void* data, ptrdiff_t stride) {
  return reinterpret_cast<uintptr_t>(data) % kAlignment == 0 && stride % kAlignment == 0;
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

Error zimg_error() {
  char text[256] = "";
  zimg_get_last_error(text, sizeof text);
  return Error{ErrorCode::kUnsupported,
               std::string("this picture can't be scaled or converted: ") + text};
}

Result<void> ZimgGraph::build(const zimg_image_format& from, const zimg_image_format& to,
                              const zimg_graph_builder_params& params) {
  graph_.reset(zimg_filter_graph_build(&from, &to, &params));
  if (!graph_) return zimg_error();
  unsigned lines = 0;
  if (zimg_filter_graph_get_tmp_size(graph_.get(), &tmp_size_) != ZIMG_ERROR_SUCCESS ||
      zimg_filter_graph_get_input_buffering(graph_.get(), &lines) != ZIMG_ERROR_SUCCESS) {
    return zimg_error();
  }
  input_mask_ = zimg_select_buffer_mask(lines);
  return {};
}

bool ZimgGraph::run(const Format& format, const Picture& source, const zimg_image_buffer& target,
                    ZimgScratch& scratch) const {
  uint8_t* tmp = scratch.tmp.need(tmp_size_ + kAlignment);
  if (!tmp) return false;
  const bool direct = is_direct(format, source);
  Reader reader{&format, &source, {ZIMG_API_VERSION, {}}};
  zimg_image_buffer_const from{ZIMG_API_VERSION, {}};
  if (!direct && !make_ring(format, input_mask_, scratch.ring, reader.ring)) return false;
  for (int c = 0; c < format.components(); ++c) {
    const auto& plane = source[static_cast<size_t>(c)];
    const auto& ring = reader.ring.plane[c];
    if (direct) {
      from.plane[c] = {plane.data, plane.stride, ZIMG_BUFFER_MAX};
    } else {
      from.plane[c] = {ring.data, ring.stride, ring.mask};
    }
  }
  return zimg_filter_graph_process(graph_.get(), &from, &target, tmp,
                                   direct ? nullptr : &Reader::read, &reader, nullptr,
                                   nullptr) == ZIMG_ERROR_SUCCESS;
}

}  // namespace filmgate::scaler
