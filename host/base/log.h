// One line per thing that matters, for people and for journald. Library code below the engine never
// logs above debug: it returns an Error, and the one who handles it logs it, once.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace filmgate {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  const char* name;  // lower case, as in "asset", "job", "path"; never a token or a secret
  std::string value;
};

// To journald with fields when stderr is the journal, else as text on stderr:
// "2026-11-21T09:30:00.250Z warning intake: clip.mp4 has no sidecar [asset=0193…]".
void log(LogLevel level, std::string_view room, std::string_view message,
         std::initializer_list<LogField> fields = {});
void set_log_level(LogLevel least);

}  // namespace filmgate
