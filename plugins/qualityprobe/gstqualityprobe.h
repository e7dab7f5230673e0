#pragma once

#include <gst/base/gstbasetransform.h>

G_BEGIN_DECLS

#define GST_TYPE_QUALITY_PROBE (gst_quality_probe_get_type())
G_DECLARE_FINAL_TYPE(GstQualityProbe, gst_quality_probe, GST, QUALITY_PROBE, GstBaseTransform)

GST_ELEMENT_REGISTER_DECLARE(qualityprobe)

G_END_DECLS
