#include "host/worker/process/outputs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmath>

#include "host/base/file.h"
#include "host/worker/process/decoded_facts.h"
#include "host/worker/process/diagnosis.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {

namespace {

const char* media_type_of(const std::string& file) {
  static const std::pair<const char*, const char*> kTypes[] = {
      {".mp4", "video/mp4"},   {".m4v", "video/mp4"},        {".mov", "video/quicktime"},
      {".webm", "video/webm"}, {".mkv", "video/x-matroska"}, {".ts", "video/mp2t"},
      {".m4a", "audio/mp4"},   {".ogv", "video/ogg"},        {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"}, {".png", "image/png"},        {".webp", "image/webp"},
      {".vtt", "text/vtt"},    {".json", "application/json"}};
  const std::string suffix = suffix_of(file);
  for (const auto& [known, type] : kTypes) {
    if (suffix == known) return type;
  }
  return "application/octet-stream";
}

Failure wrong(const VerifyEntry& entry, const std::string& what, const std::string& detail = "") {
  return {kClassInternal, "the rendition " + entry.name + " did not come out right: " + what, "",
          detail};
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", value);
  return text;
}

std::optional<Failure> check_video(const VerifyEntry& entry, const DecodedTrack& video,
                                   const VerifyContext& context) {
  if (video.corrupted > 0) {
    return wrong(entry, std::to_string(video.corrupted) + " of its pictures are damaged");
  }
  const Shape shape = shown(video);
  const int slack = video.pixel_aspect_n == video.pixel_aspect_d ? 0 : 1;
  if ((entry.width > 0 && std::abs(shape.width - entry.width) > slack) ||
      (entry.height > 0 && shape.height != entry.height)) {
    return wrong(entry, "it is " + std::to_string(shape.width) + "x" +
                            std::to_string(shape.height) + " instead of " +
                            std::to_string(entry.width) + "x" + std::to_string(entry.height));
  }
  if (!context.source_video) return std::nullopt;
  const DecodedTrack& source = *context.source_video;
  const double allowed = std::max({0.1, source.frame_s(), video.frame_s()});
  if (std::abs(video.duration_s() - source.duration_s()) > allowed) {
    return wrong(entry, "it is " + seconds(video.duration_s()) + " long, its source " +
                            seconds(source.duration_s()));
  }
  return std::nullopt;
}

// fdsrc ! decodebin, each stream into a fakesink of its own. `watch` sees the decoders.
GstElement* make_decoding_pipeline(int fd) {
  GstElement* pipeline = gst_pipeline_new("verify");
  GstElement* source = gst_element_factory_make("fdsrc", nullptr);
  GstElement* decoder = gst_element_factory_make("decodebin", nullptr);
  if (!source || !decoder) {
    gst_clear_object(&source);
    gst_clear_object(&decoder);
    gst_object_unref(pipeline);
    return nullptr;
  }
  g_object_set(source, "fd", fd, nullptr);
  gst_bin_add_many(GST_BIN(pipeline), source, decoder, nullptr);
  gst_element_link(source, decoder);
  const auto added = [](GstElement*, GstPad* pad, gpointer user) {
    GstElement* sink = gst_element_factory_make("fakesink", nullptr);
    if (!sink) return;
    g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
    gst_bin_add(GST_BIN(user), sink);
    gst_element_sync_state_with_parent(sink);
    const auto input = Ref<GstPad>::adopt(gst_element_get_static_pad(sink, "sink"));
    gst_pad_link(pad, input.get());
  };
  g_signal_connect(decoder, "pad-added", G_CALLBACK(+added), pipeline);
  // Outputs are held to a stricter measure than uploads: the first decoding error counts.
  const auto deep = [](GstBin*, GstBin*, GstElement* element, gpointer) {
    if (g_object_class_find_property(G_OBJECT_GET_CLASS(element), "max-errors")) {
      g_object_set(element, "max-errors", 0, nullptr);
    }
  };
  g_signal_connect(pipeline, "deep-element-added", G_CALLBACK(+deep), nullptr);
  return pipeline;
}

Json info_of(const std::optional<DecodedTrack>& video, const std::optional<DecodedTrack>& audio,
             int64_t size) {
  Json info = Json::object();
  double duration = 0;
  if (video) {
    const Shape shape = shown(*video);
    duration = video->duration_s();
    info.set("video_codec", video->codec);
    info.set("width", shape.width);
    info.set("height", shape.height);
    if (video->framerate > 0) {
      info.set("framerate", video->framerate);
    } else if (duration > 0) {
      info.set("framerate", static_cast<double>(video->frames) / duration);
    }
  }
  if (audio) {
    duration = std::max(duration, audio->duration_s());
    info.set("audio_codec", audio->codec);
  }
  if (duration > 0) {
    info.set("duration", duration);
    info.set("bitrate",
             static_cast<int64_t>(std::llround(static_cast<double>(size) * 8 / duration)));
  }
  return info;
}

}  // namespace

Result<Json> seal_output(const std::string& name, const std::string& file, Json info) {
  Result<Fd> opened = open_untrusted(file);
  if (!opened) return opened.error();
  if (fsync(opened->get()) != 0) return error_from_errno(errno, "flush " + file);
  const std::string folder = folder_of(file);
  FILMGATE_TRY(fsync_folder(folder.empty() ? "." : folder));
  struct stat status {};
  if (fstat(opened->get(), &status) != 0) return error_from_errno(errno, "look at " + file);
  Result<std::string> hash = sha256_hex_of(opened->get(), file);
  if (!hash) return hash.error();
  return Json::object({{"name", name},
                       {"file", file},
                       {"media_type", media_type_of(file)},
                       {"size", static_cast<int64_t>(status.st_size)},
                       {"sha256", *hash},
                       {"info", std::move(info)}});
}

std::optional<Failure> verify_rendition(const VerifyEntry& entry, const VerifyContext& context,
                                        Json& info) {
  Result<Fd> opened = open_untrusted(entry.file);
  if (!opened) return wrong(entry, "its file is missing", opened.error().message);
  struct stat status {};
  if (fstat(opened->get(), &status) != 0 || status.st_size == 0) {
    return wrong(entry, "its file is empty");
  }
  const auto pipeline = Ref<GstElement>::sink(make_decoding_pipeline(opened->get()));
  if (!pipeline) return wrong(entry, "no decoder is installed to check it with");
  std::mutex lock;
  std::optional<Failure> violation;
  const StreamWatch watch(pipeline.get(), context.limits, [&](const Failure& failure) {
    std::lock_guard held(lock);
    violation = failure;
  });
  RunHooks hooks;
  hooks.on_progress = context.on_progress;
  if (auto failure =
          run_pipeline(pipeline.get(), watch, context.limits, *context.deadline, hooks)) {
    if (failure->error_class == kClassLimit) return failure;
    return wrong(entry, "it can't be decoded again", failure->detail);
  }
  if (violation) return wrong(entry, violation->message);

  const std::optional<DecodedTrack> video = watch.longest(true);
  const std::optional<DecodedTrack> audio = watch.longest(false);
  if (entry.video && !video) return wrong(entry, "it has no picture");
  if (entry.audio && !audio) return wrong(entry, "it has no sound");
  if (entry.video) {
    if (auto failure = check_video(entry, *video, context)) return failure;
  }
  info = info_of(video, audio, status.st_size);
  return std::nullopt;
}

}  // namespace filmgate::worker
