// GStreamer tags as facts, and sidecar fields as GStreamer tags.
#pragma once

#include <gst/gst.h>

#include "plugins/common/handles.h"
#include "plugins/core/json.h"

namespace filmgate {

// Tags under their GStreamer names: text, numbers, booleans, dates (RFC 3339), several values as an
// array. Pictures, attachments and other binary tags are left out; text is made valid UTF-8 and cut
// at 4 KiB, 64 values a tag and 256 tags are kept, since a file can carry any amount.
Json facts_from_tags(const GstTagList* tags);

// A sidecar's fields as tags of global scope, by the table in docs/elements/metadatagate.md.
// Null when there is nothing to say.
Ref<GstTagList> tags_from_sidecar(const Json& sidecar);

}  // namespace filmgate
