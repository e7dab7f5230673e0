#include "host/notify/notify.h"

#include <map>

#include "host/base/log.h"
#include "host/net/http_post.h"
#include "host/net/webhook_signature.h"

namespace filmgate {
namespace {

constexpr const char* kLogEndpoint = "log";

struct Target {
  Endpoint endpoint;
  std::string key;  // of the signature; "" = unsigned
};

// "asset.awaiting_approval" -> "awaiting approval".
std::string topic_in_words(const std::string& topic) {
  std::string words = topic.substr(topic.find('.') == std::string::npos ? 0 : topic.find('.') + 1);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// Links to decide under stay out of the log: whoever may read it could use them.
void write_line(const OutboxMessage& message) {
  const std::string name = message.body.get("name").string_or(message.asset_id);
  const std::string detail = message.body.get("detail").string_or("");
  log(LogLevel::kInfo, "notify",
      name + ": " + topic_in_words(message.topic) + (detail.empty() ? "" : ": " + detail),
      {{"asset", message.asset_id}, {"message", message.id}});
}

DeliveryOutcome outcome_of(const Target& target, const PostReply& reply, int64_t now_ms) {
  const std::string to = "endpoint " + target.endpoint.name;
  if (reply.status == 0) {
    return {reply.forbidden ? DeliveryResult::kRefused : DeliveryResult::kRetry,
            to + ": " + reply.error, 0};
  }
  if (reply.status >= 200 && reply.status < 300) return {DeliveryResult::kDelivered, "", 0};
  if (reply.status == 410) {
    return {DeliveryResult::kRefused, to + " is gone (410) and wants no more messages", 0};
  }
  if (reply.status >= 300 && reply.status < 400) {
    return {DeliveryResult::kRetry,
            to + " answered with a redirect (" + std::to_string(reply.status) +
                "), which is not followed; configure the final URL",
            0};
  }
  return {DeliveryResult::kRetry, to + " answered " + std::to_string(reply.status),
          retry_after_ms(reply.retry_after, now_ms)};
}

class RoutingDeliverer final : public Deliverer {
 public:
  RoutingDeliverer(DelivererOptions options, std::map<std::string, Target> targets,
                   Executor& executor, const Clock& clock)
      : options_(std::move(options)),
        targets_(std::move(targets)),
        executor_(executor),
        clock_(clock) {}

  void deliver(const OutboxMessage& message, OnDone done) override {
    const auto found = targets_.find(message.endpoint);
    if (found == targets_.end() && message.endpoint != kLogEndpoint) {
      return answer(std::move(done),
                    {DeliveryResult::kRefused,
                     "the configuration has no endpoint named " + message.endpoint, 0});
    }
    if (found == targets_.end() || found->second.endpoint.type == kLogEndpoint) {
      write_line(message);
      return answer(std::move(done), {DeliveryResult::kDelivered, "", 0});
    }
    post(found->second, message, std::move(done));
  }

 private:
  void answer(OnDone done, DeliveryOutcome outcome) {
    executor_.post([done = std::move(done), outcome = std::move(outcome)] { done(outcome); });
  }

  void post(const Target& target, const OutboxMessage& message, OnDone done) {
    const int64_t now_s = clock_.now_ms() / 1000;
    PostRequest request;
    request.url = target.endpoint.url;
    request.body = webhook_body(message);
    request.headers = {{"webhook-id", message.id}, {"webhook-timestamp", std::to_string(now_s)}};
    if (!target.key.empty()) {
      request.headers.emplace_back("webhook-signature",
                                   webhook_signature(target.key, message.id, now_s, request.body));
    }
    request.timeout_ms = options_.timeout_ms;
    request.allow_private_addresses = options_.allow_private_addresses;
    request.ca_file = options_.ca_file;
    // The reply may come after this deliverer has gone: the callback keeps what it needs.
    post_guarded(executor_, std::move(request),
                 [target, &clock = clock_, done = std::move(done)](const PostReply& reply) {
                   done(outcome_of(target, reply, clock.now_ms()));
                 });
  }

  DelivererOptions options_;
  std::map<std::string, Target> targets_;
  Executor& executor_;
  const Clock& clock_;
};

}  // namespace

std::string webhook_body(const OutboxMessage& message) {
  return to_text(Json::object({{"type", message.topic},
                               {"timestamp", format_time(message.created_ms)},
                               {"data", message.body}}));
}

Result<std::unique_ptr<Deliverer>> make_deliverer(DelivererOptions options, Executor& executor,
                                                  const Clock& clock) {
  std::map<std::string, Target> targets;
  for (const Endpoint& endpoint : options.endpoints) {
    Target target{endpoint, ""};
    if (!endpoint.secret.empty()) {
      auto key = webhook_key(endpoint.secret);
      if (!key) {
        return Error{key.error().code,
                     "[notify " + endpoint.name + "] secret: " + key.error().message};
      }
      target.key = *key;
    }
    targets.emplace(endpoint.name, std::move(target));
  }
  return std::unique_ptr<Deliverer>(
      new RoutingDeliverer(std::move(options), std::move(targets), executor, clock));
}

}  // namespace filmgate
