// Tries from inside what the sandbox must refuse. A wall that isn't tested may not be there: a
// kernel option, a container's policy or a mistake of ours would go unnoticed.
#pragma once

#include <string>
#include <vector>

namespace filmgate::worker {

struct ProofStep {
  std::string what;  // "open /etc/passwd"
  bool held = false;
  std::string found;  // "refused: Permission denied"
};

// Leaves nothing behind, also where nothing is refused. The current folder is the work folder.
std::vector<ProofStep> prove_sandbox();

}  // namespace filmgate::worker
