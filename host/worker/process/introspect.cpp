#include "host/worker/process/introspect.h"

#include <gst/gst.h>

#include <cmath>

#include "host/worker/process/elements.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

struct ClassUnref {
  void operator()(gpointer type_class) const { g_type_class_unref(type_class); }
};
template <typename T>
using ClassHandle = std::unique_ptr<T, ClassUnref>;

void set_range(Json& property, double minimum, double maximum) {
  if (std::isfinite(minimum)) property.set("minimum", minimum);
  if (std::isfinite(maximum)) property.set("maximum", maximum);
}

template <typename Value>
void set_nicks(Json& property, const Value* values, guint count) {
  Json nicks = Json::array();
  for (guint i = 0; i < count; ++i) nicks.push_back(values[i].value_nick);
  property.set("values", std::move(nicks));
}

Json describe_property(GParamSpec* spec) {
  Json property = Json::object({{"type", "other"}});
  property.set("writable", (spec->flags & G_PARAM_WRITABLE) != 0);
  if (G_IS_PARAM_SPEC_BOOLEAN(spec)) {
    property.set("type", "boolean");
  } else if (G_IS_PARAM_SPEC_INT(spec)) {
    const auto* range = G_PARAM_SPEC_INT(spec);
    property.set("type", "int");
    set_range(property, range->minimum, range->maximum);
  } else if (G_IS_PARAM_SPEC_UINT(spec)) {
    const auto* range = G_PARAM_SPEC_UINT(spec);
    property.set("type", "uint");
    set_range(property, range->minimum, range->maximum);
  } else if (G_IS_PARAM_SPEC_INT64(spec) || G_IS_PARAM_SPEC_LONG(spec)) {
    property.set("type", "int64");
    if (G_IS_PARAM_SPEC_INT64(spec)) {
      const auto* range = G_PARAM_SPEC_INT64(spec);
      set_range(property, static_cast<double>(range->minimum), static_cast<double>(range->maximum));
    }
  } else if (G_IS_PARAM_SPEC_UINT64(spec) || G_IS_PARAM_SPEC_ULONG(spec)) {
    property.set("type", "uint64");
    if (G_IS_PARAM_SPEC_UINT64(spec)) {
      const auto* range = G_PARAM_SPEC_UINT64(spec);
      set_range(property, static_cast<double>(range->minimum), static_cast<double>(range->maximum));
    }
  } else if (G_IS_PARAM_SPEC_FLOAT(spec)) {
    const auto* range = G_PARAM_SPEC_FLOAT(spec);
    property.set("type", "float");
    set_range(property, static_cast<double>(range->minimum), static_cast<double>(range->maximum));
  } else if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    const auto* range = G_PARAM_SPEC_DOUBLE(spec);
    property.set("type", "double");
    set_range(property, range->minimum, range->maximum);
  } else if (G_IS_PARAM_SPEC_STRING(spec)) {
    property.set("type", "string");
  } else if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* values = G_PARAM_SPEC_ENUM(spec)->enum_class;
    property.set("type", "enum");
    set_nicks(property, values->values, values->n_values);
  } else if (G_IS_PARAM_SPEC_FLAGS(spec)) {
    const GFlagsClass* values = G_PARAM_SPEC_FLAGS(spec)->flags_class;
    property.set("type", "flags");
    set_nicks(property, values->values, values->n_values);
  } else if (GST_IS_PARAM_SPEC_FRACTION(spec)) {
    property.set("type", "fraction");
  }
  return property;
}

Json describe_properties(GstElementFactory* factory) {
  Json properties = Json::object();
  const GType type = gst_element_factory_get_element_type(factory);
  const ClassHandle<GObjectClass> element_class(static_cast<GObjectClass*>(g_type_class_ref(type)));
  guint count = 0;
  const std::unique_ptr<GParamSpec*, GFree> specs(
      g_object_class_list_properties(element_class.get(), &count));
  for (guint i = 0; i < count; ++i) {
    properties.set(specs.get()[i]->name, describe_property(specs.get()[i]));
  }
  return properties;
}

const char* direction_name(GstPadDirection direction) {
  return direction == GST_PAD_SINK ? "sink" : "src";
}

const char* presence_name(GstPadPresence presence) {
  switch (presence) {
    case GST_PAD_ALWAYS:
      return "always";
    case GST_PAD_SOMETIMES:
      return "sometimes";
    default:
      return "request";
  }
}

Json media_types_of(const GstCaps* caps) {
  Json types = Json::array();
  if (gst_caps_is_any(caps)) {
    types.push_back("ANY");
    return types;
  }
  std::set<std::string> seen;
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const std::string name = gst_structure_get_name(gst_caps_get_structure(caps, i));
    if (seen.insert(name).second) types.push_back(name);
  }
  return types;
}

Json describe_pads(GstElementFactory* factory) {
  Json pads = Json::array();
  for (const GList* item = gst_element_factory_get_static_pad_templates(factory); item;
       item = item->next) {
    auto* pad_template = static_cast<GstStaticPadTemplate*>(item->data);
    const auto caps = Ref<GstCaps>::adopt(gst_static_pad_template_get_caps(pad_template));
    pads.push_back(Json::object({{"direction", direction_name(pad_template->direction)},
                                 {"presence", presence_name(pad_template->presence)},
                                 {"media_types", media_types_of(caps.get())}}));
  }
  return pads;
}

}  // namespace

Json make_catalogue() {
  std::map<std::string, Json> sorted;
  GList* features = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
  for (GList* item = features; item; item = item->next) {
    auto* listed = GST_ELEMENT_FACTORY(item->data);
    if (why_forbidden(listed)) continue;
    const auto loaded =
        Ref<GstPluginFeature>::adopt(gst_plugin_feature_load(GST_PLUGIN_FEATURE(listed)));
    if (!loaded) continue;
    auto* factory = GST_ELEMENT_FACTORY(loaded.get());
    sorted.emplace(gst_plugin_feature_get_name(loaded.get()),
                   Json::object({{"klass", gst_element_factory_get_metadata(
                                               factory, GST_ELEMENT_METADATA_KLASS)},
                                 {"properties", describe_properties(factory)},
                                 {"pads", describe_pads(factory)}}));
  }
  gst_plugin_feature_list_free(features);
  Json elements = Json::object();
  for (auto& [name, element] : sorted) elements.set(name, std::move(element));
  return Json::object({{"elements", std::move(elements)}});
}

}  // namespace filmgate::worker
