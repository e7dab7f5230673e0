#include "host/http/exchange.h"

#include "host/http/pages.h"

namespace filmgate::http {
namespace {

// Pages load nothing from elsewhere, run no inline script and can't be framed; addresses hold
// tokens, so no page tells another site where the visitor came from.
constexpr const char* kPolicy =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'";

constexpr JsonLimits kBodyLimits{.max_bytes = 64 * 1024, .max_depth = 8, .max_keys = 256};

void set_common_headers(SoupMessageHeaders* headers) {
  soup_message_headers_replace(headers, "Content-Security-Policy", kPolicy);
  soup_message_headers_replace(headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace(headers, "Referrer-Policy", "no-referrer");
  soup_message_headers_replace(headers, "Cache-Control", "no-store");
}

std::string content_type_of(SoupServerMessage* message) {
  const char* const type = soup_message_headers_get_content_type(
      soup_server_message_get_request_headers(message), nullptr);
  return type != nullptr ? type : "";
}

}  // namespace

Exchange::Exchange(SoupServerMessage* message)
    : message_(SOUP_SERVER_MESSAGE(g_object_ref(message))) {
  finished_handler_ = g_signal_connect(message_, "finished", G_CALLBACK(on_finished), this);
  set_common_headers(soup_server_message_get_response_headers(message_));
}

Exchange::~Exchange() {
  g_signal_handler_disconnect(message_, finished_handler_);
  g_object_unref(message_);
}

void Exchange::on_finished(SoupServerMessage*, gpointer data) noexcept {
  static_cast<Exchange*>(data)->gone_ = true;
}

std::string Exchange::method() const {
  return soup_server_message_get_method(message_);
}

std::string Exchange::path() const {
  return g_uri_get_path(soup_server_message_get_uri(message_));
}

std::string Exchange::header(const char* name) const {
  const char* const value =
      soup_message_headers_get_one(soup_server_message_get_request_headers(message_), name);
  return value != nullptr ? value : "";
}

std::string Exchange::query(const std::string& name) const {
  const char* const text = g_uri_get_query(soup_server_message_get_uri(message_));
  if (text == nullptr) return "";
  GHashTable* const fields = soup_form_decode(text);
  const auto* const value = static_cast<const char*>(g_hash_table_lookup(fields, name.c_str()));
  std::string result = value != nullptr ? value : "";
  g_hash_table_unref(fields);
  return g_utf8_validate(result.data(), static_cast<gssize>(result.size()), nullptr) != FALSE
             ? result
             : "";
}

std::string Exchange::wrong_parameter(std::initializer_list<std::string_view> names) const {
  const char* const text = g_uri_get_query(soup_server_message_get_uri(message_));
  if (text == nullptr) return "";
  GHashTable* const fields = soup_form_decode(text);
  GHashTableIter iterator;
  g_hash_table_iter_init(&iterator, fields);
  std::string wrong;
  gpointer key = nullptr;
  gpointer value = nullptr;
  while (wrong.empty() && g_hash_table_iter_next(&iterator, &key, &value) != FALSE) {
    const auto* const name = static_cast<const char*>(key);
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known || g_utf8_validate(static_cast<const char*>(value), -1, nullptr) == FALSE) {
      wrong = g_utf8_validate(name, -1, nullptr) != FALSE && *name != '\0' ? name : "?";
    }
  }
  g_hash_table_unref(fields);
  return wrong;
}

std::string Exchange::body() const {
  GBytes* const bytes = soup_message_body_flatten(soup_server_message_get_request_body(message_));
  gsize size = 0;
  const auto* const data = static_cast<const char*>(g_bytes_get_data(bytes, &size));
  std::string result(data != nullptr ? data : "", size);
  g_bytes_unref(bytes);
  return result;
}

bool Exchange::sent_form() const {
  const std::string type = content_type_of(message_);
  return type == "application/x-www-form-urlencoded" || type == "multipart/form-data" ||
         type == "text/plain";
}

Result<std::map<std::string, std::string>> Exchange::fields() const {
  std::map<std::string, std::string> result;
  const std::string text = body();
  const std::string type = content_type_of(message_);
  if (text.empty()) return result;
  if (g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr) == FALSE) {
    return Error{ErrorCode::kInvalidInput, "the request's body is not UTF-8"};
  }
  if (type == "application/json") {
    auto json = parse_json(text, "the request", kBodyLimits);
    if (!json) return json.error();
    const Json::Object* const object = json->if_object();
    if (object == nullptr) {
      return Error{ErrorCode::kInvalidInput, "the request's body must be a JSON object"};
    }
    for (const Json::Member& member : *object) {
      const std::string* const value = member.value.if_string();
      if (value == nullptr) {
        return Error{ErrorCode::kInvalidInput, member.key + " must be a string"};
      }
      result[member.key] = *value;
    }
    return result;
  }
  if (type != "application/x-www-form-urlencoded") {
    return Error{ErrorCode::kInvalidInput,
                 "the request's body must be application/json or a plain form"};
  }
  GHashTable* const form = soup_form_decode(text.c_str());
  GHashTableIter iterator;
  gpointer key = nullptr, value = nullptr;
  g_hash_table_iter_init(&iterator, form);
  while (g_hash_table_iter_next(&iterator, &key, &value) != FALSE) {
    const auto* const content = static_cast<const char*>(value);
    if (g_utf8_validate(content, -1, nullptr) != FALSE) {
      result[static_cast<const char*>(key)] = content;
    }
  }
  g_hash_table_unref(form);
  return result;
}

bool Exchange::wants_html() const {
  GSList* const accepted = soup_header_parse_quality_list(header("Accept").c_str(), nullptr);
  bool html = false;
  for (GSList* one = accepted; one != nullptr; one = one->next) {
    const std::string type = static_cast<const char*>(one->data);
    if (type == "text/html" || type == "application/xhtml+xml") {
      html = true;
      break;
    }
    if (type.starts_with("application/json") || type.starts_with("application/problem")) break;
  }
  soup_header_free_list(accepted);
  return html;
}

void Exchange::pause() {
  paused_ = true;
  soup_server_message_pause(message_);
}

void Exchange::resume() {
  if (!paused_ || gone_) return;
  paused_ = false;
  soup_server_message_unpause(message_);
}

void Exchange::set_header(const char* name, const std::string& value) {
  soup_message_headers_replace(soup_server_message_get_response_headers(message_), name,
                               value.c_str());
}

void Exchange::reply(int status, const std::string& media_type, const std::string& body) {
  soup_server_message_set_status(message_, static_cast<guint>(status), phrase_of(status));
  soup_server_message_set_response(message_, media_type.c_str(), SOUP_MEMORY_COPY, body.data(),
                                   body.size());
  resume();
}

void Exchange::reply_json(int status, const Json& value) {
  reply(status, "application/json", to_text(value, 2) + "\n");
}

void Exchange::problem(int status, const std::string& detail) {
  if (wants_html()) {
    return reply(status, "text/html; charset=utf-8", message_page(phrase_of(status), detail));
  }
  reply(status, "application/problem+json",
        to_text(Json::object({{"type", "about:blank"},
                              {"title", phrase_of(status)},
                              {"status", status},
                              {"detail", detail}})) +
            "\n");
}

void Exchange::problem(const Error& error) {
  problem(status_of(error.code), error.message);
}

void Exchange::see_other(const std::string& location) {
  set_header("Location", location);
  reply(303, "text/plain; charset=utf-8", "");
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return 400;
    case ErrorCode::kUnsupported:
      return 422;
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kConflict:
      return 409;
    case ErrorCode::kPermission:
      return 403;
    case ErrorCode::kNoSpace:
      return 507;
    case ErrorCode::kLimit:
      return 413;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kCancelled:
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

const char* phrase_of(int status) {
  if (status == 421) return "Misdirected Request";  // RFC 9110; libsoup doesn't know it
  return soup_status_get_phrase(static_cast<guint>(status));
}

}  // namespace filmgate::http
