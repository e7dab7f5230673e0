// The ladder of a description, with its presets.
#include <algorithm>
#include <cctype>

#include "host/pipeline/description_parts.h"
#include "host/pipeline/fragment.h"
#include "host/pipeline/plan.h"
#include "plugins/core/constraint.h"

namespace filmgate::description_parts {
namespace {

constexpr int kMaxSide = 8192;
constexpr size_t kMaxRenditions = 16;
constexpr size_t kMaxName = 64;

bool is_rendition_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::isalnum(static_cast<unsigned char>(name[0])) != 0 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return c < 0x80 && (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.');
         });
}

// Other files of an asset's folder have these names.
bool is_reserved(const std::string& name) {
  return name == "poster" || name == "sprite" || name == "report" || name == "manifest";
}

void read_launch_text(KeyReader& reader, const Json& object, const char* key, std::string& text,
                      RenditionSpec& rendition) {
  const Json* value = object.find(key);
  if (value == nullptr || reader.failed()) return;
  text = reader.text(object, key);
  if (reader.failed()) return;
  const auto chain = parse_chain(text);
  if (!chain.ok()) return reader.fail(value->at(), std::string(key) + ": " + chain.error().message);
  rendition.origins[key] = place(reader.source(), value->at());
}

// The keys that a preset and a rendition share; a rendition reads over what its preset gave.
void read_settings(KeyReader& reader, const Json& object, RenditionSpec& rendition) {
  rendition.height = reader.integer(object, "height", rendition.height, 0, kMaxSide);
  rendition.width = reader.integer(object, "width", rendition.width, 0, kMaxSide);
  read_launch_text(reader, object, "video", rendition.video, rendition);
  read_launch_text(reader, object, "audio", rendition.audio, rendition);
  read_launch_text(reader, object, "mux", rendition.mux, rendition);
  read_launch_text(reader, object, "filter", rendition.filter, rendition);
}

// Reads the preset into `rendition` and its keys into `object`, where the rendition's own win.
void apply_preset(KeyReader& reader, Json& object, const PresetReader& presets,
                  RenditionSpec& rendition) {
  const Json* key = object.find("preset");
  const std::string name = reader.text(object, "preset");
  if (key == nullptr || reader.failed()) return;
  const Position at = key->at();
  if (!is_rendition_name(name))
    return reader.fail(
        at,
        "preset must be the name of a file in presets/ without \".json\", not \"" + name + "\"");
  auto text = presets(name);
  if (!text.ok()) return reader.fail(at, text.error().message);
  const std::string source = "presets/" + name + ".json";
  const auto preset = parse_json(*text, source);
  if (!preset.ok()) return reader.fail(preset.error());
  KeyReader preset_reader(source);
  if (preset_reader.object(*preset, "a preset", keys_of("preset"))) {
    preset_reader.text(*preset, "description");
    read_settings(preset_reader, *preset, rendition);
  }
  if (preset_reader.failed()) return reader.fail(preset_reader.error());
  object.erase("preset");
  for (const auto& member : *preset->if_object()) {
    const bool setting = member.key != "$schema" && member.key != "description";
    if (setting && object.find(member.key) == nullptr) object.set(member.key, member.value);
  }
}

void check_whole(KeyReader& reader, const Json& object, const RenditionSpec& rendition) {
  if (reader.failed()) return;
  const std::string called = "the rendition \"" + rendition.name + "\"";
  if (rendition.video.empty() && rendition.audio.empty())
    return reader.fail(object.at(), called +
                                        " has neither video nor audio; give it a \"preset\" "
                                        "or the encoder as gst-launch text");
  if (rendition.mux.empty())
    return reader.fail(object.at(), called + " has no \"mux\", the muxer as gst-launch text");
  const auto mux = parse_chain(rendition.mux);
  if (mux->size() != 1 || mux->front().element.empty())
    return reader.fail(object.at(), "mux of " + called + " must be one muxer with its properties");
  if (rendition.video.empty() && !rendition.filter.empty())
    return reader.fail(object.at(), "filter of " + called + " has no picture to work on");
}

RenditionSpec read_rendition(KeyReader& reader, Json& object, const PresetReader& presets) {
  RenditionSpec rendition;
  if (!reader.object(object, "a rendition", keys_of("rendition"))) return rendition;
  rendition.at = object.at();
  rendition.name = reader.text(object, "name");
  if (object.find("name") == nullptr)
    reader.fail(object.at(), "the rendition has no \"name\"");
  else if (!reader.failed() && !is_rendition_name(rendition.name))
    reader.fail(object.get("name").at(),
                "the name of a rendition must be 1 to 64 letters, digits, \"-\", \"_\" and \".\", "
                "and begin with a letter or digit, not \"" +
                    rendition.name + "\"");
  else if (is_reserved(rendition.name))
    reader.fail(object.get("name").at(),
                "the name \"" + rendition.name + "\" belongs to another file of the asset");
  if (const Json* copy = object.find("copy"))
    reader.fail(copy->at(), "copying is not supported yet; remove the key \"copy\"");
  rendition.output = read_template(reader, object, "output", template_keys());
  const Json own = object;
  apply_preset(reader, object, presets, rendition);
  if (!reader.failed()) read_settings(reader, own, rendition);
  check_whole(reader, object, rendition);
  return rendition;
}

}  // namespace

void read_renditions(KeyReader& reader, Json& root, const PresetReader& presets,
                     std::vector<RenditionSpec>& renditions) {
  if (reader.failed()) return;
  Json* list = root.find("renditions");
  if (list == nullptr) return reader.fail(root.at(), "the key \"renditions\" is missing");
  auto* items = list->if_array();
  if (items == nullptr || items->empty() || items->size() > kMaxRenditions)
    return reader.fail(list->at(), "renditions must be a list of 1 to " +
                                       std::to_string(kMaxRenditions) + " objects");
  for (Json& item : *items) {
    RenditionSpec rendition = read_rendition(reader, item, presets);
    if (reader.failed()) return;
    for (const auto& other : renditions) {
      if (other.name == rendition.name)
        return reader.fail(item.get("name").at(),
                           "two renditions have the name \"" + rendition.name + "\"");
      if (!rendition.output.empty() && rendition.output == other.output &&
          rendition.output.find("{name}") == std::string::npos)
        return reader.fail(item.get("output").at(), "the renditions \"" + other.name + "\" and \"" +
                                                        rendition.name +
                                                        "\" would write the same file");
    }
    renditions.push_back(std::move(rendition));
  }
}

}  // namespace filmgate::description_parts
