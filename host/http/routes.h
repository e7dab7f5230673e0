// The table of all routes.
#pragma once

#include <string>
#include <vector>

#include "host/http/app.h"

namespace filmgate::http {

// What stands in a pattern's {braces}, in order.
using Params = std::vector<std::string>;

// kOpen needs no token: health, the style of the pages, and what a review link opens.
enum class Access { kOpen, kUploader, kReviewer, kOperator };

struct Route {
  const char* method;
  const char* pattern;
  Access access;
  void (*handle)(App& app, const ExchangePtr& exchange, const Params& params);
};

const std::vector<Route>& routes();

// Fills `params`; null when the path is unknown, or known for other methods only (`allowed` then
// names them). HEAD takes GET's routes.
const Route* find_route(const std::string& method, const std::string& path, Params& params,
                        std::string& allowed);

// Handlers, by file.
void list_assets(App&, const ExchangePtr&, const Params&);
void show_asset(App&, const ExchangePtr&, const Params&);
void list_events(App&, const ExchangePtr&, const Params&);
void audit_asset(App&, const ExchangePtr&, const Params&);
void show_report(App&, const ExchangePtr&, const Params&);
void get_output(App&, const ExchangePtr&, const Params&);
void approve_asset(App&, const ExchangePtr&, const Params&);
void reject_asset(App&, const ExchangePtr&, const Params&);
void cancel_asset(App&, const ExchangePtr&, const Params&);
void retry_asset(App&, const ExchangePtr&, const Params&);
void erase_asset(App&, const ExchangePtr&, const Params&);
void cancel_assets(App&, const ExchangePtr&, const Params&);
void retry_assets(App&, const ExchangePtr&, const Params&);
void prioritize_asset(App&, const ExchangePtr&, const Params&);
void list_lanes(App&, const ExchangePtr&, const Params&);
void pause_lane(App&, const ExchangePtr&, const Params&);
void resume_lane(App&, const ExchangePtr&, const Params&);
void stream_events(App&, const ExchangePtr&, const Params&);
void healthy(App&, const ExchangePtr&, const Params&);
void ready(App&, const ExchangePtr&, const Params&);

void console_page(App&, const ExchangePtr&, const Params&);
void asset_page(App&, const ExchangePtr&, const Params&);
void preview_image(App&, const ExchangePtr&, const Params&);
void static_file(App&, const ExchangePtr&, const Params&);

void review_page(App&, const ExchangePtr&, const Params&);
void decide_review(App&, const ExchangePtr&, const Params&);
void review_poster(App&, const ExchangePtr&, const Params&);
void review_sprite(App&, const ExchangePtr&, const Params&);

}  // namespace filmgate::http
