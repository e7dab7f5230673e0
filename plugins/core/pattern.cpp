#include "plugins/core/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <vector>

namespace filmgate {
namespace {

constexpr size_t kMaxPatternBytes = 4096;
constexpr uint32_t kHeapLimitKiB = 16 * 1024;
// PCRE2's own match limit counts anew at each start position, so that a long subject multiplies it.
// Automatic callouts come before each item of the pattern; counting them, the characters passed
// since the last one, and those that the item may look at in vain, bounds the whole search.
constexpr size_t kCharactersPerUnit = 16;
constexpr uint32_t kToTheEnd = std::numeric_limits<uint32_t>::max();

// How many characters an item may look at and yet fail, so that no callout after it counts them: a
// repetition as many as it needs at least, a back reference as many as are left.
uint32_t reach_of(std::string_view item) {
  if (item.starts_with(')')) return 0;  // what a group looks at is counted in it
  if (item.starts_with("(?P=")) return kToTheEnd;
  const char letter = item.size() > 1 && item[0] == '\\' ? item[1] : '\0';
  if ((letter >= '1' && letter <= '9') || letter == 'g' || letter == 'k') return kToTheEnd;
  if (item.ends_with('+') || item.ends_with('?')) item.remove_suffix(1);  // possessive or lazy
  if (!item.ends_with('}')) return 0;
  const size_t brace = item.rfind('{');
  if (brace == std::string_view::npos) return 0;
  const bool names_character =
      brace == 2 && letter != '\0' && std::string_view("xopPN").find(letter) != std::string::npos;
  uint32_t least = 0;
  if (!names_character) std::from_chars(item.data() + brace + 1, item.data() + item.size(), least);
  return least;
}

struct Search {
  Pattern::Effort& effort;
  const std::vector<uint32_t>& reach;  // by the position in the pattern
  size_t last_position = 0;
};

int count_effort(pcre2_callout_block* block, void* data) {
  Search& search = *static_cast<Search*>(data);
  const size_t here = block->current_position;
  const size_t passed =
      here > search.last_position ? here - search.last_position : search.last_position - here;
  const size_t ahead = block->subject_length - std::min(here, block->subject_length);
  const size_t reach = block->pattern_position < search.reach.size()
                           ? std::min<size_t>(search.reach[block->pattern_position], ahead)
                           : 0;
  const size_t cost = 1 + (passed + reach) / kCharactersPerUnit;
  search.last_position = here;
  if (cost > search.effort.left) {
    search.effort.left = 0;
    return PCRE2_ERROR_MATCHLIMIT;
  }
  search.effort.left -= cost;
  return 0;
}

struct Reaches {
  std::string_view pattern;
  std::vector<uint32_t> of;
};

int note_reach(pcre2_callout_enumerate_block* block, void* data) {
  Reaches& reaches = *static_cast<Reaches*>(data);
  if (block->pattern_position < reaches.of.size())
    reaches.of[block->pattern_position] =
        reach_of(reaches.pattern.substr(block->pattern_position, block->next_item_length));
  return 0;
}

template <typename T, void (*Free)(T*)>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freer<T, Free>>;

}  // namespace

struct Pattern::Code {
  Owned<pcre2_code, pcre2_code_free> program;
  std::vector<uint32_t> reach;
};

Result<Pattern> Pattern::compile(std::string_view text) {
  const Owned<pcre2_compile_context, pcre2_compile_context_free> context(
      pcre2_compile_context_create(nullptr));
  pcre2_set_max_pattern_length(context.get(), kMaxPatternBytes);
  int error = 0;
  PCRE2_SIZE offset = 0;
  constexpr uint32_t kOptions = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF |
                                PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C;
  pcre2_code* program = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                      kOptions, &error, &offset, context.get());
  if (!program) {
    PCRE2_UCHAR words[256];
    pcre2_get_error_message(error, words, sizeof words);
    return Error{ErrorCode::kInvalidInput, std::string(reinterpret_cast<const char*>(words)) +
                                               " (at character " + std::to_string(offset + 1) +
                                               " of the pattern)"};
  }
  auto code = std::make_shared<Code>();
  code->program.reset(program);
  Reaches reaches{text, std::vector<uint32_t>(text.size())};
  pcre2_callout_enumerate(program, note_reach, &reaches);
  code->reach = std::move(reaches.of);
  return Pattern(std::string(text), std::move(code));
}

Pattern::Found Pattern::search(std::string_view subject, Effort& effort) const {
  const Owned<pcre2_match_context, pcre2_match_context_free> context(
      pcre2_match_context_create(nullptr));
  const Owned<pcre2_match_data, pcre2_match_data_free> match(pcre2_match_data_create(1, nullptr));
  Search search{effort, code_->reach};
  pcre2_set_callout(context.get(), count_effort, &search);
  pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
  // Zero says that it matched, with more groups than the one slot we have.
  const int matched =
      pcre2_match(code_->program.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()),
                  subject.size(), 0, 0, match.get(), context.get());
  if (matched >= 0) return Found::kYes;
  return matched == PCRE2_ERROR_NOMATCH ? Found::kNo : Found::kGaveUp;
}

}  // namespace filmgate
