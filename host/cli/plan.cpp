#include "host/pipeline/plan.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "host/base/executor.h"
#include "host/base/file.h"
#include "host/cli/commands.h"
#include "host/cli/local.h"
#include "host/config/installation.h"
#include "host/worker/protocol.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::cli {
namespace {

struct Inspection {
  Json facts = Json::object();
  std::string verdict;
  std::vector<std::string> reasons;
};

// The inspect stage of one input in a sandboxed worker, waited for.
Result<Inspection> inspect(const Description& description, const std::string& input,
                           const std::string& sidecar, const Installation& installation) {
  // The caller named this file; links to it are as good as the file itself.
  char resolved[PATH_MAX];
  if (!realpath(input.c_str(), resolved)) return error_from_errno(errno, "cannot open " + input);
  char folder[] = "/tmp/filmgate-plan-XXXXXX";
  if (!mkdtemp(folder)) return error_from_errno(errno, "cannot make a folder in /tmp");

  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  std::unique_ptr<Executor> executor = make_executor(nullptr);
  Inspection found;
  worker::RunOutcome outcome;
  Result<worker::StartedRun> started = Error{};
  {
    std::unique_ptr<worker::Supervisor> supervisor = worker::make_supervisor(
        *executor, installation.worker_program, installation.plugin_folder, false);
    worker::RunRequest request;
    request.run_id = "plan";
    request.input = resolved;
    request.folder = folder;
    request.request = Json::object(
        {{"stage", "inspect"},
         {"name", base_name(input)},
         {"launch", inspect_launch(description,
                                   StageIo{.source = "fdsrc fd=" + std::to_string(worker::kInputFd),
                                           .folder = "",
                                           .sidecar = sidecar})}});
    started = supervisor->start(
        request,
        [&](const Json& line) {
          const std::string type = line.get("type").string_or("");
          if (type == "facts") found.facts.merge(line.get("facts"));
          if (type != "verdict") return;
          found.verdict = line.get("verdict").string_or("");
          if (const Json::Array* reasons = line.get("reasons").if_array())
            for (const Json& reason : *reasons) found.reasons.push_back(reason.string_or(""));
        },
        [&](const worker::RunOutcome& ended) {
          outcome = ended;
          g_main_loop_quit(loop);
        });
    if (started.ok()) g_main_loop_run(loop);
  }
  g_main_loop_unref(loop);
  (void)remove_tree(folder).ok();  // a leftover in /tmp harms nothing
  if (!started) return started.error();
  if (!outcome.ok) return Error{ErrorCode::kInvalidInput, input + ": " + outcome.message};
  return found;
}

void print_stage(const char* stage, const std::string& launch, const Installation& installation) {
  std::printf("\n# %s\n", stage);
  std::printf("GST_PLUGIN_PATH=%s gst-launch-1.0 -q %s\n", installation.plugin_folder.c_str(),
              launch.c_str());
}

}  // namespace

int plan(const PlanOptions& options) {
  Result<Installation> installation = find_installation();
  if (!installation) return report(installation.error());
  Result<Description> description = load_description(options.description, *installation);
  if (!description) return report(description.error());
  Result<Catalogue> catalogue = load_catalogue(*installation, cache_folder());
  if (!catalogue) return report(catalogue.error());
  const std::vector<std::string> problems = check_description(*description, *catalogue);
  for (const std::string& problem : problems)
    std::fprintf(stderr, "filmgate: %s\n", problem.c_str());
  if (!problems.empty()) return kFailure;

  Result<std::string> sidecar_path = find_sidecar(options.input, options.metadata);
  if (!sidecar_path) return report(sidecar_path.error());
  std::string sidecar;
  if (!sidecar_path->empty()) {
    Result<std::string> text = read_file(*sidecar_path, kSidecarLimits.max_bytes);
    if (!text) return report(text.error());
    Result<Json> parsed = parse_json(*text, *sidecar_path, kSidecarLimits);
    if (!parsed) return report(parsed.error());
    sidecar = to_text(*parsed);
  }

  Result<Inspection> inspection = inspect(*description, options.input, sidecar, *installation);
  if (!inspection) return report(inspection.error());
  std::printf("%s by %s\n", options.input.c_str(), description->name.c_str());
  std::printf("gate: %s\n", inspection->verdict.c_str());
  for (const std::string& reason : inspection->reasons) std::printf("  - %s\n", reason.c_str());

  Result<Plan> made = plan_renditions(*description, inspection->facts);
  if (!made) return report(made.error());
  for (const std::string& note : made->notes) std::printf("note: %s\n", note.c_str());
  for (const Rung& rung : made->rungs) {
    if (rung.chosen)
      std::printf("%-10s %dx%d -> %s: %s\n", rung.name.c_str(), rung.width, rung.height,
                  rung.file.c_str(), rung.reason.c_str());
    else
      std::printf("%-10s %s\n", rung.name.c_str(), rung.reason.c_str());
  }

  const StageIo io{.source = "filesrc location=" + launch_quote(options.input),
                   .folder = "",
                   .sidecar = sidecar,
                   .cores = static_cast<int>(std::thread::hardware_concurrency())};
  print_stage("inspect", inspect_launch(*description, io), *installation);
  print_stage("probe", probe_launch(*description, inspection->facts, io), *installation);
  print_stage("renditions", renditions_launch(*description, *made, inspection->facts, io),
              *installation);
  for (const std::string& sentence : beyond_launch(inspection->facts))
    std::printf("# not in this line: %s\n", sentence.c_str());
  return inspection->verdict == "reject" ? kRejected : kPublished;
}

}  // namespace filmgate::cli
