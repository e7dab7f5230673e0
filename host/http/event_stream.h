// Server-sent events: what happens, as it happens, and after a reconnect what was missed.
#pragma once

#include <list>

#include "host/http/exchange.h"
#include "host/model/records.h"

namespace filmgate::http {

class App;

class EventStream {
 public:
  EventStream() = default;
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream();

  // GET /v1/events; with Last-Event-ID the stored events after it come first.
  void open(App& app, const ExchangePtr& exchange);
  void broadcast(const Event& event);

 private:
  struct Client {
    ExchangePtr exchange;
    int64_t last_seq = 0;
    bool replaying = false;
    int unsent = 0;  // chunks handed to the connection that have not left
    gulong wrote_handler = 0;
  };
  using ClientPtr = std::shared_ptr<Client>;

  void replay(App& app, const ClientPtr& client);
  void send(Client& client, const Event& event);
  void write(Client& client, const std::string& text);
  void drop_gone();
  static gboolean beat(gpointer data) noexcept;
  static void on_wrote_chunk(SoupServerMessage* message, gpointer data) noexcept;

  std::list<ClientPtr> clients_;
  guint heart_ = 0;
};

}  // namespace filmgate::http
