#include "plugins/metadatagate/sidecar.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace filmgate {
namespace {

constexpr std::string_view kDescriptorScheme = "fd://";

Result<int> descriptor_number(std::string_view location) {
  const std::string_view digits = location.substr(kDescriptorScheme.size());
  int fd = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
  if (error != std::errc{} || end != digits.data() + digits.size() || fd < 0)
    return Error{ErrorCode::kInvalidInput,
                 "\"" + std::string(location) + "\" names no descriptor; write fd://3"};
  return fd;
}

// Reads from `fd` until its end; one byte more than `max_bytes` shows that there is too much.
Result<std::string> read_all(int fd, size_t max_bytes, const std::string& location) {
  const bool seekable = lseek(fd, 0, SEEK_CUR) >= 0;
  std::string text(max_bytes + 1, '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const size_t room = text.size() - filled;
    const ssize_t count = seekable
                              ? pread(fd, text.data() + filled, room, static_cast<off_t>(filled))
                              : read(fd, text.data() + filled, room);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return error_from_errno(errno, "cannot read " + location);
    if (count == 0) break;
    filled += static_cast<size_t>(count);
  }
  if (filled > max_bytes)
    return Error{ErrorCode::kLimit,
                 location + " is larger than " + std::to_string(max_bytes) + " bytes"};
  text.resize(filled);
  return text;
}

}  // namespace

Result<std::string> read_small_file(const std::string& location, size_t max_bytes) {
  if (location.starts_with(kDescriptorScheme)) {
    Result<int> fd = descriptor_number(location);
    if (!fd) return fd.error();
    return read_all(*fd, max_bytes, location);
  }
  // Without O_NONBLOCK the open itself would wait for the other end of a FIFO.
  const int fd = open(location.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return error_from_errno(errno, "cannot open " + location);
  struct stat status {};
  Result<std::string> text = Error{ErrorCode::kInvalidInput, location + " is not a regular file"};
  if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) text = read_all(fd, max_bytes, location);
  close(fd);
  return text;
}

std::string source_name(const std::string& location, std::string_view fallback) {
  if (location.empty() || location.starts_with(kDescriptorScheme)) return std::string(fallback);
  return location.substr(location.rfind('/') + 1);
}

Result<Json> parse_sidecar(std::string_view text, std::string_view source) {
  Result<Json> json = parse_json(text, source, kSidecarLimits);
  if (json && !json->is_object())
    return Error{ErrorCode::kInvalidInput,
                 std::string(source) +
                     ":1:1: metadata must be an object such as {\"title\": \"…\"}, not " +
                     json->type_name()};
  return json;
}

}  // namespace filmgate
