#include "host/worker/process/gst_json.h"

#include <cmath>

#include "plugins/common/handles.h"

namespace filmgate::worker {

namespace {

std::optional<Json> to_json(const GValue* value);

template <typename Size, typename At>
Json list_of(const GValue* value, Size size, At at) {
  Json list = Json::array();
  for (guint i = 0; i < size(value); ++i) {
    if (std::optional<Json> item = to_json(at(value, i))) list.push_back(std::move(*item));
  }
  return list;
}

std::optional<Json> from_double(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  return Json(number);
}

std::optional<Json> to_json(const GValue* value) {
  if (GST_VALUE_HOLDS_ARRAY(value)) {
    return list_of(value, gst_value_array_get_size, gst_value_array_get_value);
  }
  if (GST_VALUE_HOLDS_LIST(value)) {
    return list_of(value, gst_value_list_get_size, gst_value_list_get_value);
  }
  if (GST_VALUE_HOLDS_STRUCTURE(value)) return fields_of(gst_value_get_structure(value));
  switch (G_VALUE_TYPE(value)) {
    case G_TYPE_STRING: {
      const char* text = g_value_get_string(value);
      return text ? std::optional<Json>(Json(text)) : std::nullopt;
    }
    case G_TYPE_BOOLEAN:
      return Json(g_value_get_boolean(value) == TRUE);
    case G_TYPE_INT:
      return Json(g_value_get_int(value));
    case G_TYPE_UINT:
      return Json(g_value_get_uint(value));
    case G_TYPE_INT64:
      return Json(static_cast<int64_t>(g_value_get_int64(value)));
    case G_TYPE_UINT64: {
      const guint64 number = g_value_get_uint64(value);
      if (number == GST_CLOCK_TIME_NONE) return std::nullopt;
      return Json::from_unsigned(number);
    }
    case G_TYPE_DOUBLE:
      return from_double(g_value_get_double(value));
    case G_TYPE_FLOAT:
      return from_double(static_cast<double>(g_value_get_float(value)));
    default:
      break;
  }
  const GString8 text(gst_value_serialize(value));
  return text ? std::optional<Json>(Json(text.get())) : std::nullopt;
}

}  // namespace

Json fields_of(const GstStructure* structure) {
  Json fields = Json::object();
  const auto add = [](GQuark name, const GValue* value, gpointer user) -> gboolean {
    if (std::optional<Json> field = to_json(value)) {
      static_cast<Json*>(user)->set(g_quark_to_string(name), std::move(*field));
    }
    return TRUE;
  };
  gst_structure_foreach(structure, add, &fields);
  return fields;
}

}  // namespace filmgate::worker
