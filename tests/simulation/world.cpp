#include "tests/simulation/world.h"

#include <sodium.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "host/base/hash.h"
#include "host/base/log.h"
#include "host/worker/protocol.h"

namespace filmgate::test {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kFirstMs = 1'800'000'000'000;
constexpr int64_t kScheduleMs = 10LL * 86'400'000;  // no schedule takes longer
constexpr int kRounds = 3000;                       // to settle: far more than any needs

// Of ids and tokens. One thread has all of it.
std::mt19937_64 random_source;  // NOLINT(cert-msc51-cpp): the same way each time

uint32_t next_random() {
  return static_cast<uint32_t>(random_source());
}
void fill_random(void* const buffer, const size_t size) {
  for (size_t i = 0; i < size; ++i) {
    static_cast<unsigned char*>(buffer)[i] = static_cast<unsigned char>(next_random());
  }
}
const char* name_random() {
  return "seeded";
}

void seed_ids(uint64_t seed) {
  static randombytes_implementation seeded = {name_random, next_random, nullptr,
                                              nullptr,     fill_random, nullptr};
  random_source.seed(seed);
  randombytes_set_implementation(&seeded);
}

const Asset* pick_one(const std::vector<Asset>& from, uint32_t pick) {
  return from.empty() ? nullptr : &from[pick % from.size()];
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

World::World() {
  const fs::path base = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
  std::string pattern = (base / "filmgate-simulation-XXXXXX").string();
  root_ = ::mkdtemp(pattern.data());
  set_log_level(LogLevel::kError);
  seed_ids(0);
  library_ = Library::open(root_ + "/library").value();
  std::vector<Description> descriptions;
  for (const std::string& text :
       {description(), description("required", R"(, "approval": {"required": true, "quorum": 2,
            "reviewers": ["a@gate.test", "b@gate.test", "c@gate.test"], "expires": "1h"})",
                                   "reviewed", ".mov")}) {
    descriptions.push_back(parse_description(text, "simulation.json", [](const std::string&) {
                             return Result<std::string>(Error{ErrorCode::kNotFound, ""});
                           }).value());
  }
  router_ = Router::make(std::move(descriptions)).value();
  options_.owner = "simulation";
  options_.slots = {.light = 2, .probe = 2, .encode = 2};
  store_ = std::make_unique<KillingStore>(open_store("sqlite://" + root_ + "/test.db").value());
  clock_.now = kFirstMs;
}

World::~World() {
  die();
  store_.reset();
  fs::remove_all(root_);
}

void World::start() {
  store_->kill_before = store_->kill_after = 0;
  store_->full = false;
  executor_ = std::make_unique<ManualExecutor>(clock_);
  hashing_ = std::make_unique<ManualExecutor>(clock_);
  workers_ = std::make_unique<Workers>(*executor_);
  post_ = std::make_unique<Post>(*executor_);
  engine_ = Engine::make(
      {*store_, *library_, *workers_, *post_, *router_, clock_, *executor_,
       [](const Approval&, const std::string&) { return "https://gate.test"; }, hashing_.get()},
      options_);
  engine_->observe([this](const Event& event) { watch(event); });
  if (const auto started = engine_->start(); !started) {
    wrong("the host doesn't start: " + started.error().message);
  }
}

// Everything in memory goes; what was posted never runs. What is committed stays.
void World::die() {
  engine_.reset();
  workers_.reset();
  post_.reset();
  hashing_.reset();
  executor_.reset();
}

std::string World::run(uint64_t seed, const std::vector<Step>& steps) {
  seed_ids(seed);
  seed_ = seed;
  // The same time for the same seed, so that ids and what is derived from them are the same too.
  const int64_t wanted = kFirstMs + static_cast<int64_t>(seed % 1'000'000) * kScheduleMs;
  clock_.now = std::max(wanted, clock_.now + kScheduleMs);
  began_ms_ = clock_.now;
  files_.clear();
  fences_.clear();
  done_.clear();
  published_.clear();
  wrong_.clear();
  start();
  for (const Step& each : steps) {
    if (!wrong_.empty()) break;
    try {
      step(each);
      check_not_stuck();
    } catch (const Killed&) {
      die();
      start();
    }
  }
  if (wrong_.empty()) settle();
  if (wrong_.empty()) check_end();
  die();
  if (wrong_.empty()) {
    for (const char* folder : {kUploads, kProcessed, kFailed, kUnableToProcess, kRejected, kWork}) {
      for (const auto& entry : fs::directory_iterator(library_->absolute(folder))) {
        fs::remove_all(entry.path());
      }
    }
  }
  return wrong_;
}

void World::step(const Step& step) {
  const uint32_t pick = step.pick;
  switch (step.op) {
    case Op::kUpload:
      return upload(pick);
    case Op::kSidecar:
      if (!files_.empty()) write_sidecar(files_[pick % files_.size()].path, pick / 16);
      return;
    case Op::kOverwrite:
      return overwrite(pick);
    case Op::kTakeAway:
      return take_away(pick);
    case Op::kScan:
      return scan(pick);
    case Op::kWork:
      for (uint32_t i = 0; i <= pick % 8 && executor_->run_one(); ++i) {
      }
      return;
    case Op::kHash:
      (void)hashing_->run_one();
      return;
    case Op::kReport:
      return workers_->hand_over_a_rung(pick);
    case Op::kEndRun:
      return workers_->end_one(pick, pick / 8 % 16);
    case Op::kDeliver:
      (void)post_->deliver_one(pick % 4);
      return;
    case Op::kNextTimer:
      (void)executor_->jump_to_timer();
      return;
    case Op::kSleep:
      clock_.now += pick % 4 == 0 ? 2 * 3'600'000 : 40'000;
      return;
    case Op::kDecide: {
      auto all = assets();
      const Asset* asset = pick_one(all, pick);
      if (asset == nullptr) return;
      const auto approval = engine_->view(asset->id).value().approval;
      if (!approval) return;
      const std::string reviewer = std::string(1, static_cast<char>('a' + pick / 8 % 3));
      (void)engine_->decide({approval->id, reviewer + "@gate.test",
                             pick / 32 % 8 == 0 ? Decision::kReject : Decision::kApprove, ""});
      return;
    }
    case Op::kCancel:
    case Op::kRetry: {
      auto all = assets();
      const Asset* asset = pick_one(all, pick);
      if (asset == nullptr) return;
      (void)(step.op == Op::kCancel ? engine_->cancel(asset->id) : engine_->retry(asset->id));
      return;
    }
    case Op::kKill:
      throw Killed{};
    case Op::kKillAtCommit:
      (pick % 2 == 0 ? store_->kill_before : store_->kill_after) =
          store_->commits + 1 + static_cast<int>(pick / 2 % 6);
      return;
    case Op::kStop:
      return stop();
    case Op::kFullDisk:
      store_->full = !store_->full;
      return;
  }
}

void World::upload(uint32_t pick) {
  if (files_.size() >= 4) return;
  File file;
  const bool by_hand = pick % 8 == 7;  // put into failed/
  file.path = std::string(by_hand ? kFailed : kUploads) + "/s" + std::to_string(seed_) + "-" +
              std::to_string(files_.size()) + (pick / 8 % 3 == 0 ? ".mov" : ".mp4");
  file.bytes = "video " + std::to_string(seed_) + "." + std::to_string(files_.size());
  if (pick / 32 % 2 == 0) write_sidecar(file.path, pick / 64);
  write_bytes(library_->absolute(file.path), file.bytes);
  files_.push_back(std::move(file));
}

void World::write_sidecar(const std::string& video, uint32_t pick) {
  static constexpr const char* kTexts[] = {R"({"title": "one"})", R"({"title": "two"})",
                                           R"({"title": ""})", R"({"title": )"};
  const std::string stem = video.substr(0, video.rfind('.'));
  write_bytes(library_->absolute((pick % 2 == 0 ? video : stem) + ".json"),
              kTexts[pick / 2 % std::size(kTexts)]);
}

void World::overwrite(uint32_t pick) {
  if (files_.empty()) return;
  File& file = files_[pick % files_.size()];
  const std::string path = library_->absolute(file.path);
  const auto there = read_file(path, 1 << 20);
  if (!there || *there != file.bytes) return;  // it has moved on
  file.bytes += "+";
  if (pick / 4 % 2 == 0) {
    write_bytes(path, file.bytes);
  } else {  // as a careful uploader does
    write_bytes(path + ".part", file.bytes);
    fs::rename(path + ".part", path);
  }
}

void World::take_away(uint32_t pick) {
  if (files_.empty()) return;
  File& file = files_[pick % files_.size()];
  const auto there = read_file(library_->absolute(file.path), 1 << 20);
  if (!there || *there != file.bytes) return;
  fs::remove(library_->absolute(file.path));
  file.lost = true;
}

void World::scan(uint32_t pick) {
  std::vector<FoundFile> found;
  for (const char* folder : {kUploads, kFailed}) {
    const std::vector<FoundFile> there = library_->list(folder).value();
    found.insert(found.end(), there.begin(), there.end());
  }
  std::erase_if(found, [](const FoundFile& file) { return file.path.ends_with(".reason.json"); });
  if (!found.empty() && pick % 2 == 1) found.push_back(found[pick / 2 % found.size()]);
  std::shuffle(found.begin(), found.end(), std::minstd_rand(pick));
  std::vector<Arrival> arrivals;
  for (const FoundFile& file : found) {
    arrivals.push_back({file, file.path.substr(file.path.find('/') + 1),
                        file.path.starts_with(std::string(kFailed) + "/")});
  }
  const size_t at_once = pick / 64 % 2 == 0 ? 1 : arrivals.size();
  for (std::span<const Arrival> left = arrivals; !left.empty();) {
    left = left.subspan(engine_->admit_batch(left.first(std::min(at_once, left.size()))).size());
  }
}

void World::drain() {
  while (executor_->run_one()) {
  }
}

void World::stop() {
  bool stopped = false;
  engine_->stop([&] { stopped = true; });
  for (int round = 0; round < 100 && !stopped; ++round) {
    drain();
    workers_->end_one(0, 0);
  }
  if (!stopped) return wrong("it doesn't stop");
  die();
  start();
}

void World::settle() {
  store_->kill_before = store_->kill_after = 0;
  store_->full = false;
  for (int round = 0; round < kRounds && wrong_.empty() && clock_.now < began_ms_ + kScheduleMs;
       ++round) {
    if (round % 4 == 0) scan(0);
    bool moved = executor_->run_one();
    drain();
    moved |= hashing_->run_one() | post_->deliver_one(0);
    if (workers_->running() > 0) {
      workers_->end_one(0, 0);
      moved = true;
    }
    if (moved) continue;
    bool all_final = true;
    for (const Asset& asset : assets()) {
      all_final = all_final && is_final(asset.state) && asset.moves.size() == 0;
      if (asset.state == AssetState::kWaitingMetadata) {
        write_sidecar(asset.source.path, 0);
        scan(0);
      }
      if (asset.state != AssetState::kAwaitingApproval) continue;
      const auto approval = engine_->view(asset.id).value().approval;
      if (approval && approval->expires_ms > 0 && seed_ % 5 == 0) continue;  // nobody looks
      for (const char* reviewer : {"a@gate.test", "b@gate.test"}) {
        if (approval) (void)engine_->decide({approval->id, reviewer, Decision::kApprove, ""});
      }
      moved = true;
    }
    if (moved) continue;
    if (all_final && round % 4 == 0 && !owes_something()) return;  // the scan found nothing new
    if (!executor_->jump_to_timer() && !all_final) return;         // it is told at the end
  }
}

bool World::owes_something() {
  bool owes = false;
  const auto read = store_->read([&](Transaction& tx) -> Result<void> {
    const auto waiting = tx.due_messages(clock_.now + kScheduleMs, 1);
    if (!waiting) return waiting.error();
    const auto runs = tx.open_runs();
    if (!runs) return runs.error();
    owes = !waiting->empty() || !runs->empty();
    return {};
  });
  if (!read) wrong(read.error().message);
  return owes;
}

std::vector<Asset> World::assets() {
  std::vector<Asset> found = engine_->assets({}).value();
  std::erase_if(found, [this](const Asset& asset) { return asset.created_ms < began_ms_; });
  return found;
}

}  // namespace filmgate::test
