#include "host/worker/process/sniff.h"

#include <unistd.h>
#include <cerrno>

#include "host/worker/protocol.h"

namespace filmgate::worker {

namespace {

using Bytes = std::span<const unsigned char>;

bool has_at(Bytes head, size_t at, std::string_view magic) {
  return head.size() >= at + magic.size() &&
         std::memcmp(head.data() + at, magic.data(), magic.size()) == 0;
}

// ISO/IEC 14496-12: a file is a row of boxes, each a 32-bit size and a four-letter type.
bool is_iso_media(Bytes head) {
  using namespace std::literals;
  if (head.size() < 8) return false;
  const uint32_t size = uint32_t{head[0]} << 24 | uint32_t{head[1]} << 16 | uint32_t{head[2]} << 8 |
                        uint32_t{head[3]};
  if (size != 0 && size != 1 && size < 8) return false;
  for (const auto type : {"ftyp"sv, "moov"sv, "mdat"sv, "free"sv, "skip"sv, "wide"sv, "pnot"sv,
                          "styp"sv, "moof"sv, "sidx"sv, "uuid"sv}) {
    if (has_at(head, 4, type)) return true;
  }
  return false;
}

// Packets of 188 bytes, or of 192 with a time code before each (M2TS), begin with 0x47.
bool is_transport(Bytes head) {
  constexpr size_t kPackets = 4;
  for (const auto& [size, offset] : {std::pair<size_t, size_t>{188, 0}, {192, 4}, {204, 0}}) {
    size_t found = 0;
    while (found < kPackets && offset + found * size < head.size() &&
           head[offset + found * size] == 0x47) {
      ++found;
    }
    if (found == kPackets) return true;
  }
  return false;
}

// Text without its byte order mark and leading white space, in lower case.
std::string leading_text(Bytes head) {
  size_t at = has_at(head, 0, "\xEF\xBB\xBF") ? 3 : 0;
  while (at < head.size() && (std::isspace(head[at]) || head[at] == 0)) ++at;
  std::string text;
  for (; at < head.size() && text.size() < 1024; ++at) {
    text.push_back(static_cast<char>(std::tolower(head[at])));
  }
  return text;
}

bool is_text(Bytes head) {
  return !head.empty() && std::all_of(head.begin(), head.end(), [](unsigned char c) {
    return c >= 0x20 || c == '\n' || c == '\r' || c == '\t' || c == '\f';
  });
}

const char* name_of_markup(const std::string& text) {
  if (text.find("<mpd") != std::string::npos) return "a DASH manifest";
  if (text.find("<smoothstreamingmedia") != std::string::npos) return "a Smooth Streaming manifest";
  if (text.find("<svg") != std::string::npos) return "an SVG drawing";
  if (text.find("<html") != std::string::npos || text.starts_with("<!doctype html")) {
    return "a web page";
  }
  return "an XML document";
}

const char* name_of_other(Bytes head) {
  const std::string text = leading_text(head);
  if (text.starts_with("#extm3u")) return "an HTTP playlist";
  if (text.starts_with("[playlist]")) return "a playlist";
  if (text.starts_with("<")) return name_of_markup(text);
  if (text.starts_with("ffconcat")) return "a list of files to join";
  if (text.starts_with("#!")) return "a script";
  if (text.starts_with("{") || text.starts_with("[")) return "a JSON document";
  if (has_at(head, 0, "\xFF\xFE") || has_at(head, 0, "\xFE\xFF")) return "UTF-16 text";

  using namespace std::literals;
  static constexpr std::pair<std::string_view, const char*> kMagics[] = {
      {"PK\x03\x04"sv, "a ZIP archive"},
      {"PK\x05\x06"sv, "a ZIP archive"},
      {"Rar!"sv, "a RAR archive"},
      {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive"},
      {"\x1F\x8B"sv, "a gzip file"},
      {"BZh"sv, "a bzip2 file"},
      {"\xFD"sv
       "7zXZ"sv,
       "an xz file"},
      {"\x7F"sv
       "ELF"sv,
       "a program"},
      {"MZ"sv, "a Windows program"},
      {"%PDF"sv, "a PDF document"},
      {"\x89PNG"sv, "a PNG picture"},
      {"\xFF\xD8\xFF"sv, "a JPEG picture"},
      {"GIF8"sv, "a GIF picture"},
      {"BM"sv, "a BMP picture"},
      {"II*\0"sv, "a TIFF picture"},
      {"MM\0*"sv, "a TIFF picture"},
      {"ID3"sv, "an MP3 sound file"},
      {"fLaC"sv, "a FLAC sound file"},
      {"#!AMR"sv, "an AMR sound file"},
      {".RMF"sv, "a RealMedia file"},
      {"SQLite format 3"sv, "a database"},
      {"\0\0\x01\xB3"sv, "a bare MPEG video stream"}};
  for (const auto& [magic, name] : kMagics) {
    if (has_at(head, 0, magic)) return name;
  }
  if (has_at(head, 0, "RIFF")) {
    if (has_at(head, 8, "WAVE")) return "a WAVE sound file";
    if (has_at(head, 8, "WEBP")) return "a WebP picture";
    return "a RIFF file of an unknown kind";
  }
  if (has_at(head, 257, "ustar")) return "a tar archive";
  if (std::all_of(head.begin(), head.end(), [](unsigned char c) { return c == 0; })) {
    return "nothing but zeros";
  }
  return is_text(head) ? "plain text" : "";
}

Container container_of(Bytes head) {
  using namespace std::literals;
  if (is_iso_media(head)) return Container::kIsoMedia;
  if (has_at(head, 0, "\x1A\x45\xDF\xA3")) return Container::kMatroska;
  if (has_at(head, 0, "RIFF") && has_at(head, 8, "AVI ")) return Container::kAvi;
  if (has_at(head, 0, "FLV\x01")) return Container::kFlv;
  if (has_at(head, 0, "OggS")) return Container::kOgg;
  if (has_at(head, 0, "\0\0\x01\xBA"sv)) return Container::kProgram;
  if (has_at(head, 0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11")) return Container::kAsf;
  if (has_at(head, 0, "\x06\x0E\x2B\x34")) return Container::kMxf;
  if (is_transport(head)) return Container::kTransport;
  return Container::kNone;
}

bool named(const std::vector<std::string>& elements, std::string_view name) {
  return std::find(elements.begin(), elements.end(), name) != elements.end();
}

}  // namespace

Sniffed sniff(Bytes head) {
  Sniffed sniffed;
  sniffed.container = container_of(head);
  if (sniffed.container == Container::kNone) sniffed.looks_like = name_of_other(head);
  return sniffed;
}

std::optional<Failure> refuse_by_sniffing(int fd, const std::vector<std::string>& elements) {
  std::array<unsigned char, kSniffBytes> buffer{};
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t n =
        pread(fd, buffer.data() + size, buffer.size() - size, static_cast<off_t>(size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return Failure{kClassIo, "the upload can't be read: " + std::string(std::strerror(errno)), "",
                     "sniff"};
    }
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size == 0) return Failure{kClassMedia, "this is not a video: the file is empty", "", "sniff"};

  const Sniffed sniffed = sniff(Bytes(buffer.data(), size));
  if (sniffed.container == Container::kAsf && !named(elements, "asfdemux")) {
    return Failure{kClassUnsupported, "Windows Media (ASF) files are not accepted here", "",
                   "sniff"};
  }
  if (sniffed.container == Container::kMxf && !named(elements, "mxfdemux")) {
    return Failure{kClassUnsupported, "MXF files are not accepted here", "", "sniff"};
  }
  if (sniffed.container != Container::kNone) return std::nullopt;
  if (sniffed.looks_like.empty()) {
    return Failure{kClassMedia,
                   "this is not a video: it doesn't begin like any video file known here", "",
                   "sniff"};
  }
  return Failure{kClassMedia, "this is not a video: it begins like " + sniffed.looks_like, "",
                 "sniff"};
}

}  // namespace filmgate::worker
