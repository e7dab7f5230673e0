#include <string_view>

#include "host/store/postgresql.h"

namespace filmgate::postgresql {
namespace {

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

// The codes: PostgreSQL 15, Appendix A.
Error refused(const PGresult* result, const std::string& name, bool read_only) {
  const std::string state = field(result, PG_DIAG_SQLSTATE);
  const std::string text = field(result, PG_DIAG_MESSAGE_PRIMARY);
  const auto is = [&state](std::string_view prefix) { return state.starts_with(prefix); };
  if (state == "23505") return {ErrorCode::kConflict, "it exists already (" + text + ")"};
  if (state == "23503") {
    return {ErrorCode::kNotFound, "what it belongs to doesn't exist (" + text + ")"};
  }
  if (is("23") || is("22")) return {ErrorCode::kInternal, name + " refused a value: " + text};
  if (state == "25P02") {
    return {ErrorCode::kIo, "the transaction on " + name + " was rolled back before its end"};
  }
  if (state == "25006") {
    if (read_only) return {ErrorCode::kInternal, "a reading transaction tried to write: " + text};
    return {ErrorCode::kPermission, name + " cannot be written: " + text};
  }
  if (is("40")) {
    return {ErrorCode::kUnavailable, name + " gave way to another transaction: " + text};
  }
  if (state == "55P03" || state == "57014") {
    return {ErrorCode::kUnavailable, name + " is locked by another program: " + text};
  }
  if (is("08") || is("57P") || state == "53300") {
    return {ErrorCode::kUnavailable, name + " doesn't answer: " + text};
  }
  if (state == "53100") {
    return {ErrorCode::kNoSpace, name + " cannot grow, the disk is full: free some space"};
  }
  if (is("53") || is("54")) return {ErrorCode::kLimit, name + ": " + text};
  if (is("58") || is("XX")) {
    return {ErrorCode::kIo, name + " cannot be read or written: " + text};
  }
  if (is("28") || state == "42501") {
    return {ErrorCode::kPermission, name + " does not permit it: " + text};
  }
  return {ErrorCode::kInternal, name + ": " + text};
}

}  // namespace filmgate::postgresql
