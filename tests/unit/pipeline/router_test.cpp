#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using namespace filmgate::testing;

Description accepting(const std::string& name, const std::string& accept) {
  auto description = parse("{\"name\": \"" + name + "\", \"accept\": " + accept +
                               R"(, "renditions": [{"name": "a", "preset": "web-720p"}]})",
                           name + ".json");
  EXPECT_TRUE(description.ok()) << description.error().message;
  return *std::move(description);
}

std::string routed(const Router& router, const std::string& name) {
  const Description* description = router.route(name);
  return description == nullptr ? "(none)" : description->name;
}

TEST(Router, LongestPrefixThenLongestSuffixWins) {
  const auto router = Router::make({
      accepting("any", "{}"),
      accepting("news", R"({"prefixes": ["news/"]})"),
      accepting("sport", R"({"prefixes": ["news/sport/"]})"),
      accepting("movs", R"({"suffixes": [".mov", ".cut.mp4"]})"),
  });
  ASSERT_TRUE(router.ok()) << router.error().message;
  EXPECT_EQ(routed(*router, "clip.mp4"), "any");
  EXPECT_EQ(routed(*router, "clip.MOV"), "movs");
  EXPECT_EQ(routed(*router, "clip.cut.mp4"), "movs");
  EXPECT_EQ(routed(*router, "news/clip.mov"), "news");
  EXPECT_EQ(routed(*router, "news/sport/clip.mp4"), "sport");
  EXPECT_EQ(routed(*router, "notes.txt"), "(none)");
  EXPECT_EQ(router->find("sport")->name, "sport");
  EXPECT_EQ(router->find("nothing"), nullptr);
}

TEST(Router, RefusesTwoWithTheSameRight) {
  const auto error = [](Description a, Description b) {
    const auto router = Router::make({std::move(a), std::move(b)});
    return router.ok() ? std::string("(no error)") : router.error().message;
  };
  EXPECT_EQ(error(accepting("a", "{}"), accepting("b", "{}")),
            "b.json: takes the uploads of any suffix with the same right as a.json; change "
            "accept.prefixes or accept.suffixes of one of them");
  EXPECT_EQ(error(accepting("a", R"({"prefixes": ["x/"], "suffixes": [".mp4"]})"),
                  accepting("b", R"({"prefixes": ["y/", "x/"], "suffixes": [".mp4", ".mov"]})")),
            "b.json: takes the uploads below x/ ending in .mp4 with the same right as a.json; "
            "change accept.prefixes or accept.suffixes of one of them");
  EXPECT_EQ(error(accepting("a", "{}"), accepting("a", R"({"prefixes": ["x/"]})")),
            "a.json: the name \"a\" is already that of a.json");
  EXPECT_EQ(error(accepting("a", "{}"), accepting("b", R"({"suffixes": [".mp4"]})")), "(no error)");
}

}  // namespace
}  // namespace filmgate
