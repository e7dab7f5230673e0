// thumbnailsink: posters, numbered pictures and sprite sheets from decoded video. See
// docs/elements.
#pragma once

#include <gst/video/gstvideosink.h>

G_BEGIN_DECLS

#define GST_TYPE_THUMBNAIL_SINK (gst_thumbnail_sink_get_type())
G_DECLARE_FINAL_TYPE(GstThumbnailSink, gst_thumbnail_sink, GST, THUMBNAIL_SINK, GstVideoSink)

GST_ELEMENT_REGISTER_DECLARE(thumbnailsink)

G_END_DECLS
