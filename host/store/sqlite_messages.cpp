// Events, the outbox, descriptions and settings.
#include <algorithm>

#include "host/model/event_chain.h"
#include "host/store/sqlite_store.h"

namespace filmgate {
namespace {

using sqlite::Row;

#define FILMGATE_SELECT_EVENT \
  "SELECT seq, asset_id, number, kind, at_ms, data, previous_hash, hash FROM event "
#define FILMGATE_SELECT_MESSAGE                                                            \
  "SELECT seq, id, endpoint, topic, asset_id, body, state, attempt, not_before_ms, error," \
  " created_ms, sent_ms FROM outbox "

Event read_event(Row& row) {
  Event event;
  event.seq = row.integer();
  event.asset_id = row.text();
  event.number = row.integer();
  event.kind = row.text();
  event.at_ms = row.integer();
  event.data = row.json();
  event.previous_hash = row.text();
  event.hash = row.text();
  return event;
}

OutboxMessage read_message(Row& row) {
  OutboxMessage message;
  message.seq = row.integer();
  message.id = row.text();
  message.endpoint = row.text();
  message.topic = row.text();
  message.asset_id = row.text();
  message.body = row.json();
  message.state = row.text();
  message.attempt = row.small();
  message.not_before_ms = row.integer();
  message.error = row.text();
  message.created_ms = row.integer();
  message.sent_ms = row.integer();
  return message;
}

std::string read_text(Row& row) {
  return row.text();
}
int64_t read_integer(Row& row) {
  return row.integer();
}

}  // namespace

Result<void> SqliteTransaction::append_event(Event& event) {
  auto last =
      db_.one(read_event, FILMGATE_SELECT_EVENT "WHERE asset_id = ? ORDER BY number DESC LIMIT 1",
              event.asset_id);
  if (!last.ok()) return last.error();
  Event next = event;
  next.number = last->has_value() ? (*last)->number + 1 : 1;
  next.previous_hash = last->has_value() ? (*last)->hash : "";
  next.hash = event_hash(next);
  auto seq = db_.one(read_integer,
                     "INSERT INTO event (asset_id, number, kind, at_ms, data, previous_hash, hash)"
                     " VALUES (?,?,?,?,?,?,?) RETURNING seq",
                     next.asset_id, next.number, next.kind, next.at_ms, next.data,
                     next.previous_hash, next.hash);
  if (!seq.ok()) return seq.error();
  next.seq = seq->value_or(0);
  event = std::move(next);
  return {};
}

Result<std::vector<Event>> SqliteTransaction::events_of(const std::string& asset_id) {
  return db_.all(read_event, FILMGATE_SELECT_EVENT "WHERE asset_id = ? ORDER BY number", asset_id);
}

Result<std::vector<Event>> SqliteTransaction::events_after(int64_t seq, int limit) {
  return db_.all(read_event, FILMGATE_SELECT_EVENT "WHERE seq > ? ORDER BY seq LIMIT ?", seq,
                 std::max(limit, 0));
}

Result<void> SqliteTransaction::enqueue(const OutboxMessage& message) {
  auto inserted = db_.run(
      "INSERT INTO outbox (id, endpoint, topic, asset_id, body, state, attempt, not_before_ms,"
      " error, created_ms, sent_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
      message.id, message.endpoint, message.topic, message.asset_id, message.body,
      message.state.empty() ? std::string("waiting") : message.state, message.attempt,
      message.not_before_ms, message.error, message.created_ms, message.sent_ms);
  if (!inserted.ok()) return inserted.error();
  return {};
}

Result<std::vector<OutboxMessage>> SqliteTransaction::due_messages(int64_t now_ms, int limit) {
  return db_.all(read_message,
                 FILMGATE_SELECT_MESSAGE
                 "WHERE not_before_ms <= ? AND seq IN"
                 " (SELECT min(seq) FROM outbox WHERE state = 'waiting' GROUP BY endpoint)"
                 " ORDER BY seq LIMIT ?",
                 now_ms, std::max(limit, 0));
}

Result<void> SqliteTransaction::update_message(const OutboxMessage& message) {
  auto changed = db_.run(
      "UPDATE outbox SET state = ?, attempt = ?, not_before_ms = ?, error = ?, sent_ms = ?"
      " WHERE id = ?",
      message.state, message.attempt, message.not_before_ms, message.error, message.sent_ms,
      message.id);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return Error{ErrorCode::kNotFound, "there is no message " + message.id};
  return {};
}

Result<std::vector<OutboxMessage>> SqliteTransaction::messages_of(const std::string& asset_id) {
  return db_.all(read_message, FILMGATE_SELECT_MESSAGE "WHERE asset_id = ? ORDER BY seq", asset_id);
}

Result<void> SqliteTransaction::keep_description(const std::string& sha256, const std::string& name,
                                                 const std::string& text) {
  auto inserted =
      db_.run("INSERT INTO description (sha256, name, text) VALUES (?,?,?) ON CONFLICT DO NOTHING",
              sha256, name, text);
  if (!inserted.ok()) return inserted.error();
  return {};
}

Result<std::optional<std::string>> SqliteTransaction::description_text(const std::string& sha256) {
  return db_.one(read_text, "SELECT text FROM description WHERE sha256 = ?", sha256);
}

Result<std::optional<std::string>> SqliteTransaction::setting(const std::string& key) {
  return db_.one(read_text, "SELECT value FROM setting WHERE key = ?", key);
}

Result<void> SqliteTransaction::set_setting(const std::string& key, const std::string& value) {
  auto changed = db_.run(
      "INSERT INTO setting (key, value) VALUES (?, ?)"
      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key, value);
  if (!changed.ok()) return changed.error();
  return {};
}

}  // namespace filmgate
