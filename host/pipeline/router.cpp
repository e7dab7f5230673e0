#include <algorithm>
#include <tuple>

#include "host/base/file.h"
#include "host/pipeline/description.h"

namespace filmgate {
namespace {

// An empty list takes anything; "" stands for it, and no written prefix or suffix is shorter.
std::vector<std::string> or_any(const std::vector<std::string>& list) {
  return list.empty() ? std::vector<std::string>{""} : list;
}

// Suffixes may have several dots: ".news.mp4".
bool ends_in(const std::string& name, const std::string& suffix) {
  if (suffix.empty()) {
    const auto& known = known_video_suffixes();
    return std::find(known.begin(), known.end(), suffix_of(name)) != known.end();
  }
  if (name.size() <= suffix.size()) return false;
  const std::string end = name.substr(name.size() - suffix.size());
  return std::equal(end.begin(), end.end(), suffix.begin(), [](unsigned char a, unsigned char b) {
    return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
  });
}

Error clash(const Description& a, const Description& b, const std::string& what) {
  return {ErrorCode::kConflict, b.source + ": " + what + " as " + a.source +
                                    "; change accept.prefixes or accept.suffixes of one of them"};
}

}  // namespace

Result<Router> Router::make(std::vector<Description> descriptions) {
  for (size_t i = 0; i < descriptions.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const Description& a = descriptions[j];
      const Description& b = descriptions[i];
      if (a.name == b.name)
        return Error{ErrorCode::kConflict,
                     b.source + ": the name \"" + b.name + "\" is already that of " + a.source};
      for (const auto& prefix : or_any(a.accept.prefixes)) {
        const auto prefixes = or_any(b.accept.prefixes);
        if (std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end()) continue;
        for (const auto& suffix : or_any(a.accept.suffixes)) {
          const auto suffixes = or_any(b.accept.suffixes);
          if (std::find(suffixes.begin(), suffixes.end(), suffix) == suffixes.end()) continue;
          return clash(a, b,
                       "takes the uploads " + (prefix.empty() ? "" : "below " + prefix + " ") +
                           (suffix.empty() ? std::string("of any suffix") : "ending in " + suffix) +
                           " with the same right");
        }
      }
    }
  }
  Router router;
  router.descriptions_ = std::move(descriptions);
  return router;
}

const Description* Router::route(const std::string& name) const {
  const Description* best = nullptr;
  std::tuple<size_t, size_t> best_lengths;
  for (const auto& description : descriptions_) {
    for (const auto& prefix : or_any(description.accept.prefixes)) {
      if (!name.starts_with(prefix)) continue;
      for (const auto& suffix : or_any(description.accept.suffixes)) {
        if (!ends_in(name, suffix)) continue;
        const std::tuple<size_t, size_t> lengths{prefix.size(), suffix.size()};
        if (best != nullptr && lengths <= best_lengths) continue;
        best = &description;
        best_lengths = lengths;
      }
    }
  }
  return best;
}

const Description* Router::find(const std::string& description_name) const {
  for (const auto& description : descriptions_)
    if (description.name == description_name) return &description;
  return nullptr;
}

}  // namespace filmgate
