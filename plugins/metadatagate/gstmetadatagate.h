// The element metadatagate: holds a stream until its metadata satisfies the rules. What it does is
// said in the .cpp and in docs/elements/metadatagate.md.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_METADATA_GATE (gst_metadata_gate_get_type())
G_DECLARE_FINAL_TYPE(GstMetadataGate, gst_metadata_gate, GST, METADATA_GATE, GstElement)

GST_ELEMENT_REGISTER_DECLARE(metadatagate)

G_END_DECLS
