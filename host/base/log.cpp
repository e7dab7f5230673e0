#include "host/base/log.h"

#include <glib.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include "host/base/clock.h"

namespace filmgate {
namespace {

std::atomic<LogLevel> least_level{LogLevel::kInfo};

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

// syslog(3) priorities, as journald keeps them.
const char* priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "7";
    case LogLevel::kInfo:
      return "6";
    case LogLevel::kWarning:
      return "4";
    case LogLevel::kError:
      return "3";
  }
  return "3";
}

// Names of uploaded files come into messages: no line break of theirs may forge a line of ours.
std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
    }
  }
  return out;
}

bool stderr_is_journal() {
  static const bool kIsJournal = g_log_writer_is_journald(STDERR_FILENO);
  return kIsJournal;
}

bool log_to_journal(LogLevel level, std::string_view room, const std::string& message,
                    std::initializer_list<LogField> fields) {
  std::vector<std::pair<std::string, std::string>> named;
  named.emplace_back("MESSAGE", std::string(room) + ": " + message);
  named.emplace_back("PRIORITY", priority_of(level));
  named.emplace_back("FILMGATE_ROOM", std::string(room));
  for (const LogField& field : fields) {
    std::string name = "FILMGATE_";
    for (const char* c = field.name; *c != '\0'; ++c) name += g_ascii_toupper(*c);
    named.emplace_back(std::move(name), field.value);
  }
  std::vector<GLogField> entries;
  entries.reserve(named.size());
  for (const auto& [name, value] : named) {
    entries.push_back({name.c_str(), value.data(), static_cast<gssize>(value.size())});
  }
  return g_log_writer_journald(G_LOG_LEVEL_MESSAGE, entries.data(), entries.size(), nullptr) ==
         G_LOG_WRITER_HANDLED;
}

}  // namespace

void log(LogLevel level, std::string_view room, std::string_view message,
         std::initializer_list<LogField> fields) {
  if (level < least_level.load(std::memory_order_relaxed)) return;
  const std::string safe = one_line(message);
  if (stderr_is_journal() && log_to_journal(level, room, safe, fields)) return;
  std::string line = format_time(system_clock().now_ms()) + ' ' + name_of(level) + ' ' +
                     std::string(room) + ": " + safe;
  const char* separator = " [";
  for (const LogField& field : fields) {
    line += separator;
    line += field.name;
    line += '=';
    line += one_line(field.value);
    separator = " ";
  }
  line += fields.size() > 0 ? "]\n" : "\n";
  // One write, so that lines of several threads don't mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void set_log_level(LogLevel least) {
  least_level.store(least, std::memory_order_relaxed);
}

}  // namespace filmgate
