// `filmgate audit`: what the events of an asset tell, beside its rows.
#include "host/store/audit.h"

#include <cstdio>

#include "host/cli/commands.h"
#include "host/cli/local.h"

namespace filmgate::cli {
namespace {

constexpr size_t kShown = 34;  // of a hash, or of a longer text, in a column

std::string column(const std::string& text) {
  if (text.empty()) return "-";
  return text.size() <= kShown ? text : text.substr(0, kShown - 3) + "...";
}

void print_table(const Audit& audit) {
  std::printf("%-34s %-34s %-34s\n", "", "by the events", "in the store");
  for (const AuditLine& line : audit.lines) {
    std::printf("%-34s %-34s %-34s%s\n", line.what.c_str(), column(line.by_events).c_str(),
                column(line.by_rows).c_str(), line.agrees ? "" : "  differs");
  }
  std::printf("latest hash %s\n", audit.latest_hash.c_str());
}

void print_verdict(const Audit& audit) {
  std::printf("%s: %lld events%s, %s\n", audit.asset_id.c_str(),
              static_cast<long long>(audit.events), audit.erased ? ", erased" : "",
              audit.problems.empty() ? "everything agrees" : "it differs:");
  for (const std::string& problem : audit.problems) std::printf("  %s\n", problem.c_str());
}

}  // namespace

int audit_assets(const AuditOptions& options) {
  auto configuration = read_configuration(options.store);
  if (!configuration) return report(configuration.error());
  bool agrees = true;
  const auto show = [&](const Audit& audit) -> Result<void> {
    agrees = agrees && audit.problems.empty();
    if (options.json) {
      std::printf("%s\n", to_text(to_json(audit)).c_str());
    } else {
      if (!options.ids.empty()) print_table(audit);
      print_verdict(audit);
    }
    return {};
  };
  auto done =
      audit_store(store_url_of(*configuration), configuration->store_password, options.ids, show);
  if (!done) return report(done.error());
  return agrees ? kPublished : kDiffers;
}

}  // namespace filmgate::cli
