// Presets (GstPreset): named sets of an element's settings in a .prs file, such as those in
// data/presets. What belongs to one stream, the files it reads and writes, is in none of them.
#pragma once

#include <gst/gst.h>

#include <string_view>

namespace filmgate {

inline bool is_kept_in_presets(const GParamSpec* spec, GType element) {
  const std::string_view name = spec->name;
  const bool writable = (spec->flags & G_PARAM_READWRITE) == G_PARAM_READWRITE;
  const bool of_one_stream = name.ends_with("location") || name == "sidecar" || name == "metadata";
  return spec->owner_type == element && writable && !of_one_stream;
}

inline gchar** preset_property_names(GstPreset* preset) noexcept {
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(preset), &count);
  gchar** names = g_new0(gchar*, count + 1);
  guint kept = 0;
  for (guint i = 0; i < count; ++i)
    if (is_kept_in_presets(specs[i], G_OBJECT_TYPE(preset)))
      names[kept++] = g_strdup(specs[i]->name);
  g_free(specs);
  return names;
}

// For G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, …) of an element.
inline void init_preset(gpointer interface, gpointer) noexcept {
  static_cast<GstPresetInterface*>(interface)->get_property_names = preset_property_names;
}

}  // namespace filmgate
