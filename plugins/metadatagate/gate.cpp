#include "plugins/metadatagate/gate.h"

#include <utility>

#include "plugins/metadatagate/sidecar.h"
#include "plugins/metadatagate/sidecar_tags.h"

namespace filmgate {
namespace {

constexpr size_t kMaxRulesBytes = size_t{1} << 20;

Result<Rules> read_rules(const GateSettings& settings) {
  if (!settings.rules.empty() && !settings.rules_location.empty())
    return Error{ErrorCode::kInvalidInput, "rules and rules-location are both set; set one"};
  std::string text = settings.rules;
  if (!settings.rules_location.empty()) {
    Result<std::string> file = read_small_file(settings.rules_location, kMaxRulesBytes);
    if (!file) return file.error();
    text = std::move(file).value();
  }
  if (text.empty() && settings.rules_location.empty()) return Rules();
  const std::string source = source_name(settings.rules_location, "rules");
  Result<Json> json = parse_json(text, source);
  if (!json) return json.error();
  return Rules::from_json(*json, source);
}

// Newer values win, of the stream's own tags and of the container's alike.
void merge_tags(Ref<GstTagList>& into, const GstTagList* tags) {
  into = Ref<GstTagList>::adopt(gst_tag_list_merge(into.get(), tags, GST_TAG_MERGE_REPLACE));
}

}  // namespace

Result<void> Gate::start(const GateSettings& settings) {
  settings_ = settings;
  sidecar_ = Json::object();
  sidecar_fault_.clear();
  sidecar_tags_.reset();
  begin_stream("");

  Result<Rules> rules = read_rules(settings);
  if (!rules) return rules.error();
  rules_ = std::move(rules).value();

  if (!settings.sidecar.empty() && !settings.metadata.empty())
    return Error{ErrorCode::kInvalidInput, "sidecar and metadata are both set; set one"};
  if (settings.sidecar.empty() && settings.metadata.empty()) return {};
  const std::string source =
      source_name(settings.sidecar, settings.sidecar.empty() ? "metadata" : "sidecar");
  Result<std::string> text = settings.metadata;
  if (!settings.sidecar.empty()) text = read_small_file(settings.sidecar, kSidecarLimits.max_bytes);
  if (!text && text.error().code != ErrorCode::kLimit) return text.error();
  if (!text) {
    sidecar_fault_ = source + " is larger than the " +
                     std::to_string(kSidecarLimits.max_bytes / 1024) + " KiB a sidecar may have";
    return {};
  }
  Result<Json> json = parse_sidecar(*text, source);
  if (!json) {
    sidecar_fault_ = "the metadata can't be read: " + json.error().message;
    return {};
  }
  sidecar_ = std::move(json).value();
  if (settings.inject_tags) sidecar_tags_ = tags_from_sidecar(sidecar_);
  return {};
}

void Gate::begin_stream(const std::string& id) {
  own_ = StreamDescription{.id = id};
  global_tags_.reset();
  collection_.reset();
  const std::lock_guard<std::mutex> locked(lock_);
  verdict_ = GateVerdict::kNone;
  facts_text_.clear();
}

void Gate::learn_tags(GstTagList* tags) {
  merge_tags(gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL ? global_tags_ : own_.tags, tags);
}

void Gate::learn_collection(GstStreamCollection* collection) {
  collection_ = Ref<GstStreamCollection>::share(collection);
}

Ref<GstTagList> Gate::injected_tags(const GstTagList* upstream) const {
  if (!sidecar_tags_) return {};
  Ref<GstTagList> tags = Ref<GstTagList>::adopt(
      gst_tag_list_merge(upstream, sidecar_tags_.get(), GST_TAG_MERGE_REPLACE));
  gst_tag_list_set_scope(tags.get(), GST_TAG_SCOPE_GLOBAL);
  return tags;
}

Ref<GstTagList> Gate::remaining_tags(const GstTagList* upstream) const {
  if (!sidecar_tags_) return {};
  Ref<GstTagList> tags = Ref<GstTagList>::adopt(gst_tag_list_copy(upstream));
  const gint before = gst_tag_list_n_tags(tags.get());
  for (gint i = 0; i < gst_tag_list_n_tags(sidecar_tags_.get()); ++i)
    gst_tag_list_remove_tag(tags.get(),
                            gst_tag_list_nth_tag_name(sidecar_tags_.get(), static_cast<guint>(i)));
  if (gst_tag_list_n_tags(tags.get()) == before) return {};
  return tags;
}

std::vector<std::string> Gate::judge(GstClockTime duration) {
  MediaDescription media;
  media.duration = duration;
  media.tags = global_tags_;
  if (collection_) media.streams = streams_of(collection_.get());
  // Our own pad knows its stream better than the collection, which may be older.
  bool listed = false;
  for (StreamDescription& stream : media.streams) {
    if (stream.id != own_.id) continue;
    listed = true;
    if (own_.caps) stream.caps = own_.caps;
    if (own_.tags) merge_tags(stream.tags, own_.tags.get());
  }
  if (!listed && own_.caps) media.streams.push_back(own_);

  Json facts = describe_media(media);
  facts.find("metadata")->merge(sidecar_);
  std::vector<std::string> reasons;
  if (!sidecar_fault_.empty()) reasons.push_back(sidecar_fault_);
  for (const Reason& reason : rules_.violations(facts)) {
    // Without its sidecar every wish about metadata fails; the one reason above says it all.
    const bool follows = !sidecar_fault_.empty() && reason.path.starts_with("metadata.");
    if (!follows) reasons.push_back(reason.message);
  }
  const std::lock_guard<std::mutex> locked(lock_);
  facts_text_ = to_text(facts);
  return reasons;
}

GateVerdict Gate::verdict() const {
  const std::lock_guard<std::mutex> locked(lock_);
  return verdict_;
}

void Gate::set_verdict(GateVerdict verdict) {
  const std::lock_guard<std::mutex> locked(lock_);
  verdict_ = verdict;
}

std::string Gate::facts_text() const {
  const std::lock_guard<std::mutex> locked(lock_);
  return facts_text_;
}

}  // namespace filmgate
