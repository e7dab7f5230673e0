#include "plugins/metadatagate/tag_facts.h"

#include <gst/tag/tag.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace filmgate {
namespace {

constexpr size_t kMaxTextBytes = 4096;
constexpr guint kMaxValues = 64;
constexpr gint kMaxTags = 256;

std::string valid_text(const char* text, gssize length) {
  const GString8 valid(g_utf8_make_valid(text, length));
  std::string out(valid.get());
  if (out.size() <= kMaxTextBytes) return out;
  size_t end = kMaxTextBytes;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80) --end;
  out.resize(end);
  return out;
}

// Null for types that are no facts: samples, buffers, structures.
Json fact_from_value(const GValue* value) {
  const GType type = G_VALUE_TYPE(value);
  if (type == G_TYPE_STRING) {
    const char* text = g_value_get_string(value);
    // The cut comes first, so that validating a huge text costs nothing either.
    return text ? Json(valid_text(text, static_cast<gssize>(strnlen(text, 4 * kMaxTextBytes))))
                : Json();
  }
  if (type == G_TYPE_BOOLEAN) return Json(g_value_get_boolean(value) != FALSE);
  if (type == G_TYPE_INT) return Json(g_value_get_int(value));
  if (type == G_TYPE_UINT) return Json(g_value_get_uint(value));
  if (type == G_TYPE_INT64) return Json(int64_t{g_value_get_int64(value)});
  if (type == G_TYPE_UINT64) return Json::from_unsigned(g_value_get_uint64(value));
  if (type == G_TYPE_DOUBLE || type == G_TYPE_FLOAT) {
    const double number =
        type == G_TYPE_DOUBLE ? g_value_get_double(value) : double{g_value_get_float(value)};
    return std::isfinite(number) ? Json(number) : Json();
  }
  if (type == G_TYPE_DATE) {
    const auto* date = static_cast<const GDate*>(g_value_get_boxed(value));
    if (!date || !g_date_valid(date)) return {};
    char text[32];
    g_date_strftime(text, sizeof text, "%Y-%m-%d", date);
    return Json(text);
  }
  if (type == GST_TYPE_DATE_TIME) {
    auto* moment = static_cast<GstDateTime*>(g_value_get_boxed(value));
    const GString8 text(moment ? gst_date_time_to_iso8601_string(moment) : nullptr);
    return text ? Json(text.get()) : Json();
  }
  return {};
}

// Which tag a sidecar's field becomes. Several names share a tag; the first that is there wins.
struct FieldTag {
  const char* field;
  const char* tag;
};
constexpr FieldTag kFieldTags[] = {
    {"title", GST_TAG_TITLE},
    {"artist", GST_TAG_ARTIST},
    {"author", GST_TAG_ARTIST},
    {"creator", GST_TAG_ARTIST},
    {"description", GST_TAG_DESCRIPTION},
    {"comment", GST_TAG_COMMENT},
    {"keywords", GST_TAG_KEYWORDS},
    {"tags", GST_TAG_KEYWORDS},
    {"genre", GST_TAG_GENRE},
    {"category", GST_TAG_GENRE},
    {"album", GST_TAG_ALBUM},
    {"composer", GST_TAG_COMPOSER},
    {"performer", GST_TAG_PERFORMER},
    {"copyright", GST_TAG_COPYRIGHT},
    {"license", GST_TAG_LICENSE},
    {"organization", GST_TAG_ORGANIZATION},
    {"publisher", GST_TAG_PUBLISHER},
    {"contact", GST_TAG_CONTACT},
    {"homepage", GST_TAG_HOMEPAGE},
    {"location", GST_TAG_GEO_LOCATION_NAME},
};
constexpr const char* kDateField = "date";
constexpr const char* kLanguageField = "language";
// Who is asked about an upload is nobody's business in the published file.
constexpr const char* kPrivateFields[] = {"owner", "$schema"};

// A scalar as text; empty for null, lists, objects, and text that has nothing in it.
std::string scalar_text(const Json& value) {
  switch (value.type()) {
    case Json::Type::kString: {
      const std::string& text = *value.if_string();
      return valid_text(text.c_str(), static_cast<gssize>(strlen(text.c_str())));
    }
    case Json::Type::kBoolean:
    case Json::Type::kInteger:
    case Json::Type::kNumber:
      return to_text(value);
    default:
      return "";
  }
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

const char* tag_of_field(const std::string& key) {
  for (const FieldTag& entry : kFieldTags)
    if (key == entry.field) return entry.tag;
  return nullptr;
}

}  // namespace

Json facts_from_tags(const GstTagList* tags) {
  Json facts = Json::object();
  const gint count = tags ? std::min(gst_tag_list_n_tags(tags), kMaxTags) : 0;
  for (gint i = 0; i < count; ++i) {
    const char* name = gst_tag_list_nth_tag_name(tags, static_cast<guint>(i));
    const guint size = std::min(gst_tag_list_get_tag_size(tags, name), kMaxValues);
    Json values = Json::array();
    for (guint k = 0; k < size; ++k) {
      Json value = fact_from_value(gst_tag_list_get_value_index(tags, name, k));
      if (!value.is_null()) values.push_back(std::move(value));
    }
    if (values.size() == 1)
      facts.set(name, std::move(values.if_array()->front()));
    else if (values.size() > 1)
      facts.set(name, std::move(values));
  }
  return facts;
}

Ref<GstTagList> tags_from_sidecar(const Json& sidecar) {
  Ref<GstTagList> tags = Ref<GstTagList>::adopt(gst_tag_list_new_empty());
  gst_tag_list_set_scope(tags.get(), GST_TAG_SCOPE_GLOBAL);
  for (const FieldTag& entry : kFieldTags) {
    const Json* value = sidecar.find(entry.field);
    if (value && gst_tag_list_get_tag_size(tags.get(), entry.tag) == 0)
      add_values(tags.get(), entry.tag, *value);
  }
  // MP4 has room for a comment but mp4mux writes no description: let it stand there too.
  const bool has_comment = gst_tag_list_get_tag_size(tags.get(), GST_TAG_COMMENT) > 0;
  if (const Json* description = sidecar.find("description"); description && !has_comment)
    add_values(tags.get(), GST_TAG_COMMENT, *description);
  if (const Json* date = sidecar.find(kDateField)) add_date(tags.get(), *date);
  if (const Json* language = sidecar.find(kLanguageField)) add_language(tags.get(), *language);
  if (const Json::Object* members = sidecar.if_object()) {
    for (const Json::Member& member : *members) {
      if (is_private(member.key) || tag_of_field(member.key) || member.key == kDateField ||
          member.key == kLanguageField)
        continue;
      const std::string text = scalar_text(member.value);
      if (!text.empty()) add_text(tags.get(), GST_TAG_EXTENDED_COMMENT, member.key + "=" + text);
    }
  }
  if (gst_tag_list_is_empty(tags.get())) return {};
  return tags;
}

}  // namespace filmgate
