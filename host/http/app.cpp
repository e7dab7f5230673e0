#include "host/http/app.h"

namespace filmgate::http {
namespace {

std::string authority_of(const std::string& url) {
  const size_t start = url.find("://");
  if (start == std::string::npos) return "";
  return url.substr(start + 3, url.find('/', start + 3) - start - 3);
}

// "[::1]:80" -> "::1", "a.example:80" -> "a.example".
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace

App::App(HttpParts the_parts, HttpOptions the_options)
    : parts(std::move(the_parts)),
      options(std::move(the_options)),
      links(parts.review_key, options.public_url),
      main_(make_executor(nullptr)) {}

void App::observe() {
  parts.engine_executor.post([&engine = parts.engine, main = main_, weak = weak_from_this()] {
    engine.observe([main, weak](const Event& event) {
      main->post([weak, event] {
        if (const auto app = weak.lock()) app->events.broadcast(event);
      });
    });
  });
}

void App::answered(uint64_t id, std::any& answer) {
  const auto found = questions_.find(id);
  if (found == questions_.end()) return;
  const auto then = std::move(found->second);
  questions_.erase(found);
  then(answer);
}

bool App::check_same_site(const ExchangePtr& exchange,
                          const std::map<std::string, std::string>& fields,
                          const std::string& binding) {
  const auto nonce = fields.find("nonce");
  const bool seen =
      nonce != fields.end() && links.check_nonce(nonce->second, binding, parts.clock.now_ms());
  const std::string site = exchange->header("Sec-Fetch-Site");
  const std::string origin = exchange->header("Origin");
  bool own = site.empty() || site == "same-origin" || site == "none";
  if (!origin.empty() && origin != "null") {
    const std::string authority = authority_of(origin);
    own = own &&
          (authority == exchange->header("Host") || authority == authority_of(options.public_url));
  }
  // Pages say no-referrer, and browsers then send "Origin: null" even to where the page is from.
  if (origin == "null" && site.empty()) own = own && seen;
  if (exchange->sent_form() && !seen) own = false;
  if (!own) {
    exchange->problem(403, "This form is too old or came from another site; load the page again.");
  }
  return own;
}

bool App::check_wish(const ExchangePtr& exchange, const std::string& binding) {
  std::map<std::string, std::string> fields;
  if (exchange->sent_form()) {
    auto read = exchange->fields();
    if (!read) {
      exchange->problem(read.error());
      return false;
    }
    fields = *std::move(read);
  }
  return check_same_site(exchange, fields, binding);
}

bool App::knows_host(const std::string& authority) const {
  const std::string host = host_of(authority);
  if (g_hostname_is_ip_address(host.c_str()) != FALSE) return true;
  return host == "localhost" || host.ends_with(".localhost") ||
         (!host.empty() && host == host_of(authority_of(options.public_url)));
}

}  // namespace filmgate::http
