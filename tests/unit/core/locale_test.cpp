// Programs that load the elements set their users' locale, and half the world writes 0,5.
#include <gtest/gtest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "plugins/core/rules.h"

namespace filmgate {
namespace {

class CommaLocale : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string folder = ::testing::TempDir() + "/filmgate-locale";
    std::filesystem::create_directories(folder);
    const std::string made = "localedef -i de_DE -f UTF-8 " + folder + "/de_DE.UTF-8 2>&1";
    if (std::system(made.c_str()) != 0) GTEST_SKIP() << "Debian's package locales isn't installed";
    setenv("LOCPATH", folder.c_str(), 1);
    ASSERT_NE(std::setlocale(LC_ALL, "de_DE.UTF-8"), nullptr);
    char text[8];
    std::snprintf(text, sizeof text, "%.1f", 0.5);
    ASSERT_STREQ(text, "0,5");
  }
  void TearDown() override { std::setlocale(LC_ALL, "C"); }
};

TEST_F(CommaLocale, ChangesNoNumber) {
  const Json facts =
      *parse_json(R"({"media": {"loudness": -35.25, "length": 1234.56789}})", "facts");
  const Result<Json> text = parse_json(
      R"({"media.loudness": {"minimum": -23.5}, "media.length": {"maximum": 0.25}})", "d.json");
  const Result<Rules> rules = Rules::from_json(*text, "d.json");
  ASSERT_TRUE(rules.ok()) << rules.error().message;
  std::string said;
  for (const Reason& reason : rules->violations(facts)) said += reason.message + "\n";
  EXPECT_EQ(said.find(','), std::string::npos) << said;
  EXPECT_NE(said.find("-23.5"), std::string::npos) << said;
  EXPECT_NE(said.find("1235;"), std::string::npos) << said;
  const Result<Json> small = parse_json("[1e-999, 0.5]", "n");
  ASSERT_TRUE(small.ok()) << small.error().message;
  EXPECT_EQ(to_text(*small), "[0,0.5]");
  EXPECT_FALSE(parse_json("[1.5e999]", "n").ok());
}

}  // namespace
}  // namespace filmgate
