// The JSON Schema for editors knows every key that the parser takes, and no other.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using namespace filmgate::testing;

TEST(DescriptionSchema, HasTheKeysOfTheParser) {
  const Json schema = json(source_text("data/description.schema.json"));
  for (const auto& [section, keys] : description_keys()) {
    const Json* object = section == "description" ? &schema : schema.get("$defs").find(section);
    ASSERT_NE(object, nullptr) << section;
    EXPECT_EQ(object->get("additionalProperties").if_bool(), std::optional<bool>(false)) << section;
    std::vector<std::string> known;
    for (const auto& member : *object->get("properties").if_object()) known.push_back(member.key);
    EXPECT_THAT(known, ::testing::UnorderedElementsAreArray(keys)) << section;
  }
}

TEST(DescriptionSchema, DocumentationNamesEveryKey) {
  const std::string docs = source_text("docs/descriptions.md");
  for (const auto& [section, keys] : description_keys())
    for (const auto& key : keys)
      EXPECT_NE(docs.find("`" + key + "`"), std::string::npos) << section << "." << key;
}

}  // namespace
}  // namespace filmgate
