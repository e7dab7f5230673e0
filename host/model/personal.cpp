#include "host/model/personal.h"

#include <algorithm>
#include <array>

#include "host/base/hash.h"
#include "host/base/id.h"

namespace filmgate {
namespace {

constexpr const char* kHash = "personal";
constexpr size_t kSaltBytes = 16;

constexpr std::array<std::string_view, 9> kAnywhere = {
    "name", "detail", "reasons", "reason", "error", "path", "output_path", "reviewer", "by"};

bool says_nothing(const Json& value) {
  const std::string* text = value.if_string();
  return value.is_null() || (text != nullptr && text->empty());
}

}  // namespace

bool is_personal(std::string_view kind, std::string_view key) {
  if (std::find(kAnywhere.begin(), kAnywhere.end(), key) != kAnywhere.end()) return true;
  // A short document about a person could be guessed from its hash.
  if (key == "metadata_sha256" || (kind == "asset.sidecar" && key == "sha256")) return true;
  if (kind == "asset.state" || kind == "asset.moved") return key == "sidecar";
  if (kind == "asset.published") return key == "former" || key == "paths";
  return (kind == "job.intent" && key == "to") || (kind == kRevised && key == "former");
}

void set_apart(Event& event) {
  const Json::Object* members = event.data.if_object();
  if (members == nullptr) return;
  Json chained = Json::object();
  Json personal = Json::object();
  for (const Json::Member& member : *members) {
    const bool apart = is_personal(event.kind, member.key) && !says_nothing(member.value);
    (apart ? personal : chained).set(member.key, member.value);
  }
  if (personal.size() == 0) return;
  event.data = std::move(chained);
  event.personal = std::move(personal);
}

std::string personal_hash(const std::string& salt, const Json& personal) {
  return to_hex(sha256(salt + "\n" + to_text(personal)));
}

void seal_personal(Event& event) {
  if (event.personal.size() == 0) return;
  event.salt = random_token(kSaltBytes);
  if (!event.data.is_object()) event.data = Json::object();
  event.data.set(kHash, personal_hash(event.salt, event.personal));
}

Json told(const Event& event) {
  const Json::Object* members = event.data.if_object();
  if (members == nullptr) return event.data;
  Json whole = Json::object();
  for (const Json::Member& member : *members) {
    if (member.key != kHash) whole.set(member.key, member.value);
  }
  if (event.personal.is_object()) whole.merge(event.personal);
  return whole;
}

}  // namespace filmgate
