#include "tests/support/clip.h"

#include <unistd.h>

#include <stdexcept>

#include "host/base/file.h"
#include "tests/support/process.h"

namespace filmgate::test {

std::string make_clip(int width, int height, double seconds, bool sound) {
  const std::string size = std::to_string(width) + "x" + std::to_string(height);
  const std::string folder = std::string(FILMGATE_BINARY_DIR) + "/clips";
  const std::string path = folder + "/" + size + "-" + std::to_string(seconds).substr(0, 4) +
                           (sound ? "" : "-silent") + ".mp4";
  if (exists(path)) return path;
  if (!make_folders(folder).ok()) throw std::runtime_error("cannot make " + folder);
  // A name of this process's own first: tests run side by side.
  const std::string making = path + "." + std::to_string(getpid()) + ".mp4";
  std::vector<std::string> command = {"ffmpeg", "-v",    "error", "-y",
                                      "-f",     "lavfi", "-i",    "testsrc2=rate=30:size=" + size};
  if (sound) command.insert(command.end(), {"-f", "lavfi", "-i", "sine=frequency=440"});
  command.insert(command.end(), {"-t", std::to_string(seconds), "-c:v", "libx264", "-preset",
                                 "ultrafast", "-pix_fmt", "yuv420p"});
  if (sound) command.insert(command.end(), {"-c:a", "aac", "-ac", "2"});
  command.push_back(making);
  const Finished made = run_program(command);
  if (made.exit_code != 0) throw std::runtime_error("ffmpeg made no clip: " + made.errors);
  if (rename(making.c_str(), path.c_str()) != 0) throw std::runtime_error("cannot write " + path);
  return path;
}

std::string real_clip(const std::string& name) {
  const std::string path = std::string(FILMGATE_SOURCE_DIR) + "/../shared/media/" + name;
  return exists(path) ? path : "";
}

}  // namespace filmgate::test
