// Our errors as element errors: the one table of domains and codes, and one form of the sentence.
#pragma once

#include <gst/gst.h>

#include "plugins/core/result.h"

namespace filmgate {

// What the element was doing: it decides whose fault malformed input is, and which way a file went.
enum class Doing { kReadingSettings, kStreaming, kWriting };

inline void post_error(gpointer element, const Error& error, Doing doing) {
  const char* text = error.message.c_str();
  const bool reading = doing == Doing::kReadingSettings;
  GQuark domain = GST_RESOURCE_ERROR;
  gint code = reading ? GST_RESOURCE_ERROR_READ : GST_RESOURCE_ERROR_WRITE;
  switch (error.code) {
    case ErrorCode::kInvalidInput:
      code = GST_RESOURCE_ERROR_SETTINGS;
      if (doing != Doing::kStreaming) break;
      domain = GST_STREAM_ERROR;
      code = GST_STREAM_ERROR_FORMAT;
      break;
    case ErrorCode::kUnsupported:
      domain = GST_STREAM_ERROR;
      code = GST_STREAM_ERROR_NOT_IMPLEMENTED;
      break;
    case ErrorCode::kNotFound:
      code = reading ? GST_RESOURCE_ERROR_NOT_FOUND : GST_RESOURCE_ERROR_OPEN_WRITE;
      break;
    case ErrorCode::kPermission:
      code = reading ? GST_RESOURCE_ERROR_NOT_AUTHORIZED : GST_RESOURCE_ERROR_OPEN_WRITE;
      break;
    case ErrorCode::kNoSpace:
      code = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
      break;
    case ErrorCode::kLimit:
      code = GST_RESOURCE_ERROR_SETTINGS;
      break;
    case ErrorCode::kIo:
      break;
    default:
      domain = GST_LIBRARY_ERROR;
      code = GST_LIBRARY_ERROR_FAILED;
      break;
  }
  gst_element_message_full(GST_ELEMENT_CAST(element), GST_MESSAGE_ERROR, domain, code,
                           g_strdup_printf("%s.", text), nullptr, __FILE__, GST_FUNCTION, __LINE__);
}

}  // namespace filmgate
