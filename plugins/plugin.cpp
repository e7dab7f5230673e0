// Registration of the Filmgate plugin; each element's own folder says what it does.
#include <gst/gst.h>

#include "plugins/metadatagate/gstmetadatagate.h"
#include "plugins/qualityprobe/gstqualityprobe.h"
#include "plugins/renditionscale/gstrenditionscale.h"
#include "plugins/thumbnailsink/gstthumbnailsink.h"

#define PACKAGE "filmgate"

static gboolean plugin_init(GstPlugin* plugin) {
  gboolean registered = FALSE;
  registered |= GST_ELEMENT_REGISTER(metadatagate, plugin);
  registered |= GST_ELEMENT_REGISTER(qualityprobe, plugin);
  registered |= GST_ELEMENT_REGISTER(thumbnailsink, plugin);
  registered |= GST_ELEMENT_REGISTER(renditionscale, plugin);
  return registered;
}

extern "C" {
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, filmgate,
                  "Gate, measure, still and scale video that comes from elsewhere", plugin_init,
                  FILMGATE_VERSION, "LGPL", "Filmgate", "https://filmgate.example/")
}
