// One request and its answer, over libsoup's message. Lives on the main thread only.
#pragma once

#include <libsoup/soup.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "host/http/auth.h"
#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate::http {

class Exchange {
 public:
  explicit Exchange(SoupServerMessage* message);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  std::string method() const;
  std::string path() const;
  std::string header(const char* name) const;        // "" when absent
  std::string query(const std::string& name) const;  // "" when absent, or no UTF-8
  // The first parameter that has none of these names, or a value that is no UTF-8; "" = all are
  // well.
  std::string wrong_parameter(std::initializer_list<std::string_view> names) const;
  std::string body() const;
  // The fields of a form or, of a JSON body, its strings. kInvalidInput when it is neither.
  Result<std::map<std::string, std::string>> fields() const;
  bool sent_form() const;   // the body is what a plain HTML form sends
  bool wants_html() const;  // a browser asks; everybody else gets JSON

  // The other side hung up; what is answered reaches nobody.
  bool gone() const { return gone_; }
  void pause();
  void resume();

  void set_header(const char* name, const std::string& value);
  void reply(int status, const std::string& media_type, const std::string& body);
  void reply_json(int status, const Json& value);
  // RFC 9457, or a page that says the same in words.
  void problem(int status, const std::string& detail);
  void problem(const Error& error);
  void see_other(const std::string& location);

  SoupServerMessage* message() const { return message_; }

  // Set by the server before the handler: who asks (null when everything is open).
  const AccessToken* caller = nullptr;
  std::string caller_name() const { return caller != nullptr ? caller->name : ""; }

 private:
  static void on_finished(SoupServerMessage* message, gpointer data) noexcept;

  SoupServerMessage* message_;
  gulong finished_handler_ = 0;
  bool gone_ = false;
  bool paused_ = false;
};

using ExchangePtr = std::shared_ptr<Exchange>;

int status_of(ErrorCode code);
const char* phrase_of(int status);

}  // namespace filmgate::http
