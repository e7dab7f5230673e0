// Clips for tests, made once per build folder with ffmpeg, and the real ones where they are.
#pragma once

#include <string>

namespace filmgate::test {

// H.264 and AAC in MP4 with a moving picture and a tone; cached by its parameters.
std::string make_clip(int width, int height, double seconds, bool sound = true);

// "" where the folder of real clips is absent: the test then skips and says so.
std::string real_clip(const std::string& name);

}  // namespace filmgate::test
