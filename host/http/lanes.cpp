// What an operator may put first or hold back: lanes and priorities.
#include <charconv>

#include "host/http/json_views.h"
#include "host/http/routes.h"

namespace filmgate::http {
namespace {

Json lane_view(const LaneState& lane) {
  return Json::object({{"name", to_string(lane.lane)},
                       {"paused", lane.paused},
                       {"slots", lane.slots},
                       {"running", lane.running},
                       {"waiting", lane.waiting}});
}

void set_paused(App& app, const ExchangePtr& exchange, const std::string& name,
                Result<void> (Engine::*what)(Lane)) {
  const auto lane = lane_from(name);
  if (!lane) {
    return exchange->problem(404, "There is no lane " + name + "; there are light, probe, encode.");
  }
  if (!app.check_wish(exchange, "/")) return;
  using Answer = Result<std::vector<LaneState>>;
  app.ask<Answer>(
      exchange,
      [lane = *lane, what](Engine& engine) -> Answer {
        FILMGATE_TRY((engine.*what)(lane));
        return engine.lanes();
      },
      [exchange, lane = *lane](const Answer& lanes) {
        if (!lanes) return exchange->problem(lanes.error());
        if (exchange->wants_html()) return exchange->see_other("/");
        for (const LaneState& each : *lanes) {
          if (each.lane == lane) return exchange->reply_json(200, lane_view(each));
        }
      });
}

}  // namespace

void list_lanes(App& app, const ExchangePtr& exchange, const Params&) {
  using Answer = Result<std::vector<LaneState>>;
  app.ask<Answer>(
      exchange, [](Engine& engine) { return engine.lanes(); },
      [exchange](const Answer& lanes) {
        if (!lanes) return exchange->problem(lanes.error());
        Json list = Json::array();
        for (const LaneState& lane : *lanes) list.push_back(lane_view(lane));
        exchange->reply_json(200, Json::object({{"lanes", std::move(list)}}));
      });
}

void pause_lane(App& app, const ExchangePtr& exchange, const Params& params) {
  set_paused(app, exchange, params[0], &Engine::pause);
}

void resume_lane(App& app, const ExchangePtr& exchange, const Params& params) {
  set_paused(app, exchange, params[0], &Engine::resume);
}

void prioritize_asset(App& app, const ExchangePtr& exchange, const Params& params) {
  const std::string text = exchange->query("priority");
  int priority = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), priority);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return exchange->problem(400, "The parameter priority must be a whole number.");
  }
  if (!app.check_same_site(exchange, {}, "")) return;
  using Answer = Result<AssetView>;
  app.ask<Answer>(
      exchange,
      [id = params[0], priority](Engine& engine) -> Answer {
        FILMGATE_TRY(engine.prioritize(id, priority));
        return engine.view(id);
      },
      [exchange](const Answer& view) {
        if (!view) return exchange->problem(view.error());
        exchange->reply_json(200, asset_details(*view, ""));
      });
}

}  // namespace filmgate::http
