// What must be right before a host can start, gathered so that `--check-config` and the start look
// at the same things.
#pragma once

#include <string>
#include <vector>

#include "host/config/configuration.h"
#include "host/config/installation.h"
#include "host/http/auth.h"
#include "host/pipeline/description.h"
#include "plugins/core/result.h"

namespace filmgate::daemon {

struct Setup {
  Configuration configuration;
  Installation installation;  // with what the configuration puts in its place
  std::string state_folder;   // absolute: the library's root
  std::string cache_folder;   // catalogue and registry; may be thrown away at any time
  std::string store_url;
  std::string public_url;
  std::vector<AccessToken> tokens;
  std::vector<Description> descriptions;
};

// Tokens, secrets, parts of the installation, every description and the endpoints that they name.
// Asks the worker for the elements of this machine unless the cache knows them: about a second.
Result<Setup> prepare(const Configuration& configuration);

// sysexits(3): 78 wrong settings, 69 in use, 73 can't create, 77 not permitted, 70 a defect.
int exit_code_of(const Error& error);

}  // namespace filmgate::daemon
