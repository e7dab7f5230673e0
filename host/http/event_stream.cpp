#include "host/http/event_stream.h"

#include <charconv>

#include "host/base/clock.h"
#include "host/http/app.h"
#include "host/model/personal.h"

namespace filmgate::http {
namespace {

constexpr size_t kMaxClients = 100;
constexpr int kMaxUnsent = 2000;  // a client that reads nothing is dropped, not buffered for
constexpr int kReplayBatch = 500;
constexpr guint kBeatSeconds = 15;  // below the idle limit of proxies and of our own listener

Json to_json(const Event& event) {
  return Json::object({{"asset", event.asset_id},
                       {"kind", event.kind},
                       {"at", format_time(event.at_ms)},
                       {"data", told(event)}});
}

}  // namespace

EventStream::~EventStream() {
  if (heart_ != 0) g_source_remove(heart_);
  for (const ClientPtr& client : clients_) {
    g_signal_handler_disconnect(client->exchange->message(), client->wrote_handler);
  }
}

void EventStream::open(App& app, const ExchangePtr& exchange) {
  drop_gone();
  if (clients_.size() >= kMaxClients) {
    return exchange->problem(503, "Too many listen to events already; ask again later.");
  }
  auto client = std::make_shared<Client>();
  client->exchange = exchange;
  const std::string last = exchange->header("Last-Event-ID");
  if (!last.empty()) {
    const auto [end, error] =
        std::from_chars(last.data(), last.data() + last.size(), client->last_seq);
    if (error != std::errc() || end != last.data() + last.size() || client->last_seq < 0) {
      return exchange->problem(400, "Last-Event-ID must be the id of an event.");
    }
    client->replaying = true;
  }
  SoupServerMessage* const message = exchange->message();
  SoupMessageHeaders* const headers = soup_server_message_get_response_headers(message);
  soup_message_headers_set_content_type(headers, "text/event-stream", nullptr);
  soup_message_headers_set_encoding(headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
  soup_server_message_set_status(message, SOUP_STATUS_OK, nullptr);
  client->wrote_handler =
      g_signal_connect(message, "wrote-chunk", G_CALLBACK(on_wrote_chunk), client.get());
  clients_.push_back(client);
  if (heart_ == 0) heart_ = g_timeout_add_seconds(kBeatSeconds, beat, this);
  write(*client, "retry: 3000\n\n");
  if (client->replaying) replay(app, client);
}

void EventStream::replay(App& app, const ClientPtr& client) {
  using Answer = Result<std::vector<Event>>;
  const auto events_after = app.parts.events_after;
  const int64_t seq = client->last_seq;
  app.ask<Answer>(
      client->exchange, [events_after, seq](Engine&) { return events_after(seq, kReplayBatch); },
      [this, &app, client](Answer answer) {
        if (answer) {
          for (const Event& event : *answer) send(*client, event);
        }
        client->exchange->resume();
        if (answer && answer->size() == static_cast<size_t>(kReplayBatch)) {
          return replay(app, client);
        }
        // What happened since was posted after this answer, so nothing is missed from here on.
        client->replaying = false;
      });
}

void EventStream::broadcast(const Event& event) {
  drop_gone();
  for (const ClientPtr& client : clients_) {
    if (client->replaying || (event.seq != 0 && event.seq <= client->last_seq)) continue;
    send(*client, event);
  }
}

void EventStream::send(Client& client, const Event& event) {
  std::string text;
  if (event.seq != 0) {
    client.last_seq = event.seq;
    text = "id: " + std::to_string(event.seq) + "\n";
  }
  write(client, text + "data: " + to_text(to_json(event)) + "\n\n");
}

void EventStream::write(Client& client, const std::string& text) {
  if (client.exchange->gone()) return;
  SoupServerMessage* const message = client.exchange->message();
  if (++client.unsent > kMaxUnsent) {
    if (GSocket* const socket = soup_server_message_get_socket(message)) {
      g_socket_shutdown(socket, TRUE, TRUE, nullptr);
    }
    return;
  }
  soup_message_body_append(soup_server_message_get_response_body(message), SOUP_MEMORY_COPY,
                           text.data(), text.size());
  soup_server_message_unpause(message);
}

void EventStream::drop_gone() {
  clients_.remove_if([](const ClientPtr& client) {
    if (!client->exchange->gone()) return false;
    g_signal_handler_disconnect(client->exchange->message(), client->wrote_handler);
    return true;
  });
}

gboolean EventStream::beat(gpointer data) noexcept {
  auto* const self = static_cast<EventStream*>(data);
  self->drop_gone();
  for (const ClientPtr& client : self->clients_) self->write(*client, ": still here\n\n");
  if (!self->clients_.empty()) return G_SOURCE_CONTINUE;
  self->heart_ = 0;
  return G_SOURCE_REMOVE;
}

void EventStream::on_wrote_chunk(SoupServerMessage*, gpointer data) noexcept {
  --static_cast<Client*>(data)->unsent;
}

}  // namespace filmgate::http
