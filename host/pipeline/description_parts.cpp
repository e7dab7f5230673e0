// The sections of a description but its renditions.
#include "host/pipeline/description_parts.h"

#include <algorithm>
#include <cctype>

#include "host/base/duration.h"
#include "host/base/file.h"
#include "host/model/states.h"
#include "plugins/core/constraint.h"
#include "plugins/core/formats.h"

namespace filmgate::description_parts {
namespace {

constexpr int64_t kMsToNs = 1'000'000;
constexpr int kMaxReviewers = 100;
constexpr int kMaxAttempts = 100;

// What the rules of a description can look at besides metadata (docs/descriptions.md).
const std::vector<std::string>& media_paths() {
  static const std::vector<std::string> paths = {
      "media.container",          "media.duration",
      "media.video.codec",        "media.video.width",
      "media.video.height",       "media.video.coded_width",
      "media.video.coded_height", "media.video.pixel_aspect_ratio",
      "media.video.orientation",  "media.video.framerate",
      "media.video.bit_depth",    "media.video.interlaced",
      "media.video.colorimetry",  "media.video.hdr",
      "media.audio.codec",        "media.audio.channels",
      "media.audio.rate",         "media.audio.language",
      "media.tracks.video",       "media.tracks.audio",
      "media.tracks.subtitle",
  };
  return paths;
}

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

void check_path(KeyReader& reader, const Json::Member& rule, bool decoded) {
  const std::string& path = rule.key;
  if (begins_with(path, "metadata.") && path.size() > 9) return;
  if (begins_with(path, "quality.")) {
    if (!decoded)
      reader.fail(rule.key_at, path +
                                   " is known only after the probe; put the rule into "
                                   "probe.hold or probe.reject");
    else if (!begins_with(path, "quality.video.") && !begins_with(path, "quality.audio."))
      reader.fail(rule.key_at, path + " is no fact; quality has \"video\" and \"audio\"");
    return;
  }
  const auto& media = media_paths();
  if (std::find(media.begin(), media.end(), path) != media.end()) return;
  reader.fail(rule.key_at, path + " is no fact that is known" + nearest_hint(path, media));
}

void check_paths(KeyReader& reader, const Json& rules, bool decoded) {
  const auto* members = rules.if_object();
  if (members == nullptr) return;
  for (const auto& rule : *members) {
    if (rule.key == "not") {
      check_paths(reader, rule.value, decoded);
    } else if (rule.key == "all" || rule.key == "any") {
      if (const auto* items = rule.value.if_array())
        for (const Json& item : *items) check_paths(reader, item, decoded);
    } else {
      check_path(reader, rule, decoded);
    }
  }
}

Rules read_rules(KeyReader& reader, const Json* rules, bool decoded) {
  if (rules == nullptr || reader.failed()) return {};
  auto read = Rules::from_json(*rules, reader.source());
  if (!read.ok()) {
    reader.fail(read.error());
    return {};
  }
  check_paths(reader, *rules, decoded);
  return *std::move(read);
}

// Properties of one of our elements: names to plain values; durations written as texts become ns.
Json read_properties(KeyReader& reader, const Json& object) {
  const Json* properties = object.find("properties");
  if (properties == nullptr || reader.failed()) return Json::object();
  if (!properties->is_object()) {
    reader.fail(properties->at(),
                "properties must be an object of names and values, not " + shown(*properties));
    return Json::object();
  }
  Json plain = *properties;
  for (auto& member : *plain.if_object()) {
    if (member.value.is_object() || member.value.is_array() || member.value.is_null()) {
      reader.fail(member.value.at(), "the property " + member.key +
                                         " must be a text, a number, true or false, not " +
                                         shown(member.value));
      break;
    }
    const bool is_time = member.key == "interval" || member.key.ends_with("-duration") ||
                         member.key.ends_with("-interval");
    const auto* text = member.value.if_string();
    if (!is_time || text == nullptr) continue;
    const auto ms = parse_duration_ms(*text);
    if (!ms.ok()) {
      reader.fail(member.value.at(), member.key + ": " + ms.error().message);
      break;
    }
    const Position at = member.value.at();
    member.value = Json(*ms * kMsToNs);
    member.value.set_at(at);
  }
  return plain;
}

}  // namespace

void read_accept(KeyReader& reader, const Json& root, AcceptSpec& accept) {
  const Json* object = root.find("accept");
  if (object == nullptr || !reader.object(*object, "accept", keys_of("accept"))) return;
  accept.prefixes = reader.texts(*object, "prefixes");
  for (const auto& prefix : accept.prefixes) {
    std::string path = prefix;
    if (path.ends_with('/')) path.pop_back();
    if (!is_safe_relative(path))
      return reader.fail(object->get("prefixes").at(),
                         "the prefix \"" + prefix +
                             "\" is no beginning of a path below uploads/ such as \"news/\"");
  }
  for (std::string suffix : reader.texts(*object, "suffixes")) {
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (suffix.size() < 2 || suffix[0] != '.' || suffix.find('/') != std::string::npos)
      return reader.fail(object->get("suffixes").at(),
                         "the suffix \"" + suffix + "\" must begin with a dot, such as \".mp4\"");
    if (suffix == ".json")
      return reader.fail(object->get("suffixes").at(),
                         "the suffix \".json\" is that of metadata files, not of videos");
    accept.suffixes.push_back(std::move(suffix));
  }
  const std::string sidecar = reader.text(*object, "sidecar", "required");
  if (sidecar == "required") {
    accept.sidecar = SidecarPolicy::kRequired;
  } else if (sidecar == "optional") {
    accept.sidecar = SidecarPolicy::kOptional;
  } else if (sidecar == "ignored") {
    accept.sidecar = SidecarPolicy::kIgnored;
  } else {
    reader.fail(object->get("sidecar").at(),
                "sidecar must be \"required\", \"optional\" or \"ignored\", not \"" + sidecar +
                    "\"" + nearest_hint(sidecar, {"required", "optional", "ignored"}));
  }
  if (const Json* key = object->find("key"); key != nullptr && key->string_or("-").empty()) {
    accept.key.clear();
  } else if (key != nullptr) {
    accept.key =
        read_template(reader, *object, "key", {"stem", "date", "owner", "project", "step"});
  }
  accept.settle_ms = reader.duration_ms(*object, "settle", accept.settle_ms);
  accept.grace_ms = reader.duration_ms(*object, "grace", accept.grace_ms);
}

void read_gate(KeyReader& reader, const Json& root, Description& description) {
  const Json* gate = root.find("gate");
  description.gate = read_rules(reader, gate, false);
  description.gate_json = gate == nullptr ? Json::object() : *gate;
}

void read_probe(KeyReader& reader, const Json& root, ProbeSpec& probe) {
  probe.properties = Json::object();
  const Json* object = root.find("probe");
  if (object == nullptr || !reader.object(*object, "probe", keys_of("probe"))) return;
  probe.properties = read_properties(reader, *object);
  probe.reject = read_rules(reader, object->find("reject"), true);
  probe.hold = read_rules(reader, object->find("hold"), true);
}

void read_approval(KeyReader& reader, const Json& root, ApprovalSpec& approval) {
  const Json* object = root.find("approval");
  if (object == nullptr || !reader.object(*object, "approval", keys_of("approval"))) return;
  approval.required = reader.boolean(*object, "required", true);
  approval.reviewers = reader.texts(*object, "reviewers");
  approval.quorum = reader.integer(*object, "quorum", 1, 1, kMaxReviewers);
  approval.expires_ms = reader.duration_ms(*object, "expires", 0);
  if (reader.failed()) return;
  for (const auto& reviewer : approval.reviewers)
    if (!matches(TextFormat::kEmail, reviewer))
      return reader.fail(object->get("reviewers").at(),
                         "the reviewer \"" + reviewer + "\" is no e-mail address");
  const auto count = static_cast<int>(approval.reviewers.size());
  if (count > 0 && approval.quorum > count)
    reader.fail(object->get("quorum").at(), "quorum " + std::to_string(approval.quorum) +
                                                " can't be reached by " + std::to_string(count) +
                                                (count == 1 ? " reviewer" : " reviewers"));
}

void read_thumbnails(KeyReader& reader, const Json& root, ThumbnailSpec& thumbnails) {
  thumbnails.properties = Json::object();
  const Json* object = root.find("thumbnails");
  if (object == nullptr || !reader.object(*object, "thumbnails", keys_of("thumbnails"))) return;
  if (const Json* poster = object->find("poster")) {
    if (!reader.object(*poster, "poster", keys_of("poster"))) return;
    thumbnails.poster = PosterSpec{reader.integer(*poster, "width", 0, 0, 8192)};
  }
  if (const Json* sprite = object->find("sprite")) {
    if (!reader.object(*sprite, "sprite", keys_of("sprite"))) return;
    SpriteSpec spec;
    spec.interval_ms = reader.duration_ms(*sprite, "interval", spec.interval_ms);
    spec.count = reader.integer(*sprite, "count", spec.count, 0, 1000);
    spec.width = reader.integer(*sprite, "width", spec.width, 16, 1024);
    spec.columns = reader.integer(*sprite, "columns", spec.columns, 1, 50);
    if (!reader.failed() && spec.interval_ms < 100)
      return reader.fail(sprite->get("interval").at(),
                         "the sprite's interval must be 100ms or more");
    thumbnails.sprite = spec;
  }
  thumbnails.properties = read_properties(reader, *object);
}

void read_retry(KeyReader& reader, const Json& root, RetrySpec& retry) {
  const Json* object = root.find("retry");
  if (object == nullptr || !reader.object(*object, "retry", keys_of("retry"))) return;
  retry.attempts = reader.integer(*object, "attempts", retry.attempts, 1, kMaxAttempts);
  const Json* backoff = object->find("backoff");
  if (backoff == nullptr || reader.failed()) return;
  const auto* items = backoff->if_array();
  if (items == nullptr || items->empty())
    return reader.fail(backoff->at(),
                       "backoff must be a list of durations such as [\"10s\", "
                       "\"1m\"], not " +
                           shown(*backoff));
  retry.backoff_ms.clear();
  for (const Json& item : *items) {
    const auto* text = item.if_string();
    if (text == nullptr)
      return reader.fail(item.at(),
                         "backoff must hold durations such as \"10s\", not " + shown(item));
    const auto ms = parse_duration_ms(*text);
    if (!ms.ok()) return reader.fail(item.at(), "backoff: " + ms.error().message);
    retry.backoff_ms.push_back(*ms);
  }
}

void read_notify(KeyReader& reader, const Json& root, std::vector<NotifySpec>& notify) {
  const Json* list = root.find("notify");
  if (list == nullptr || reader.failed()) return;
  const auto* items = list->if_array();
  if (items == nullptr)
    return reader.fail(list->at(), "notify must be a list of objects, not " + shown(*list));
  for (const Json& item : *items) {
    if (!reader.object(item, "an entry of notify", keys_of("notify"))) return;
    NotifySpec spec{reader.text(item, "to"), reader.texts(item, "on")};
    if (reader.failed()) return;
    if (spec.to.empty())
      return reader.fail(item.at(),
                         "the entry of notify has no \"to\", the name of an endpoint "
                         "of the configuration or \"log\"");
    if (spec.on.empty())
      return reader.fail(item.at(), "the entry of notify has no \"on\", the list of states");
    for (const auto& state : spec.on) {
      if (asset_state_from(state)) continue;
      std::vector<std::string> states;
      for (int i = 0; i <= static_cast<int>(AssetState::kCancelled); ++i)
        states.emplace_back(to_string(static_cast<AssetState>(i)));
      return reader.fail(item.get("on").at(),
                         "\"" + state + "\" is no state of an asset" + nearest_hint(state, states));
    }
    notify.push_back(std::move(spec));
  }
}

}  // namespace filmgate::description_parts
