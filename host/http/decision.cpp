#include "host/http/decision.h"

#include <glib.h>

#include "host/base/log.h"

namespace filmgate::http {
namespace {

constexpr size_t kMaxReason = 2000;  // characters

}  // namespace

Result<std::string> reason_of(const std::map<std::string, std::string>& fields, Decision decision) {
  const auto found = fields.find("reason");
  const std::string reason = found != fields.end() ? found->second : "";
  if (reason.size() > kMaxReason * 4 ||
      g_utf8_strlen(reason.c_str(), -1) > static_cast<glong>(kMaxReason)) {
    return Error{ErrorCode::kInvalidInput, "The reason is longer than 2000 characters."};
  }
  if (decision == Decision::kReject && reason.empty()) {
    return Error{ErrorCode::kInvalidInput, "Say in a few words why it is rejected."};
  }
  return reason;
}

void note_decision(const DecisionOutcome& outcome, Decision decision, const std::string& by) {
  log(LogLevel::kInfo, "http",
      by + (decision == Decision::kApprove ? " approved it" : " rejected it") +
          (outcome.repeated ? " once more" : ""),
      {{"asset", outcome.approval.asset_id}, {"approval", outcome.approval.id}});
}

void answer_decision(const ExchangePtr& exchange, const Result<DecisionOutcome>& outcome,
                     Decision decision, const std::string& by) {
  if (!outcome) {
    const bool expired = outcome.error().code == ErrorCode::kTimeout;
    return exchange->problem(expired ? 410 : status_of(outcome.error().code),
                             outcome.error().message);
  }
  note_decision(*outcome, decision, by);
  exchange->reply_json(200, Json::object({{"approval", outcome->approval.id},
                                          {"state", outcome->approval.state},
                                          {"repeated", outcome->repeated}}));
}

}  // namespace filmgate::http
