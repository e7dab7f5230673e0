// GStreamer tags as facts.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/core/json.h"

namespace filmgate {

inline constexpr size_t kMaxTextBytes = 4096;
inline constexpr guint kMaxValues = 64;  // of one tag

// Tags under their GStreamer names: text, numbers, booleans, dates (RFC 3339), several values as an
// array. Pictures, attachments and other binary tags are left out; text is made valid UTF-8 and cut
// at 4 KiB, 64 values a tag and 256 tags are kept, since a file can carry any amount.
Json facts_from_tags(const GstTagList* tags);

// `length` bytes (-1: up to the NUL) as valid UTF-8, cut as above.
std::string valid_tag_text(const char* text, gssize length);

}  // namespace filmgate
