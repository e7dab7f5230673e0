// `filmgate thumbnails`: poster and sprite of one file, from the few key frames that they need.
#include <glib-unix.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "host/base/executor.h"
#include "host/base/file.h"
#include "host/cli/commands.h"
#include "host/cli/progress.h"
#include "host/config/installation.h"
#include "host/pipeline/plan.h"
#include "host/worker/protocol.h"
#include "host/worker/supervise/supervisor.h"

namespace filmgate::cli {
namespace {

constexpr const char* kRunId = "thumbnails";

ThumbnailSpec spec_of(const ThumbnailOptions& options) {
  const bool both = !options.poster && !options.sprite;
  ThumbnailSpec spec;
  spec.properties = Json::object();
  if (options.poster || both) spec.poster = PosterSpec{options.poster_width};
  if (options.sprite || both) {
    spec.sprite.emplace();
    spec.sprite->count = options.count;
    spec.sprite->width = options.tile_width;
  }
  return spec;
}

// The worker writes into a folder of its own; what it reports as finished is moved out at the end.
class ThumbnailRun {
 public:
  ThumbnailRun(const ThumbnailOptions& options, std::string folder)
      : options_(options),
        folder_(std::move(folder)),
        loop_(g_main_loop_new(nullptr, FALSE)),
        executor_(make_executor(nullptr)) {}
  ~ThumbnailRun() {
    supervisor_.reset();
    g_main_loop_unref(loop_);
  }

  int go(const Installation& installation, const std::string& input) {
    supervisor_ = worker::make_supervisor(*executor_, installation.worker_program,
                                          installation.plugin_folder, false);
    worker::RunRequest request;
    request.run_id = kRunId;
    request.input = input;
    request.folder = folder_;
    request.limits.wall_ms = kWallMs;
    const StageIo io{
        .source = "fdsrc fd=" + std::to_string(worker::kInputFd), .folder = "", .sidecar = ""};
    request.request = Json::object({{"stage", "thumbnails"},
                                    {"name", base_name(options_.input)},
                                    {"launch", thumbnails_launch(spec_of(options_), io)}});
    const Result<worker::StartedRun> started = supervisor_->start(
        request, [this](const Json& line) { take_report(line); },
        [this](const worker::RunOutcome& ended) {
          outcome_ = ended;
          g_main_loop_quit(loop_);
        });
    if (!started) return report(started.error());
    const guint on_int = g_unix_signal_add(SIGINT, interrupted, this);
    const guint on_term = g_unix_signal_add(SIGTERM, interrupted, this);
    g_main_loop_run(loop_);
    g_source_remove(on_int);
    g_source_remove(on_term);
    bar_.clear();
    if (outcome_.error_class == worker::kClassCancelled) return kInterrupted;
    if (!outcome_.ok) {
      return report(Error{ErrorCode::kInvalidInput, options_.input + ": " + outcome_.message});
    }
    return hand_over();
  }

 private:
  static constexpr int64_t kWallMs = 3'600'000;  // where everything has to be decoded

  static gboolean interrupted(gpointer self) {
    static_cast<ThumbnailRun*>(self)->supervisor_->cancel(kRunId);
    return G_SOURCE_CONTINUE;
  }

  void take_report(const Json& line) {
    const std::string type = line.get("type").string_or("");
    if (type == "output") files_.push_back(line.get("file").string_or(""));
    if (type != "progress") return;
    const double duration = line.get("duration").number_or(0);
    bar_.show(kRunId, duration > 0 ? line.get("position").number_or(0) / duration : -1);
  }

  int hand_over() const {
    for (const std::string& file : files_) {
      // The names come from a process that has read untrusted bytes.
      if (!is_safe_relative(file) || file.find('/') != std::string::npos) {
        return report(Error{ErrorCode::kInternal, "the worker reported a file with a bad name"});
      }
      const std::string to = join(options_.output, file);
      if (std::rename(join(folder_, file).c_str(), to.c_str()) != 0) {
        return report(error_from_errno(errno, "cannot write " + to));
      }
      std::printf("%s\n", to.c_str());
    }
    return kPublished;
  }

  const ThumbnailOptions& options_;
  const std::string folder_;
  GMainLoop* const loop_;
  const std::unique_ptr<Executor> executor_;
  std::unique_ptr<worker::Supervisor> supervisor_;
  worker::RunOutcome outcome_;
  std::vector<std::string> files_;
  ProgressBar bar_;
};

}  // namespace

int thumbnails(const ThumbnailOptions& options) {
  const Result<Installation> installation = find_installation();
  if (!installation) return report(installation.error());
  // The caller named this file; links to it are as good as the file itself.
  char resolved[PATH_MAX];
  if (!realpath(options.input.c_str(), resolved)) {
    return report(error_from_errno(errno, "cannot open " + options.input));
  }
  if (Result<void> made = make_folders(options.output); !made) return report(made.error());
  std::string folder = join(options.output, ".filmgate-XXXXXX");
  if (!mkdtemp(folder.data())) {
    return report(error_from_errno(errno, "cannot make a folder in " + options.output));
  }
  const int exit_code = ThumbnailRun(options, folder).go(*installation, resolved);
  (void)remove_tree(folder).ok();  // a leftover harms nothing
  return exit_code;
}

}  // namespace filmgate::cli
