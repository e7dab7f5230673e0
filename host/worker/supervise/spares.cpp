#include "host/worker/supervise/spares.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "host/base/log.h"
#include "host/worker/protocol.h"

namespace filmgate::worker {
namespace {

constexpr int kMostFailures = 3;
constexpr size_t kLastWords = 500;

}  // namespace

Spare::Spare(Executor& executor, Process process, std::function<void()> changed)
    : process_(std::move(process)), changed_(std::move(changed)) {
  channel_watch_.emplace(executor, process_.channel.get(), [this] { listen(); });
  process_watch_.emplace(executor, process_.child.process.get(), [this] {
    ended_ = reap(process_.child);
    process_watch_.reset();
    tell();
  });
}

Spare::~Spare() {
  if (process_.channel) end();  // else it was given away
}

void Spare::stop() {
  if (!ended_) kill(process_.child.pid, SIGKILL);
}

void Spare::end() {
  if (ended_) return;
  stop();
  ended_ = reap(process_.child);
}

// Either it says that it waits, or it closes the channel; then its end is near and is heard of by
// the other watch.
void Spare::listen() {
  channel_watch_.reset();
  waits_ = heard_from(process_).find(kSpareWaits) != std::string::npos;
  if (waits_) tell();
}

void Spare::tell() const {
  const auto changed = changed_;  // it may drop this
  changed();
}

std::string Spare::last_words() const {
  char text[kLastWords];
  const ssize_t n = read(process_.log.get(), text, sizeof text);
  return std::string(text, n > 0 ? static_cast<size_t>(n) : 0);
}

std::optional<Process> Spare::give(const JobFiles& job) {
  channel_watch_.reset();
  process_watch_.reset();
  if (ended_ || !give_job(process_, job)) {
    end();
    return std::nullopt;
  }
  return std::move(process_);
}

std::optional<Process> Spares::give(const JobFiles& job) {
  while (!spares_.empty()) {
    const std::unique_ptr<Spare> spare = std::move(spares_.front());
    spares_.pop_front();
    if (auto process = spare->give(job)) return process;
    if (!spare->waits()) note_end(*spare->ended(), spare->last_words());
  }
  return std::nullopt;
}

// All are gone when it returns; they give back their memory at the same time.
void Spares::end_all() {
  for (const auto& spare : spares_) spare->stop();
  spares_.clear();
}

void Spares::replenish(const std::vector<std::string>& arguments) {
  if (wanted_ == 0) return;
  arguments_ = arguments;
  idle_timer_ = executor_.after(idle_ms_, [this] { end_all(); });
  const bool starting = std::any_of(spares_.begin(), spares_.end(),
                                    [](const auto& spare) { return !spare->waits(); });
  if (!starting) start_one();
}

void Spares::start_one() {
  if (std::ssize(spares_) >= wanted_ || failures_ >= kMostFailures) return;
  Result<Process> process = start_ahead(arguments_);
  // A run that needs a worker will say why there can't be one.
  if (!process) return;
  spares_.push_back(std::make_unique<Spare>(executor_, *std::move(process), [this] { look(); }));
}

void Spares::look() {
  const auto ended = std::find_if(spares_.begin(), spares_.end(),
                                  [](const auto& spare) { return spare->ended().has_value(); });
  if (ended == spares_.end()) {
    failures_ = 0;
    start_one();
    return;
  }
  // What killed one may kill the next as well: the next run has another one started.
  if (!(*ended)->waits()) note_end(*(*ended)->ended(), (*ended)->last_words());
  spares_.erase(ended);
}

void Spares::note_end(const Ended& ended, std::string last_words) {
  if (ended.signal != 0 || ++failures_ != kMostFailures) return;
  while (last_words.ends_with('\n')) last_words.pop_back();
  log(LogLevel::kWarning, "worker",
      "no more workers are started ahead of their jobs, because they give up: " + last_words);
}

}  // namespace filmgate::worker
