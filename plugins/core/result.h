// Errors as values. A function that can fail returns Result<T>; no exception crosses a C callback.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace filmgate {

// The closed set of things that can go wrong. One table each maps it to HTTP statuses
// (host/http), exit codes (host/cli) and GStreamer error domains (plugins/common).
enum class ErrorCode {
  kInvalidInput,  // what was given is malformed; the message says where (file, line, field)
  kUnsupported,   // well formed, but nothing here can handle it
  kNotFound,
  kConflict,    // it exists already, or its state has moved on (a stale fence)
  kPermission,  // the operating system or the sandbox said no
  kNoSpace,     // disk or quota is full
  kIo,          // any other failure of reading or writing
  kLimit,       // a configured or protective limit was reached
  kTimeout,
  kCancelled,
  kUnavailable,  // may pass: a server that is away, a lock that is held
  kInternal,     // a defect of ours
};

// The code's stable name, as in logs and JSON ("invalid-input", "no-space", …).
const char* to_string(ErrorCode code);

// `message` is one clear sentence for a person: what, where, what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
};

// What errno means as an Error: "cannot WHAT PATH: No space left on device".
Error error_from_errno(int errno_value, const std::string& what);

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit on purpose
  Result(Error error) : value_(std::move(error)) {}

  bool ok() const { return std::holds_alternative<T>(value_); }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<T>(value_); }
  const T& value() const& { return std::get<T>(value_); }
  T&& value() && { return std::get<T>(std::move(value_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<Error>(value_); }

 private:
  std::variant<T, Error> value_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}  // NOLINT: implicit on purpose

  bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const {
    assert(!ok_);
    return error_;
  }

 private:
  Error error_;
  bool ok_ = true;
};

// Leaves the function with the error of `expression` if it has one. Each use has a name of its own,
// for the expression may hold a lambda that uses it as well.
#define FILMGATE_TRY(...) FILMGATE_TRY_EXPANDED_(__COUNTER__, __VA_ARGS__)
#define FILMGATE_TRY_EXPANDED_(count, ...) FILMGATE_TRY_COUNTED_(count, __VA_ARGS__)
#define FILMGATE_TRY_COUNTED_(count, ...) FILMGATE_TRY_NAMED_(filmgate_try_##count, __VA_ARGS__)
#define FILMGATE_TRY_NAMED_(name, ...)                              \
  do {                                                              \
    if (auto name = (__VA_ARGS__); !name.ok()) return name.error(); \
  } while (false)

}  // namespace filmgate
