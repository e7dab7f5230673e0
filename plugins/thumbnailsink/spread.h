// Pictures spread over a video whose length isn't known before its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace filmgate::stills {

// The length of a video isn't known beforehand (and headers lie), so up to four times as many
// pictures as are wanted are kept. When that is full every second one goes, and from then on
// pictures are taken half as often.
template <typename Picture>
class Spread {
 public:
  struct Kept {
    uint64_t time = 0;  // ns
    Picture picture;
  };

  // Whether a picture of this time is to be added.
  bool wants(uint64_t time) const { return kept_.empty() || time >= kept_.back().time + step_; }

  void add(uint64_t time, Picture picture, unsigned count) {
    if (!kept_.empty() && time <= kept_.back().time) return;  // a clock that stands still
    kept_.push_back(Kept{time, std::move(picture)});
    if (kept_.size() >= std::max<size_t>(kLeastKept, 4 * size_t{count})) thin();
  }

  // At most `count` of the kept, one for each equal part of the time up to `end`: of those in the
  // part, the one that `badness(kept, middle, before)` likes best; `before` is the one chosen for
  // the part before, or null. A part without any takes a neighbour, so that the number is right.
  template <typename Badness>
  std::vector<Kept*> choose(unsigned count, uint64_t end, const Badness& badness) {
    std::vector<Kept*> chosen;
    const size_t wanted = std::min<size_t>(count, kept_.size());
    if (wanted == 0) return chosen;
    end = std::max(end, kept_.back().time + 1);
    uint64_t begin = kept_.front().time;
    if (begin < end / wanted) begin = 0;
    const auto part = [&](size_t i) {
      return begin + static_cast<uint64_t>(static_cast<double>(end - begin) *
                                           static_cast<double>(i) / static_cast<double>(wanted));
    };
    size_t first = 0;
    for (size_t i = 0; i < wanted; ++i) {
      const size_t last = kept_.size() - (wanted - i);  // leaves one for each later part
      while (first < last && kept_[first + 1].time <= part(i)) ++first;
      const uint64_t middle = part(i) / 2 + part(i + 1) / 2;
      Kept* const before = chosen.empty() ? nullptr : chosen.back();
      size_t best = first;
      if (kept_[best].time < part(i) && best < last) ++best;
      for (size_t k = best + 1; k <= last && kept_[k].time < part(i + 1); ++k) {
        if (badness(kept_[k], middle, before) < badness(kept_[best], middle, before)) best = k;
      }
      chosen.push_back(&kept_[best]);
      first = best + 1;
    }
    return chosen;
  }

  void clear() {
    kept_.clear();
    step_ = 0;
  }

 private:
  static constexpr size_t kLeastKept = 16;  // so that a single picture comes from the middle

  void thin() {
    const uint64_t spacing = (kept_.back().time - kept_.front().time) / (kept_.size() - 1);
    std::vector<Kept> fewer;
    for (size_t i = 0; i < kept_.size(); i += 2) fewer.push_back(std::move(kept_[i]));
    kept_ = std::move(fewer);
    step_ = 2 * spacing;
  }

  std::vector<Kept> kept_;
  uint64_t step_ = 0;
};

// What choose() likes where only the time counts.
inline uint64_t away(uint64_t time, uint64_t middle) {
  return time > middle ? time - middle : middle - time;
}

}  // namespace filmgate::stills
