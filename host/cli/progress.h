// A progress bar on a terminal's last line; silent where stderr is no terminal.
#pragma once

#include <string>

namespace filmgate::cli {

class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  // fraction 0..1; below 0: not known, only the stage is shown.
  void show(const std::string& stage, double fraction);
  void clear();  // before anything else is printed

 private:
  bool terminal_;
  bool shown_ = false;
};

}  // namespace filmgate::cli
