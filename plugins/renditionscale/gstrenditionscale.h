// renditionscale: turns a decoded frame into the frame of a rendition. See docs/elements.
#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_RENDITION_SCALE (gst_rendition_scale_get_type())
G_DECLARE_FINAL_TYPE(GstRenditionScale, gst_rendition_scale, GST, RENDITION_SCALE, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(renditionscale)

G_END_DECLS
