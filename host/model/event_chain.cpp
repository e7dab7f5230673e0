#include "host/model/event_chain.h"

#include <set>

#include "host/base/hash.h"
#include "host/model/personal.h"

namespace filmgate {

std::string event_hash(const Event& event) {
  std::string text = event.previous_hash;
  for (const std::string& field : {std::to_string(event.number), event.asset_id, event.kind,
                                   std::to_string(event.at_ms), to_text(event.data)}) {
    text += '\n';
    text += field;
  }
  return to_hex(sha256(text));
}

namespace {

// Of the latest erasure, and the events whose text it took out of the chain.
struct Erasure {
  int64_t number = 0;
  std::set<int64_t> redacted;
};

Erasure latest_erasure(const std::vector<Event>& events) {
  Erasure erasure;
  for (const Event& event : events) {
    if (event.kind != kErased) continue;
    erasure.number = event.number;
    if (const Json::Array* numbers = event.data.get("redacted").if_array()) {
      for (const Json& number : *numbers) erasure.redacted.insert(number.integer_or(0));
    }
  }
  return erasure;
}

bool holds(const Event& event, const Erasure& erasure) {
  if (event.redacted) return erasure.redacted.contains(event.number);
  if (event.hash != event_hash(event)) return false;
  const std::string sealed = event.data.get("personal").string_or("");
  if (!event.personal.is_null()) return sealed == personal_hash(event.salt, event.personal);
  return sealed.empty() || event.number < erasure.number;
}

}  // namespace

Result<void> check_chain(const std::vector<Event>& events) {
  const Erasure erasure = latest_erasure(events);
  int64_t number = 0;
  std::string previous_hash;
  for (const Event& event : events) {
    ++number;
    if (event.number != number || event.previous_hash != previous_hash || !holds(event, erasure)) {
      return Error{ErrorCode::kInternal, "the history of asset " + event.asset_id +
                                             " was altered at event " + std::to_string(number)};
    }
    previous_hash = event.hash;
  }
  return {};
}

}  // namespace filmgate
