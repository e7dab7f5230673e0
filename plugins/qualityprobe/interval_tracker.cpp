#include "plugins/qualityprobe/interval_tracker.h"

#include <algorithm>

namespace filmgate::quality {

double to_seconds(Time time) {
  return static_cast<double>(time) / 1e9;
}

std::optional<Interval> IntervalTracker::update(bool active, Time from, Time to) {
  if (active) {
    std::optional<Interval> ended;
    if (open_ && pausing_ && from > open_->end + bridge_) ended = finish(open_->end);
    if (!open_) open_ = Interval{from, to};
    open_->end = std::max(open_->end, to);
    pausing_ = false;
    return ended;
  }
  if (!open_) return std::nullopt;
  // A picture stays until the next one comes, whatever duration its buffer claimed.
  if (!pausing_) open_->end = std::max(from, open_->start);
  pausing_ = true;
  if (to > open_->end + bridge_ || bridge_ == 0) return finish(open_->end);
  return std::nullopt;
}

std::optional<Interval> IntervalTracker::close(Time at) {
  if (!open_) return std::nullopt;
  return finish(pausing_ ? open_->end : std::max(at, open_->start));
}

std::optional<Interval> IntervalTracker::finish(Time end) {
  const Interval interval{open_->start, end};
  open_.reset();
  pausing_ = false;
  if (interval.length() < minimum_) return std::nullopt;
  ++count_;
  total_ += interval.length();
  if (listed_.size() < kMaxListed) listed_.push_back(interval);
  return interval;
}

Json IntervalTracker::to_json(Time decoded) const {
  Json json = Json::object();
  const double ratio =
      decoded > 0 ? static_cast<double>(total_) / static_cast<double>(decoded) : 0.0;
  json.set("ratio", std::min(ratio, 1.0));
  json.set("duration", to_seconds(total_));
  Json intervals = Json::array();
  for (const Interval& interval : listed_) {
    intervals.push_back(
        Json::object({{"start", to_seconds(interval.start)}, {"end", to_seconds(interval.end)}}));
  }
  json.set("intervals", std::move(intervals));
  if (count_ > listed_.size()) json.set("unlisted", Json::from_unsigned(count_ - listed_.size()));
  return json;
}

}  // namespace filmgate::quality
