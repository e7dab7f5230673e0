#include "plugins/core/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace filmgate {
namespace {

constexpr size_t kMaxPatternBytes = 4096;
constexpr uint32_t kHeapLimitKiB = 16 * 1024;
// PCRE2's own match limit counts anew at each start position, so that a long subject multiplies it.
// Automatic callouts come before each item of the pattern; counting them, and the characters passed
// since the last one, bounds the whole search (tens of milliseconds).
constexpr size_t kEffort = 2'000'000;
constexpr size_t kCharactersPerUnit = 16;

struct Effort {
  size_t left = kEffort;
  size_t last_position = 0;
};

int count_effort(pcre2_callout_block* block, void* data) {
  Effort& effort = *static_cast<Effort*>(data);
  const size_t here = block->current_position;
  const size_t passed =
      here > effort.last_position ? here - effort.last_position : effort.last_position - here;
  const size_t cost = 1 + passed / kCharactersPerUnit;
  effort.last_position = here;
  if (cost > effort.left) return PCRE2_ERROR_MATCHLIMIT;
  effort.left -= cost;
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
  return Pattern(std::string(text), std::move(code));
}

Pattern::Found Pattern::search(std::string_view subject) const {
  const Owned<pcre2_match_context, pcre2_match_context_free> context(
      pcre2_match_context_create(nullptr));
  const Owned<pcre2_match_data, pcre2_match_data_free> match(pcre2_match_data_create(1, nullptr));
  Effort effort;
  pcre2_set_callout(context.get(), count_effort, &effort);
  pcre2_set_heap_limit(context.get(), kHeapLimitKiB);
  // Zero says that it matched, with more groups than the one slot we have.
  const int matched =
      pcre2_match(code_->program.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()),
                  subject.size(), 0, 0, match.get(), context.get());
  if (matched >= 0) return Found::kYes;
  return matched == PCRE2_ERROR_NOMATCH ? Found::kNo : Found::kGaveUp;
}

}  // namespace filmgate
