#include "plugins/core/json.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

namespace filmgate {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return "invalid-input";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kPermission:
      return "permission";
    case ErrorCode::kNoSpace:
      return "no-space";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kLimit:
      return "limit";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

Error error_from_errno(int errno_value, const std::string& what) {
  ErrorCode code = ErrorCode::kIo;
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = ErrorCode::kNoSpace;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::kPermission;
      break;
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::kNotFound;
      break;
    case EEXIST:
      code = ErrorCode::kConflict;
      break;
    case EAGAIN:
    case EBUSY:
    case EADDRINUSE:
      code = ErrorCode::kUnavailable;
      break;
    case ETIMEDOUT:
      code = ErrorCode::kTimeout;
      break;
    default:
      break;
  }
  char buffer[256];
  const char* text = strerror_r(errno_value, buffer, sizeof buffer);
  return Error{code, what + ": " + text};
}

Json::Json(Object value) : value_(std::move(value)) {}

Json Json::object() {
  return Json(Object{});
}

Json Json::object(std::initializer_list<Member> members) {
  return Json(Object(members));
}

Json Json::from_unsigned(uint64_t value) {
  if (value <= static_cast<uint64_t>(INT64_MAX)) return Json(static_cast<int64_t>(value));
  return Json(static_cast<double>(value));
}

const char* Json::type_name() const {
  switch (type()) {
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return "boolean";
    case Type::kInteger:
      return "integer";
    case Type::kNumber:
      return "number";
    case Type::kString:
      return "string";
    case Type::kArray:
      return "array";
    case Type::kObject:
      return "object";
  }
  return "null";
}

std::optional<bool> Json::if_bool() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  return std::nullopt;
}

std::optional<int64_t> Json::if_integer() const {
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  if (const double* value = std::get_if<double>(&value_)) {
    if (std::trunc(*value) == *value && std::abs(*value) < 9007199254740992.0)
      return static_cast<int64_t>(*value);
  }
  return std::nullopt;
}

std::optional<double> Json::if_number() const {
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  if (const double* value = std::get_if<double>(&value_)) return *value;
  return std::nullopt;
}

std::string Json::string_or(std::string_view fallback) const {
  const std::string* value = if_string();
  return value ? *value : std::string(fallback);
}

const Json* Json::find(std::string_view key) const {
  const Object* object = if_object();
  if (!object) return nullptr;
  for (const Member& member : *object)
    if (member.key == key) return &member.value;
  return nullptr;
}

Json* Json::find(std::string_view key) {
  return const_cast<Json*>(static_cast<const Json*>(this)->find(key));
}

const Json& Json::get(std::string_view key) const {
  static const Json null;
  const Json* value = find(key);
  return value ? *value : null;
}

const Json* Json::find_path(std::string_view dotted_path) const {
  const Json* here = this;
  while (here) {
    const size_t dot = dotted_path.find('.');
    const std::string_view step = dotted_path.substr(0, dot);
    if (const Array* elements = here->if_array()) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      if (error != std::errc{} || end != step.data() + step.size() || index >= elements->size())
        return nullptr;
      here = &(*elements)[index];
    } else {
      here = here->find(step);
    }
    if (dot == std::string_view::npos) return here;
    dotted_path.remove_prefix(dot + 1);
  }
  return nullptr;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) value_ = Object{};
  if (Json* existing = find(key)) return *existing = std::move(value);
  Object& object = std::get<Object>(value_);
  object.push_back(Member{std::string(key), std::move(value), {}});
  return object.back().value;
}

Json& Json::set_path(std::string_view dotted_path, Json value) {
  Json* here = this;
  for (size_t dot; (dot = dotted_path.find('.')) != std::string_view::npos;
       dotted_path.remove_prefix(dot + 1)) {
    const std::string_view step = dotted_path.substr(0, dot);
    Json* next = here->find(step);
    here = next && next->is_object() ? next : &here->set(step, Json::object());
  }
  return here->set(dotted_path, std::move(value));
}

bool Json::erase(std::string_view key) {
  Object* object = if_object();
  if (!object) return false;
  return std::erase_if(*object, [&](const Member& member) { return member.key == key; }) > 0;
}

void Json::merge(const Json& other) {
  const Object* members = other.if_object();
  if (!members) {
    *this = other;
    return;
  }
  if (!is_object()) value_ = Object{};
  for (const Member& member : *members) {
    Json* existing = find(member.key);
    if (existing && existing->is_object() && member.value.is_object())
      existing->merge(member.value);
    else
      set(member.key, member.value);
  }
}

Json& Json::push_back(Json value) {
  if (is_null()) value_ = Array{};
  Array& elements = std::get<Array>(value_);
  elements.push_back(std::move(value));
  return elements.back();
}

size_t Json::size() const {
  if (const Array* elements = if_array()) return elements->size();
  if (const Object* members = if_object()) return members->size();
  return 0;
}

bool Json::operator==(const Json& other) const {
  if (is_number() && other.is_number()) {
    const int64_t* a = std::get_if<int64_t>(&value_);
    const int64_t* b = std::get_if<int64_t>(&other.value_);
    return a && b ? *a == *b : *if_number() == *other.if_number();
  }
  if (type() != other.type()) return false;
  if (const Object* members = if_object()) {
    if (members->size() != other.size()) return false;
    for (const Member& member : *members) {
      const Json* match = other.find(member.key);
      if (!match || !(*match == member.value)) return false;
    }
    return true;
  }
  if (const Array* elements = if_array()) return *elements == *other.if_array();
  if (const std::string* text = if_string()) return *text == *other.if_string();
  return if_bool() == other.if_bool();
}

}  // namespace filmgate
