// What a review link opens. GET shows and never decides: mail scanners follow links. POST decides,
// once, with a nonce that only who has seen the page can know.
#include "host/http/decision.h"
#include "host/http/file_stream.h"
#include "host/http/json_views.h"
#include "host/http/pages.h"
#include "host/http/routes.h"
#include "host/http/words.h"

namespace filmgate::http {
namespace {

struct Review {
  Approval approval;
  AssetView view;
  std::string reviewer;  // "" = nobody in particular
};

// kNotFound for whatever is wrong with a token, so that nobody learns what is near to right.
Result<Review> find_review(Engine& engine, const ReviewLinks& links, const std::string& token) {
  const Error unknown{ErrorCode::kNotFound,
                      "This link leads nowhere: it is incomplete, or its upload is gone."};
  const auto id = ReviewLinks::approval_id_of(token);
  if (!id) return unknown;
  auto approval = engine.approval(*id);
  if (!approval) return approval.error();
  if (!approval->has_value()) return unknown;
  const auto reviewer = links.verify(token, **approval);
  if (!reviewer) return unknown;
  auto view = engine.view((*approval)->asset_id);
  if (!view) return view.error();
  return Review{**approval, *std::move(view), *reviewer};
}

void with_review(App& app, const ExchangePtr& exchange, const std::string& token,
                 std::function<void(Review)> then) {
  app.ask<Result<Review>>(
      exchange,
      [links = app.links, token](Engine& engine) { return find_review(engine, links, token); },
      [exchange, then = std::move(then)](Result<Review> review) {
        if (!review) return exchange->problem(review.error());
        then(*std::move(review));
      });
}

bool is_expired(const Approval& approval, int64_t now_ms) {
  return approval.state == "expired" ||
         (approval.state == "pending" && approval.expires_ms > 0 && approval.expires_ms <= now_ms);
}

std::string outcome_in_words(const Approval& approval) {
  if (approval.state == "approved") return "This video was approved. Nothing more is to be done.";
  if (approval.state == "rejected") return "This video was rejected. Nothing more is to be done.";
  if (approval.state == "superseded") {
    return "A newer version of this video has taken its place; it has a link of its own.";
  }
  if (approval.state == "expired") return "The time to decide about this video has run out.";
  return "Others have yet to decide.";
}

const Output* image_of(const Review& review, std::string_view name) {
  for (const auto* list : {&review.view.previews, &review.view.outputs}) {
    for (const Output& output : *list) {
      if (output.name == name) return &output;
    }
  }
  return nullptr;
}

bool has_approved(const Review& review) {
  const Json::Array* const decisions = review.approval.decisions.if_array();
  if (decisions == nullptr) return false;
  return std::any_of(decisions->begin(), decisions->end(), [&](const Json& one) {
    return one.get("reviewer").string_or("") == review.reviewer;
  });
}

std::string render_review(App& app, const Review& review, const std::string& token) {
  const Approval& approval = review.approval;
  const bool pending = approval.state == "pending" && !has_approved(review);
  PageData data;
  data.set("page_title", "Review " + review.view.asset.name + " · Filmgate");
  const std::string title =
      review.view.asset.facts.get("metadata").get("title").string_or(review.view.asset.name);
  data.set("heading", title);
  data.set("name", review.view.asset.name);
  if (pending && !review.view.asset.detail.empty()) data.set("detail", review.view.asset.detail);
  data.set("approval_state", approval.state);
  data.set("approval_words", state_in_words(approval.state));
  data.set("token", token);
  data.set("has_poster", image_of(review, "poster") != nullptr);
  data.set("has_sprite", image_of(review, "sprite") != nullptr);
  data.set("pending", pending);
  if (!pending) data.set("outcome", outcome_in_words(approval));
  if (!review.reviewer.empty()) data.set("reviewer", review.reviewer);
  if (approval.expires_ms > 0) data.set("expires", moment_in_words(approval.expires_ms));
  if (approval.quorum > 1) {
    data.set("quorum", std::to_string(approval.quorum) + " people have to approve.");
  }
  data.set("nonce", app.links.nonce("/review/" + token, app.parts.clock.now_ms()));
  set_facts(data, review.view.asset.facts);
  return render("review.html", data);
}

Json review_json(const Review& review) {
  Json view = Json::object({{"approval", review.approval.id},
                            {"state", review.approval.state},
                            {"asset", asset_summary(summary_of(review.view.asset))}});
  if (!review.reviewer.empty()) view.set("reviewer", review.reviewer);
  if (review.approval.expires_ms > 0) view.set("expires", format_time(review.approval.expires_ms));
  if (review.view.asset.facts.is_object()) view.set("facts", review.view.asset.facts);
  return view;
}

void send_image(App& app, const ExchangePtr& exchange, const Params& params, const char* name) {
  with_review(app, exchange, params[0], [&app, exchange, name](const Review& review) {
    const Output* const image = image_of(review, name);
    if (image == nullptr) return exchange->problem(404, "There is no such picture of this video.");
    send_file(exchange, app.parts.library.absolute(image->path), image->media_type, image->sha256);
  });
}

}  // namespace

void review_page(App& app, const ExchangePtr& exchange, const Params& params) {
  with_review(app, exchange, params[0], [&app, exchange, token = params[0]](const Review& review) {
    const Approval& approval = review.approval;
    if (is_expired(approval, app.parts.clock.now_ms())) {
      return exchange->problem(410, "The time to decide about this video has run out.");
    }
    if (!exchange->wants_html()) return exchange->reply_json(200, review_json(review));
    exchange->reply(200, "text/html; charset=utf-8", render_review(app, review, token));
  });
}

void decide_review(App& app, const ExchangePtr& exchange, const Params& params) {
  const auto fields = exchange->fields();
  if (!fields) return exchange->problem(fields.error());
  if (!app.check_same_site(exchange, *fields, "/review/" + params[0])) return;
  DecisionRequest request;
  const auto chosen = fields->find("decision");
  const std::string decision = chosen != fields->end() ? chosen->second : "";
  if (decision != "approve" && decision != "reject") {
    return exchange->problem(400, "Choose one: approve or reject.");
  }
  request.decision = decision == "approve" ? Decision::kApprove : Decision::kReject;
  const auto reason = reason_of(*fields, request.decision);
  if (!reason) return exchange->problem(400, reason.error().message);
  request.reason = *reason;
  using Answer = Result<DecisionOutcome>;
  app.ask<Answer>(
      exchange,
      [links = app.links, token = params[0], request](Engine& engine) mutable -> Answer {
        auto review = find_review(engine, links, token);
        if (!review) return review.error();
        request.approval_id = review->approval.id;
        request.reviewer = review->reviewer;
        return engine.decide(request);
      },
      [exchange, wanted = request.decision](const Answer& outcome) {
        if (!outcome || !exchange->wants_html()) {
          return answer_decision(exchange, outcome, wanted, "a reviewer");
        }
        const bool waits = outcome->approval.state == "pending";
        const bool approved = wanted == Decision::kApprove;
        note_decision(*outcome, wanted, "a reviewer");
        exchange->reply(
            200, "text/html; charset=utf-8",
            message_page(approved ? "Approved" : "Rejected",
                         waits      ? "Your approval is noted; others have yet to decide."
                         : approved ? "Thank you. The video is now transcoded and published."
                                    : "Thank you. The video is set aside with your reason "
                                      "beside it."));
      });
}

void review_poster(App& app, const ExchangePtr& exchange, const Params& params) {
  send_image(app, exchange, params, "poster");
}

void review_sprite(App& app, const ExchangePtr& exchange, const Params& params) {
  send_image(app, exchange, params, "sprite");
}

}  // namespace filmgate::http
