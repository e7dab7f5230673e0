#include "plugins/metadatagate/tag_facts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "plugins/common/handles.h"

namespace filmgate {
namespace {

constexpr gint kMaxTags = 256;

// Null for types that are no facts: samples, buffers, structures.
Json fact_from_value(const GValue* value) {
  const GType type = G_VALUE_TYPE(value);
  if (G_VALUE_HOLDS_STRING(value)) {
    const char* text = g_value_get_string(value);
    // The cut comes first, so that validating a huge text costs nothing either.
    return text ? Json(valid_tag_text(text, static_cast<gssize>(strnlen(text, 4 * kMaxTextBytes))))
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

}  // namespace

std::string valid_tag_text(const char* text, gssize length) {
  const GString8 valid(g_utf8_make_valid(text, length));
  std::string out(valid.get());
  if (out.size() <= kMaxTextBytes) return out;
  size_t end = kMaxTextBytes;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80) --end;
  out.resize(end);
  return out;
}

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

}  // namespace filmgate
