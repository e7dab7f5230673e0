#include "host/http/routes.h"

namespace filmgate {
namespace http {
namespace {

bool matches(std::string_view pattern, std::string_view path, Params& params) {
  params.clear();
  while (true) {
    const size_t pattern_end = std::min(pattern.find('/', 1), pattern.size());
    const size_t path_end = std::min(path.find('/', 1), path.size());
    const std::string_view wanted = pattern.substr(0, pattern_end);
    const std::string_view step = path.substr(0, path_end);
    if (wanted.starts_with("/{")) {
      if (step.size() < 2) return false;
      params.emplace_back(step.substr(1));
    } else if (wanted != step) {
      return false;
    }
    pattern.remove_prefix(pattern_end);
    path.remove_prefix(path_end);
    if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
  }
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> kRoutes = {
      {"GET", "/", Access::kReviewer, console_page},
      {"GET", "/assets/{id}", Access::kReviewer, asset_page},
      {"GET", "/assets/{id}/previews/{name}", Access::kReviewer, preview_image},
      {"GET", "/review/{token}", Access::kOpen, review_page},
      {"POST", "/review/{token}", Access::kOpen, decide_review},
      {"GET", "/review/{token}/poster", Access::kOpen, review_poster},
      {"GET", "/review/{token}/sprite", Access::kOpen, review_sprite},
      {"GET", "/static/{name}", Access::kOpen, static_file},
      {"GET", "/v1/assets", Access::kUploader, list_assets},
      {"POST", "/v1/assets/cancel", Access::kOperator, cancel_assets},
      {"POST", "/v1/assets/retry", Access::kOperator, retry_assets},
      {"GET", "/v1/assets/{id}", Access::kUploader, show_asset},
      {"GET", "/v1/assets/{id}/events", Access::kUploader, list_events},
      {"GET", "/v1/assets/{id}/audit", Access::kOperator, audit_asset},
      {"GET", "/v1/assets/{id}/report", Access::kUploader, show_report},
      {"GET", "/v1/assets/{id}/outputs/{name}", Access::kUploader, get_output},
      {"POST", "/v1/assets/{id}/approve", Access::kReviewer, approve_asset},
      {"POST", "/v1/assets/{id}/reject", Access::kReviewer, reject_asset},
      {"POST", "/v1/assets/{id}/cancel", Access::kOperator, cancel_asset},
      {"POST", "/v1/assets/{id}/retry", Access::kOperator, retry_asset},
      {"POST", "/v1/assets/{id}/erase", Access::kOperator, erase_asset},
      {"POST", "/v1/assets/{id}/prioritize", Access::kOperator, prioritize_asset},
      {"GET", "/v1/lanes", Access::kUploader, list_lanes},
      {"POST", "/v1/lanes/{name}/pause", Access::kOperator, pause_lane},
      {"POST", "/v1/lanes/{name}/resume", Access::kOperator, resume_lane},
      {"GET", "/v1/events", Access::kUploader, stream_events},
      {"GET", "/healthz", Access::kOpen, healthy},
      {"GET", "/readyz", Access::kOpen, ready},
  };
  return kRoutes;
}

const Route* find_route(const std::string& method, const std::string& path, Params& params,
                        std::string& allowed) {
  for (const Route& route : routes()) {
    if (!matches(route.pattern, path, params)) continue;
    if (method == route.method || (method == "HEAD" && std::string_view(route.method) == "GET")) {
      return &route;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  return nullptr;
}

}  // namespace http

std::vector<std::string> http_routes() {
  std::vector<std::string> all;
  for (const http::Route& route : http::routes()) {
    all.push_back(std::string(route.method) + ' ' + route.pattern);
  }
  return all;
}

}  // namespace filmgate
