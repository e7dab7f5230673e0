// Sidecar fields as GStreamer tags.
#pragma once

#include <gst/gst.h>

#include "plugins/common/handles.h"
#include "plugins/core/json.h"

namespace filmgate {

// A sidecar's fields as tags of global scope, by the table in docs/elements/metadatagate.md.
// Null when there is nothing to say.
Ref<GstTagList> tags_from_sidecar(const Json& sidecar);

}  // namespace filmgate
