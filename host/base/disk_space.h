// Room on a disk, and marks of it as people write them in the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

struct DiskSpace {
  int64_t free_bytes = 0;  // what we may use: without what is reserved for root
  int64_t total_bytes = 0;
};

// A part of the disk, a size, or the smaller of the two where both are given. Neither: no mark.
struct SpaceMark {
  double part = 0;    // of the whole disk, 0 to 1
  int64_t bytes = 0;  // 0 = as the part says
  int64_t on(const DiskSpace& disk) const;
};

// "5%" or "10G"; "0" = no mark. The error says what is needed.
Result<SpaceMark> parse_space_mark(std::string_view text);

// "512M", "4 GiB", "1.5G", "10GB", "1000000": powers of 1024, as in systemd's units.
Result<int64_t> parse_size(std::string_view text);

// The same for people, in powers of 1000 as disks are sold: "1 byte", "12.3 MB".
std::string describe_size(int64_t bytes);

}  // namespace filmgate
