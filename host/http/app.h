// What the handlers share.
#pragma once

#include <any>
#include <map>

#include "host/http/event_stream.h"
#include "host/http/exchange.h"
#include "host/http/server.h"
#include "host/review/review_link.h"

namespace filmgate::http {

class App : public std::enable_shared_from_this<App> {
 public:
  App(HttpParts parts, HttpOptions options);
  void observe();  // once, after the app is held by a shared pointer

  // Runs `work` on the engine's thread and `then` back here; the request waits meanwhile. `work`
  // must hold plain values only: nothing of this thread may die over there.
  template <typename T>
  void ask(const ExchangePtr& exchange, std::function<T(Engine&)> work,
           std::function<void(T)> then) {
    exchange->pause();
    const uint64_t id = ++last_question_;
    questions_[id] = [exchange, then = std::move(then)](std::any& answer) {
      if (!exchange->gone()) then(std::move(*std::any_cast<T>(&answer)));
    };
    parts.engine_executor.post([&engine = parts.engine, main = main_, weak = weak_from_this(), id,
                                work = std::move(work)] {
      auto answer = std::make_shared<std::any>(work(engine));
      main->post([weak, id, answer] {
        if (const auto app = weak.lock()) app->answered(id, *answer);
      });
    });
  }

  // Is this form or request of a browser really one of our own pages'? `binding` names the page.
  // Answers with 403 itself when it is not.
  bool check_same_site(const ExchangePtr& exchange,
                       const std::map<std::string, std::string>& fields,
                       const std::string& binding);
  // Likewise of a request whose body is an empty wish of a program, or a page's form.
  bool check_wish(const ExchangePtr& exchange, const std::string& binding);
  // Names by which the server may be called; others are somebody's rebound DNS names.
  bool knows_host(const std::string& host) const;

  HttpParts parts;
  HttpOptions options;
  ReviewLinks links;  // complete once the server listens and its port is known
  EventStream events;

 private:
  void answered(uint64_t id, std::any& answer);

  std::shared_ptr<Executor> main_;
  std::map<uint64_t, std::function<void(std::any&)>> questions_;
  uint64_t last_question_ = 0;
};

}  // namespace filmgate::http
