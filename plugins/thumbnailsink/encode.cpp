// libjpeg and libwebp take the planes as they are; libpng takes interleaved RGB.
#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "plugins/thumbnailsink/still.h"

namespace filmgate::stills {
namespace {

using scaler::MutablePicture;

struct JpegFailure {
  jpeg_error_mgr manager;
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX];
};

[[noreturn]] void jpeg_failed(j_common_ptr codec) {
  auto* failure = reinterpret_cast<JpegFailure*>(codec->err);
  codec->err->format_message(codec, failure->text);
  std::longjmp(failure->jump, 1);
}

void jpeg_silent(j_common_ptr) {}

constexpr int kMcu = 16;  // rows and columns of a 4:2:0 block

// libjpeg reads whole blocks: what lies right of the picture repeats its last column.
void pad_right(const Still& still) {
  for (int c = 0; c < still.format.components(); ++c) {
    const auto& plane = still.picture.components()[static_cast<size_t>(c)];
    const int width = still.format.width_of(c);
    const int block = c == 0 ? kMcu : kMcu / 2;
    const int padded = (width + block - 1) / block * block;
    for (int y = 0; y < still.format.height_of(c); ++y) {
      uint8_t* row = plane.data + y * plane.stride;
      std::memset(row + width, row[width - 1], static_cast<size_t>(padded - width));
    }
  }
}

// Only plain data lives here, since libjpeg leaves by longjmp. Fills *bytes (malloc) and *size.
bool write_jpeg(const Still& still, int quality, JpegFailure* failure, unsigned char** bytes,
                unsigned long* size) {
  jpeg_compress_struct codec;
  codec.err = jpeg_std_error(&failure->manager);
  failure->manager.error_exit = jpeg_failed;
  failure->manager.output_message = jpeg_silent;
  if (setjmp(failure->jump) != 0) {
    jpeg_destroy_compress(&codec);
    return false;
  }
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, bytes, size);
  codec.image_width = static_cast<JDIMENSION>(still.format.width);
  codec.image_height = static_cast<JDIMENSION>(still.format.height);
  codec.input_components = 3;
  codec.in_color_space = JCS_YCbCr;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  codec.raw_data_in = TRUE;
  codec.optimize_coding = TRUE;
  codec.comp_info[0].h_samp_factor = codec.comp_info[0].v_samp_factor = 2;
  for (int c = 1; c < 3; ++c) {
    codec.comp_info[c].h_samp_factor = codec.comp_info[c].v_samp_factor = 1;
  }
  jpeg_start_compress(&codec, TRUE);
  const MutablePicture& planes = still.picture.components();
  JSAMPROW rows[3][kMcu];
  JSAMPARRAY arrays[3] = {rows[0], rows[1], rows[2]};
  while (codec.next_scanline < codec.image_height) {
    const int top = static_cast<int>(codec.next_scanline);
    for (int c = 0; c < 3; ++c) {
      const int lines = c == 0 ? kMcu : kMcu / 2;
      const int first = c == 0 ? top : top / 2;
      const int last = still.format.height_of(c) - 1;
      for (int y = 0; y < lines; ++y) {
        rows[c][y] = planes[static_cast<size_t>(c)].data +
                     std::min(first + y, last) * planes[static_cast<size_t>(c)].stride;
      }
    }
    jpeg_write_raw_data(&codec, arrays, kMcu);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  return true;
}

Result<std::string> encode_jpeg(const Still& still, int quality) {
  pad_right(still);
  JpegFailure failure{};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const bool done = write_jpeg(still, quality, &failure, &bytes, &size);
  std::string file;
  if (done) file.assign(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  if (!done) {
    return Error{ErrorCode::kUnsupported,
                 std::string("the picture can't be made a JPEG: ") + failure.text};
  }
  return file;
}

Result<std::string> encode_webp(const Still& still, int quality) {
  const Error failure{ErrorCode::kUnsupported,
                      "the picture can't be made a WebP: at most 16383 pixels a side fit"};
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigPreset(&config, WEBP_PRESET_PHOTO, static_cast<float>(quality)) ||
      !WebPPictureInit(&picture)) {
    return failure;
  }
  const MutablePicture& planes = still.picture.components();
  picture.use_argb = 0;
  picture.colorspace = WEBP_YUV420;
  picture.width = still.format.width;
  picture.height = still.format.height;
  picture.y = planes[0].data;
  picture.u = planes[1].data;
  picture.v = planes[2].data;
  picture.y_stride = static_cast<int>(planes[0].stride);
  picture.uv_stride = static_cast<int>(planes[1].stride);
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  const bool done = WebPEncode(&config, &picture) != 0;
  std::string file;
  if (done) file.assign(reinterpret_cast<const char*>(writer.mem), writer.size);
  WebPMemoryWriterClear(&writer);
  WebPPictureFree(&picture);
  if (!done) return failure;
  return file;
}

Result<std::string> encode_png(const Still& still) {
  const int width = still.format.width;
  const int height = still.format.height;
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (size_t c = 0; c < 3; ++c) {
    const auto& plane = still.picture.components()[c];
    uint8_t* pixel = pixels.data() + c;
    for (int y = 0; y < height; ++y) {
      const uint8_t* row = plane.data + y * plane.stride;
      for (int x = 0; x < width; ++x, pixel += 3) *pixel = row[x];
    }
  }
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  std::string file(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = file.size();
  if (!png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(), 0, nullptr)) {
    return Error{ErrorCode::kUnsupported,
                 std::string("the picture can't be made a PNG: ") + image.message};
  }
  file.resize(size);
  return file;
}

}  // namespace

Result<std::string> encode(const Still& still, StillType type, int quality) {
  if (!still.picture.components()[0].data) {
    return Error{ErrorCode::kLimit, "not enough memory for a picture"};
  }
  switch (type) {
    case StillType::kPng:
      return encode_png(still);
    case StillType::kWebp:
      return encode_webp(still, quality);
    default:
      return encode_jpeg(still, quality);
  }
}

}  // namespace filmgate::stills
