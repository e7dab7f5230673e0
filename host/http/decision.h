// A reviewer's decision, as the review link and the API take and answer it.
#pragma once

#include <map>
#include <string>

#include "host/engine/engine.h"
#include "host/http/exchange.h"

namespace filmgate::http {

// The reason that goes with a decision. kInvalidInput when a rejection has none, or it is longer
// than 2000 characters.
Result<std::string> reason_of(const std::map<std::string, std::string>& fields, Decision decision);

// {approval, state, repeated}, or the problem: 410 when the request has expired.
void answer_decision(const ExchangePtr& exchange, const Result<DecisionOutcome>& outcome,
                     Decision decision, const std::string& by);

// The line in the log that says who decided what; answer_decision writes it too.
void note_decision(const DecisionOutcome& outcome, Decision decision, const std::string& by);

}  // namespace filmgate::http
