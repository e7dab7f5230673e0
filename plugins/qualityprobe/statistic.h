// Mean, least and greatest of a series of figures.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "plugins/core/json.h"

namespace filmgate::quality {

class Statistic {
 public:
  void add(double value) { add(value, value, value); }
  // A figure that is itself a mean over something with its own extremes (a frame's luma).
  void add(double value, double least, double greatest) {
    ++count_;
    sum_ += value;
    min_ = std::min(min_, least);
    max_ = std::max(max_, greatest);
  }
  bool empty() const { return count_ == 0; }
  double mean() const { return sum_ / static_cast<double>(count_); }
  double min() const { return min_; }
  double max() const { return max_; }
  Json to_json() const { return Json::object({{"mean", mean()}, {"min", min_}, {"max", max_}}); }

 private:
  uint64_t count_ = 0;
  double sum_ = 0;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
};

}  // namespace filmgate::quality
