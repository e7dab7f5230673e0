#include "host/model/event_chain.h"

#include "host/base/hash.h"

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

Result<void> check_chain(const std::vector<Event>& events) {
  int64_t number = 0;
  std::string previous_hash;
  for (const Event& event : events) {
    ++number;
    if (event.number != number || event.previous_hash != previous_hash ||
        event.hash != event_hash(event)) {
      return Error{ErrorCode::kInternal, "the history of asset " + event.asset_id +
                                             " was altered at event " + std::to_string(number)};
    }
    previous_hash = event.hash;
  }
  return {};
}

}  // namespace filmgate
