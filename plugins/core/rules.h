// Rules over facts: `dotted.path: constraint`, the constraint in JSON Schema's words. One evaluator
// for the metadatagate element and for the host. Pure: no GStreamer, no clock, no files.
//
//   { "metadata.title": { "type": "string", "minLength": 1 },
//     "media.duration": { "maximum": 14400 },
//     "any": [ { "metadata.owner": { "format": "email" } }, { "metadata.desk": { "const": true } }
//     ] }
//
// Words of a constraint: type (string, number, integer, boolean, array, object, or several of
// them), enum, const, minLength, maxLength, pattern (PCRE2 syntax over UTF-8, searched for, not
// anchored; compiled when it is read, its effort per search bounded), format (email, date,
// date-time, uri, uuid), minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, of lists
// minItems, maxItems, uniqueItems, items (what each element must be) and contains (what at least
// one must be), required (true by default: an absent path fails; false: an absent path passes).
// Lengths count Unicode code points.
// Keys `all`, `any` (arrays of rule objects) and `not` (one rule object) nest, up to 16 levels.
//
// Stricter than JSON Schema, as a gate must be: a word about text is not met by a number nor the
// other way round, and null counts as absent. A pattern whose search gives up neither meets a
// requirement nor lets a trigger pass. Paths begin with metadata, media or quality.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/core/json.h"
#include "plugins/core/result.h"

namespace filmgate {

enum class Verdict { kPass, kHold, kReject };
const char* to_string(Verdict verdict);  // "pass", "hold", "reject"

// Why a rule did not hold: "metadata.title is missing; a string of at least 1 character is needed".
struct Reason {
  std::string path;
  std::string message;
};

class Rules {
 public:
  // `source` names the text in messages, with the line and column kept in `rules`.
  // Unknown words and impossible constraints are refused with the nearest right word.
  static Result<Rules> from_json(const Json& rules, std::string_view source);

  Rules();
  Rules(const Rules&);
  Rules(Rules&&) noexcept;
  Rules& operator=(const Rules&);
  Rules& operator=(Rules&&) noexcept;
  ~Rules();

  bool empty() const;
  // The paths that the rules look at, for checking them against the known facts.
  std::vector<std::string> paths() const;

  // As requirements (`gate`): what does not hold, in the order of the rules; empty = all hold.
  std::vector<Reason> violations(const Json& facts) const;
  // As triggers (`probe.reject`, `probe.hold`): each rule that holds, said in words
  // ("quality.video.black.ratio is 0.97; more than 0.9 is not accepted"). An absent path, and the
  // key `not` over an absent path, never triggers.
  std::vector<Reason> triggers(const Json& facts) const;

 private:
  struct Node;
  std::shared_ptr<const Node> root_;
};

// The member of `known` nearest to `word` for "did you mean …?"; empty if none is near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace filmgate
