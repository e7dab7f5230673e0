// What tests of a whole library share: a description that is quick to carry out, and looks at
// files.
#pragma once

#include <string>
#include <vector>

namespace filmgate::test {

// "quick": MP4 with a sidecar that has a title, to 240p and 120p with poster and sprite.
std::string quick_description(int attempts);

// Regular files, relative to the folder, in order; what vanishes meanwhile is left out.
std::vector<std::string> files_below(const std::string& folder);

// In hex; the sentence of the error where it can't be read.
std::string sha256_of(const std::string& path);

}  // namespace filmgate::test
