#include "host/worker/process/key_frames.h"

#include <atomic>
#include <mutex>
#include <string>

#include "host/worker/process/wanted_times.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

constexpr const char* kMessage = "key-frames";
constexpr const char* kEvent = "event";
constexpr int kReady = 0;    // the first encoded picture waits at the gate
constexpr int kPassed = 1;   // what a seek led to has been decoded
constexpr int kNothing = 2;  // a seek led to no new key frame

// A seek ends here after its moment: far enough for demuxers that compare the times of decoding.
constexpr GstClockTime kReach = 500 * GST_MSECOND;
// So many seeks in a row without a new key frame: the duration is a lie.
constexpr size_t kMostFruitless = 64;

WantedStills wanted_by(GstElement* sink) {
  char *poster = nullptr, *pictures = nullptr, *sprites = nullptr;
  guint64 interval = 0, sprite_interval = 0;
  guint count = 0, sprite_count = 0;
  g_object_get(sink, "poster-location", &poster, "location", &pictures, "sprite-location", &sprites,
               "interval", &interval, "sprite-interval", &sprite_interval, "count", &count,
               "sprite-count", &sprite_count, nullptr);
  const GString8 owned_poster(poster), owned_pictures(pictures), owned_sprites(sprites);
  const auto set = [](const char* text) { return text && *text; };
  WantedStills wanted;
  wanted.poster = set(poster);
  if (set(pictures)) {
    wanted.picture_interval = interval;
    wanted.picture_count = count;
  }
  if (set(sprites)) {
    wanted.tile_interval = sprite_interval;
    wanted.tile_count = sprite_count;
  }
  return wanted;
}

bool is_picture(GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
  if (!caps || gst_caps_is_empty(caps.get()) || gst_caps_is_any(caps.get())) return false;
  const char* name = gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
  return g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/");
}

Ref<GstElement> find_element(GstElement* pipeline, const char* factory_name) {
  struct Search {
    const char* factory_name;
    Ref<GstElement> found;
  } search{factory_name, {}};
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  const auto look = [](const GValue* item, gpointer user) {
    auto& wanted = *static_cast<Search*>(user);
    auto* const element = GST_ELEMENT(g_value_get_object(item));
    GstElementFactory* factory = gst_element_get_factory(element);
    if (factory && std::string_view(GST_OBJECT_NAME(factory)) == wanted.factory_name) {
      wanted.found = Ref<GstElement>::share(element);
    }
  };
  while (gst_iterator_foreach(elements, look, &search) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(elements);
  }
  gst_iterator_free(elements);
  return search.found;
}

// In these streams, which have no index and repeat their headers, a seek leads into the midst of a
// group of pictures, and GStreamer's parsers of H.264 and H.265 take the first picture that they
// get to see for a key frame.
bool key_frames_have_headers(GstElement* pipeline, GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_query_caps(pad, nullptr));
  const std::string_view name = gst_structure_get_name(gst_caps_get_structure(caps.get(), 0));
  return (name == "video/x-h264" || name == "video/x-h265") &&
         (find_element(pipeline, "tsdemux") || find_element(pipeline, "mpegpsdemux"));
}

}  // namespace

// Stands between the parsers and the decoder. Streaming threads call its probes.
struct KeyFrames::Gate {
  enum class State {
    kShut,  // before the first seek: the first buffer waits
    kOne,   // the next new key frame may pass
    kFull,  // one has passed: the rest of this seek is dropped
    kOpen   // everything may pass
  };

  std::mutex lock;
  State state = State::kShut;
  GstClockTime latest = GST_CLOCK_TIME_NONE;  // of the latest key frame that passed
  bool linked = false;
  bool headed = false;                  // a key frame has headers, or else it is none
  std::atomic<bool> finishing = false;  // the end of the stream is meant
  std::atomic<size_t> pictures = 0;     // that reached the sink
  GstElement* pipeline = nullptr;       // borrowed: the probes are on its pads
  Ref<GstPad> pad;                      // of the encoded picture
  gulong shutter = 0;                   // the probe that may block

  static GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer user) noexcept;
  static GstPadProbeReturn on_flush(GstPad*, GstPadProbeInfo* info, gpointer user) noexcept;
  static GstPadProbeReturn on_sink(GstPad*, GstPadProbeInfo* info, gpointer user) noexcept;
  static void on_pad(GstElement*, GstPad* pad, gpointer user) noexcept;

  GstPadProbeReturn judge(GstBuffer* buffer);
  void tell(int event) const {
    GstStructure* structure = gst_structure_new(kMessage, kEvent, G_TYPE_INT, event, nullptr);
    gst_element_post_message(pipeline, gst_message_new_element(GST_OBJECT(pipeline), structure));
  }
  void open() {
    {
      std::lock_guard held(lock);
      state = State::kOpen;
    }
    gst_pad_remove_probe(pad.get(), shutter);
  }
};

GstPadProbeReturn KeyFrames::Gate::judge(GstBuffer* buffer) {
  std::unique_lock held(lock);
  switch (state) {
    case State::kOpen:
      return GST_PAD_PROBE_PASS;
    case State::kFull:
      return GST_PAD_PROBE_DROP;
    case State::kShut:
      held.unlock();
      tell(kReady);
      return GST_PAD_PROBE_OK;  // waits until the flush of the first seek
    case State::kOne:
      break;
  }
  const GstClockTime time = GST_BUFFER_PTS(buffer);
  // Headers in buffers of their own.
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER) && !GST_CLOCK_TIME_IS_VALID(time)) {
    return GST_PAD_PROBE_PASS;
  }
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) return GST_PAD_PROBE_DROP;
  if (headed && !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)) return GST_PAD_PROBE_DROP;
  if (GST_CLOCK_TIME_IS_VALID(time) && GST_CLOCK_TIME_IS_VALID(latest) && time <= latest) {
    return GST_PAD_PROBE_DROP;
  }
  latest = time;
  state = State::kFull;
  return GST_PAD_PROBE_PASS;
}

GstPadProbeReturn KeyFrames::Gate::on_data(GstPad*, GstPadProbeInfo* info, gpointer user) noexcept {
  auto& gate = **static_cast<std::shared_ptr<Gate>*>(user);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    return gate.judge(GST_PAD_PROBE_INFO_BUFFER(info));
  }
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
    std::unique_lock held(gate.lock);
    if (gate.state == State::kOne) {
      held.unlock();
      gate.tell(kNothing);
      return GST_PAD_PROBE_DROP;
    }
  }
  return GST_PAD_PROBE_PASS;
}

GstPadProbeReturn KeyFrames::Gate::on_flush(GstPad*, GstPadProbeInfo* info,
                                            gpointer user) noexcept {
  auto& gate = **static_cast<std::shared_ptr<Gate>*>(user);
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_FLUSH_STOP) {
    std::lock_guard held(gate.lock);
    if (gate.state != State::kOpen) gate.state = State::kOne;
  }
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn KeyFrames::Gate::on_sink(GstPad*, GstPadProbeInfo* info, gpointer user) noexcept {
  auto& gate = **static_cast<std::shared_ptr<Gate>*>(user);
  if (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) {
    std::lock_guard held(gate.lock);
    if (gate.state == State::kOpen) return GST_PAD_PROBE_OK;
    // A picture without those that it builds on is grey.
    if (GST_BUFFER_FLAG_IS_SET(GST_PAD_PROBE_INFO_BUFFER(info), GST_BUFFER_FLAG_CORRUPTED)) {
      return GST_PAD_PROBE_DROP;
    }
    ++gate.pictures;
    return GST_PAD_PROBE_OK;
  }
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  {
    std::lock_guard held(gate.lock);
    if (gate.state == State::kOpen || gate.finishing) return GST_PAD_PROBE_OK;
  }
  // The end of one seek's reach only: the decoder has been emptied by it.
  gate.tell(kPassed);
  return GST_PAD_PROBE_DROP;
}

void KeyFrames::Gate::on_pad(GstElement*, GstPad* pad, gpointer user) noexcept {
  const auto& shared = *static_cast<std::shared_ptr<Gate>*>(user);
  Gate& gate = *shared;
  if (!is_picture(pad)) return;
  bool blocks = false;
  {
    std::lock_guard held(gate.lock);
    if (gate.linked) return;
    gate.linked = true;
    blocks = gate.state != State::kOpen;
  }
  const auto picture =
      Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(gate.pipeline), kPictureElement));
  const auto input = Ref<GstPad>::adopt(gst_element_get_static_pad(picture.get(), "sink"));
  const auto forget = [](gpointer data) { delete static_cast<std::shared_ptr<Gate>*>(data); };
  if (blocks) {
    gate.pad = Ref<GstPad>::share(pad);
    gate.headed = key_frames_have_headers(gate.pipeline, pad);
    gate.shutter = gst_pad_add_probe(
        pad,
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER |
                                     GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
        on_data, new std::shared_ptr<Gate>(shared), forget);
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH, on_flush,
                      new std::shared_ptr<Gate>(shared), forget);
  }
  gst_pad_link(pad, input.get());
}

KeyFrames::KeyFrames(std::shared_ptr<Gate> gate, GstElement* sink)
    : gate_(std::move(gate)), sink_(sink) {}

KeyFrames::~KeyFrames() = default;

Result<std::unique_ptr<KeyFrames>> KeyFrames::attach(GstElement* pipeline, Decode decode) {
  auto gate = std::make_shared<Gate>();
  gate->pipeline = pipeline;
  if (decode == Decode::kEverything) gate->state = Gate::State::kOpen;
  const auto parsed =
      Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), kParsedElement));
  const auto picture =
      Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline), kPictureElement));
  const Ref<GstElement> sink = find_element(pipeline, "thumbnailsink");
  if (!parsed || !picture || !sink) {
    return Error{ErrorCode::kInvalidInput,
                 std::string("a pipeline for thumbnails needs elements named \"") + kParsedElement +
                     "\" and \"" + kPictureElement + "\" and a thumbnailsink"};
  }
  const auto forget = [](gpointer data, GClosure*) {
    delete static_cast<std::shared_ptr<Gate>*>(data);
  };
  g_signal_connect_data(parsed.get(), "pad-added", G_CALLBACK(Gate::on_pad),
                        new std::shared_ptr<Gate>(gate), +forget, GConnectFlags{});
  if (decode == Decode::kKeyFrames) {
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink.get(), "sink"));
    gst_pad_add_probe(pad.get(),
                      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER |
                                                   GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM),
                      Gate::on_sink, new std::shared_ptr<Gate>(gate),
                      [](gpointer data) { delete static_cast<std::shared_ptr<Gate>*>(data); });
  }
  return std::unique_ptr<KeyFrames>(new KeyFrames(std::move(gate), sink.get()));
}

KeyFrames::Step KeyFrames::begin() {
  gint64 duration = 0;
  gboolean seekable = FALSE;
  auto query = Ref<GstQuery>::adopt(gst_query_new_seeking(GST_FORMAT_TIME));
  if (gst_pad_query(gate_->pad.get(), query.get())) {
    gst_query_parse_seeking(query.get(), nullptr, &seekable, nullptr, nullptr);
  }
  if (seekable && gst_pad_query_duration(gate_->pad.get(), GST_FORMAT_TIME, &duration) &&
      duration > 0) {
    times_ = wanted_times(wanted_by(sink_), static_cast<uint64_t>(duration));
  }
  if (times_.empty()) {
    gate_->open();  // nothing has been decoded yet: go on as if there had been no gate
    return Step::kGoOn;
  }
  return next();
}

KeyFrames::Step KeyFrames::next() {
  while (sought_ < times_.size() && fruitless_ < kMostFruitless) {
    const uint64_t time = times_[sought_++];
    constexpr auto kFlags = static_cast<GstSeekFlags>(
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE |
        GST_SEEK_FLAG_TRICKMODE | GST_SEEK_FLAG_TRICKMODE_KEY_UNITS |
        GST_SEEK_FLAG_TRICKMODE_NO_AUDIO);
    GstEvent* seek = gst_event_new_seek(1.0, GST_FORMAT_TIME, kFlags, GST_SEEK_TYPE_SET,
                                        static_cast<gint64>(time), GST_SEEK_TYPE_SET,
                                        static_cast<gint64>(time + kReach));
    if (gst_pad_send_event(gate_->pad.get(), seek)) return Step::kGoOn;
    ++fruitless_;
  }
  // A file with a key frame at its start only gives no sprite.
  if (gate_->pictures * 2 < times_.size()) return Step::kGaveUp;
  gate_->finishing = true;
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink_, "sink"));
  gst_pad_send_event(pad.get(), gst_event_new_eos());
  return Step::kGoOn;
}

std::optional<double> KeyFrames::position_s() const {
  if (sought_ == 0) return std::nullopt;
  return static_cast<double>(times_[sought_ - 1]) / GST_SECOND;
}

KeyFrames::Step KeyFrames::handle(GstMessage* message) {
  if (!gst_message_has_name(message, kMessage)) return Step::kNotMine;
  int event = kNothing;
  gst_structure_get_int(gst_message_get_structure(message), kEvent, &event);
  if (event == kReady) return begin();
  fruitless_ = event == kPassed ? 0 : fruitless_ + 1;
  return next();
}

}  // namespace filmgate::worker
