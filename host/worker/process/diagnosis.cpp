#include "host/worker/process/diagnosis.h"

#include <gst/pbutils/pbutils.h>

#include "host/worker/protocol.h"
#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

bool mentions(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

Failure no_picture_in_file() {
  return {kClassMedia, "there is no picture in this file", "", ""};
}

Failure of_stream(const GError& error, const std::string& debug, const StreamWatch& watch) {
  switch (error.code) {
    case GST_STREAM_ERROR_TYPE_NOT_FOUND:
      return {kClassMedia, "the file is damaged: its format can't be recognised", "", ""};
    case GST_STREAM_ERROR_WRONG_TYPE:
      return {kClassMedia, "the file is not what its beginning says", "", ""};
    case GST_STREAM_ERROR_DEMUX:
      return {kClassMedia, "the file is damaged: its container can't be read", "", ""};
    case GST_STREAM_ERROR_DECODE:
      return {kClassMedia,
              watch.longest(true) ? "the file is damaged: it can't be decoded to its end"
                                  : "no picture could be decoded",
              "", ""};
    case GST_STREAM_ERROR_CODEC_NOT_FOUND:
      return {kClassUnsupported, "the file holds a stream in a form that isn't supported here", "",
              ""};
    case GST_STREAM_ERROR_DECRYPT:
    case GST_STREAM_ERROR_DECRYPT_NOKEY:
      return {kClassUnsupported, "the file is encrypted, and there is no key for it", "", ""};
    case GST_STREAM_ERROR_NOT_IMPLEMENTED:
      return {kClassUnsupported, "the file uses a feature that isn't supported here", "", ""};
    case GST_STREAM_ERROR_MUX:
    case GST_STREAM_ERROR_ENCODE:
      return {kClassInternal, "the output can't be encoded", "", ""};
    default:
      break;
  }
  // "Internal data stream error": the flow return in the debug text says more.
  if (mentions(debug, "not-negotiated")) {
    return {kClassUnsupported, "the streams of this file don't fit the pipeline", "", ""};
  }
  if (mentions(debug, "not-linked") && !watch.announced(true)) return no_picture_in_file();
  if (mentions(debug, "not-linked")) {
    return {kClassUnsupported, "no stream of this file fits the pipeline", "", ""};
  }
  return {kClassMedia, "the file is damaged: it can't be read to its end", "", ""};
}

Failure of_resource(const GError& error, const std::string& debug) {
  switch (error.code) {
    case GST_RESOURCE_ERROR_NO_SPACE_LEFT:
      return {kClassIo, "the disk is full", "", ""};
    case GST_RESOURCE_ERROR_WRITE:
    case GST_RESOURCE_ERROR_OPEN_WRITE:
    case GST_RESOURCE_ERROR_OPEN_READ_WRITE:
    case GST_RESOURCE_ERROR_SYNC:
    case GST_RESOURCE_ERROR_CLOSE:
      if (mentions(debug, "File too large")) {
        return {kClassLimit, "an output grew larger than an output may be", "", ""};
      }
      return {kClassIo, "the output can't be written", "", ""};
    case GST_RESOURCE_ERROR_READ:
    case GST_RESOURCE_ERROR_SEEK:
    case GST_RESOURCE_ERROR_OPEN_READ:
    case GST_RESOURCE_ERROR_NOT_FOUND:
      return {kClassIo, "the upload can't be read", "", ""};
    case GST_RESOURCE_ERROR_NOT_AUTHORIZED:
      return {kClassUnsupported, "the file is protected against reading", "", ""};
    default:
      return {kClassInternal, "the pipeline couldn't be set up", "", ""};
  }
}

Failure of_core(const GError& error) {
  if (error.code == GST_CORE_ERROR_MISSING_PLUGIN) {
    return {kClassUnsupported, "the file needs a decoder that isn't installed or not allowed here",
            "", ""};
  }
  return {kClassInternal, "the pipeline failed", "", ""};
}

std::string with_reason(const std::string& sentence, const GError& error) {
  std::string reason = error.message ? error.message : "";
  while (!reason.empty() && (reason.back() == '.' || reason.back() == '\n')) reason.pop_back();
  return reason.empty() ? sentence : sentence + " (" + reason + ")";
}

}  // namespace

Failure diagnose_error(GstMessage* message, const StreamWatch& watch) {
  GError* raw_error = nullptr;
  char* raw_debug = nullptr;
  gst_message_parse_error(message, &raw_error, &raw_debug);
  const GErrorPtr error(raw_error);
  const GString8 debug_text(raw_debug);
  const std::string debug = raw_debug ? raw_debug : "";

  Failure failure{kClassInternal, "the pipeline failed", "", ""};
  if (error->domain == GST_STREAM_ERROR) {
    failure = of_stream(*error, debug, watch);
  } else if (error->domain == GST_RESOURCE_ERROR) {
    failure = of_resource(*error, debug);
  } else if (error->domain == GST_CORE_ERROR) {
    failure = of_core(*error);
  }
  if (failure.error_class == kClassInternal) {
    failure.message = with_reason(failure.message, *error);
  }
  GstObject* source = GST_MESSAGE_SRC(message);
  failure.element = source ? GST_OBJECT_NAME(source) : "";
  failure.detail = std::string(error->message) + (debug.empty() ? "" : "; " + debug);
  return failure;
}

std::optional<Failure> diagnose_missing_plugin(GstMessage* message) {
  if (!gst_is_missing_plugin_message(message)) return std::nullopt;
  const GstStructure* structure = gst_message_get_structure(message);
  const GValue* detail = gst_structure_get_value(structure, "detail");
  if (!detail || !GST_VALUE_HOLDS_CAPS(detail)) return std::nullopt;
  const GstCaps* caps = gst_value_get_caps(detail);
  if (!caps || gst_caps_is_empty(caps) || gst_caps_is_any(caps)) return std::nullopt;
  const char* name = gst_structure_get_name(gst_caps_get_structure(caps, 0));

  const GString8 description(gst_pb_utils_get_codec_description(caps));
  // What a demuxer doesn't know bears the container's own name for it.
  const char* id = g_str_has_suffix(name, "/x-unknown")
                       ? gst_structure_get_string(gst_caps_get_structure(caps, 0), "codec-id")
                       : nullptr;
  const std::string codec = id ? id : description ? description.get() : name;
  const GString8 caps_text(gst_caps_to_string(caps));
  if (g_str_has_prefix(name, "application/x-cenc") ||
      g_str_has_prefix(name, "application/x-cbcs")) {
    return Failure{kClassUnsupported, "the file is encrypted, and there is no key for it", "",
                   caps_text.get()};
  }
  const bool video = g_str_has_prefix(name, "video/") || g_str_has_prefix(name, "image/");
  if (!video && !g_str_has_prefix(name, "audio/")) return std::nullopt;
  return Failure{kClassUnsupported,
                 std::string(video ? "the picture" : "the sound") + " is coded as " + codec +
                     ", which isn't supported here",
                 "", caps_text.get()};
}

std::optional<Failure> diagnose_decoded(const StreamWatch& watch) {
  if (watch.longest(true)) return std::nullopt;
  if (!watch.announced(true)) return no_picture_in_file();
  return Failure{kClassMedia, "no picture could be decoded", "", "no frame left a decoder"};
}

}  // namespace filmgate::worker
