#include "host/pipeline/description.h"

#include <algorithm>
#include <cctype>

#include "host/base/hash.h"
#include "host/pipeline/description_parts.h"
#include "host/pipeline/plan.h"

namespace filmgate {
namespace {

constexpr size_t kMaxName = 64;

// Names stand in file names, addresses and logs.
bool is_description_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName && name[0] != '-' && name[0] != '_' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

void read_name(KeyReader& reader, const Json& root, Description& description) {
  const Json* name = root.find("name");
  if (name == nullptr) return reader.fail(root.at(), "the key \"name\" is missing");
  description.name = reader.text(root, "name");
  if (!reader.failed() && !is_description_name(description.name))
    reader.fail(name->at(),
                "name must be 1 to 64 lower-case letters, digits, \"-\" and \"_\", "
                "and begin with a letter or digit, not \"" +
                    description.name + "\"");
}

}  // namespace

const std::map<std::string, std::vector<std::string>>& description_keys() {
  static const std::map<std::string, std::vector<std::string>> keys = {
      {"description",
       {"$schema", "name", "accept", "gate", "probe", "approval", "renditions", "thumbnails",
        "captions", "retry", "priority", "concurrency", "notify", "folder"}},
      {"accept", {"prefixes", "suffixes", "sidecar", "key", "settle", "grace"}},
      {"probe", {"properties", "reject", "hold"}},
      {"approval", {"required", "reviewers", "quorum", "expires"}},
      {"rendition",
       {"name", "preset", "height", "width", "video", "audio", "mux", "filter", "output", "copy"}},
      {"preset", {"$schema", "description", "height", "width", "video", "audio", "mux", "filter"}},
      {"thumbnails", {"poster", "sprite", "properties"}},
      {"poster", {"width"}},
      {"sprite", {"interval", "count", "width", "columns"}},
      {"retry", {"attempts", "backoff"}},
      {"notify", {"to", "on"}},
  };
  return keys;
}

const std::vector<std::string>& known_video_suffixes() {
  static const std::vector<std::string> suffixes = {".mp4", ".m4v", ".mov",  ".mkv", ".webm",
                                                    ".avi", ".flv", ".ts",   ".mts", ".m2ts",
                                                    ".mpg", ".ogv", ".mpeg", ".3gp"};
  return suffixes;
}

const std::vector<std::string>& description_parts::keys_of(const char* section) {
  return description_keys().at(section);
}

std::string description_parts::read_template(KeyReader& reader, const Json& object, const char* key,
                                             const std::vector<std::string>& allowed) {
  std::string text = reader.text(object, key);
  if (reader.failed() || object.find(key) == nullptr) return text;
  Json values;
  for (const auto& name : template_keys()) values.set(name, "x");
  const auto expanded = expand_template(text, values);
  if (!expanded.ok()) {
    reader.fail(object.get(key).at(), std::string(key) + ": " + expanded.error().message);
    return text;
  }
  for (const auto& name : template_keys()) {
    const bool used = text.find("{" + name + "}") != std::string::npos;
    if (used && std::find(allowed.begin(), allowed.end(), name) == allowed.end())
      reader.fail(object.get(key).at(),
                  std::string(key) + ": {" + name + "} is not known where this name is made");
  }
  return text;
}

Result<Description> parse_description(const std::string& text, const std::string& source,
                                      const PresetReader& presets) {
  using namespace description_parts;
  auto json = parse_json(text, source);
  if (!json.ok()) return json.error();
  Json root = *std::move(json);

  Description description;
  description.source = source;
  KeyReader reader(source);
  if (!reader.object(root, "a description", keys_of("description"))) return reader.error();
  reader.text(root, "$schema");
  if (const Json* captions = root.find("captions"))
    reader.fail(captions->at(), "captions are not supported yet; remove the key \"captions\"");
  read_name(reader, root, description);
  read_accept(reader, root, description.accept);
  read_gate(reader, root, description);
  read_probe(reader, root, description.probe);
  read_approval(reader, root, description.approval);
  Json resolved = root;
  read_renditions(reader, resolved, presets, description.renditions);
  read_thumbnails(reader, root, description.thumbnails);
  read_retry(reader, root, description.retry);
  description.priority = reader.integer(root, "priority", 0, -kMaxPriority, kMaxPriority);
  description.concurrency = reader.integer(root, "concurrency", 0, 1, kMaxConcurrency);
  read_notify(reader, root, description.notify);
  description.folder =
      read_template(reader, root, "folder", {"stem", "asset", "date", "owner", "project", "step"});
  if (root.find("folder") == nullptr) description.folder = "{stem}";
  if (reader.failed()) return reader.error();

  description.text = resolved == root ? text : to_text(resolved, 2) + "\n";
  description.sha256 = to_hex(sha256(description.text));
  return description;
}

}  // namespace filmgate
