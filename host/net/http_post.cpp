#include "host/net/http_post.h"

#include <libsoup/soup.h>

#include <charconv>

#include "host/base/duration.h"
#include "host/net/address.h"

namespace filmgate {
namespace {

// One exchange; deletes itself when it has answered and nothing of it is under way any more.
class Exchange {
 public:
  Exchange(Executor& executor, PostRequest request, std::function<void(const PostReply&)> done)
      : executor_(executor),
        request_(std::move(request)),
        done_(std::move(done)),
        cancellable_(g_cancellable_new()) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  void start() {
    timer_ = executor_.after(request_.timeout_ms, [this] {
      timed_out_ = true;
      g_cancellable_cancel(cancellable_);
    });
    auto url = parse_http_url(request_.url);
    if (!url) {
      executor_.post([this, message = url.error().message] { refuse(message); });
      return;
    }
    url_ = *url;
    if (GInetAddress* const literal = g_inet_address_new_from_string(url_.host.c_str())) {
      executor_.post([this, literal] {
        consider(literal);
        g_object_unref(literal);
      });
      return;
    }
    GResolver* const resolver = g_resolver_get_default();
    g_resolver_lookup_by_name_async(resolver, url_.host.c_str(), cancellable_, on_resolved, this);
    g_object_unref(resolver);
  }

 private:
  ~Exchange() {
    g_clear_object(&message_);
    g_clear_object(&session_);
    g_clear_object(&cancellable_);
  }

  static void on_resolved(GObject* resolver, GAsyncResult* result, gpointer data) noexcept {
    auto* const self = static_cast<Exchange*>(data);
    g_autoptr(GError) error = nullptr;
    GList* const addresses = g_resolver_lookup_by_name_finish(G_RESOLVER(resolver), result, &error);
    if (addresses == nullptr) {
      self->fail(error);
      return;
    }
    // One forbidden address among several is a name that somebody plays with: none is used.
    GInetAddress* chosen = nullptr;
    for (GList* one = addresses; one != nullptr; one = one->next) {
      auto* const address = static_cast<GInetAddress*>(one->data);
      if (chosen == nullptr || !is_public_address(address)) chosen = address;
    }
    self->consider(chosen);
    g_resolver_free_addresses(addresses);
  }

  void consider(GInetAddress* address) {
    if (!request_.allow_private_addresses && !is_public_address(address)) {
      g_autofree char* text = g_inet_address_to_string(address);
      refuse(url_.host + " is at " + text +
             ", which is not a public address; [webhooks] allow_private_addresses permits it");
      return;
    }
    send_to(address);
  }

  void send_to(GInetAddress* address) {
    GSocketConnectable* const target = pinned_connectable_new(url_, address);
    session_ =
        SOUP_SESSION(g_object_new(SOUP_TYPE_SESSION, "remote-connectable", target, "proxy-resolver",
                                  nullptr, "user-agent", "Filmgate", nullptr));
    g_object_unref(target);
    if (!request_.ca_file.empty()) {
      g_autoptr(GError) error = nullptr;
      GTlsDatabase* const database = g_tls_file_database_new(request_.ca_file.c_str(), &error);
      if (database == nullptr) return fail(error);
      soup_session_set_tls_database(session_, database);
      g_object_unref(database);
    }
    message_ = soup_message_new("POST", request_.url.c_str());
    if (message_ == nullptr) return refuse("\"" + request_.url + "\" is no URL to post to");
    soup_message_add_flags(message_, static_cast<SoupMessageFlags>(SOUP_MESSAGE_NO_REDIRECT |
                                                                   SOUP_MESSAGE_NEW_CONNECTION));
    SoupMessageHeaders* const headers = soup_message_get_request_headers(message_);
    for (const auto& [name, value] : request_.headers) {
      soup_message_headers_replace(headers, name.c_str(), value.c_str());
    }
    GBytes* const body = g_bytes_new(request_.body.data(), request_.body.size());
    soup_message_set_request_body_from_bytes(message_, request_.content_type.c_str(), body);
    g_bytes_unref(body);
    soup_session_send_async(session_, message_, G_PRIORITY_DEFAULT, cancellable_, on_answered,
                            this);
  }

  static void on_answered(GObject* session, GAsyncResult* result, gpointer data) noexcept {
    auto* const self = static_cast<Exchange*>(data);
    g_autoptr(GError) error = nullptr;
    GInputStream* const stream = soup_session_send_finish(SOUP_SESSION(session), result, &error);
    if (stream == nullptr) return self->fail(error);
    g_object_unref(stream);  // the body is of no interest and may be endless
    PostReply reply;
    reply.status = static_cast<int>(soup_message_get_status(self->message_));
    const char* const retry_after = soup_message_headers_get_one(
        soup_message_get_response_headers(self->message_), "Retry-After");
    if (retry_after != nullptr) reply.retry_after = retry_after;
    soup_session_abort(self->session_);
    self->finish(std::move(reply));
  }

  void fail(const GError* error) {
    PostReply reply;
    reply.error =
        timed_out_ ? url_.host + " did not answer within " + describe_duration(request_.timeout_ms)
                   : "cannot reach " + url_.host + ": " + error->message;
    finish(std::move(reply));
  }

  void refuse(const std::string& why) {
    PostReply reply;
    reply.forbidden = true;
    reply.error = why;
    finish(std::move(reply));
  }

  void finish(PostReply reply) {
    timer_.reset();
    const auto done = std::move(done_);
    delete this;
    done(reply);
  }

  Executor& executor_;
  PostRequest request_;
  std::function<void(const PostReply&)> done_;
  HttpUrl url_;
  GCancellable* cancellable_;
  SoupSession* session_ = nullptr;
  SoupMessage* message_ = nullptr;
  std::unique_ptr<Executor::Timer> timer_;
  bool timed_out_ = false;
};

constexpr int64_t kLongestWaitMs = 86'400'000;

}  // namespace

int64_t retry_after_ms(const std::string& header, int64_t now_ms) {
  int64_t seconds = 0;
  const char* const last = header.data() + header.size();
  const auto [end, error] = std::from_chars(header.data(), last, seconds);
  if (error == std::errc() && end == last) {
    return std::clamp<int64_t>(seconds, 0, kLongestWaitMs / 1000) * 1000;
  }
  g_autoptr(GDateTime) date = soup_date_time_new_from_http_string(header.c_str());
  if (date == nullptr) return 0;
  return std::clamp<int64_t>(g_date_time_to_unix(date) * 1000 - now_ms, 0, kLongestWaitMs);
}

void post_guarded(Executor& executor, PostRequest request,
                  std::function<void(const PostReply&)> done) {
  (new Exchange(executor, std::move(request), std::move(done)))->start();
}

}  // namespace filmgate
