#include "host/worker/process/elements.h"

#include <cstdio>
#include <iterator>
#include <set>

#include "host/worker/process/upload_source.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

// Names that this machine lacks are passed over.
constexpr std::string_view kAllowed[] = {
    // Plumbing.
    "bin", "pipeline", "queue", "multiqueue", "tee", "typefind", "capsfilter", "identity", "fdsrc",
    "filesink", "fakesink", "decodebin", "parsebin", "streamiddemux", "input-selector", "valve",
    // Containers.
    "qtdemux", "matroskademux", "tsdemux", "mpegpsdemux", "avidemux", "flvdemux", "oggdemux",
    // Parsers.
    "h263parse", "h264parse", "h265parse", "vp9parse", "av1parse", "mpegvideoparse",
    "mpeg4videoparse", "theoraparse", "vorbisparse", "opusparse", "aacparse", "ac3parse",
    "mpegaudioparse", "flacparse", "amrparse",
    // Decoders.
    "avdec_h264", "avdec_h265", "vp8dec", "vp9dec", "av1dec", "dav1ddec", "avdec_mpeg2video",
    "mpeg2dec", "avdec_mpeg4", "avdec_h263", "avdec_h263p", "avdec_flv", "theoradec", "avdec_aac",
    "avdec_aac_latm", "opusdec", "vorbisdec", "flacdec", "mpg123audiodec", "avdec_mp3",
    "avdec_mp2float", "avdec_ac3", "avdec_eac3", "avdec_amrnb", "avdec_amrwb", "alawdec",
    "mulawdec", "adpcmdec",
    // Raw picture and sound.
    "videoconvert", "videoscale", "videoconvertscale", "videorate", "videoflip", "audioconvert",
    "audioresample", "audiorate", "deinterlace",
    // Ours.
    "metadatagate", "qualityprobe", "thumbnailsink", "renditionscale"};

// Sources and sinks that read and write nothing but what the sandbox lets them.
constexpr std::string_view kHarmlessSources[] = {"fdsrc", "videotestsrc", "audiotestsrc"};
constexpr std::string_view kHarmlessSinks[] = {"fakesink",     "filesink",     "multifilesink",
                                               "splitmuxsink", "hlssink",      "hlssink2",
                                               "dashsink",     "thumbnailsink"};
// Bins that choose their own sources.
constexpr std::string_view kForbiddenBins[] = {
    "playbin",         "playbin3",     "uridecodebin", "uridecodebin3", "urisourcebin",
    "uritranscodebin", "transcodebin", "decodebin3",   "playsink",      "subtitleoverlay"};

// Of the containers above, as gsttypefindfunctions and isomp4 name them.
bool typefinder_allowed(std::string_view name) {
  return name.starts_with("video/") || name == "application/ogg" || name == "application/x-3gp" ||
         name == "audio/x-m4a" || name == "audio/mpeg" || name == "audio/aac" ||
         name == "audio/x-ac3";
}

template <size_t N>
bool contains(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool has_word(std::string_view klass, std::string_view word) {
  return klass.find(word) != std::string_view::npos;
}

bool is_element(GstPluginFeature* feature) {
  return GST_IS_ELEMENT_FACTORY(feature);
}

// A registry entry whose plugin can't be loaded (moved, or a library is missing) is no element.
void load_plugins_of(GstRegistry* registry, std::set<std::string, std::less<>>& names) {
  for (auto name = names.begin(); name != names.end();) {
    auto feature = Ref<GstPluginFeature>::adopt(
        gst_registry_find_feature(registry, name->c_str(), GST_TYPE_ELEMENT_FACTORY));
    const bool usable =
        !feature || Ref<GstPluginFeature>::adopt(gst_plugin_feature_load(feature.get()));
    if (!usable) std::fprintf(stderr, "the element %s can't be loaded\n", name->c_str());
    name = usable ? std::next(name) : names.erase(name);
  }
  if (auto typefinders =
          Ref<GstPlugin>::adopt(gst_registry_find_plugin(registry, "typefindfunctions"))) {
    Ref<GstPlugin>::adopt(gst_plugin_load(typefinders.get()));
  }
}

void remove_features(GstRegistry* registry, const std::set<std::string, std::less<>>& keep) {
  const auto any = [](GstPluginFeature*, gpointer) -> gboolean { return TRUE; };
  GList* features = gst_registry_feature_filter(registry, any, FALSE, nullptr);
  // From the end, which is where the registry's own list begins: it looks for each from there.
  for (GList* item = g_list_last(features); item; item = item->prev) {
    auto* feature = GST_PLUGIN_FEATURE(item->data);
    const char* name = gst_plugin_feature_get_name(feature);
    const bool stays = is_element(feature)
                           ? keep.contains(std::string_view(name))
                           : GST_IS_TYPE_FIND_FACTORY(feature) && typefinder_allowed(name);
    if (!stays) gst_registry_remove_feature(registry, feature);
  }
  gst_plugin_feature_list_free(features);
}

}  // namespace

const char* why_forbidden(GstElementFactory* factory) {
  const std::string_view name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(factory));
  const char* metadata = gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS);
  const std::string_view klass = metadata ? metadata : "";
  if (contains(kForbiddenBins, name)) return "it chooses its own sources";
  if (has_word(klass, "Network") || has_word(klass, "RTP") || has_word(klass, "Adaptive")) {
    return "it uses the network";
  }
  if (has_word(klass, "Hardware")) return "it needs a device, and the sandbox has none";
  if (has_word(klass, "Source") && !contains(kHarmlessSources, name)) {
    return "it reads from elsewhere";
  }
  const bool sink = has_word(klass, "Sink");
  if (sink && !contains(kHarmlessSinks, name)) return "it writes to elsewhere";
  return nullptr;
}

Result<void> prune_registry(const std::vector<std::string>& extra) {
  GstRegistry* registry = gst_registry_get();
  std::set<std::string, std::less<>> keep(std::begin(kAllowed), std::end(kAllowed));
  for (const std::string& name : extra) {
    auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name.c_str()));
    if (!factory) {
      return Error{ErrorCode::kUnsupported,
                   "the description uses the element " + name + ", which isn't installed here"};
    }
    if (const char* reason = why_forbidden(factory.get())) {
      return Error{ErrorCode::kUnsupported,
                   "the element " + name + " may not work on uploads: " + reason};
    }
    keep.insert(name);
  }
  load_plugins_of(registry, keep);
  remove_features(registry, keep);
  return register_upload_source();
}

void load_allowed_plugins() {
  std::set<std::string, std::less<>> names(std::begin(kAllowed), std::end(kAllowed));
  load_plugins_of(gst_registry_get(), names);
}

std::vector<std::string> allowed_elements() {
  std::vector<std::string> names;
  GList* features = gst_registry_get_feature_list(gst_registry_get(), GST_TYPE_ELEMENT_FACTORY);
  for (GList* item = features; item; item = item->next) {
    names.emplace_back(gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(item->data)));
  }
  gst_plugin_feature_list_free(features);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace filmgate::worker
