// What is done to many assets at once: one page of those that a request selects, each asset in a
// transaction of its own, and no more of them than a moment allows, so that nobody waits long for
// the engine.
#include "host/http/asset_query.h"
#include "host/http/json_views.h"
#include "host/http/routes.h"

namespace filmgate::http {
namespace {

constexpr int kPage = 50;
constexpr int kLargestPage = 200;
// The engine does nothing else meanwhile; on a slow disk a page may take seconds.
constexpr int64_t kLongestUs = 250'000;

struct Batch {
  std::vector<AssetSummary> assets;  // it was done to them, or would be
  std::vector<std::pair<AssetSummary, std::string>> refused;
  std::string next;  // cursor of the page after this one; "" = there is none
};

using Act = Result<void> (Engine::*)(const std::string&);

// Whether an error is about this asset (its file can't be read, its description is gone), and the
// others may fare better. One that stopped the batch would stop it each time.
bool is_its_own(ErrorCode code) {
  return code != ErrorCode::kUnavailable && code != ErrorCode::kNoSpace;
}

Result<Batch> work_through(Engine& engine, AssetQuery query, Act act, bool dry_run) {
  const auto wanted = static_cast<size_t>(query.limit);
  ++query.limit;  // one more says whether a further page follows
  auto found = engine.list(query);
  if (!found) return found.error();
  const int64_t end = g_get_monotonic_time() + kLongestUs;
  std::string latest;
  Batch batch;
  if (found->size() > wanted) {
    found->resize(wanted);
    batch.next = found->back().id;
  }
  for (AssetSummary& asset : *found) {
    if (!dry_run) {
      if (!latest.empty() && g_get_monotonic_time() >= end) {
        batch.next = latest;
        break;
      }
      latest = asset.id;
      if (const auto done = (engine.*act)(asset.id); !done) {
        if (!is_its_own(done.error().code)) return done.error();
        batch.refused.emplace_back(std::move(asset), done.error().message);
        continue;
      }
      auto now = engine.view(asset.id);
      if (!now) return now.error();
      asset = summary_of(now->asset);
    }
    batch.assets.push_back(std::move(asset));
  }
  return batch;
}

Json batch_view(const Batch& batch, bool dry_run) {
  Json assets = Json::array();
  for (const AssetSummary& asset : batch.assets) assets.push_back(asset_summary(asset));
  Json refused = Json::array();
  for (const auto& [asset, why] : batch.refused) {
    refused.push_back(Json::object({{"id", asset.id}, {"name", asset.name}, {"detail", why}}));
  }
  Json view = Json::object({{"dry_run", dry_run},
                            {"count", static_cast<int64_t>(batch.assets.size())},
                            {"assets", std::move(assets)},
                            {"refused", std::move(refused)}});
  if (!batch.next.empty()) view.set("next_cursor", batch.next);
  return view;
}

// A parameter that nobody knows is no smaller selection but a wrong one.
Result<AssetQuery> selection(const Exchange& exchange, const Clock& clock) {
  const std::string wrong = exchange.wrong_parameter(
      {"state", "description", "since", "text", "cursor", "limit", "dry_run"});
  if (!wrong.empty()) {
    return Error{ErrorCode::kInvalidInput, "The parameter \"" + wrong +
                                               "\" is not one of state, description, since, text, "
                                               "cursor, limit and dry_run, or is no UTF-8."};
  }
  return asset_query(exchange, clock, kPage, kLargestPage);
}

void act_on_page(App& app, const ExchangePtr& exchange, const AssetQuery& query, Act act) {
  const std::string dry = exchange->query("dry_run");
  if (!dry.empty() && dry != "true" && dry != "false") {
    return exchange->problem(400, "dry_run must be true or false.");
  }
  if (!app.check_same_site(exchange, {}, "")) return;
  const bool dry_run = dry == "true";
  using Answer = Result<Batch>;
  app.ask<Answer>(
      exchange,
      [query, act, dry_run](Engine& engine) { return work_through(engine, query, act, dry_run); },
      [exchange, dry_run](const Answer& batch) {
        if (!batch) return exchange->problem(batch.error());
        exchange->reply_json(200, batch_view(*batch, dry_run));
      });
}

}  // namespace

void retry_assets(App& app, const ExchangePtr& exchange, const Params&) {
  auto query = selection(*exchange, app.parts.clock);
  if (!query) return exchange->problem(400, query.error().message);
  if (query->state != AssetState::kFailed && query->state != AssetState::kUnableToProcess &&
      query->state != AssetState::kRejected) {
    return exchange->problem(400, "state must be failed, unable_to_process or rejected.");
  }
  act_on_page(app, exchange, *query, &Engine::retry);
}

void cancel_assets(App& app, const ExchangePtr& exchange, const Params&) {
  auto query = selection(*exchange, app.parts.clock);
  if (!query) return exchange->problem(400, query.error().message);
  if (query->state && is_final(*query->state)) {
    return exchange->problem(
        400, std::string("What is ") + to_string(*query->state) + " can't be cancelled any more.");
  }
  if (!query->state && query->description.empty() && query->since_ms == 0 && query->text.empty()) {
    return exchange->problem(
        400, "Say which assets are to be cancelled: by state, description, since or text.");
  }
  query->open = true;
  act_on_page(app, exchange, *query, &Engine::cancel);
}

}  // namespace filmgate::http
