// What gst-inspect-1.0 shows of an element, less what its base classes bring.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "tests/element/golden/golden.h"

namespace filmgate::test {
namespace {

std::string text_of(const GValue* value) {
  const GString8 text(gst_value_serialize(value));
  return text ? text.get() : "(null)";
}

std::string default_of(GParamSpec* spec) {
  return text_of(g_param_spec_get_default_value(spec));
}

std::string values_of(GType type) {
  if (!G_TYPE_IS_ENUM(type) && !G_TYPE_IS_FLAGS(type)) return "";
  std::string text;
  auto* type_class = g_type_class_ref(type);
  if (G_IS_ENUM_CLASS(type_class)) {
    const auto* values = G_ENUM_CLASS(type_class);
    for (guint i = 0; i < values->n_values; ++i)
      text += std::string("    ") + values->values[i].value_nick + ": " +
              values->values[i].value_name + "\n";
  } else if (G_IS_FLAGS_CLASS(type_class)) {
    const auto* values = G_FLAGS_CLASS(type_class);
    for (guint i = 0; i < values->n_values; ++i)
      text += std::string("    ") + values->values[i].value_nick + ": " +
              values->values[i].value_name + "\n";
  }
  g_type_class_unref(type_class);
  return text;
}

template <typename Spec>
std::string range(const Spec* spec) {
  return " [" + std::to_string(spec->minimum) + ", " + std::to_string(spec->maximum) + "]";
}

std::string range_of(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_INT(spec)) return range(G_PARAM_SPEC_INT(spec));
  if (G_IS_PARAM_SPEC_UINT(spec)) return range(G_PARAM_SPEC_UINT(spec));
  if (G_IS_PARAM_SPEC_UINT64(spec)) return range(G_PARAM_SPEC_UINT64(spec));
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) return range(G_PARAM_SPEC_DOUBLE(spec));
  return "";
}

std::string access_of(GParamSpec* spec) {
  std::string text = spec->flags & G_PARAM_WRITABLE ? "read-write" : "read-only";
  if (spec->flags & GST_PARAM_CONTROLLABLE) text += ", controllable";
  if (spec->flags & GST_PARAM_MUTABLE_READY) text += ", in NULL and READY";
  if (spec->flags & GST_PARAM_MUTABLE_PAUSED) text += ", up to PAUSED";
  if (spec->flags & GST_PARAM_MUTABLE_PLAYING) text += ", any time";
  return text;
}

std::string properties_of(GstElement* element) {
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  std::vector<std::string> texts;
  for (guint i = 0; i < count; ++i) {
    GParamSpec* spec = specs[i];
    const bool own = spec->owner_type == G_OBJECT_TYPE(element);
    GValue now = G_VALUE_INIT;
    g_value_init(&now, spec->value_type);
    g_object_get_property(G_OBJECT(element), spec->name, &now);
    const bool changed = text_of(&now) != default_of(spec);
    // Of inherited properties only those whose value the element sets otherwise.
    const std::string name = spec->name;
    if (own || (changed && name != "name")) {
      std::string text = "property " + name + ": " + g_type_name(spec->value_type) + " = " +
                         text_of(&now) + range_of(spec);
      if (own) {
        text += "\n  " + access_of(spec) + "\n  " + g_param_spec_get_blurb(spec) + "\n" +
                values_of(spec->value_type);
      } else {
        text += "\n  inherited\n";
      }
      texts.push_back(text);
    }
    g_value_unset(&now);
  }
  g_free(specs);
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

std::string signals_of(GType type) {
  guint count = 0;
  guint* ids = g_signal_list_ids(type, &count);
  std::string text;
  for (guint i = 0; i < count; ++i) {
    GSignalQuery query;
    g_signal_query(ids[i], &query);
    text += std::string(query.signal_flags & G_SIGNAL_ACTION ? "action " : "") + "signal " +
            query.signal_name + "(";
    for (guint k = 0; k < query.n_params; ++k)
      text += std::string(k > 0 ? ", " : "") + g_type_name(query.param_types[k]);
    text += std::string("): ") + g_type_name(query.return_type) + "\n";
  }
  g_free(ids);
  return text;
}

std::string pads_of(GstElementFactory* factory) {
  std::vector<std::string> texts;
  for (const GList* item = gst_element_factory_get_static_pad_templates(factory); item;
       item = item->next) {
    auto* pad = static_cast<GstStaticPadTemplate*>(item->data);
    auto caps = Ref<GstCaps>::adopt(gst_static_pad_template_get_caps(pad));
    const GString8 text(gst_caps_to_string(caps.get()));
    texts.push_back(std::string("pad ") + pad->name_template +
                    (pad->direction == GST_PAD_SINK ? " (in" : " (out") +
                    (pad->presence == GST_PAD_ALWAYS ? ", always)" : ", not always)") + "\n  " +
                    text.get() + "\n");
  }
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const std::string& text : texts) all += text;
  return all;
}

std::string describe(const char* name) {
  auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name));
  auto element = Ref<GstElement>::sink(gst_element_factory_make(name, nullptr));
  if (!factory || !element) return "";
  std::string text = std::string("element ") + name + "\n";
  for (const char* key : {GST_ELEMENT_METADATA_LONGNAME, GST_ELEMENT_METADATA_KLASS,
                          GST_ELEMENT_METADATA_DESCRIPTION, GST_ELEMENT_METADATA_AUTHOR})
    text += std::string(key) + ": " + gst_element_factory_get_metadata(factory.get(), key) + "\n";
  text += "rank: " +
          std::to_string(gst_plugin_feature_get_rank(GST_PLUGIN_FEATURE_CAST(factory.get()))) +
          "\n";
  text += std::string("parent: ") + g_type_name(g_type_parent(G_OBJECT_TYPE(element.get()))) + "\n";
  if (GST_OBJECT_FLAG_IS_SET(element.get(), GST_ELEMENT_FLAG_SINK)) text += "is a sink\n";
  return text + pads_of(factory.get()) + properties_of(element.get()) +
         signals_of(G_OBJECT_TYPE(element.get()));
}

class GoldenElement : public testing::TestWithParam<const char*> {};

TEST_P(GoldenElement, LooksAsItDid) {
  register_elements();
  expect_golden(std::string(GetParam()) + ".golden", describe(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenElement,
                         testing::Values("metadatagate", "qualityprobe", "renditionscale",
                                         "thumbnailsink"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace filmgate::test
