// The properties of renditionscale.
#pragma once

#include <glib-object.h>

#include "plugins/renditionscale/rendition.h"
#include "plugins/renditionscale/scaler.h"

namespace filmgate::scaler {

struct Settings {
  RenditionRequest request;
  Method method = Method::kBicubic;
  bool tone_map = true;
  int threads = 1;
};

// The type of the "method" property.
GType method_type();

void install_settings(GObjectClass* object_class);

// False where there is no property of this id.
bool set_setting(Settings& settings, guint id, const GValue* value);
bool get_setting(const Settings& settings, guint id, GValue* value);

}  // namespace filmgate::scaler
