#include "host/http/listener.h"

namespace filmgate::http {
namespace {

constexpr int kBacklog = 512;
constexpr const char* kCounted = "filmgate-counted";

}  // namespace

Result<int> listen(SoupServer* server, GSocketAddress* address) {
  g_autoptr(GError) error = nullptr;
  g_autoptr(GSocket) socket = g_socket_new(g_socket_address_get_family(address),
                                           G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  if (socket != nullptr) g_socket_set_listen_backlog(socket, kBacklog);
  if (socket == nullptr || !g_socket_bind(socket, address, TRUE, &error) ||
      !g_socket_listen(socket, &error) ||
      !soup_server_listen_socket(server, socket, static_cast<SoupServerListenOptions>(0), &error)) {
    const bool denied = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
    return Error{denied ? ErrorCode::kPermission : ErrorCode::kUnavailable, error->message};
  }
  g_autoptr(GSocketAddress) bound = g_socket_get_local_address(socket, &error);
  if (bound == nullptr) return Error{ErrorCode::kUnavailable, error->message};
  return static_cast<int>(g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
}

struct Connections::Counted {
  std::shared_ptr<int> open;
  GSocket* socket;
};

// libsoup 3.2 never gives up its own reference of a socket, so that the end of a connection shows
// in the end of its remote address, which nobody else keeps.
int Connections::count(SoupServerMessage* message) {
  GSocket* const socket = soup_server_message_get_socket(message);
  GSocketAddress* const remote = soup_server_message_get_remote_address(message);
  if (socket == nullptr || remote == nullptr ||
      g_object_get_data(G_OBJECT(remote), kCounted) != nullptr) {
    return *open_;
  }
  g_object_set_data(G_OBJECT(remote), kCounted, socket);
  g_object_weak_ref(G_OBJECT(remote), on_gone, new Counted{open_, G_SOCKET(g_object_ref(socket))});
  return ++*open_;
}

void Connections::on_gone(gpointer data, GObject*) noexcept {
  --*static_cast<Counted*>(data)->open;
  g_idle_add(on_idle, data);  // when libsoup has let go of what it does let go of
}

gboolean Connections::on_idle(gpointer data) noexcept {
  const std::unique_ptr<Counted> counted(static_cast<Counted*>(data));
  const bool forgotten = g_socket_is_closed(counted->socket) &&
                         g_atomic_int_get(&G_OBJECT(counted->socket)->ref_count) == 2;
  if (forgotten) g_object_unref(counted->socket);
  g_object_unref(counted->socket);
  return G_SOURCE_REMOVE;
}

}  // namespace filmgate::http
