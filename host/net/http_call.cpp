#include "host/net/http_call.h"

#include <libsoup/soup.h>

#include <array>

#include "host/net/address.h"

namespace filmgate {
namespace {

Error error_from(const GError* error, const std::string& url) {
  const bool timeout = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  return {timeout ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
          "no answer from " + url + ": " + error->message};
}

Result<std::string> read_all(GInputStream* stream, const CallRequest& request) {
  std::string body;
  std::array<char, 32 * 1024> block;
  while (true) {
    g_autoptr(GError) error = nullptr;
    const gssize size = g_input_stream_read(stream, block.data(), block.size(), nullptr, &error);
    if (size < 0) return error_from(error, request.url);
    if (size == 0) return body;
    if (body.size() + static_cast<size_t>(size) > request.max_bytes) {
      return Error{ErrorCode::kLimit, "the answer of " + request.url + " is longer than " +
                                          std::to_string(request.max_bytes) + " bytes"};
    }
    body.append(block.data(), static_cast<size_t>(size));
  }
}

}  // namespace

Result<CallReply> http_call(const CallRequest& request) {
  if (auto url = parse_http_url(request.url); !url) return url.error();
  g_autoptr(SoupMessage) message = soup_message_new(request.method.c_str(), request.url.c_str());
  if (message == nullptr) {
    return Error{ErrorCode::kInvalidInput, "\"" + request.url + "\" can't be asked"};
  }
  g_autoptr(SoupSession) session =
      SOUP_SESSION(g_object_new(SOUP_TYPE_SESSION, "timeout", static_cast<guint>(request.timeout_s),
                                "user-agent", "filmgate", nullptr));
  soup_message_add_flags(message, SOUP_MESSAGE_NO_REDIRECT);
  for (const auto& [name, value] : request.headers) {
    soup_message_headers_replace(soup_message_get_request_headers(message), name.c_str(),
                                 value.c_str());
  }
  if (!request.content_type.empty()) {
    GBytes* const body = g_bytes_new(request.body.data(), request.body.size());
    soup_message_set_request_body_from_bytes(message, request.content_type.c_str(), body);
    g_bytes_unref(body);
  }
  g_autoptr(GError) error = nullptr;
  g_autoptr(GInputStream) stream = soup_session_send(session, message, nullptr, &error);
  if (stream == nullptr) return error_from(error, request.url);
  auto body = read_all(stream, request);
  if (!body) return body.error();
  CallReply reply;
  reply.status = static_cast<int>(soup_message_get_status(message));
  reply.body = *std::move(body);
  const char* const type =
      soup_message_headers_get_content_type(soup_message_get_response_headers(message), nullptr);
  if (type != nullptr) reply.content_type = type;
  return reply;
}

}  // namespace filmgate
