#include "tests/element/stress/storm.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <memory>
#include <utility>

#include "tests/support/process.h"

namespace filmgate::test {
namespace {

constexpr GstClockTime kStep = 40 * GST_MSECOND;

gsize size_for(GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (gst_structure_has_name(structure, "audio/x-raw")) {
    GstAudioInfo info;
    gst_audio_info_from_caps(&info, caps);
    return static_cast<gsize>(GST_AUDIO_INFO_BPF(&info) * GST_AUDIO_INFO_RATE(&info) / 25);
  }
  GstVideoInfo info;
  gst_video_info_from_caps(&info, caps);
  return GST_VIDEO_INFO_SIZE(&info);
}

}  // namespace

Storm::Storm(const std::string& launch, std::vector<std::string> caps, unsigned seed)
    : bench_(launch), caps_(std::move(caps)), random_(seed) {
  if (bench_.get()->sinkpad) gst_harness_set_drop_buffers(bench_.get(), TRUE);
  // Nobody reads what is said.
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(bench_.get()->element));
  gst_bus_set_flushing(bus.get(), TRUE);
}

Storm::~Storm() {
  // The one that pushes first, while others still let go what it waits in.
  for (GstHarnessThread* thread : threads_) gst_harness_stress_thread_stop(thread);
}

void Storm::start(std::function<void()> action, gulong pause) {
  actions_.push_back(std::make_unique<std::function<void()>>(std::move(action)));
  threads_.push_back(gst_harness_stress_custom_start(
      bench_.get(), nullptr,
      [](gpointer, gpointer data) { (*static_cast<std::function<void()>*>(data))(); },
      actions_.back().get(), pause));
}

void Storm::begin() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  bench_.push_event(gst_event_new_stream_start(std::to_string(++streams_ / 2).c_str()));
  bench_.push_event(
      gst_event_new_caps(Ref<GstCaps>::adopt(gst_caps_from_string(caps_[now_].c_str())).get()));
  bench_.push_event(gst_event_new_segment(&segment));
}

GstBuffer* Storm::buffer() {
  const auto caps = Ref<GstCaps>::adopt(gst_caps_from_string(caps_[now_].c_str()));
  const gsize size = size_for(caps.get());
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, static_cast<guint8>(pick(0, 1) * pick(0, 255)), size);
  GST_BUFFER_PTS(buffer) = next_;
  GST_BUFFER_DURATION(buffer) = kStep;
  next_ += kStep;
  return buffer;
}

void Storm::push_one() {
  const std::lock_guard turn(turn_);
  if (streams_ == 0) begin();
  const int choice = pick(0, 39);
  if (choice == 0) {
    now_ = (now_ + 1) % caps_.size();
    bench_.push_event(
        gst_event_new_caps(Ref<GstCaps>::adopt(gst_caps_from_string(caps_[now_].c_str())).get()));
  } else if (choice == 1) {
    bench_.push_event(gst_event_new_gap(next_, kStep));
  } else if (choice == 2) {
    bench_.push_event(
        gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "Kelp", GST_TAG_IMAGE_ORIENTATION,
                                           pick(0, 1) ? "rotate-90" : "rotate-0", nullptr)));
  } else if (choice == 3) {
    bench_.push_event(gst_event_new_eos());
    bench_.push_event(gst_event_new_flush_start());
    bench_.push_event(gst_event_new_flush_stop(TRUE));
    begin();
  } else {
    const GstFlowReturn flow = bench_.push(buffer());
    if (flow != GST_FLOW_OK && flow != GST_FLOW_FLUSHING) begin();
  }
  ++pushes_;
}

void Storm::push_data() {
  start([this] { push_one(); }, 0);
}

void Storm::flush() {
  flushing_ = true;
  start(
      [this] {
        bench_.push_event(gst_event_new_flush_start());
        const std::lock_guard turn(turn_);
        bench_.push_event(gst_event_new_flush_stop(TRUE));
        begin();
        ++flushes_;
      },
      2000);
}

void Storm::change_states() {
  changing_ = true;
  start(
      [this] {
        const GstState low = changes_ % 2 ? GST_STATE_READY : GST_STATE_NULL;
        gst_element_set_state(element(), low);
        const std::lock_guard turn(turn_);
        gst_element_set_state(element(), GST_STATE_PLAYING);
        begin();
        ++changes_;
      },
      5000);
}

void Storm::set(const char* property, const std::string& value) {
  repeat([property, value](GstElement* element) {
    gst_util_set_object_arg(G_OBJECT(element), property, value.c_str());
    GValue read = G_VALUE_INIT;
    g_object_get_property(G_OBJECT(element), property, &read);
    g_value_unset(&read);
  });
}

void Storm::send_upstream(GstEvent* event) {
  threads_.push_back(gst_harness_stress_push_upstream_event_start_full(bench_.get(), event, 1000));
  gst_event_unref(event);
}

void Storm::repeat(std::function<void(GstElement*)> action) {
  start([this, action = std::move(action)] { action(element()); }, 300);
}

void Storm::query() {
  repeat([this](GstElement* element) {
    gint64 value = 0;
    gst_element_query_duration(element, GST_FORMAT_TIME, &value);
    // GstBaseTransform reads its segment unguarded when it is asked for the position.
    if (!bench_.get()->sinkpad) gst_element_query_position(element, GST_FORMAT_TIME, &value);
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
    const auto caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad.get(), nullptr));
    for (const std::string& text : caps_) {
      const auto one = Ref<GstCaps>::adopt(gst_caps_from_string(text.c_str()));
      gst_pad_query_accept_caps(pad.get(), one.get());
    }
    if (bench_.get()->sinkpad) gst_harness_query_latency(bench_.get());
  });
}

bool Storm::run(int pushes, int flushes, int changes) {
  return wait_until([&] {
    return pushes_ >= pushes && (!flushing_ || flushes_ >= flushes) &&
           (!changing_ || changes_ >= changes);
  });
}

}  // namespace filmgate::test
