#include <cstdio>

#include "host/cli/commands.h"
#include "host/cli/local.h"
#include "host/config/installation.h"

namespace filmgate::cli {

int report(const Error& error) {
  std::fprintf(stderr, "filmgate: %s\n", error.message.c_str());
  return error.code == ErrorCode::kCancelled ? kInterrupted : kFailure;
}

int check(const std::vector<std::string>& files) {
  Result<Installation> installation = find_installation();
  if (!installation) return report(installation.error());
  Result<Catalogue> catalogue = load_catalogue(*installation, cache_folder());
  if (!catalogue) return report(catalogue.error());

  int exit_code = kPublished;
  for (const std::string& file : files) {
    Result<Description> description = load_description(file, *installation);
    if (!description) {
      exit_code = report(description.error());
      continue;
    }
    const std::vector<std::string> problems = check_description(*description, *catalogue);
    for (const std::string& problem : problems) {
      std::fprintf(stderr, "filmgate: %s\n", problem.c_str());
      exit_code = kFailure;
    }
    if (problems.empty())
      std::printf("%s: good (%s, %zu renditions, %s)\n", file.c_str(), description->name.c_str(),
                  description->renditions.size(),
                  description->approval.required ? "a person approves" : "automatic");
  }
  return exit_code;
}

}  // namespace filmgate::cli
