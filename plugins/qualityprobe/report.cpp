#include "plugins/qualityprobe/report.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <string_view>

#include "plugins/common/messages.h"

namespace filmgate::quality {
namespace {

void set(GstStructure* message, const char* field, const std::optional<double>& value) {
  if (value) gst_structure_set(message, field, G_TYPE_DOUBLE, *value, nullptr);
}

// A new file beside `path`, so that the rename stays within one file system.
int create_beside(const std::string& path, std::string& temporary) {
  for (int i = 0; i < 100; ++i) {
    temporary = path + ".part-" + std::to_string(getpid()) + "-" + std::to_string(i);
    const int fd = open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

Structure make_message(const char* type, const char* media, const GstSegment& segment,
                       GstClockTime pts, GstClockTime duration) {
  Structure structure(gst_structure_new(message::kQualityProbe, message::kType, G_TYPE_STRING, type,
                                        message::kMedia, G_TYPE_STRING, media, nullptr));
  message::set_moment(structure.get(), &segment, pts, duration);
  return structure;
}

void add_figures(GstStructure* message, const FrameFigures& figures) {
  set(message, "si", figures.si);
  set(message, "ti", figures.ti);
  set(message, "blur", figures.blur);
  set(message, "luma-mean", figures.luma_mean);
  set(message, "luma-min", figures.luma_min);
  set(message, "luma-max", figures.luma_max);
  set(message, "black-ratio", figures.black_ratio);
  set(message, "outside-ratio", figures.outside_ratio);
}

void add_figures(GstStructure* message, const LoudnessFigures& figures) {
  set(message, "momentary", figures.momentary);
  set(message, "short-term", figures.short_term);
}

Structure make_finding(const char* media, const Finding& finding) {
  return Structure(gst_structure_new(
      message::kQualityProbe, message::kType, G_TYPE_STRING, "finding", message::kMedia,
      G_TYPE_STRING, media, message::kFinding, G_TYPE_STRING, finding.name, message::kStart,
      G_TYPE_UINT64, finding.interval.start, message::kEnd, G_TYPE_UINT64, finding.interval.end,
      message::kSeverity, G_TYPE_STRING, to_string(finding.severity), nullptr));
}

Result<void> write_report(const std::string& path, const std::string& text) {
  const std::string what = "cannot write the report " + path;
  std::string temporary;
  const int fd = create_beside(path, temporary);
  if (fd < 0) return error_from_errno(errno, what);
  int failure = 0;
  if (!write_all(fd, text) || fsync(fd) != 0) failure = errno;
  if (close(fd) != 0 && failure == 0) failure = errno;
  if (failure == 0 && rename(temporary.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return {};
  unlink(temporary.c_str());
  return error_from_errno(failure, what);
}

}  // namespace filmgate::quality
