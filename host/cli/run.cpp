// `filmgate run`: a library and a store of its own in a hidden folder of the output folder, the
// same engine as the daemon's in it, and the published folder moved out at the end.
#include <glib-unix.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "host/base/executor.h"
#include "host/base/file.h"
#include "host/base/log.h"
#include "host/cli/commands.h"
#include "host/cli/local.h"
#include "host/cli/progress.h"
#include "host/config/installation.h"
#include "host/engine/engine.h"
#include "host/model/personal.h"

namespace filmgate::cli {
namespace {

// Nobody waits for messages of a single run: its caller learns all from the exit code.
class NoDelivery final : public Deliverer {
 public:
  explicit NoDelivery(Executor& executor) : executor_(executor) {}
  void deliver(const OutboxMessage&, OnDone done) override {
    executor_.post([done = std::move(done)] { done({DeliveryResult::kDelivered, "", 0}); });
  }

 private:
  Executor& executor_;
};

// A second name for the input where the file system allows it, else a copy: the engine moves its
// sources, and the caller's file must stay where it is.
Result<void> bring_in(const std::string& input, const std::string& to) {
  FILMGATE_TRY(make_folders(folder_of(to)));
  char resolved[PATH_MAX];
  if (!realpath(input.c_str(), resolved)) return error_from_errno(errno, "cannot read " + input);
  if (link(resolved, to.c_str()) == 0) return {};
  return copy_file_durably(resolved, to);
}

class OneRun {
 public:
  OneRun(const RunOptions& options, std::string root)
      : options_(options), root_(std::move(root)), loop_(g_main_loop_new(nullptr, FALSE)) {}
  ~OneRun() { g_main_loop_unref(loop_); }

  int go(const Installation& installation, Description description, const std::string& sidecar) {
    // The description was named on the command line: it takes this input, whatever it is called.
    description.accept.prefixes.clear();
    description.accept.suffixes = {suffix_of(options_.input)};
    Result<Router> router = Router::make({std::move(description)});
    if (!router) return report(router.error());
    Result<Library> library = Library::open(root_);
    if (!library) return report(library.error());
    Result<std::unique_ptr<Store>> store = open_store("sqlite://" + join(root_, "run.db"));
    if (!store) return report(store.error());

    const std::string name = base_name(options_.input);
    const std::string upload = join(kUploads, name);
    if (Result<void> in = bring_in(options_.input, library->absolute(upload)); !in)
      return report(in.error());
    if (!sidecar.empty()) {
      if (Result<void> in = bring_in(sidecar, library->absolute(upload + ".json")); !in)
        return report(in.error());
    }

    executor_ = make_executor(nullptr);
    std::unique_ptr<worker::Supervisor> supervisor = worker::make_supervisor(
        *executor_, installation.worker_program, installation.plugin_folder, false);
    NoDelivery deliverer(*executor_);
    engine_ = Engine::make(
        {.store = **store,
         .library = *library,
         .supervisor = *supervisor,
         .deliverer = deliverer,
         .router = *router,
         .clock = system_clock(),
         .executor = *executor_,
         .review_link = [](const Approval&, const std::string&) { return std::string(); }},
        {.owner = "filmgate-run:" + std::to_string(getpid())});
    engine_->observe([this](const Event& event) { on_event(event); });
    const guint on_int = g_unix_signal_add(SIGINT, interrupted, this);
    const guint on_term = g_unix_signal_add(SIGTERM, interrupted, this);
    executor_->post([&] {
      Result<void> begun = engine_->start();
      if (!begun) return finish(report(begun.error()));
      Result<FoundFile> file = library->stat(upload);
      if (!file) return finish(report(file.error()));
      Result<std::string> admitted = engine_->admit({.file = *file, .name = name});
      if (!admitted) return finish(report(admitted.error()));
      asset_id_ = *admitted;
      look();
    });
    g_main_loop_run(loop_);
    g_source_remove(on_int);
    g_source_remove(on_term);
    bar_.clear();
    if (exit_code_ == kPublished) exit_code_ = hand_over(*library);
    again_.reset();
    engine_.reset();
    return exit_code_;
  }

 private:
  static gboolean interrupted(gpointer self) {
    static_cast<OneRun*>(self)->finish(kInterrupted);
    return G_SOURCE_CONTINUE;
  }

  void finish(int exit_code) {
    if (finished_) return;
    finished_ = true;
    exit_code_ = exit_code;
    engine_->stop([this] { g_main_loop_quit(loop_); });
  }

  void on_event(const Event& event) {
    if (options_.json) {
      bar_.clear();
      std::printf("%s\n", to_text(Json::object({{"type", event.kind},
                                                {"asset", event.asset_id},
                                                {"data", told(event)}}))
                              .c_str());
      std::fflush(stdout);
    }
    if (event.kind == "run.progress")
      bar_.show(event.data.get("stage").string_or(""), event.data.get("fraction").number_or(-1));
    else if (!asset_id_.empty())
      look();
  }

  // Ends the run when the asset has come to rest, and approves when that was asked.
  void look() {
    Result<AssetView> view = engine_->view(asset_id_);
    if (!view) return finish(report(view.error()));
    const Asset& asset = view->asset;
    switch (asset.state) {
      case AssetState::kProcessed:
        // The source's move into the published folder comes after the row that promises it, and
        // no event tells of its end.
        if (asset.moves.size() > 0) {
          again_ = executor_->after(10, [this] { look(); });
          return;
        }
        output_ = asset.output_path;
        return finish(kPublished);
      case AssetState::kRejected:
        bar_.clear();
        std::fprintf(stderr, "filmgate: %s was rejected: %s\n", asset.name.c_str(),
                     asset.detail.c_str());
        return finish(kRejected);
      case AssetState::kUnableToProcess:
      case AssetState::kExpired:
      case AssetState::kCancelled:
        bar_.clear();
        std::fprintf(stderr, "filmgate: %s: %s\n", asset.name.c_str(), asset.detail.c_str());
        return finish(kFailure);
      case AssetState::kFailed:
        bar_.clear();
        if (said_ != asset.detail) std::fprintf(stderr, "filmgate: %s\n", asset.detail.c_str());
        said_ = asset.detail;
        return;
      case AssetState::kWaitingMetadata:
        std::fprintf(stderr, "filmgate: %s waits for its metadata; name the file with --metadata\n",
                     asset.name.c_str());
        return finish(kWaits);
      case AssetState::kAwaitingApproval:
        return decide(*view);
      default:
        return;
    }
  }

  void decide(const AssetView& view) {
    if (!options_.approve) {
      bar_.clear();
      std::fprintf(stderr, "filmgate: %s waits for a person%s%s; --approve lets it through\n",
                   view.asset.name.c_str(), view.asset.detail.empty() ? "" : ": ",
                   view.asset.detail.c_str());
      return finish(kWaits);
    }
    if (approved_ || !view.approval) return;
    approved_ = true;
    const Approval& approval = *view.approval;
    for (int i = 0; i < approval.quorum; ++i) {
      const auto place = static_cast<size_t>(i);
      const std::string nobody = i == 0 ? "command line" : "command line " + std::to_string(i + 1);
      const Result<DecisionOutcome> outcome = engine_->decide(
          {.approval_id = approval.id,
           .reviewer = place < approval.reviewers.size() ? approval.reviewers[place] : nobody,
           .decision = Decision::kApprove,
           .reason = "--approve"});
      if (!outcome) return finish(report(outcome.error()));
    }
  }

  // The published folder under a free name in the output folder.
  int hand_over(const Library& library) {
    const std::string leaf = base_name(output_);
    for (int number = 1; number < 10'000; ++number) {
      const std::string to =
          join(options_.output, number == 1 ? leaf : leaf + "-" + std::to_string(number));
      Result<void> moved = rename_noreplace(library.absolute(output_), to);
      if (!moved && moved.error().code == ErrorCode::kConflict) continue;
      if (moved.ok()) moved = fsync_folder(options_.output);
      if (!moved) return report(moved.error());
      if (options_.json)
        std::printf(
            "%s\n",
            to_text(Json::object({{"type", "result"}, {"state", "processed"}, {"output", to}}))
                .c_str());
      else
        std::printf("%s\n", to.c_str());
      return kPublished;
    }
    return report({ErrorCode::kConflict, options_.output + " is full of folders named " + leaf});
  }

  const RunOptions& options_;
  std::string root_;
  GMainLoop* loop_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Executor::Timer> again_;
  std::unique_ptr<Engine> engine_;
  ProgressBar bar_;
  std::string asset_id_;
  std::string output_;
  std::string said_;  // about a failed attempt, so that it is said once
  bool approved_ = false;
  bool finished_ = false;
  int exit_code_ = kFailure;
};

}  // namespace

int run(const RunOptions& options) {
  set_log_level(LogLevel::kError);
  Result<Installation> installation = find_installation();
  if (!installation) return report(installation.error());
  Result<Catalogue> catalogue = load_catalogue(*installation, cache_folder());
  if (!catalogue) return report(catalogue.error());
  Result<Description> description = load_description(options.description, *installation);
  if (!description) return report(description.error());
  const std::vector<std::string> problems = check_description(*description, *catalogue);
  for (const std::string& problem : problems)
    std::fprintf(stderr, "filmgate: %s\n", problem.c_str());
  if (!problems.empty()) return kFailure;

  struct stat info {};
  if (stat(options.input.c_str(), &info) != 0)
    return report(error_from_errno(errno, "cannot read " + options.input));
  if (!S_ISREG(info.st_mode))
    return report({ErrorCode::kInvalidInput, options.input + " is no regular file"});
  Result<std::string> sidecar = find_sidecar(options.input, options.metadata);
  if (!sidecar) return report(sidecar.error());
  if (Result<void> made = make_folders(options.output, 0755); !made) return report(made.error());

  char absolute[PATH_MAX];
  if (!realpath(options.output.c_str(), absolute))
    return report(error_from_errno(errno, "cannot use " + options.output));
  std::string root = join(absolute, ".filmgate-XXXXXX");
  if (!mkdtemp(root.data()))
    return report(error_from_errno(errno, "cannot write in " + options.output));
  const int exit_code = OneRun(options, root).go(*installation, std::move(*description), *sidecar);
  if (Result<void> removed = remove_tree(root); !removed) return report(removed.error());
  return exit_code;
}

}  // namespace filmgate::cli
