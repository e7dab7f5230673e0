#include "host/pipeline/catalogue.h"

namespace filmgate {
namespace {

Error malformed(const std::string& element, const std::string& what) {
  return {ErrorCode::kInvalidInput, "the catalogue of elements is damaged at " + element + ": " +
                                        what +
                                        "; write it again with filmgate-worker --introspect"};
}

std::vector<std::string> texts_of(const Json& array) {
  std::vector<std::string> texts;
  if (const auto* items = array.if_array())
    for (const Json& item : *items) texts.push_back(item.string_or(""));
  return texts;
}

PropertyInfo property_of(const Json& json) {
  PropertyInfo property;
  property.type = json.get("type").string_or("other");
  property.writable = json.get("writable").bool_or(true);
  property.minimum = json.get("minimum").if_number();
  property.maximum = json.get("maximum").if_number();
  property.values = texts_of(json.get("values"));
  return property;
}

}  // namespace

Result<Catalogue> Catalogue::from_json(const Json& document) {
  const Json* elements = document.find("elements");
  if (elements == nullptr || !elements->is_object())
    return malformed("the top", "it has no object \"elements\"");
  Catalogue catalogue;
  for (const auto& member : *elements->if_object()) {
    if (!member.value.is_object()) return malformed(member.key, "it is not an object");
    ElementInfo element;
    element.name = member.key;
    element.klass = member.value.get("klass").string_or("");
    if (const auto* properties = member.value.get("properties").if_object())
      for (const auto& property : *properties)
        element.properties[property.key] = property_of(property.value);
    if (const auto* pads = member.value.get("pads").if_array())
      for (const Json& pad : *pads)
        element.pads.push_back({pad.get("direction").string_or(""),
                                pad.get("presence").string_or(""),
                                texts_of(pad.get("media_types"))});
    catalogue.elements_[member.key] = std::move(element);
  }
  return catalogue;
}

const ElementInfo* Catalogue::find(const std::string& element) const {
  const auto it = elements_.find(element);
  return it == elements_.end() ? nullptr : &it->second;
}

std::vector<std::string> Catalogue::names() const {
  std::vector<std::string> names;
  names.reserve(elements_.size());
  for (const auto& [name, info] : elements_) names.push_back(name);
  return names;
}

}  // namespace filmgate
