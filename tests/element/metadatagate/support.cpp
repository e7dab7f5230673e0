#include "tests/element/metadatagate/support.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "plugins/metadatagate/gstmetadatagate.h"

namespace filmgate {
namespace {

class GStreamer : public ::testing::Environment {
 public:
  void SetUp() override {
    gst_init(nullptr, nullptr);
    ASSERT_TRUE(GST_ELEMENT_REGISTER(metadatagate, nullptr));
  }
};
const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new GStreamer);

constexpr const char* kCaps =
    "video/x-raw,format=I420,width=320,height=240,framerate=25/1,pixel-aspect-ratio=1/1";

}  // namespace

Json facts_from_text(const std::string& text) {
  Result<Json> json = parse_json(text, "facts");
  EXPECT_TRUE(json.ok()) << text;
  return json ? *json : Json();
}

Said said_by(GstMessage* message) {
  const GstStructure* structure = gst_message_get_structure(message);
  Said said;
  said.verdict = gst_structure_get_string(structure, "verdict");
  said.facts = facts_from_text(gst_structure_get_string(structure, "facts"));
  const GValue* reasons = gst_structure_get_value(structure, "reasons");
  for (guint i = 0; i < gst_value_array_get_size(reasons); ++i)
    said.reasons.emplace_back(g_value_get_string(gst_value_array_get_value(reasons, i)));
  return said;
}

std::optional<std::string> error_on(GstBus* bus) {
  const Ref<GstMessage> message =
      Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
  if (!message) return std::nullopt;
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  return std::string(GErrorPtr(error)->message);
}

Ref<GstElement> make_gate(const Properties& properties) {
  Ref<GstElement> element =
      Ref<GstElement>::sink(gst_element_factory_make("metadatagate", nullptr));
  for (const auto& [name, value] : properties)
    gst_util_set_object_arg(G_OBJECT(element.get()), name, value.c_str());
  return element;
}

std::string start_error(const Properties& properties) {
  const Ref<GstElement> element = make_gate(properties);
  const Ref<GstBus> bus = Ref<GstBus>::adopt(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const std::optional<std::string> error = error_on(bus.get());
  EXPECT_EQ(gst_element_set_state(element.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_bus(element.get(), nullptr);
  return error.value_or("");
}

GateHarness::GateHarness(const Properties& properties)
    : element_(make_gate(properties)), bus_(Ref<GstBus>::adopt(gst_bus_new())) {
  gst_element_set_bus(element_.get(), bus_.get());
  harness_ = gst_harness_new_with_element(element_.get(), "sink", "src");
}

GateHarness::~GateHarness() {
  gst_element_set_bus(element_.get(), nullptr);
  gst_harness_teardown(harness_);
}

void GateHarness::begin() {
  gst_harness_set_src_caps_str(harness_, kCaps);
}

GstFlowReturn GateHarness::push_buffer() {
  return gst_harness_push(harness_, gst_harness_create_buffer(harness_, 16));
}

void GateHarness::push_tags(const char* tags) {
  GstTagList* list = gst_tag_list_new_from_string(tags);
  ASSERT_NE(list, nullptr) << tags;
  gst_tag_list_set_scope(list, GST_TAG_SCOPE_GLOBAL);
  gst_harness_push_event(harness_, gst_event_new_tag(list));
}

Said GateHarness::next_said() {
  const Ref<GstMessage> message = Ref<GstMessage>::adopt(
      gst_bus_timed_pop_filtered(bus_.get(), 20 * GST_SECOND, GST_MESSAGE_ELEMENT));
  EXPECT_TRUE(message) << "no message came";
  return message ? said_by(message.get()) : Said{};
}

std::optional<std::string> GateHarness::error() {
  return error_on(bus_.get());
}

size_t GateHarness::messages_waiting() {
  size_t count = 0;
  while (GstMessage* message = gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ELEMENT)) {
    gst_message_unref(message);
    ++count;
  }
  return count;
}

std::string GateHarness::verdict() const {
  gint value = -1;
  g_object_get(element_.get(), "verdict", &value, nullptr);
  constexpr const char* kNames[] = {"none", "pass", "hold", "reject"};
  return kNames[value];
}

bool GateHarness::approve() {
  gboolean taken = FALSE;
  g_signal_emit_by_name(element_.get(), "approve", &taken);
  return taken;
}

bool GateHarness::reject(const char* reason) {
  gboolean taken = FALSE;
  g_signal_emit_by_name(element_.get(), "reject", reason, &taken);
  return taken;
}

std::string clip(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(FILMGATE_SOURCE_DIR) / ".." / "shared" / "media" / name;
  return std::filesystem::exists(path) ? path.lexically_normal().string() : "";
}

ScratchFolder::ScratchFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "filmgate-test-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

ScratchFolder::~ScratchFolder() {
  std::filesystem::remove_all(path_);
}

std::string ScratchFolder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

}  // namespace filmgate
