// Shared by the tests of this room: the shipped presets, short descriptions and facts.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "host/pipeline/description.h"
#include "host/pipeline/plan.h"

namespace filmgate::testing {

inline std::string source_text(const std::string& path) {
  std::ifstream file(std::string(FILMGATE_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline Result<std::string> shipped_preset(const std::string& name) {
  const std::string path =
      std::string(FILMGATE_SOURCE_DIR) + "/pipelines/presets/" + name + ".json";
  std::ifstream file(path);
  if (!file) return Error{ErrorCode::kNotFound, "there is no preset \"" + name + "\""};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline Result<Description> parse(const std::string& text, const std::string& source = "t.json") {
  return parse_description(text, source, shipped_preset);
}

inline std::string error_of(const std::string& text) {
  const auto description = parse(text);
  return description.ok() ? "(no error)" : description.error().message;
}

// A description with these renditions, and more keys before them.
inline std::string with(const std::string& renditions, const std::string& keys = "") {
  return "{\"name\": \"t\", " + keys + "\"renditions\": " + renditions + "}";
}

inline Description shipped(const std::string& name) {
  auto description = parse(source_text("pipelines/" + name + ".json"), name + ".json");
  EXPECT_TRUE(description.ok()) << description.error().message;
  return *std::move(description);
}

inline Json json(const std::string& text) {
  auto value = parse_json(text, "test");
  EXPECT_TRUE(value.ok()) << value.error().message;
  return *std::move(value);
}

inline Json video_facts(int width, int height, const std::string& more = "") {
  return json("{\"media\": {\"video\": {\"codec\": \"h264\", \"framerate\": 30, \"width\": " +
              std::to_string(width) + ", \"height\": " + std::to_string(height) + more +
              "}, \"audio\": {\"codec\": \"aac\", \"channels\": 2, \"rate\": 48000},"
              "\"tracks\": {\"video\": 1, \"audio\": 1, \"subtitle\": 0}}}");
}

}  // namespace filmgate::testing
