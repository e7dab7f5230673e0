// The listening socket, and how many connections there are.
#pragma once

#include <libsoup/soup.h>

#include <memory>

#include "plugins/core/result.h"

namespace filmgate::http {

// Lets the server listen at an address and gives the port, which is chosen when the address names
// none. kPermission, kUnavailable. Its queue is longer than libsoup's own, which holds ten: of many
// people who click at once most would be reset.
Result<int> listen(SoupServer* server, GSocketAddress* address);

// Counts connections until they end.
class Connections {
 public:
  // Of a message that begins: the number of connections with its own.
  int count(SoupServerMessage* message);

 private:
  struct Counted;
  static void on_gone(gpointer data, GObject* address) noexcept;
  static gboolean on_idle(gpointer data) noexcept;

  std::shared_ptr<int> open_ = std::make_shared<int>(0);
};

}  // namespace filmgate::http
