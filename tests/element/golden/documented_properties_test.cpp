// The tables of properties in docs/elements say what gst-inspect-1.0 shows.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "tests/element/golden/golden.h"

namespace filmgate::test {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}
template <typename Whole>
std::string number(Whole value) {
  return std::to_string(value);
}

// "default | range"; what lies beyond 31 bits is no bound that anybody meets.
template <typename Spec>
std::string bounded(const Spec* spec) {
  const std::string least = number(spec->minimum);
  const bool open = static_cast<double>(spec->maximum) >= G_MAXINT;
  return number(spec->default_value) + " | " +
         (open ? "from " + least : least + " to " + number(spec->maximum));
}

std::string joined(const std::vector<std::string>& nicks) {
  std::string text;
  for (const std::string& nick : nicks) text += (text.empty() ? "`" : ", `") + nick + "`";
  return text;
}

// "type | default | range"
std::string described(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_STRING(spec)) return "string | |";
  if (G_IS_PARAM_SPEC_BOOLEAN(spec))
    return std::string("boolean | ") +
           (G_PARAM_SPEC_BOOLEAN(spec)->default_value ? "true" : "false") + " |";
  if (G_IS_PARAM_SPEC_INT(spec)) return "int | " + bounded(G_PARAM_SPEC_INT(spec));
  if (G_IS_PARAM_SPEC_UINT(spec)) return "uint | " + bounded(G_PARAM_SPEC_UINT(spec));
  if (G_IS_PARAM_SPEC_UINT64(spec)) return "uint64 | " + bounded(G_PARAM_SPEC_UINT64(spec));
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) return "double | " + bounded(G_PARAM_SPEC_DOUBLE(spec));
  std::vector<std::string> nicks;
  if (G_IS_PARAM_SPEC_ENUM(spec)) {
    const GEnumClass* type = G_PARAM_SPEC_ENUM(spec)->enum_class;
    for (guint i = 0; i < type->n_values; ++i) nicks.emplace_back(type->values[i].value_nick);
    const GEnumValue* usual = g_enum_get_value(G_PARAM_SPEC_ENUM(spec)->enum_class,
                                               G_PARAM_SPEC_ENUM(spec)->default_value);
    return std::string("enum | `") + usual->value_nick + "` | " + joined(nicks);
  }
  if (!G_IS_PARAM_SPEC_FLAGS(spec)) return "unknown";
  const GFlagsClass* type = G_PARAM_SPEC_FLAGS(spec)->flags_class;
  for (guint i = 0; i < type->n_values; ++i) nicks.emplace_back(type->values[i].value_nick);
  const bool all = G_PARAM_SPEC_FLAGS(spec)->default_value == type->mask;
  return std::string("flags | ") + (all ? "all" : "some") + " | " + joined(nicks);
}

// "`name` | type | default | range" of each; `read-only` where it is.
std::vector<std::string> properties_of(const std::string& name) {
  auto element = Ref<GstElement>::sink(gst_element_factory_make(name.c_str(), nullptr));
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count);
  std::vector<std::string> rows;
  for (guint i = 0; i < count; ++i) {
    if (specs[i]->owner_type != G_OBJECT_TYPE(element.get())) continue;
    const bool fixed = !(specs[i]->flags & G_PARAM_WRITABLE);
    rows.push_back(std::string(fixed ? "read-only " : "") + "`" + specs[i]->name + "` | " +
                   described(specs[i]));
  }
  g_free(specs);
  return rows;
}

// The rows of a page's table, the same way.
std::vector<std::string> documented(const std::string& name) {
  std::ifstream page(std::string(FILMGATE_SOURCE_DIR) + "/docs/elements/" + name + ".md");
  std::vector<std::string> rows;
  std::string line;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line.starts_with("## ")) inside = line == "## Properties";
    if (!inside || !line.starts_with("| `")) continue;
    size_t end = 1;
    for (int cell = 0; cell < 4 && end != std::string::npos; ++cell) end = line.find('|', end + 1);
    if (end == std::string::npos) end = line.size();
    std::string row = line.substr(2, end - 2);
    while (row.ends_with(' ')) row.pop_back();
    const bool fixed = line.compare(end, 12, "| read-only:") == 0;
    rows.push_back((fixed ? "read-only " : "") + row);
  }
  return rows;
}

std::string in_order(std::vector<std::string> rows) {
  std::sort(rows.begin(), rows.end());
  std::string text;
  for (const std::string& row : rows) text += row + "\n";
  return text;
}

class DocumentedProperties : public testing::TestWithParam<const char*> {};

TEST_P(DocumentedProperties, AreThoseOfTheElement) {
  register_elements();
  EXPECT_EQ(in_order(documented(GetParam())), in_order(properties_of(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(All, DocumentedProperties,
                         testing::Values("metadatagate", "qualityprobe", "renditionscale",
                                         "thumbnailsink"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace filmgate::test
