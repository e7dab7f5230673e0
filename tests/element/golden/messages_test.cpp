// The structures that the elements post: names, and fields with their types. A field that is not in
// every message of its kind is marked with a question mark.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "tests/element/golden/golden.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

struct Kind {
  int seen = 0;
  std::map<std::string, int> fields;
};
using Kinds = std::map<std::string, Kind>;

std::string kind_of(const GstStructure* structure) {
  std::string kind = gst_structure_get_name(structure);
  for (const char* field : {"type", "media", "verdict"})
    if (const char* value = gst_structure_get_string(structure, field))
      kind += std::string(" ") + field + "=" + value;
  return kind;
}

void note(Kinds& kinds, const GstStructure* structure) {
  Kind& kind = kinds[kind_of(structure)];
  ++kind.seen;
  for (gint i = 0; i < gst_structure_n_fields(structure); ++i) {
    const char* field = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    ++kind.fields[std::string(field) + ": " +
                  g_type_name(gst_structure_get_field_type(structure, field))];
  }
}

// Runs a pipeline to its end; a gate named "held" is approved when it asks.
void collect(Kinds& kinds, const std::string& launch) {
  GError* failure = nullptr;
  auto pipeline = Ref<GstElement>::sink(gst_parse_launch(launch.c_str(), &failure));
  const GErrorPtr owned(failure);
  ASSERT_FALSE(failure) << failure->message;
  auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (bool running = true; running;) {
    auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), 60 * GST_SECOND));
    ASSERT_TRUE(message) << launch << " has come to a stop";
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ELEMENT) {
      const GstStructure* structure = gst_message_get_structure(message.get());
      note(kinds, structure);
      const char* verdict = gst_structure_get_string(structure, "verdict");
      gboolean taken = FALSE;
      if (verdict && std::string(verdict) == "hold")
        g_signal_emit_by_name(GST_MESSAGE_SRC(message.get()), "approve", &taken);
    }
    running = GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_EOS &&
              GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ERROR;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

std::string to_text(const Kinds& kinds) {
  std::string text;
  for (const auto& [name, kind] : kinds) {
    text += name + "\n";
    for (const auto& [field, seen] : kind.fields)
      text += "  " + field + (seen < kind.seen ? " ?" : "") + "\n";
  }
  return text;
}

TEST(GoldenMessages, LookAsTheyDid) {
  register_elements();
  const TemporaryFolder folder;
  Kinds kinds;
  collect(kinds, "videotestsrc num-buffers=3 ! metadatagate hold=true ! fakesink");
  collect(kinds,
          "videotestsrc num-buffers=3 ! metadatagate rules={\"metadata.title\":{}} on-fail=drop ! "
          "fakesink");
  collect(kinds,
          "videotestsrc num-buffers=60 pattern=ball ! video/x-raw,width=160,height=120 ! "
          "qualityprobe per-frame=true black-duration=0 ! fakesink");
  collect(kinds,
          "videotestsrc num-buffers=60 pattern=black ! video/x-raw,width=160,height=120 ! "
          "qualityprobe per-frame=true black-duration=0 freeze-duration=0 ! fakesink");
  collect(kinds,
          "audiotestsrc num-buffers=200 ! audio/x-raw,format=S16LE,rate=48000 ! "
          "qualityprobe per-frame=true ! fakesink");
  collect(kinds,
          "audiotestsrc num-buffers=20 wave=silence ! audio/x-raw,format=S16LE,rate=48000 ! "
          "qualityprobe silence-duration=0 ! fakesink");
  collect(kinds,
          "videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120 ! renditionscale "
          "height=60 ! thumbnailsink poster-location=" +
              folder / "p.jpg" + " location=" + folder / "n-%d.png" +
              " interval=1000000000 sprite-location=" + folder / "s.webp" +
              " vtt-location=" + folder / "s.vtt");
  expect_golden("messages.golden", to_text(kinds));
}

}  // namespace
}  // namespace filmgate::test
