// Scene cuts by the definition of FFmpeg's scdet: a picture differs much from the one before it,
// and much more (or less) than that did from its own predecessor, so that steady motion is none.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/qualityprobe/interval_tracker.h"
#include "plugins/qualityprobe/statistic.h"

namespace filmgate::quality {

class SceneCuts {
 public:
  // `difference`: mean absolute difference of luma to the previous picture, as a share of the
  // sample range. Returns the score, 0 to 100.
  double score(double difference) {
    const double percent = 100 * difference;
    const double score = std::clamp(std::min(percent, std::abs(percent - before_)), 0.0, 100.0);
    before_ = percent;
    scores_.add(score);
    return score;
  }
  void cut(Time at) {
    ++count_;
    if (times_.size() < IntervalTracker::kMaxListed) times_.push_back(at);
  }
  // What follows is no continuation.
  void interrupt() { before_ = 0; }

  // {"count", "times": [s, …], "unlisted", "score": {mean, min, max}}
  Json to_json() const {
    Json json = Json::object();
    json.set("count", Json::from_unsigned(count_));
    Json times = Json::array();
    for (const Time time : times_) times.push_back(to_seconds(time));
    json.set("times", std::move(times));
    if (count_ > times_.size()) json.set("unlisted", Json::from_unsigned(count_ - times_.size()));
    if (!scores_.empty()) json.set("score", scores_.to_json());
    return json;
  }

 private:
  double before_ = 0;
  Statistic scores_;
  uint64_t count_ = 0;
  std::vector<Time> times_;
};

}  // namespace filmgate::quality
