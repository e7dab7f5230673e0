// Messages leave in order per endpoint, one at a time, and come back after a while when the other
// side is away. Nothing else ever waits for them.
#include "host/base/log.h"
#include "host/engine/engine_impl.h"

namespace filmgate::engine {
namespace {

constexpr int kBatch = 50;
constexpr int kMaxAttempts = 15;  // with the steps below: some nine hours
constexpr int64_t kSteps[] = {5'000, 30'000, 120'000, 600'000, 1'800'000, 3'600'000};

}  // namespace

void EngineImpl::pump_outbox() {
  std::vector<OutboxMessage> due;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto messages = tx.due_messages(parts_.clock.now_ms(), kBatch);
    if (!messages) return messages.error();
    due = std::move(*messages);
    return {};
  });
  if (!read) {
    log(LogLevel::kError, "engine", "cannot look for notifications: " + read.error().message);
    return;
  }
  for (const OutboxMessage& message : due) {
    if (!sending_.insert(message.endpoint).second) continue;
    OutboxMessage outgoing = message;
    add_review_links(outgoing);
    parts_.deliverer.deliver(outgoing,
                             [this, alive = alive_, message](const DeliveryOutcome& outcome) {
                               if (*alive) delivered(message, outcome);
                             });
  }
}

void EngineImpl::delivered(OutboxMessage message, const DeliveryOutcome& outcome) {
  const int64_t now = parts_.clock.now_ms();
  ++message.attempt;
  message.error = outcome.error;
  message.sent_ms = now;  // the latest time, arrived or not: it dates the wait for the next
  if (outcome.result == DeliveryResult::kDelivered) {
    message.state = "sent";
  } else if (outcome.result == DeliveryResult::kRefused || message.attempt >= kMaxAttempts) {
    message.state = "dead";
    log(LogLevel::kWarning, "engine",
        "gave up telling " + message.endpoint + " about " + message.topic + ": " + outcome.error,
        {{"asset", message.asset_id}});
  } else {
    const size_t step =
        std::min<size_t>(static_cast<size_t>(message.attempt - 1), std::size(kSteps) - 1);
    message.not_before_ms = now + std::max(kSteps[step], outcome.retry_after_ms);
    if (message.attempt == 1) {  // once; that it was given up is said as well
      log(LogLevel::kWarning, "engine",
          "cannot tell " + message.endpoint + " about " + message.topic + " yet: " + outcome.error,
          {{"asset", message.asset_id}});
    }
  }
  unnoted_.push_back(std::move(message));
  note_deliveries();
  kick();  // the endpoint's next message
}

// Until it is written that a message left, its endpoint gets no other, nor this one again and
// again.
void EngineImpl::note_deliveries() {
  for (; !unnoted_.empty(); unnoted_.pop_front()) {
    const OutboxMessage& message = unnoted_.front();
    const auto kept = change([&](Change& c) { return c.tx.update_message(message); });
    if (!kept && kept.error().code != ErrorCode::kNotFound) {
      return complain("cannot note a delivery", kept);
    }
    sending_.erase(message.endpoint);
  }
}

// Links are made when a message leaves, so that no token ever lies in the database; a repeated
// message carries the same link.
void EngineImpl::add_review_links(OutboxMessage& message) {
  if (message.body.get("state").string_or("") != to_string(AssetState::kAwaitingApproval)) return;
  std::optional<Approval> approval;
  const auto read = parts_.store.read([&](Transaction& tx) -> Result<void> {
    auto found = tx.approval_of(message.asset_id,
                                static_cast<int>(message.body.get("revision").integer_or(1)));
    if (!found) return found.error();
    approval = std::move(*found);
    return {};
  });
  if (!read || !approval.has_value() || !parts_.review_link) return;
  std::vector<std::string> reviewers = approval->reviewers;
  if (reviewers.empty()) reviewers.emplace_back();
  Json links = Json::array();
  for (const std::string& reviewer : reviewers) {
    Json link = Json::object({{"url", parts_.review_link(*approval, reviewer)}});
    if (!reviewer.empty()) link.set("reviewer", reviewer);
    links.push_back(std::move(link));
  }
  message.body.set("approval", approval->id);
  if (approval->expires_ms > 0) message.body.set("expires", format_time(approval->expires_ms));
  message.body.set("review", std::move(links));
}

}  // namespace filmgate::engine
