// Pieces that the launch texts of all stages share.
#pragma once

#include <string>

#include "host/pipeline/picture.h"

namespace filmgate::launch_parts {

// Raw sound is small and may run ahead of the picture by what the picture's queues hold.
inline constexpr const char* kSoundQueue =
    "queue max-size-bytes=0 max-size-buffers=0 max-size-time=10000000000";
// Encoded sound waits here for the first picture of its rung's encoder.
inline constexpr const char* kEncodedQueue =
    "queue max-size-bytes=0 max-size-buffers=0 max-size-time=0";

std::string raw_queue(int buffers);
// How many pictures of this size a queue may hold: about 32 MB of them, 2 to 4.
int queue_buffers(const Picture& picture);
std::string file_in(const std::string& folder, const std::string& name);
std::string metadata_text(const std::string& sidecar);

}  // namespace filmgate::launch_parts
