#include "host/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace filmgate::cli {

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressBar::show(const std::string& stage, double fraction) {
  if (!terminal_) return;
  constexpr int kWidth = 40;
  if (fraction < 0) {
    std::fprintf(stderr, "\r\033[K%-12s", stage.c_str());
  } else {
    const double shown = std::clamp(fraction, 0.0, 1.0);
    const int filled = static_cast<int>(shown * kWidth);
    std::fprintf(stderr, "\r\033[K%-12s [%s%s] %3d%%", stage.c_str(),
                 std::string(static_cast<size_t>(filled), '#').c_str(),
                 std::string(static_cast<size_t>(kWidth - filled), '.').c_str(),
                 static_cast<int>(shown * 100));
  }
  std::fflush(stderr);
  shown_ = true;
}

void ProgressBar::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace filmgate::cli
