// The JSON side: what can be asked and done under /v1, and the health of the host.
#include "host/http/asset_query.h"
#include "host/http/decision.h"
#include "host/http/file_stream.h"
#include "host/http/json_views.h"
#include "host/http/routes.h"

namespace filmgate::http {
namespace {

constexpr int kPage = 100;
constexpr int kLargestPage = 500;

// Hands over to `then`, or answers with the error.
template <typename T>
void ask_or_fail(App& app, const ExchangePtr& exchange, std::function<Result<T>(Engine&)> work,
                 std::function<void(T)> then) {
  app.ask<Result<T>>(exchange, std::move(work), [exchange, then](Result<T> answer) {
    if (!answer) return exchange->problem(answer.error());
    then(std::move(*answer));
  });
}

void with_view(App& app, const ExchangePtr& exchange, const std::string& id,
               std::function<void(AssetView)> then) {
  ask_or_fail<AssetView>(
      app, exchange, [id](Engine& engine) { return engine.view(id); }, std::move(then));
}

// A person's wish about an asset, from a page's form or a program.
void act(App& app, const ExchangePtr& exchange, const std::string& id,
         Result<void> (Engine::*what)(const std::string&)) {
  if (!app.check_wish(exchange, "/assets/" + id)) return;
  ask_or_fail<AssetView>(
      app, exchange,
      [id, what](Engine& engine) -> Result<AssetView> {
        FILMGATE_TRY((engine.*what)(id));
        return engine.view(id);
      },
      [exchange, id](const AssetView& view) {
        if (exchange->wants_html()) return exchange->see_other("/assets/" + id);
        exchange->reply_json(200, asset_summary(summary_of(view.asset)));
      });
}

// The same decision as by a review link; who decides is whom the token names.
void decide(App& app, const ExchangePtr& exchange, const std::string& id, Decision decision) {
  const auto fields = exchange->fields();
  if (!fields) return exchange->problem(fields.error());
  if (!app.check_same_site(exchange, *fields, "/assets/" + id)) return;
  const auto reason = reason_of(*fields, decision);
  if (!reason) return exchange->problem(400, reason.error().message);
  DecisionRequest request;
  request.decision = decision;
  request.reason = *reason;
  request.reviewer = exchange->caller_name();
  using Answer = Result<DecisionOutcome>;
  app.ask<Answer>(
      exchange,
      [id, request](Engine& engine) mutable -> Answer {
        auto view = engine.view(id);
        if (!view) return view.error();
        if (!view->approval) {
          return Error{ErrorCode::kConflict, view->asset.name + " is " +
                                                 to_string(view->asset.state) +
                                                 "; no decision was asked for"};
        }
        request.approval_id = view->approval->id;
        return engine.decide(request);
      },
      [exchange, id, decision, reviewer = request.reviewer](const Answer& outcome) {
        const std::string by = reviewer.empty() ? "somebody" : reviewer;
        if (!outcome || !exchange->wants_html()) {
          return answer_decision(exchange, outcome, decision, by);
        }
        note_decision(*outcome, decision, by);
        exchange->see_other("/assets/" + id);
      });
}

}  // namespace

void list_assets(App& app, const ExchangePtr& exchange, const Params&) {
  auto query = asset_query(*exchange, app.parts.clock, kPage, kLargestPage);
  if (!query) return exchange->problem(400, query.error().message);
  const auto wanted = static_cast<size_t>(query->limit);
  ++query->limit;  // one more says whether a further page follows
  ask_or_fail<ListedAssets>(
      app, exchange, [query = *query](Engine& engine) { return list_with_waits(engine, query); },
      [exchange, wanted](const ListedAssets& listed) {
        const std::vector<AssetSummary>& found = listed.assets;
        Json assets = Json::array();
        for (size_t i = 0; i < std::min(wanted, found.size()); ++i) {
          Json asset = asset_summary(found[i]);
          if (!listed.waits_for[i].empty()) asset.set("waits_for", listed.waits_for[i]);
          assets.push_back(std::move(asset));
        }
        Json page = Json::object({{"assets", std::move(assets)}});
        if (found.size() > wanted) page.set("next_cursor", found[wanted - 1].id);
        exchange->reply_json(200, page);
      });
}

void show_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  with_view(app, exchange, params[0], [&app, exchange](const AssetView& view) {
    // Who could decide anyway is shown where.
    const bool decides = exchange->caller == nullptr || exchange->caller->role >= Role::kReviewer;
    const std::string url =
        view.approval && decides ? app.links.link(*view.approval, exchange->caller_name()) : "";
    exchange->reply_json(200, asset_details(view, url));
  });
}

void list_events(App& app, const ExchangePtr& exchange, const Params& params) {
  ask_or_fail<std::vector<Event>>(
      app, exchange,
      [id = params[0]](Engine& engine) -> Result<std::vector<Event>> {
        if (auto view = engine.view(id); !view) return view.error();
        return engine.events(id);
      },
      [exchange](const std::vector<Event>& found) {
        Json events = Json::array();
        for (const Event& event : found) events.push_back(event_view(event));
        exchange->reply_json(200, Json::object({{"events", std::move(events)}}));
      });
}

void audit_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  ask_or_fail<Audit>(
      app, exchange, [id = params[0]](Engine& engine) { return engine.audit(id); },
      [exchange](const Audit& audit) { exchange->reply_json(200, to_json(audit)); });
}

void show_report(App& app, const ExchangePtr& exchange, const Params& params) {
  with_view(app, exchange, params[0], [exchange](const AssetView& view) {
    if (!view.asset.facts.get("quality").is_object()) {
      return exchange->problem(404, view.asset.name + " has not been probed (yet).");
    }
    exchange->reply_json(200, view.asset.facts);
  });
}

void get_output(App& app, const ExchangePtr& exchange, const Params& params) {
  with_view(app, exchange, params[0], [&app, exchange, name = params[1]](const AssetView& view) {
    for (const Output& output : view.outputs) {
      if (output.name != name) continue;
      return send_file(exchange, app.parts.library.absolute(output.path), output.media_type,
                       output.sha256);
    }
    exchange->problem(404, view.asset.name + " has no published output named " + name + ".");
  });
}

void approve_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  decide(app, exchange, params[0], Decision::kApprove);
}

void reject_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  decide(app, exchange, params[0], Decision::kReject);
}

void cancel_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  act(app, exchange, params[0], &Engine::cancel);
}

void retry_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  act(app, exchange, params[0], &Engine::retry);
}

void erase_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  const std::string& id = params[0];
  const auto fields = exchange->fields();
  if (!fields) return exchange->problem(fields.error());
  if (!app.check_same_site(exchange, *fields, "/assets/" + id)) return;
  const auto wanted = fields->find("media");
  const std::string media = wanted == fields->end() ? "keep" : wanted->second;
  if (media != "keep" && media != "erase") {
    return exchange->problem(400, "media must be keep or erase.");
  }
  ask_or_fail<AssetView>(
      app, exchange,
      [id, media](Engine& engine) -> Result<AssetView> {
        FILMGATE_TRY(engine.erase(id, media == "erase"));
        return engine.view(id);
      },
      [exchange](const AssetView& view) {
        exchange->reply_json(200, asset_summary(summary_of(view.asset)));
      });
}

void stream_events(App& app, const ExchangePtr& exchange, const Params&) {
  app.events.open(app, exchange);
}

void healthy(App&, const ExchangePtr& exchange, const Params&) {
  exchange->reply_json(200, Json::object({{"status", "ok"}}));
}

// Ready when the engine still turns and its database answers; also while uploads wait for room, for
// reviewers and what was taken in need us then as well.
void ready(App& app, const ExchangePtr& exchange, const Params&) {
  using Answer = Result<IntakeState>;
  app.ask<Answer>(
      exchange,
      [](Engine& engine) -> Answer {
        AssetQuery query;
        query.limit = 1;
        if (auto answer = engine.list(query); !answer) return answer.error();
        return engine.intake();
      },
      [exchange](const Answer& intake) {
        if (!intake) return exchange->problem(503, intake.error().message);
        exchange->reply_json(200,
                             Json::object({{"status", "ready"}, {"intake", intake_view(*intake)}}));
      });
}

}  // namespace filmgate::http
