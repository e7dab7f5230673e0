// A description against the elements of this machine.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

#include "host/pipeline/description.h"
#include "host/pipeline/fragment.h"
#include "host/pipeline/key_reader.h"
#include "plugins/core/constraint.h"

namespace filmgate {
namespace {

using Findings = std::vector<std::string>;

bool has(const std::string& klass, std::string_view word) {
  return klass.find(word) != std::string::npos;
}

std::optional<double> number_from(const std::string& text) {
  double value = 0;
  int64_t whole = 0;
  if (text.starts_with("0x")) {
    const auto end = text.data() + text.size();
    if (std::from_chars(text.data() + 2, end, whole, 16).ptr == end) return double(whole);
    return std::nullopt;
  }
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string number_text(double value) {
  return to_text(Json(value));
}

std::string range_of(const PropertyInfo& property) {
  if (property.minimum && property.maximum)
    return " from " + number_text(*property.minimum) + " to " + number_text(*property.maximum);
  return "";
}

std::string list_of(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : ", ") + value;
  return text;
}

bool is_one_of(const std::string& value, std::initializer_list<const char*> words) {
  std::string lower = value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::any_of(words.begin(), words.end(), [&](const char* word) { return lower == word; });
}

// What is needed, in words, or nothing when the value is possible.
std::string needed_instead(const PropertyInfo& property, const std::string& value) {
  const std::string& type = property.type;
  if (type == "boolean")
    return is_one_of(value, {"true", "false", "yes", "no", "1", "0", "t", "f"}) ? ""
                                                                                : "true or false";
  if (type == "enum" || type == "flags") {
    std::string rest = value;
    while (true) {
      const size_t plus = type == "flags" ? rest.find('+') : std::string::npos;
      const std::string word = rest.substr(0, plus);
      const bool known = std::find(property.values.begin(), property.values.end(), word) !=
                             property.values.end() ||
                         number_from(word).has_value();
      if (!known) return "one of " + list_of(property.values) + nearest_hint(word, property.values);
      if (plus == std::string::npos) return "";
      rest.erase(0, plus + 1);
    }
  }
  const bool whole = type.starts_with("int") || type.starts_with("uint");
  if (whole || type == "float" || type == "double") {
    const auto number = number_from(value);
    const bool possible = number && (!whole || *number == std::floor(*number)) &&
                          (!property.minimum || *number >= *property.minimum) &&
                          (!property.maximum || *number <= *property.maximum);
    return possible ? "" : (whole ? "a whole number" : "a number") + range_of(property);
  }
  if (type == "fraction") {
    const size_t slash = value.find('/');
    const bool possible = number_from(value.substr(0, slash)) &&
                          (slash == std::string::npos || number_from(value.substr(slash + 1)));
    return possible ? "" : "a fraction such as 30000/1001";
  }
  return "";
}

void check_property(const std::string& where, const ElementInfo& element, const std::string& name,
                    const std::string& value, Findings& findings) {
  const auto it = element.properties.find(name);
  if (it == element.properties.end()) {
    std::vector<std::string> names;
    for (const auto& [known, info] : element.properties) names.push_back(known);
    findings.push_back(where + ": " + element.name + " has no property \"" + name + "\"" +
                       nearest_hint(name, names));
    return;
  }
  if (!it->second.writable) {
    findings.push_back(where + ": the property " + name + " of " + element.name +
                       " can only be read");
    return;
  }
  const std::string needed = needed_instead(it->second, value);
  if (!needed.empty())
    findings.push_back(where + ": " + name + " of " + element.name + " is " + shown(Json(value)) +
                       "; it must be " + needed);
}

std::vector<std::string> media_types(const ElementInfo& element, std::string_view direction,
                                     std::string_view kind = {}) {
  std::vector<std::string> types;
  for (const auto& pad : element.pads)
    if (pad.direction == direction)
      for (const auto& type : pad.media_types)
        if (kind.empty() || type == "ANY" || type.starts_with(kind)) types.push_back(type);
  return types;
}

bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& type) {
    return type == "ANY" || std::find(b.begin(), b.end(), type) != b.end() ||
           std::find(b.begin(), b.end(), "ANY") != b.end();
  });
}

// Only what changes a stream on its way: descriptions can't read or write elsewhere.
bool is_allowed(const ElementInfo& element) {
  static const std::vector<std::string> generic = {"capsfilter", "queue"};
  if (std::find(generic.begin(), generic.end(), element.name) != generic.end()) return true;
  const std::string& klass = element.klass;
  for (const char* word : {"Source", "Sink", "Network", "Bin", "Demuxer", "Muxer", "Device"})
    if (has(klass, word)) return false;
  for (const char* word : {"Encoder", "Filter", "Effect", "Converter", "Parser", "Analyzer"})
    if (has(klass, word)) return true;
  return false;
}

const ElementInfo* known_element(const Catalogue& catalogue, const std::string& where,
                                 const LaunchStep& step, Findings& findings) {
  const ElementInfo* element = catalogue.find(step.element);
  if (element == nullptr) {
    findings.push_back(where + ": there is no element \"" + step.element + "\" on this machine" +
                       nearest_hint(step.element, catalogue.names()));
    return nullptr;
  }
  for (const auto& property : step.properties)
    check_property(where, *element, property.name, property.value, findings);
  return element;
}

std::string origin(const Description& description, const RenditionSpec& rendition,
                   const std::string& key) {
  const auto it = rendition.origins.find(key);
  return it != rendition.origins.end() ? it->second : place(description.source, rendition.at);
}

class RenditionCheck {
 public:
  RenditionCheck(const Description& description, const RenditionSpec& rendition,
                 const Catalogue& catalogue, Findings& findings)
      : description_(description),
        rendition_(rendition),
        catalogue_(catalogue),
        findings_(findings) {}

  void run() {
    const std::string where = at("mux");
    const auto mux = parse_chain(rendition_.mux);
    const ElementInfo* muxer = known_element(catalogue_, where, mux->front(), findings_);
    if (muxer != nullptr && !has(muxer->klass, "Muxer")) {
      findings_.push_back(where + ": " + muxer->name + " is no muxer (it is " + muxer->klass + ")");
      muxer = nullptr;
    }
    check_encoder("video", "Video", "video/x-raw", rendition_.video, muxer);
    check_encoder("audio", "Audio", "audio/x-raw", rendition_.audio, muxer);
    check_filter();
  }

 private:
  std::string at(const char* key) const { return origin(description_, rendition_, key); }

  const ElementInfo* stream_element(const char* key, const LaunchStep& step) {
    const ElementInfo* element = known_element(catalogue_, at(key), step, findings_);
    if (element == nullptr || is_allowed(*element)) return element;
    findings_.push_back(at(key) + ": " + element->name + " (" + element->klass +
                        ") can't be used here; only encoders, filters, converters and parsers can");
    return nullptr;
  }

  void check_encoder(const char* key, const char* kind, const char* raw, const std::string& text,
                     const ElementInfo* muxer) {
    if (text.empty()) return;
    const size_t before = findings_.size();
    const ElementInfo* encoder = nullptr;
    std::vector<std::string> last;  // what the chain gives at its end
    const auto chain = parse_chain(text);
    for (const auto& step : *chain) {
      if (step.element.empty()) continue;
      const ElementInfo* element = stream_element(key, step);
      if (element == nullptr) continue;
      if (has(element->klass, "Encoder")) {
        if (encoder != nullptr)
          findings_.push_back(at(key) + ": " + encoder->name + " and " + element->name +
                              " are two encoders; one is needed");
        encoder = element;
        last = media_types(*element, "src");
      } else if (encoder != nullptr) {
        last = media_types(*element, "src");
      }
    }
    if (findings_.size() > before) return;
    if (encoder == nullptr) {
      findings_.push_back(at(key) + ": \"" + text + "\" has no encoder");
    } else if (!has(encoder->klass, kind) || !meet({raw}, media_types(*encoder, "sink"))) {
      findings_.push_back(at(key) + ": " + encoder->name + " is no encoder of " + key + " (it is " +
                          encoder->klass + ")");
    } else if (muxer != nullptr && !meet(last, media_types(*muxer, "sink"))) {
      const auto taken = media_types(*muxer, "sink", std::string(key) + "/");
      findings_.push_back(at(key) + ": " + muxer->name + " can't take " + list_of(last) + " from " +
                          encoder->name + "; it takes " +
                          (taken.empty() ? std::string("no ") + key : list_of(taken)));
    }
  }

  void check_filter() {
    const auto chain = parse_chain(rendition_.filter);
    for (const auto& step : *chain) {
      if (step.element.empty()) continue;
      const ElementInfo* element = stream_element("filter", step);
      if (element == nullptr) continue;
      if (has(element->klass, "Encoder") || !meet({"video/x-raw"}, media_types(*element, "sink")) ||
          !meet({"video/x-raw"}, media_types(*element, "src")))
        findings_.push_back(at("filter") + ": " + element->name +
                            " is no filter of raw pictures (it is " + element->klass + ")");
    }
  }

  const Description& description_;
  const RenditionSpec& rendition_;
  const Catalogue& catalogue_;
  Findings& findings_;
};

void check_element_properties(const std::string& source, const char* element_name,
                              const Json& properties, const Catalogue& catalogue,
                              Findings& findings) {
  const auto* members = properties.if_object();
  if (members == nullptr || members->empty()) return;
  const ElementInfo* element = catalogue.find(element_name);
  if (element == nullptr) {
    findings.push_back(source + ": there is no element \"" + element_name +
                       "\" on this machine; install Filmgate's GStreamer plugin");
    return;
  }
  for (const auto& member : *members) {
    const auto* text = member.value.if_string();
    check_property(place(source, member.key_at), *element, member.key,
                   text != nullptr ? *text : to_text(member.value), findings);
  }
}

void add_elements(const std::string& text, std::vector<std::string>& names) {
  const auto chain = parse_chain(text);
  if (!chain.ok()) return;
  for (const auto& step : *chain)
    if (!step.element.empty() && std::find(names.begin(), names.end(), step.element) == names.end())
      names.push_back(step.element);
}

}  // namespace

std::vector<std::string> check_description(const Description& description,
                                           const Catalogue& catalogue) {
  Findings findings;
  for (const auto& rendition : description.renditions)
    RenditionCheck(description, rendition, catalogue, findings).run();
  check_element_properties(description.source, "qualityprobe", description.probe.properties,
                           catalogue, findings);
  check_element_properties(description.source, "thumbnailsink", description.thumbnails.properties,
                           catalogue, findings);
  return findings;
}

std::vector<std::string> elements_of(const Description& description) {
  std::vector<std::string> names;
  for (const auto& rendition : description.renditions)
    for (const auto* text : {&rendition.video, &rendition.audio, &rendition.mux, &rendition.filter})
      add_elements(*text, names);
  return names;
}

}  // namespace filmgate
