/**
 * SECTION:element-renditionscale
 * @title: renditionscale
 * @short_description: turns a decoded frame into the frame of a rendition
 *
 * Scales to the short side that is asked for (never up, unless told), upright by the stream's
 * image-orientation tag, with square pixels and even sides, in I420 of BT.709 limited range (BT.601
 * where an SD source is); in 10 bits where downstream takes nothing else. HDR (PQ, HLG) is
 * tone-mapped to SDR or kept. A frame that is all that already passes untouched.
 *
 * ## Example
 * |[
 * gst-launch-1.0 uridecodebin uri=file:///clip.mp4 ! queue ! renditionscale height=720 ! x264enc !
 * mp4mux ! filesink location=720p.mp4
 * ]|
 */
#include "plugins/renditionscale/gstrenditionscale.h"

#include <memory>
#include <string>
#include <vector>

#include "plugins/common/errors.h"
#include "plugins/common/frames.h"
#include "plugins/common/handles.h"
#include "plugins/common/preset.h"
#include "plugins/renditionscale/allocation.h"
#include "plugins/renditionscale/rendition.h"
#include "plugins/renditionscale/scaler.h"
#include "plugins/renditionscale/settings.h"
#include "plugins/renditionscale/video_format.h"

using namespace filmgate;
using namespace filmgate::scaler;

GST_DEBUG_CATEGORY_STATIC(rendition_scale_debug);
#define GST_CAT_DEFAULT rendition_scale_debug

namespace {

// What the streaming thread knows of the stream; dropped in stop().
struct Stream {
  Ref<GstCaps> in_caps;
  unsigned generation = 0;
  GstVideoInfo in_info;
  GstVideoInfo out_info;
  RenditionPlan plan;
  Orientation orientation = Orientation::kRotate0;
  Options options;
  bool told_of_fields = false;
  std::unique_ptr<Scaler> scaler;  // for the format and region of the latest frame
};

constexpr guint kFieldFlags = GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF |
                              GST_VIDEO_BUFFER_FLAG_RFF | GST_VIDEO_BUFFER_FLAG_ONEFIELD;

struct Impl {
  Settings settings;                // under the object lock
  OrientationTags tags;             // under the object lock: caps queries read it too
  unsigned generation = 0;          // under the object lock: counts changes of these two
  std::vector<Ref<GstEvent>> held;  // streaming thread
  std::optional<Stream> stream;     // streaming thread
};

}  // namespace

struct _GstRenditionScale {
  GstBaseTransform parent;
  Impl* impl;
};

G_DEFINE_TYPE_WITH_CODE(GstRenditionScale, gst_rendition_scale, GST_TYPE_BASE_TRANSFORM,
                        G_IMPLEMENT_INTERFACE(GST_TYPE_PRESET, filmgate::init_preset))
GST_ELEMENT_REGISTER_DEFINE(renditionscale, "renditionscale", GST_RANK_NONE,
                            GST_TYPE_RENDITION_SCALE)

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(FILMGATE_SCALER_FORMATS)));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS,
                            GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(FILMGATE_RENDITION_FORMATS)));

namespace {

Impl& impl_of(gpointer object) {
  return *GST_RENDITION_SCALE(object)->impl;
}

// What the output depends on besides the input, as it is at one moment.
struct Wishes {
  Settings settings;
  Orientation orientation;
  unsigned generation;
};

Wishes wishes_of(gpointer object) {
  ObjectLock lock(object);
  const Impl& impl = impl_of(object);
  return {impl.settings, impl.tags.current(), impl.generation};
}

GstCaps* transform_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps,
                        GstCaps* filter) noexcept {
  auto result = Ref<GstCaps>::adopt(gst_caps_new_empty());
  const Wishes wishes = wishes_of(base);
  for (guint i = 0; i < gst_caps_get_size(caps); ++i) {
    const GstStructure* structure = gst_caps_get_structure(caps, i);
    if (direction == GST_PAD_SINK) {
      append_output(result.get(), structure, wishes.orientation, wishes.settings.request);
      continue;
    }
    GstCaps* sources =
        gst_caps_make_writable(gst_pad_get_pad_template_caps(GST_BASE_TRANSFORM_SINK_PAD(base)));
    if (const GValue* framerate = gst_structure_get_value(structure, "framerate")) {
      gst_caps_set_value(sources, "framerate", framerate);
    }
    result = Ref<GstCaps>::adopt(gst_caps_merge(result.release(), sources));
  }
  if (filter) {
    result = Ref<GstCaps>::adopt(
        gst_caps_intersect_full(filter, result.get(), GST_CAPS_INTERSECT_FIRST));
  }
  return result.release();
}

// Of the formats that downstream takes, the best for this source, whatever downstream's order is.
GstCaps* fixate_caps(GstBaseTransform* base, GstPadDirection direction, GstCaps* caps,
                     GstCaps* others) noexcept {
  auto choice = Ref<GstCaps>::adopt(others);
  GstVideoInfo info;
  if (direction == GST_PAD_SINK && gst_video_info_from_caps(&info, caps)) {
    const Wishes wishes = wishes_of(base);
    for (GstVideoFormat format :
         output_formats(info, wishes.orientation, wishes.settings.request)) {
      auto wanted = Ref<GstCaps>::adopt(gst_caps_new_simple(
          "video/x-raw", "format", G_TYPE_STRING, gst_video_format_to_string(format), nullptr));
      auto found = Ref<GstCaps>::adopt(gst_caps_intersect(choice.get(), wanted.get()));
      if (gst_caps_is_empty(found.get())) continue;
      choice = found;
      break;
    }
  }
  return gst_caps_fixate(choice.release());
}

// How these caps come from each other. Someone may set a property or a tag may come after the caps
// were negotiated: until they are negotiated again, the picture is what the old ones promise.
RenditionPlan plan_between(GstCaps* in_caps, GstCaps* out_caps, const Stream& stream,
                           const RenditionRequest& request) {
  RenditionPlan plan = plan_rendition(stream.in_info, stream.orientation, request,
                                      GST_VIDEO_INFO_FORMAT(&stream.out_info));
  const Format promised = format_of(stream.out_info);
  const bool same_size = plan.out.width == promised.width && plan.out.height == promised.height;
  if (!same_size || (plan.passthrough && !gst_caps_is_equal(in_caps, out_caps))) {
    plan.out = promised;
    plan.passthrough = false;
  }
  return plan;
}

gboolean set_caps(GstBaseTransform* base, GstCaps* in_caps, GstCaps* out_caps) noexcept {
  Impl& impl = impl_of(base);
  const Wishes wishes = wishes_of(base);
  const Settings& settings = wishes.settings;
  impl.stream.reset();
  Stream stream;
  if (!gst_video_info_from_caps(&stream.in_info, in_caps) ||
      !gst_video_info_from_caps(&stream.out_info, out_caps)) {
    return FALSE;
  }
  stream.in_caps = Ref<GstCaps>::share(in_caps);
  stream.generation = wishes.generation;
  stream.orientation = wishes.orientation;
  stream.plan = plan_between(in_caps, out_caps, stream, settings.request);
  const Colour& colour = stream.plan.in.colour;
  if (colour.is_hdr() && !stream.plan.out.colour.is_hdr() && !settings.tone_map) {
    GST_ELEMENT_ERROR(
        base, STREAM, WRONG_TYPE,
        ("This video is HDR (%s) and renditions are SDR: set tone-map=true to convert it, or "
         "keep-hdr=true to leave it as it is.",
         colour.transfer == kTransferPq ? "PQ" : "HLG"),
        (nullptr));
    return FALSE;
  }
  stream.options = Options{settings.method, stream.orientation, settings.threads, peak_of(in_caps)};
  gst_base_transform_set_passthrough(base, stream.plan.passthrough);
  GST_DEBUG_OBJECT(base, "%dx%d becomes %dx%d%s", stream.plan.in.width, stream.plan.in.height,
                   stream.plan.out.width, stream.plan.out.height,
                   stream.plan.passthrough ? ", untouched" : "");
  impl.stream = std::move(stream);
  return TRUE;
}

gboolean propose_allocation(GstBaseTransform* base, GstQuery* decide_query,
                            GstQuery* query) noexcept {
  if (decide_query) propose_reading(query);
  // Without a decide query the element is in passthrough, and downstream answers.
  return GST_BASE_TRANSFORM_CLASS(gst_rendition_scale_parent_class)
      ->propose_allocation(base, decide_query, query);
}

gboolean decide_allocation(GstBaseTransform*, GstQuery* query) noexcept {
  return decide_aligned_pool(query);
}

gboolean get_unit_size(GstBaseTransform*, GstCaps* caps, gsize* size) noexcept {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, caps)) return FALSE;
  *size = GST_VIDEO_INFO_SIZE(&info);
  return TRUE;
}

GstFlowReturn transform(GstBaseTransform* base, GstBuffer* in_buffer,
                        GstBuffer* out_buffer) noexcept {
  Impl& impl = impl_of(base);
  if (!impl.stream) return GST_FLOW_NOT_NEGOTIATED;
  Stream& stream = *impl.stream;
  MappedFrame in(stream.in_info, in_buffer, GST_MAP_READ);
  MappedFrame out(stream.out_info, out_buffer, GST_MAP_WRITE);
  if (!in || !out) {
    GST_ELEMENT_ERROR(base, STREAM, FORMAT,
                      ("A video frame doesn't hold the picture that its caps promise."),
                      ("%" G_GSIZE_FORMAT " bytes came", gst_buffer_get_size(in_buffer)));
    return GST_FLOW_ERROR;
  }
  if (GST_VIDEO_FRAME_IS_INTERLACED(&*in) && !std::exchange(stream.told_of_fields, true)) {
    GST_ELEMENT_WARNING(base, STREAM, FORMAT,
                        ("This video is interlaced, and scaling mixes its fields: put deinterlace "
                         "before renditionscale."),
                        (nullptr));
  }
  // The base class has copied what the source's buffer says of its fields; the caps say
  // progressive.
  GST_BUFFER_FLAG_UNSET(out_buffer, kFieldFlags);
  Format format = stream.plan.in;
  format.width = GST_VIDEO_FRAME_WIDTH(&*in);
  format.height = GST_VIDEO_FRAME_HEIGHT(&*in);
  const Region region = trimmed(region_of(*in, stream.in_info), stream.plan, stream.orientation);
  if (!stream.scaler || stream.scaler->in() != format || stream.scaler->region() != region) {
    auto made = Scaler::create(format, region, stream.plan.out, stream.options);
    if (!made) {
      post_error(base, made.error(), Doing::kStreaming);
      return GST_FLOW_ERROR;
    }
    stream.scaler = std::move(made).value();
  }
  auto done = stream.scaler->process(picture_of(*in), mutable_picture_of(*out));
  if (!done) {
    post_error(base, done.error(), Doing::kStreaming);
    return GST_FLOW_ERROR;
  }
  return GST_FLOW_OK;
}

// The orientation comes in a tag, and tags come after caps. Encoders and muxers take a second caps
// badly, so caps and what follows them are held until the first buffer (or gap, or end) shows that
// nothing more will come before it.
gboolean release_held(GstBaseTransform* base) {
  Impl& impl = impl_of(base);
  auto held = std::exchange(impl.held, {});
  gboolean taken = TRUE;
  for (auto& event : held) {
    const bool caps = GST_EVENT_TYPE(event.get()) == GST_EVENT_CAPS;
    const gboolean ok = GST_BASE_TRANSFORM_CLASS(gst_rendition_scale_parent_class)
                            ->sink_event(base, event.release());
    if (caps) taken = ok;
  }
  return taken;
}

gboolean sink_event(GstBaseTransform* base, GstEvent* event) noexcept {
  // A flush begins while the streaming thread may be anywhere.
  if (!GST_EVENT_IS_SERIALIZED(event)) {
    return GST_BASE_TRANSFORM_CLASS(gst_rendition_scale_parent_class)->sink_event(base, event);
  }
  Impl& impl = impl_of(base);
  const GstEventType type = GST_EVENT_TYPE(event);
  if (type == GST_EVENT_TAG || type == GST_EVENT_STREAM_START) {
    // What is held belongs to the stream before.
    if (type == GST_EVENT_STREAM_START) release_held(base);
    bool changed = false;
    {
      ObjectLock lock(base);
      changed = impl.tags.observe(event);
      if (changed) ++impl.generation;
    }
    if (changed) gst_base_transform_reconfigure_src(base);
    if (type == GST_EVENT_TAG) event = OrientationTags::upright(event);
  }
  if (type == GST_EVENT_FLUSH_STOP) {
    std::erase_if(impl.held, [](const Ref<GstEvent>& held_event) {
      return GST_EVENT_TYPE(held_event.get()) == GST_EVENT_SEGMENT;
    });
  } else if (type == GST_EVENT_CAPS ||
             (!impl.held.empty() && GST_EVENT_IS_STICKY(event) && type != GST_EVENT_EOS)) {
    impl.held.push_back(Ref<GstEvent>::adopt(event));
    return TRUE;
  } else if (!impl.held.empty()) {
    release_held(base);
  }
  return GST_BASE_TRANSFORM_CLASS(gst_rendition_scale_parent_class)->sink_event(base, event);
}

gboolean query(GstBaseTransform* base, GstPadDirection direction, GstQuery* question) noexcept {
  // Comes from the streaming thread between caps and first buffer: too early to ask downstream.
  if (direction == GST_PAD_SINK && GST_QUERY_TYPE(question) == GST_QUERY_ALLOCATION &&
      !impl_of(base).held.empty()) {
    propose_reading(question);
    return TRUE;
  }
  return GST_BASE_TRANSFORM_CLASS(gst_rendition_scale_parent_class)
      ->query(base, direction, question);
}

// The base class calls set_caps only when it sees other caps. A new setting, another orientation of
// a square picture, or other colours of the source may lead to the same caps as before.
gboolean configure_again(GstBaseTransform* base) {
  Impl& impl = impl_of(base);
  auto in_caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(GST_BASE_TRANSFORM_SINK_PAD(base)));
  auto out_caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(GST_BASE_TRANSFORM_SRC_PAD(base)));
  if (!in_caps || !out_caps) return FALSE;
  if (impl.stream && impl.stream->generation == wishes_of(base).generation &&
      gst_caps_is_equal(impl.stream->in_caps.get(), in_caps.get())) {
    return TRUE;
  }
  return set_caps(base, in_caps.get(), out_caps.get());
}

// Caps don't get through either when a seek or a change of state has begun behind the element, and
// that is no error.
GstFlowReturn refusal(GstBaseTransform* base) {
  GstPad* src = GST_BASE_TRANSFORM_SRC_PAD(base);
  auto peer = Ref<GstPad>::adopt(gst_pad_get_peer(src));
  const bool flushing = GST_PAD_IS_FLUSHING(src) || (peer && GST_PAD_IS_FLUSHING(peer.get()));
  return flushing ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
}

GstFlowReturn submit_input_buffer(GstBaseTransform* base, gboolean discont,
                                  GstBuffer* buffer) noexcept {
  if (!impl_of(base).held.empty() && !release_held(base)) {
    gst_buffer_unref(buffer);
    return refusal(base);
  }
  const GstFlowReturn flow = GST_BASE_TRANSFORM_CLASS(gst_rendition_scale_parent_class)
                                 ->submit_input_buffer(base, discont, buffer);
  if (flow == GST_FLOW_NOT_NEGOTIATED) return refusal(base);
  if (flow == GST_FLOW_OK && !configure_again(base)) return refusal(base);
  return flow;
}

gboolean stop(GstBaseTransform* base) noexcept {
  Impl& impl = impl_of(base);
  impl.stream.reset();
  impl.held.clear();
  ObjectLock lock(base);
  impl.tags.reset();
  return TRUE;
}

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) noexcept {
  {
    ObjectLock lock(object);
    Impl& impl = impl_of(object);
    if (!set_setting(impl.settings, id, value)) {
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
      return;
    }
    ++impl.generation;
  }
  gst_base_transform_reconfigure_src(GST_BASE_TRANSFORM(object));
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) noexcept {
  if (!get_setting(wishes_of(object).settings, id, value)) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void finalize(GObject* object) noexcept {
  delete GST_RENDITION_SCALE(object)->impl;
  G_OBJECT_CLASS(gst_rendition_scale_parent_class)->finalize(object);
}

}  // namespace

static void gst_rendition_scale_class_init(GstRenditionScaleClass* klass) {
  GST_DEBUG_CATEGORY_INIT(rendition_scale_debug, "renditionscale", 0, "renditionscale element");
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_settings(object_class);

  auto* element_class = GST_ELEMENT_CLASS(klass);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(
      element_class, "Rendition scaler", "Filter/Converter/Video/Scaler",
      "Turns a decoded frame into the frame of a rendition: upright, square pixels, even size, "
      "SDR unless HDR is kept",
      "The Filmgate authors");
  gst_type_mark_as_plugin_api(method_type(), static_cast<GstPluginAPIFlags>(0));

  auto* base_class = GST_BASE_TRANSFORM_CLASS(klass);
  base_class->transform_caps = transform_caps;
  base_class->fixate_caps = fixate_caps;
  base_class->set_caps = set_caps;
  base_class->propose_allocation = propose_allocation;
  base_class->decide_allocation = decide_allocation;
  base_class->get_unit_size = get_unit_size;
  base_class->transform = transform;
  base_class->sink_event = sink_event;
  base_class->query = query;
  base_class->submit_input_buffer = submit_input_buffer;
  base_class->stop = stop;
}

static void gst_rendition_scale_init(GstRenditionScale* self) {
  self->impl = new Impl;
}
