// Sends a file, or one range of it (RFC 9110 §14), in blocks: memory stays the same however long
// the file is, and reading happens on another thread.
#pragma once

#include <optional>
#include <string>

#include "host/http/exchange.h"

namespace filmgate::http {

struct ByteRange {
  int64_t first = 0;
  int64_t last = 0;  // inclusive
};
enum class RangeKind { kWhole, kPart, kUnsatisfiable };
// A single "bytes=…" range; several, other units and malformed ones mean the whole file.
RangeKind parse_range(const std::string& header, int64_t size, ByteRange& range);

// `sha256` "" = no entity tag.
void send_file(const ExchangePtr& exchange, const std::string& path, const std::string& media_type,
               const std::string& sha256);

}  // namespace filmgate::http
