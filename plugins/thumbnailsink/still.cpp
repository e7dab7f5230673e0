#include "plugins/thumbnailsink/still.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace filmgate::stills {

Result<StillType> type_of(const std::string& location, StillType asked) {
  if (asked != StillType::kAuto) return asked;
  std::string extension = std::filesystem::path(location).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".jpg" || extension == ".jpeg") return StillType::kJpeg;
  if (extension == ".png") return StillType::kPng;
  if (extension == ".webp") return StillType::kWebp;
  return Error{ErrorCode::kInvalidInput,
               "the name \"" + location +
                   "\" doesn't say which kind of picture it is; end it in .jpg, .png or .webp, or "
                   "set the format property"};
}

scaler::Format still_format(StillType type, scaler::Size size, const scaler::Colour& source) {
  scaler::Format format;
  format.width = size.width;
  format.height = size.height;
  format.site = scaler::ChromaSite::kCentre;
  format.colour.matrix = scaler::kMatrixBt601;
  format.colour.full_range = type != StillType::kWebp;
  // Viewers take stills for sRGB. The primaries of SD are near enough that no one converts them;
  // those of wide gamuts are not.
  const bool near = source.primaries == 5 || source.primaries == scaler::kPrimariesBt601;
  format.colour.primaries = near && !source.is_hdr() ? source.primaries : scaler::kPrimariesBt709;
  if (type == StillType::kPng) {
    format.family = scaler::Family::kRgb;
    format.subsample_w = format.subsample_h = 0;
    format.colour.matrix = scaler::kMatrixRgb;
  }
  return format;
}

void fill_black(const Still& still) {
  for (int c = 0; c < still.format.components(); ++c) {
    const auto& plane = still.picture.components()[static_cast<size_t>(c)];
    int black = still.format.colour.full_range ? 0 : 16;
    if (still.format.family == scaler::Family::kYuv && c > 0) black = 128;
    std::memset(plane.data, black,
                static_cast<size_t>(plane.stride) * static_cast<size_t>(still.format.height_of(c)));
  }
}

Result<void> check_folder(const std::string& location) {
  std::string folder = std::filesystem::path(location).parent_path().string();
  if (folder.empty()) folder = ".";
  struct stat status;
  if (stat(folder.c_str(), &status) != 0)
    return error_from_errno(errno, "cannot write to " + folder);
  if (!S_ISDIR(status.st_mode)) return error_from_errno(ENOTDIR, "cannot write to " + folder);
  if (access(folder.c_str(), W_OK) != 0)
    return error_from_errno(errno, "cannot write to " + folder);
  return {};
}

}  // namespace filmgate::stills
