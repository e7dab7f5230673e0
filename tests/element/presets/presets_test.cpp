// Each preset of data/presets by its name: found, loaded, and every property as the file says.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/core/json.h"
#include "plugins/metadatagate/gstmetadatagate.h"
#include "plugins/qualityprobe/gstqualityprobe.h"
#include "plugins/renditionscale/gstrenditionscale.h"
#include "plugins/thumbnailsink/gstthumbnailsink.h"

namespace filmgate::test {
namespace {

constexpr const char* kElements[] = {"metadatagate", "qualityprobe", "renditionscale",
                                     "thumbnailsink"};
constexpr const char* kPresets[] = {"broadcast", "lenient", "strict"};

using KeyFile = std::unique_ptr<GKeyFile, decltype(&g_key_file_free)>;

std::vector<std::string> list(gchar** names) {
  std::vector<std::string> texts;
  for (gchar** name = names; name && *name; ++name) texts.emplace_back(*name);
  g_strfreev(names);
  std::sort(texts.begin(), texts.end());
  return texts;
}

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

class Presets : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    gst_init(nullptr, nullptr);
    GST_ELEMENT_REGISTER(metadatagate, nullptr);
    GST_ELEMENT_REGISTER(qualityprobe, nullptr);
    GST_ELEMENT_REGISTER(renditionscale, nullptr);
    GST_ELEMENT_REGISTER(thumbnailsink, nullptr);
    element_ = Ref<GstElement>::sink(gst_element_factory_make(GetParam(), nullptr));
    ASSERT_TRUE(GST_IS_PRESET(element_.get()));
  }

  GstPreset* preset() const { return GST_PRESET(element_.get()); }
  GObject* object() const { return G_OBJECT(element_.get()); }

  // As gst_value_serialize() has it, so that an enumeration is its nick.
  std::string value(const std::string& property) const {
    const GParamSpec* spec = spec_of(property);
    if (!spec) return "(no such property)";
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(object(), property.c_str(), &value);
    return take_text(value);
  }

  // What `text` of a file means for a property, said in the same way.
  std::string meaning(const std::string& property, const char* text) const {
    const GParamSpec* spec = spec_of(property);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec ? spec->value_type : G_TYPE_STRING);
    EXPECT_TRUE(gst_value_deserialize(&value, text)) << property << "=" << text;
    return take_text(value);
  }

  std::string type_name() const { return G_OBJECT_TYPE_NAME(element_.get()); }

  Ref<GstElement> element_;

 private:
  const GParamSpec* spec_of(const std::string& property) const {
    return g_object_class_find_property(G_OBJECT_GET_CLASS(object()), property.c_str());
  }
  static std::string take_text(GValue& held) {
    const GString8 text(G_VALUE_HOLDS_STRING(&held) ? g_value_dup_string(&held)
                                                    : gst_value_serialize(&held));
    g_value_unset(&held);
    return text ? text.get() : "";
  }
};

TEST_P(Presets, AreFoundByName) {
  const std::vector<std::string> names = list(gst_preset_get_preset_names(preset()));
  for (const char* name : kPresets) {
    EXPECT_TRUE(contains(names, name)) << name;
    gchar* comment = nullptr;
    EXPECT_TRUE(gst_preset_get_meta(preset(), name, "comment", &comment)) << name;
    g_free(comment);
  }
  EXPECT_FALSE(gst_preset_load_preset(preset(), "strictest"));
}

TEST_P(Presets, SetEveryPropertyTheyName) {
  const KeyFile file(g_key_file_new(), g_key_file_free);
  const std::string path =
      std::string(FILMGATE_SOURCE_DIR) + "/data/presets/" + type_name() + ".prs";
  ASSERT_TRUE(g_key_file_load_from_file(file.get(), path.c_str(), G_KEY_FILE_NONE, nullptr))
      << path;
  const std::vector<std::string> known = list(gst_preset_get_property_names(preset()));
  std::vector<std::string> of_first;
  for (const char* name : kPresets) {
    ASSERT_TRUE(gst_preset_load_preset(preset(), name)) << name;
    std::vector<std::string> keys = list(g_key_file_get_keys(file.get(), name, nullptr, nullptr));
    std::erase_if(keys, [](const std::string& key) { return key.starts_with("_meta/"); });
    // All name the same, so that one can follow another and nothing of the first stays.
    if (of_first.empty()) of_first = keys;
    EXPECT_EQ(keys, of_first) << name;
    for (const std::string& key : keys) {
      EXPECT_TRUE(contains(known, key)) << key << " is not kept in presets";
      const GString8 wanted(g_key_file_get_value(file.get(), name, key.c_str(), nullptr));
      EXPECT_EQ(value(key), meaning(key, wanted.get())) << name << ": " << key;
    }
  }
}

TEST_P(Presets, KeepNothingThatBelongsToOneStream) {
  const std::vector<std::string> known = list(gst_preset_get_property_names(preset()));
  EXPECT_FALSE(known.empty());
  for (const char* name :
       {"name", "parent", "facts", "verdict", "summary", "stats", "sidecar", "metadata", "location",
        "rules-location", "report-location", "poster-location", "sprite-location", "vtt-location"})
    EXPECT_FALSE(contains(known, name)) << name;
}

TEST_P(Presets, CanBeSavedAndLoadedAgain) {
  const std::string name = "of a test";
  ASSERT_TRUE(gst_preset_load_preset(preset(), "strict"));
  const std::vector<std::string> known = list(gst_preset_get_property_names(preset()));
  std::vector<std::string> before;
  for (const std::string& property : known) before.push_back(value(property));
  ASSERT_TRUE(gst_preset_save_preset(preset(), name.c_str()));
  ASSERT_TRUE(gst_preset_load_preset(preset(), "lenient"));
  ASSERT_TRUE(gst_preset_load_preset(preset(), name.c_str()));
  for (size_t i = 0; i < known.size(); ++i) {
    // GStreamer 1.22 saves text with quotes in it in a form that it can't read back.
    if (known[i] == "rules") continue;
    EXPECT_EQ(value(known[i]), before[i]) << known[i];
  }
  EXPECT_TRUE(gst_preset_delete_preset(preset(), name.c_str()));
}

INSTANTIATE_TEST_SUITE_P(All, Presets, testing::ValuesIn(kElements),
                         [](const auto& test) { return std::string(test.param); });

// What the gate's presets are for: each verdict on the same clip.
TEST(PresetsOfTheGate, JudgeAsTheySay) {
  gst_init(nullptr, nullptr);
  GST_ELEMENT_REGISTER(metadatagate, nullptr);
  const auto verdict = [](const char* preset, const char* metadata) {
    const std::string line =
        std::string(
            "videotestsrc num-buffers=1 ! video/x-raw,height=480,framerate=25/1 ! "
            "metadatagate name=g @preset=") +
        preset + " metadata=" + metadata + " ! fakesink";
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(line.c_str(), nullptr));
    auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto message = Ref<GstMessage>::adopt(
        gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, GST_MESSAGE_ELEMENT));
    const std::string said =
        message ? gst_structure_get_string(gst_message_get_structure(message.get()), "verdict")
                : "nothing";
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return said;
  };
  EXPECT_EQ(verdict("strict", R"({"title":"Kelp","owner":"ann@example.org"})"), "pass");
  EXPECT_EQ(verdict("strict", R"({"title":"Kelp"})"), "reject");
  EXPECT_EQ(verdict("lenient", R"({"title":"Kelp"})"), "pass");
  EXPECT_EQ(verdict("broadcast", R"({"title":"Kelp","owner":"ann@example.org"})"), "reject");
}

}  // namespace
}  // namespace filmgate::test
