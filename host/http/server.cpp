#include "host/http/server.h"

#include "host/base/log.h"
#include "host/config/configuration.h"
#include "host/http/app.h"
#include "host/http/listener.h"
#include "host/http/routes.h"

namespace filmgate {
namespace http {
namespace {

Role role_for(Access access) {
  if (access == Access::kOperator) return Role::kOperator;
  return access == Access::kReviewer ? Role::kReviewer : Role::kUploader;
}

class SoupHttpServer final : public HttpServer {
 public:
  SoupHttpServer(HttpParts parts, HttpOptions options)
      : app_(std::make_shared<App>(std::move(parts), std::move(options))),
        server_(soup_server_new(nullptr, nullptr)) {
    g_signal_connect(server_, "request-started", G_CALLBACK(on_started), this);
    g_signal_connect(server_, "request-read", G_CALLBACK(on_read), this);
    soup_server_add_early_handler(server_, nullptr, on_headers, this, nullptr);
    soup_server_add_handler(server_, nullptr, on_request, this, nullptr);
  }
  SoupHttpServer(const SoupHttpServer&) = delete;
  SoupHttpServer& operator=(const SoupHttpServer&) = delete;
  ~SoupHttpServer() override {
    soup_server_disconnect(server_);
    g_object_unref(server_);
  }

  Result<void> listen() {
    auto address = parse_listen_address(app_->options.listen);
    if (!address) return address.error();
    const std::string host = address->host == "localhost" ? "127.0.0.1" : address->host;
    GSocketAddress* const where =
        g_inet_socket_address_new_from_string(host.c_str(), static_cast<guint>(address->port));
    if (where == nullptr) {
      return Error{ErrorCode::kInvalidInput,
                   "[http] listen = " + app_->options.listen + " is no numeric address"};
    }
    const auto port = http::listen(server_, where);
    g_object_unref(where);
    if (!port) {
      return Error{port.error().code, "cannot listen on " + app_->options.listen + ": " +
                                          port.error().message + "; change [http] listen"};
    }
    port_ = *port;
    if (app_->options.public_url.empty()) {
      app_->options.public_url = local_url(*address, port_);
      app_->links = ReviewLinks(app_->parts.review_key, app_->options.public_url);
    }
    app_->observe();
    return {};
  }

  int port() const override { return port_; }
  std::string url() const override { return app_->options.public_url; }

 private:
  static std::string local_url(const ListenAddress& address, int port) {
    const bool any = address.host == "0.0.0.0" || address.host == "::";
    const std::string host = any ? "127.0.0.1" : address.host;
    return "http://" + (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" +
           std::to_string(port);
  }

  // --- limits: a connection may be idle, and a request may take to arrive, only for so long

  // Lives on a message, whose connection keeps the socket.
  struct Deadline {
    guint source = 0;
    GSocket* socket = nullptr;
  };

  static void on_started(SoupServer*, SoupServerMessage* message, gpointer data) noexcept {
    auto* const self = static_cast<SoupHttpServer*>(data);
    GSocket* const socket = soup_server_message_get_socket(message);
    if (socket == nullptr) return;
    const int64_t idle_ms = self->app_->options.idle_ms;
    g_socket_set_timeout(socket, static_cast<guint>((idle_ms + 999) / 1000));
    if (self->connections_.count(message) > self->app_->options.max_connections) {
      g_socket_shutdown(socket, TRUE, TRUE, nullptr);
      return;
    }
    auto* const deadline = new Deadline{0, socket};
    deadline->source = g_timeout_add(static_cast<guint>(idle_ms), on_deadline, deadline);
    g_object_set_data_full(G_OBJECT(message), "filmgate-deadline", deadline, drop_deadline);
  }

  static void on_read(SoupServer*, SoupServerMessage* message, gpointer) noexcept {
    g_object_set_data(G_OBJECT(message), "filmgate-deadline", nullptr);
  }

  static gboolean on_deadline(gpointer data) noexcept {
    auto* const deadline = static_cast<Deadline*>(data);
    deadline->source = 0;
    g_socket_shutdown(deadline->socket, TRUE, TRUE, nullptr);
    return G_SOURCE_REMOVE;
  }

  static void drop_deadline(gpointer data) noexcept {
    auto* const deadline = static_cast<Deadline*>(data);
    if (deadline->source != 0) g_source_remove(deadline->source);
    delete deadline;
  }

  // Before the body comes: one that says it is too long is not read, and one that doesn't say is
  // counted as it comes.
  static void on_headers(SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                         gpointer data) noexcept {
    auto* const self = static_cast<SoupHttpServer*>(data);
    SoupMessageHeaders* const headers = soup_server_message_get_request_headers(message);
    const auto most = static_cast<goffset>(self->app_->options.max_body_bytes);
    if (soup_message_headers_get_encoding(headers) == SOUP_ENCODING_CONTENT_LENGTH &&
        soup_message_headers_get_content_length(headers) > most) {
      refuse_long(message);
      return;
    }
    g_signal_connect(message, "got-chunk", G_CALLBACK(on_chunk), self);
  }

  static void on_chunk(SoupServerMessage* message, GBytes*, gpointer data) noexcept {
    auto* const self = static_cast<SoupHttpServer*>(data);
    SoupMessageBody* const body = soup_server_message_get_request_body(message);
    if (body->length <= static_cast<goffset>(self->app_->options.max_body_bytes)) return;
    soup_message_body_set_accumulate(body, FALSE);
    soup_message_body_truncate(body);
    if (soup_server_message_get_status(message) == 0) refuse_long(message);
  }

  static void refuse_long(SoupServerMessage* message) {
    Exchange exchange(message);
    exchange.set_header("Connection", "close");
    exchange.problem(413, "The request's body is too long.");
  }

  // --- requests

  static void on_request(SoupServer*, SoupServerMessage* message, const char*, GHashTable*,
                         gpointer data) noexcept {
    static_cast<SoupHttpServer*>(data)->handle(std::make_shared<Exchange>(message));
  }

  void handle(const ExchangePtr& exchange) {
    if (!app_->knows_host(exchange->header("Host"))) {
      return exchange->problem(421,
                               "This server is not reached under that name; set [http] "
                               "public_url to the one that people use.");
    }
    const std::string path = exchange->path();
    if (g_utf8_validate(path.data(), static_cast<gssize>(path.size()), nullptr) == FALSE) {
      return exchange->problem(400, "The address is not UTF-8.");
    }
    Params params;
    std::string allowed;
    const Route* const route = find_route(exchange->method(), path, params, allowed);
    if (route == nullptr && !allowed.empty()) {
      exchange->set_header("Allow", allowed);
      return exchange->problem(405, "This address takes " + allowed + ".");
    }
    if (route == nullptr) return exchange->problem(404, "There is nothing at this address.");
    if (route->access != Access::kOpen && !admit(exchange, role_for(route->access))) return;
    route->handle(*app_, exchange, params);
  }

  bool admit(const ExchangePtr& exchange, Role needed) {
    if (app_->options.tokens.empty()) return true;
    const AccessToken* const token =
        authenticate(app_->options.tokens, exchange->header("Authorization"));
    if (token == nullptr) {
      exchange->set_header("WWW-Authenticate", "Basic realm=\"Filmgate\", charset=\"UTF-8\"");
      exchange->problem(401, "A token is needed: as bearer token, or as the password.");
      return false;
    }
    if (token->role < needed) {
      exchange->problem(403, "The token of " + token->name + " does not permit this.");
      return false;
    }
    exchange->caller = token;
    return true;
  }

  std::shared_ptr<App> app_;
  SoupServer* server_;
  Connections connections_;
  int port_ = 0;
};

}  // namespace
}  // namespace http

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpParts parts, HttpOptions options) {
  auto server = std::make_unique<http::SoupHttpServer>(std::move(parts), std::move(options));
  FILMGATE_TRY(server->listen());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace filmgate
