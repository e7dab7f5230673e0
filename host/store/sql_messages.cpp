// Events, the outbox, descriptions and settings.
#include <algorithm>
#include <map>

#include "host/model/event_chain.h"
#include "host/model/personal.h"
#include "host/store/sql_store.h"

namespace filmgate {
namespace {

using sql::Row;

#define FILMGATE_SELECT_EVENT                                                               \
  "SELECT seq, event.asset_id, event.number, kind, at_ms, event.data, previous_hash, hash," \
  " personal.data AS personal, salt, redacted FROM event LEFT JOIN personal"                \
  " ON personal.asset_id = event.asset_id AND personal.number = event.number "
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
  event.personal = row.json();
  event.salt = row.text();
  event.redacted = row.integer() != 0;
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

// The end of a history: what the next event is chained to.
Event read_end(Row& row) {
  Event event;
  event.number = row.integer();
  event.hash = row.text();
  return event;
}
std::string read_text(Row& row) {
  return row.text();
}

}  // namespace

Result<void> SqlTransaction::append_events(std::span<Event> events) {
  std::map<std::string, Event> ends;  // by asset: what its next event is chained to
  for (const Event& event : events) ends.try_emplace(event.asset_id);
  std::vector<sql::Values> assets;
  for (const auto& [asset_id, end] : ends) assets.push_back(sql::values_of(asset_id));
  // Before the look, so that nothing comes between it and the insert.
  if (const std::string_view lock = db_.dialect().lock_history; !lock.empty()) {
    auto locked = db_.run_each(lock, assets);
    if (!locked.ok()) return locked.error();
  }
  auto last = db_.one_of_each(read_end,
                              "SELECT number, hash FROM event WHERE asset_id = $1"
                              " ORDER BY number DESC LIMIT 1",
                              assets);
  if (!last.ok()) return last.error();
  auto found = last->begin();
  for (auto& [asset_id, end] : ends) {
    if (found->has_value()) end = **found;
    ++found;
  }
  std::map<std::pair<std::string, int64_t>, Event*> places;  // by asset and number
  std::vector<sql::Values> rows, beside;
  for (Event& event : events) {
    Event& end = ends.at(event.asset_id);
    event.number = end.number + 1;
    event.previous_hash = end.hash;
    seal_personal(event);
    event.hash = event_hash(event);
    end.number = event.number;
    end.hash = event.hash;
    places[{event.asset_id, event.number}] = &event;
    rows.push_back(sql::values_of(event.asset_id, event.number, event.kind, event.at_ms, event.data,
                                  event.previous_hash, event.hash));
    if (event.personal.size() == 0) continue;
    beside.push_back(sql::values_of(event.asset_id, event.number, event.salt, event.personal));
  }
  FILMGATE_TRY(db_.insert(
      "INSERT INTO event (asset_id, number, kind, at_ms, data, previous_hash, hash)",
      std::move(rows), " RETURNING asset_id, number, seq", [&](Row& row) -> Result<void> {
        const std::string asset_id = row.text();
        const int64_t number = row.integer();
        places.at({asset_id, number})->seq = row.integer();
        return {};
      }));
  return db_.insert("INSERT INTO personal (asset_id, number, salt, data)", std::move(beside), "",
                    [](Row&) { return Result<void>(); });
}

Result<std::vector<Event>> SqlTransaction::events_of(const std::string& asset_id) {
  return db_.all(read_event,
                 FILMGATE_SELECT_EVENT "WHERE event.asset_id = $1 ORDER BY event.number", asset_id);
}

Result<std::vector<Event>> SqlTransaction::events_after(int64_t seq, int limit) {
  return db_.all(read_event, FILMGATE_SELECT_EVENT "WHERE seq > $1 ORDER BY seq LIMIT $2", seq,
                 std::max(limit, 0));
}

Result<void> SqlTransaction::enqueue(std::span<const OutboxMessage> messages) {
  std::vector<sql::Values> rows;
  for (const OutboxMessage& message : messages) {
    rows.push_back(sql::values_of(
        message.id, message.endpoint, message.topic, message.asset_id, message.body,
        message.state.empty() ? std::string("waiting") : message.state, message.attempt,
        message.not_before_ms, message.error, message.created_ms, message.sent_ms));
  }
  return insert_once(
      db_,
      "INSERT INTO outbox (id, endpoint, topic, asset_id, body, state, attempt, not_before_ms,"
      " error, created_ms, sent_ms)",
      std::move(rows), [&](size_t which) { return "the message " + messages[which].id; });
}

// What was last sent in the future is due: the clock was set back, and its time may not come for
// long.
Result<std::vector<OutboxMessage>> SqlTransaction::due_messages(int64_t now_ms, int limit) {
  return db_.all(read_message,
                 FILMGATE_SELECT_MESSAGE
                 "WHERE (not_before_ms <= $1 OR sent_ms - " FILMGATE_CLOCKS_DIFFER
                 " > $1) AND seq IN"
                 " (SELECT min(seq) FROM outbox WHERE state = 'waiting' GROUP BY endpoint)"
                 " ORDER BY seq LIMIT $2",
                 now_ms, std::max(limit, 0));
}

Result<void> SqlTransaction::update_message(const OutboxMessage& message) {
  auto changed = db_.run(
      "UPDATE outbox SET state = $1, attempt = $2, not_before_ms = $3, error = $4, sent_ms = $5"
      " WHERE id = $6",
      message.state, message.attempt, message.not_before_ms, message.error, message.sent_ms,
      message.id);
  if (!changed.ok()) return changed.error();
  if (*changed != 1) return Error{ErrorCode::kNotFound, "there is no message " + message.id};
  return {};
}

Result<std::vector<OutboxMessage>> SqlTransaction::messages_of(const std::string& asset_id) {
  return db_.all(read_message, FILMGATE_SELECT_MESSAGE "WHERE asset_id = $1 ORDER BY seq",
                 asset_id);
}

Result<void> SqlTransaction::keep_description(const std::string& sha256, const std::string& name,
                                              const std::string& text) {
  auto inserted = db_.run(
      "INSERT INTO description (sha256, name, text) VALUES ($1,$2,$3) ON CONFLICT DO NOTHING",
      sha256, name, text);
  if (!inserted.ok()) return inserted.error();
  return {};
}

Result<std::optional<std::string>> SqlTransaction::description_text(const std::string& sha256) {
  return db_.one(read_text, "SELECT text FROM description WHERE sha256 = $1", sha256);
}

Result<std::optional<std::string>> SqlTransaction::setting(const std::string& key) {
  return db_.one(read_text, "SELECT value FROM setting WHERE key = $1", key);
}

Result<void> SqlTransaction::set_setting(const std::string& key, const std::string& value) {
  auto changed = db_.run(
      "INSERT INTO setting (key, value) VALUES ($1, $2)"
      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key, value);
  if (!changed.ok()) return changed.error();
  return {};
}

}  // namespace filmgate
