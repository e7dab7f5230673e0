#include "host/daemon/setup.h"

#include <malloc.h>
#include <sysexits.h>

#include <cstdlib>

#include "host/base/file.h"
#include "host/net/webhook_signature.h"
#include "host/store/store.h"
#include "plugins/core/rules.h"

namespace filmgate::daemon {
namespace {

Result<void> check_endpoints(const Configuration& configuration,
                             const std::vector<Description>& descriptions) {
  std::vector<std::string> names = {"log"};
  for (const Endpoint& endpoint : configuration.endpoints) {
    names.push_back(endpoint.name);
    if (endpoint.secret.empty()) continue;
    if (auto key = webhook_key(endpoint.secret); !key) {
      return Error{key.error().code,
                   "[notify " + endpoint.name + "] secret: " + key.error().message};
    }
  }
  for (const Description& description : descriptions) {
    for (const NotifySpec& notify : description.notify) {
      if (std::find(names.begin(), names.end(), notify.to) != names.end()) continue;
      const std::string nearest = nearest_word(notify.to, names);
      return Error{ErrorCode::kInvalidInput,
                   description.source + ": notify names the endpoint \"" + notify.to +
                       "\", but the configuration has no [notify " + notify.to + "]" +
                       (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?")};
    }
  }
  return {};
}

}  // namespace

Result<Setup> prepare(const Configuration& configuration) {
  Setup setup;
  setup.configuration = configuration;
  setup.state_folder = root_of(configuration);
  const char* const cache = std::getenv("CACHE_DIRECTORY");  // of systemd
  setup.cache_folder =
      cache != nullptr && *cache == '/' ? cache : join(setup.state_folder, ".cache");
  setup.store_url = store_url_of(configuration);
  FILMGATE_TRY(check_store_url(setup.store_url));
  setup.public_url = configuration.public_url;

  auto tokens = read_tokens(configuration.tokens_file);
  if (!tokens) return tokens.error();
  setup.tokens = *std::move(tokens);

  auto installation = find_installation();
  if (!installation) return installation.error();
  setup.installation = *std::move(installation);
  if (!configuration.worker_program.empty()) {
    setup.installation.worker_program = configuration.worker_program;
  }
  if (!configuration.plugin_folder.empty()) {
    setup.installation.plugin_folder = configuration.plugin_folder;
  }
  if (!configuration.descriptions.empty()) {
    setup.installation.descriptions = configuration.descriptions;
  }
  {
    auto catalogue = load_catalogue(setup.installation, setup.cache_folder);
    if (!catalogue) return catalogue.error();
    auto descriptions =
        load_descriptions(setup.installation.descriptions, setup.installation, *catalogue);
    if (!descriptions) return descriptions.error();
    setup.descriptions = *std::move(descriptions);
  }
  malloc_trim(0);  // the catalogue took tens of megabytes that the idle daemon need not keep
  if (auto router = Router::make(setup.descriptions); !router) return router.error();
  FILMGATE_TRY(check_endpoints(configuration, setup.descriptions));
  return setup;
}

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidInput:
    case ErrorCode::kUnsupported:
    case ErrorCode::kNotFound:
      return EX_CONFIG;
    case ErrorCode::kUnavailable:
    case ErrorCode::kConflict:
    case ErrorCode::kTimeout:
      return EX_UNAVAILABLE;
    case ErrorCode::kPermission:
      return EX_NOPERM;
    case ErrorCode::kNoSpace:
    case ErrorCode::kIo:
    case ErrorCode::kLimit:
      return EX_CANTCREAT;
    case ErrorCode::kCancelled:
    case ErrorCode::kInternal:
      return EX_SOFTWARE;
  }
  return EX_SOFTWARE;
}

}  // namespace filmgate::daemon
