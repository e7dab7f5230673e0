#include "plugins/metadatagate/sidecar_tags.h"

#include <gst/tag/tag.h>

#include <cstring>
#include <string>

#include "plugins/metadatagate/mp4_atoms.h"
#include "plugins/metadatagate/tag_facts.h"

namespace filmgate {
namespace {

// Which tag a sidecar's field becomes. Several names share a tag; the first that is there wins.
struct FieldTag {
  const char* field;
  const char* tag;
  bool in_mp4;  // mp4mux writes this tag by itself
};
constexpr FieldTag kFieldTags[] = {
    {"title", GST_TAG_TITLE, true},
    {"artist", GST_TAG_ARTIST, true},
    {"author", GST_TAG_ARTIST, true},
    {"creator", GST_TAG_ARTIST, true},
    {"description", GST_TAG_DESCRIPTION, false},
    {"comment", GST_TAG_COMMENT, true},
    {"keywords", GST_TAG_KEYWORDS, true},
    {"tags", GST_TAG_KEYWORDS, true},
    {"genre", GST_TAG_GENRE, true},
    {"category", GST_TAG_GENRE, true},
    {"album", GST_TAG_ALBUM, true},
    {"composer", GST_TAG_COMPOSER, true},
    {"performer", GST_TAG_PERFORMER, false},
    {"copyright", GST_TAG_COPYRIGHT, true},
    {"license", GST_TAG_LICENSE, false},
    {"organization", GST_TAG_ORGANIZATION, false},
    {"publisher", GST_TAG_PUBLISHER, false},
    {"contact", GST_TAG_CONTACT, false},
    {"homepage", GST_TAG_HOMEPAGE, false},
    {"location", GST_TAG_GEO_LOCATION_NAME, false},
};
constexpr const char* kDescriptionField = "description";
constexpr const char* kDateField = "date";
constexpr const char* kLanguageField = "language";
// Who is asked about an upload is nobody's business in the published file.
constexpr const char* kPrivateFields[] = {"owner", "$schema"};

// A scalar as text; empty for null, lists, objects, and text that has nothing in it.
std::string scalar_text(const Json& value) {
  switch (value.type()) {
    case Json::Type::kString: {
      const std::string& text = *value.if_string();
      return valid_tag_text(text.c_str(), static_cast<gssize>(strlen(text.c_str())));
    }
    case Json::Type::kBoolean:
    case Json::Type::kInteger:
    case Json::Type::kNumber:
      return to_text(value);
    default:
      return "";
  }
}

// The same, and a list of scalars as "a, b".
std::string text_of(const Json& value) {
  const Json::Array* values = value.if_array();
  if (!values) return scalar_text(value);
  std::string text;
  for (const Json& element : *values) {
    const std::string one = scalar_text(element);
    if (!one.empty()) text += (text.empty() ? "" : ", ") + one;
  }
  return valid_tag_text(text.c_str(), static_cast<gssize>(text.size()));
}

void add_text(GstTagList* tags, const char* tag, const std::string& text) {
  if (!text.empty()) gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, tag, text.c_str(), nullptr);
}

void add_values(GstTagList* tags, const char* tag, const Json& value) {
  if (const Json::Array* values = value.if_array()) {
    guint added = 0;
    for (const Json& element : *values)
      if (added++ < kMaxValues) add_text(tags, tag, scalar_text(element));
  } else {
    add_text(tags, tag, scalar_text(value));
  }
}

// A whole day goes out twice, because the muxers look for the older of the two tags only.
void add_date(GstTagList* tags, const Json& value) {
  const std::string text = scalar_text(value);
  GstDateTime* moment =
      text.empty() ? nullptr : gst_date_time_new_from_iso8601_string(text.c_str());
  if (!moment) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_DATE_TIME, moment, nullptr);
  if (gst_date_time_has_day(moment)) {
    GDate* day = g_date_new_dmy(static_cast<GDateDay>(gst_date_time_get_day(moment)),
                                static_cast<GDateMonth>(gst_date_time_get_month(moment)),
                                static_cast<GDateYear>(gst_date_time_get_year(moment)));
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_DATE, day, nullptr);
    g_date_free(day);
  }
  gst_date_time_unref(moment);
}

// "en", "eng" or a tag such as "en-GB", of which GStreamer keeps the language.
void add_language(GstTagList* tags, const Json& value) {
  const std::string text = scalar_text(value);
  const std::string language = text.substr(0, text.find('-'));
  if (const char* code = gst_tag_get_language_code(language.c_str()))
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_LANGUAGE_CODE, code, nullptr);
}

bool is_private(const std::string& key) {
  for (const char* field : kPrivateFields)
    if (key == field) return true;
  return false;
}

const FieldTag* field_of(const std::string& key) {
  for (const FieldTag& entry : kFieldTags)
    if (key == entry.field) return &entry;
  return nullptr;
}

// What mp4mux has no room for goes to it as qtdemux hands on what it doesn't know: as ready items
// in a tag that only the MP4 muxer looks at. It is qtdemux's tag, which may not be loaded.
constexpr const char* kMp4ItemTag = "private-qt-tag";

void add_mp4_item(GstTagList* tags, const std::string& item) {
  gst_tag_register_static(kMp4ItemTag, GST_TAG_FLAG_META, GST_TYPE_SAMPLE, "QT atom",
                          "unparsed QT tag atom", gst_tag_merge_use_first);
  GstBuffer* buffer = gst_buffer_new_memdup(item.data(), item.size());
  GstSample* sample =
      gst_sample_new(buffer, nullptr, nullptr,
                     gst_structure_new("mp4-item", "style", G_TYPE_STRING, "itunes", nullptr));
  gst_buffer_unref(buffer);
  gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, kMp4ItemTag, sample, nullptr);
  gst_sample_unref(sample);
}

// A field that stands in no tag of its own in some files, under its own name.
void add_named(GstTagList* tags, const Json::Member& member) {
  const FieldTag* field = field_of(member.key);
  const std::string text = text_of(member.value);
  if (text.empty() || (field && field->in_mp4)) return;
  if (member.key == kDescriptionField) {
    add_mp4_item(tags, mp4_item({'d', 'e', 's', 'c'}, text));
    return;
  }
  add_mp4_item(tags, mp4_free_item(member.key, text));
  if (!field) add_text(tags, GST_TAG_EXTENDED_COMMENT, member.key + "=" + text);
}

}  // namespace

Ref<GstTagList> tags_from_sidecar(const Json& sidecar) {
  Ref<GstTagList> tags = Ref<GstTagList>::adopt(gst_tag_list_new_empty());
  gst_tag_list_set_scope(tags.get(), GST_TAG_SCOPE_GLOBAL);
  for (const FieldTag& entry : kFieldTags) {
    const Json* value = sidecar.find(entry.field);
    if (value && gst_tag_list_get_tag_size(tags.get(), entry.tag) == 0)
      add_values(tags.get(), entry.tag, *value);
  }
  // matroskamux and others write a comment but no description: let it stand there too.
  const bool has_comment = gst_tag_list_get_tag_size(tags.get(), GST_TAG_COMMENT) > 0;
  if (const Json* description = sidecar.find(kDescriptionField); description && !has_comment)
    add_values(tags.get(), GST_TAG_COMMENT, *description);
  if (const Json* date = sidecar.find(kDateField)) add_date(tags.get(), *date);
  if (const Json* language = sidecar.find(kLanguageField)) add_language(tags.get(), *language);
  if (const Json::Object* members = sidecar.if_object()) {
    for (const Json::Member& member : *members)
      if (!is_private(member.key) && member.key != kDateField && member.key != kLanguageField)
        add_named(tags.get(), member);
  }
  if (gst_tag_list_is_empty(tags.get())) return {};
  return tags;
}

}  // namespace filmgate
