// What a file is by its first bytes, before any demuxer sees it. Playlists, manifests and drawings
// make demuxers fetch other files; they and all else that isn't a known video container stop here.
#pragma once

#include <span>
#include <string>

#include "host/worker/process/report.h"

namespace filmgate::worker {

enum class Container {
  kNone,
  kIsoMedia,
  kMatroska,
  kTransport,
  kProgram,
  kAvi,
  kFlv,
  kOgg,
  kAsf,
  kMxf
};

struct Sniffed {
  Container container = Container::kNone;
  std::string looks_like;  // where there is none: "an HTTP playlist", "a ZIP archive"; "" = no idea
};

inline constexpr size_t kSniffBytes = 4096;

// `head` is the beginning of the file, at most kSniffBytes of it.
Sniffed sniff(std::span<const unsigned char> head);

// Reads the beginning of `fd` by pread. Nullopt when it is a container that may go on; ASF and MXF
// only with their demuxers among `elements`.
std::optional<Failure> refuse_by_sniffing(int fd, const std::vector<std::string>& elements);

}  // namespace filmgate::worker
