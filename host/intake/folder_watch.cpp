#include "host/intake/folder_watch.h"

#include <glib.h>

#include <deque>
#include <map>
#include <set>

#include "host/base/log.h"
#include "host/intake/notifier.h"
#include "host/storage/names.h"
#include "host/upload/pairing.h"
#include "host/upload/settling.h"

namespace filmgate {
namespace {

constexpr int64_t kSlowScan = 30'000;
constexpr int64_t kBreath = 50;  // one look for a burst of changes
constexpr int64_t kDefaultSettle = 2000;
constexpr size_t kBatch = 64;

class Watch final : public FolderWatch {
 public:
  Watch(Engine& engine, const Library& library, const Router& router, const Clock& clock,
        Executor& executor, int64_t scan_ms)
      : engine_(engine),
        library_(library),
        router_(router),
        clock_(clock),
        executor_(executor),
        scan_ms_(std::max<int64_t>(10, scan_ms)),
        settling_([this](const std::string& path) { return settle_ms(path); }) {}

  Result<void> begin() {
    auto notifier = TreeNotifier::make(executor_.context(), [this] { look_within(breath_ms_); });
    if (!notifier) return notifier.error();
    notifier_ = std::move(notifier).value();
    FILMGATE_TRY(scan());
    return {};
  }

 private:
  int64_t settle_ms(const std::string& path) const {
    if (const Description* taker = router_.route(below_first_folder(path))) {
      return taker->accept.settle_ms;
    }
    // A sidecar waits as long as the most patient description wants its files to be still.
    int64_t longest = router_.all().empty() ? kDefaultSettle : 0;
    for (const Description& description : router_.all()) {
      longest = std::max(longest, description.accept.settle_ms);
    }
    return longest;
  }

  // The timer never moves away: a steady stream of changes can't keep us from looking.
  void look_within(int64_t delay_ms) {
    const int64_t at = clock_.now_ms() + delay_ms;
    if (timer_ != nullptr && timer_at_ms_ <= at) return;
    timer_at_ms_ = at;
    timer_ = executor_.after(delay_ms, [this] { look(); });
  }

  void look() {
    timer_.reset();
    if (!arrivals_.empty()) return look_within(breath_ms_);  // those first
    if (const auto done = scan(); !done) {
      log(LogLevel::kError, "intake", done.error().message);
      look_within(kSlowScan);
    }
  }

  Result<void> scan() {
    const int64_t began = g_get_monotonic_time();
    std::vector<FoundFile> found;
    std::vector<std::string> passed_over;
    for (const char* folder : {kUploads, kFailed}) {
      // Watched before it is listed, so that what comes in between is seen either way.
      notifier_->watch_tree(library_.absolute(folder));
      auto files = library_.list(folder, &passed_over);
      if (!files) return files.error();
      found.insert(found.end(), files->begin(), files->end());
    }
    tell_passed_over(std::move(passed_over));
    const int64_t now = looked_ms_ = clock_.now_ms();
    settling_.observe(found, now);
    std::erase_if(complained_, [this](const auto& of) { return !settling_.knows(of.first); });
    std::erase_if(held_up_, [this](const auto& path) { return !settling_.knows(path); });
    const auto present = [this](const std::string& path) { return settling_.knows(path); };
    const auto settled = [&](const std::string& path) { return settling_.is_settled(path, now); };
    const auto ready = settling_.ready(now);
    for (const FoundFile& file : ready) {
      if (is_reason_name(file.path)) settling_.mark_handled(file.path);
    }
    const Intake intake = sort_arrivals(ready, present, settled);
    (void)engine_.intake();  // says when room goes or comes, also while nothing arrives
    for (const auto* const files : {&intake.videos, &intake.sidecars}) {
      for (const FoundFile& file : *files) arrivals_.push_back(arrival_of(file));
    }
    again_ = false;
    // In a folder of many files, looking must not become all we do.
    breath_ms_ = std::max(kBreath, 10 * (g_get_monotonic_time() - began) / 1000);
    take_some();
    return {};
  }

  static Arrival arrival_of(const FoundFile& file) {
    // What waits in failed/ for its next attempt is known to the engine; anything else there was
    // put there by a person.
    const bool retry = file.path.starts_with(std::string(kFailed) + "/");
    return Arrival{file, below_first_folder(file.path), retry};
  }

  // The engine, the timers and those who ask get their turn between two batches of a big drop.
  void take_some() {
    turn_.reset();
    std::vector<Arrival> batch;
    for (; !arrivals_.empty() && batch.size() < kBatch; arrivals_.pop_front()) {
      if (metadata_is_coming(arrivals_.front().file)) {
        again_ = true;
      } else {
        batch.push_back(std::move(arrivals_.front()));
      }
    }
    ptrdiff_t done = 0;
    bool room = true, away = false;
    if (!batch.empty()) {
      for (const Result<std::string>& outcome : engine_.admit_batch(batch)) {
        const Taken taken = settle(batch[static_cast<size_t>(done++)].file, outcome);
        again_ |= taken != Taken::kDone;
        room &= taken != Taken::kNoRoom;
        away |= taken == Taken::kAway;
      }
      away_ = away;
    }
    arrivals_.insert(arrivals_.begin(), std::make_move_iterator(batch.begin() + done),
                     std::make_move_iterator(batch.end()));
    if (!room) {  // nor is there any for the others
      std::erase_if(arrivals_,
                    [](const Arrival& left) { return !is_sidecar_name(left.file.path); });
    }
    if (away) arrivals_.clear();  // nor would the others be answered
    if (arrivals_.empty()) return look_again();
    turn_ = executor_.after(0, [this] { take_some(); });
  }

  // Since the look: the video waits until that is still, too.
  bool metadata_is_coming(const FoundFile& file) const {
    if (is_sidecar_name(file.path)) return false;
    const auto candidates = sidecar_candidates(file.path);
    return std::any_of(candidates.begin(), candidates.end(), [this](const std::string& sidecar) {
      return library_.stat(sidecar).ok() && !settling_.is_settled(sidecar, looked_ms_);
    });
  }

  void look_again() {
    int64_t delay = kSlowScan;
    if (const auto next = settling_.next_ms()) {
      delay = std::clamp<int64_t>(*next - clock_.now_ms(), 1, scan_ms_);
      if (*next <= looked_ms_) delay = scan_ms_;  // held back, or refused this time
    }
    if (again_) delay = std::min(delay, scan_ms_);
    look_within(delay);
  }

  // Again: it must be looked at once more. Away: the database is.
  enum class Taken { kDone, kAgain, kNoRoom, kAway };

  Taken settle(const FoundFile& file, const Result<std::string>& taken) {
    const bool was_held_up = held_up_.erase(file.path) > 0;
    if (taken) {
      settling_.mark_handled(file.path);
      complained_.erase(file.path);
      return Taken::kDone;
    }
    switch (taken.error().code) {
      case ErrorCode::kUnsupported:
        log(LogLevel::kWarning, "intake", taken.error().message, {{"path", file.path}});
        [[fallthrough]];
      case ErrorCode::kNotFound:  // metadata whose video is yet to come: it will look for it
        settling_.mark_handled(file.path);
        return Taken::kDone;
      case ErrorCode::kConflict:
        // Mostly it changed under us, and the next look begins anew. What lasts is told.
        held_up_.insert(file.path);
        if (was_held_up) complain(file, taken.error(), LogLevel::kWarning);
        return Taken::kAgain;
      case ErrorCode::kUnavailable:
        // Once for each outage, whatever is tried meanwhile.
        if (!std::exchange(away_, true)) {
          log(LogLevel::kError, "intake",
              taken.error().message + "; what comes waits until it answers");
        }
        return Taken::kAway;
      case ErrorCode::kNoSpace:
        if (engine_.intake().pace != IntakePace::kFull) return Taken::kNoRoom;
        [[fallthrough]];
      default:
        complain(file, taken.error());
        return Taken::kAgain;
    }
  }

  // Each once, for as long as it lies there.
  void tell_passed_over(std::vector<std::string> sentences) {
    std::set<std::string> now(std::make_move_iterator(sentences.begin()),
                              std::make_move_iterator(sentences.end()));
    for (const std::string& sentence : now) {
      if (!passed_over_.contains(sentence)) log(LogLevel::kWarning, "intake", sentence);
    }
    passed_over_ = std::move(now);
  }

  void complain(const FoundFile& file, const Error& error, LogLevel level = LogLevel::kError) {
    // Once while the reason is the same; it is tried again at every look.
    std::string& said = complained_[file.path];
    if (said == error.message) return;
    said = error.message;
    log(level, "intake", error.message, {{"path", file.path}});
  }

  Engine& engine_;
  const Library& library_;
  const Router& router_;
  const Clock& clock_;
  Executor& executor_;
  const int64_t scan_ms_;
  Settling settling_;
  std::unique_ptr<TreeNotifier> notifier_;
  std::unique_ptr<Executor::Timer> timer_;
  int64_t timer_at_ms_ = 0;
  int64_t breath_ms_ = kBreath;
  int64_t looked_ms_ = 0;
  std::deque<Arrival> arrivals_;  // of the latest look, yet to be taken
  bool again_ = false;            // one of them must be looked at again
  std::unique_ptr<Executor::Timer> turn_;
  bool away_ = false;                              // the database is, and that was told
  std::map<std::string, std::string> complained_;  // of which file, and what
  std::set<std::string> held_up_;                  // by a conflict, when last looked at
  std::set<std::string> passed_over_;
};

}  // namespace

Result<std::unique_ptr<FolderWatch>> FolderWatch::start(Engine& engine, const Library& library,
                                                        const Router& router, const Clock& clock,
                                                        Executor& executor, int64_t scan_ms) {
  auto watch = std::make_unique<Watch>(engine, library, router, clock, executor, scan_ms);
  FILMGATE_TRY(watch->begin());
  return std::unique_ptr<FolderWatch>(std::move(watch));
}

}  // namespace filmgate
