#include "host/storage/names.h"

#include <gtest/gtest.h>

#include "host/base/file.h"

namespace filmgate {
namespace {

using Names = std::vector<std::string>;

TEST(Names, SidecarsOfAVideo) {
  EXPECT_EQ(sidecar_candidates("uploads/news/clip.mp4"),
            (Names{"uploads/news/clip.mp4.json", "uploads/news/clip.json"}));
  EXPECT_EQ(sidecar_candidates("clip.tar.mp4"), (Names{"clip.tar.mp4.json", "clip.tar.json"}));
  EXPECT_EQ(sidecar_candidates("uploads/noname"), (Names{"uploads/noname.json"}));
}

TEST(Names, NotesAreNoSidecars) {
  EXPECT_TRUE(is_sidecar_name("a/clip.JSON"));
  EXPECT_FALSE(is_sidecar_name(reason_name("a/clip.mp4")));
  EXPECT_TRUE(is_reason_name(reason_name("a/clip.mp4")));
  EXPECT_FALSE(is_sidecar_name("a/clip.mp4"));
}

TEST(Names, LongNamesLeaveRoomForWhatLiesBesideThem) {
  EXPECT_EQ(fitting_name("uploads/clip.mp4"), "uploads/clip.mp4");
  for (const std::string& stem : {std::string(251, 'a'), std::string(240, 'b')}) {
    const std::string name = fitting_name("rejected/" + stem + ".mp4");
    EXPECT_TRUE(name.starts_with("rejected/" + stem.substr(0, 200))) << name;
    EXPECT_TRUE(name.ends_with(".mp4")) << name;
    EXPECT_LE(reason_name(name).size(), std::string("rejected/").size() + 255 - 8);
    EXPECT_EQ(fitting_name(name), name);
  }
  // Cut between characters, and what is no suffix doesn't count as one.
  std::string umlauts;
  for (int i = 0; i < 125; ++i) umlauts += "\u00fc";
  EXPECT_TRUE(is_safe_relative(fitting_name(umlauts + ".mp4")));
  EXPECT_TRUE(is_safe_relative(fitting_name("x" + umlauts + ".mp4")));
  EXPECT_LT(fitting_name("a." + std::string(250, 'x')).size(), 243u);
}

TEST(Names, PassingNames) {
  for (const char* name : {".clip.mp4", "clip.mp4.part", "clip.crdownload", "clip.mp4~", "x.tmp"}) {
    EXPECT_TRUE(is_passing_name(name)) << name;
  }
  EXPECT_FALSE(is_passing_name("clip.mp4"));
  EXPECT_FALSE(is_passing_name("part"));
}

TEST(Names, BelowTheFirstFolder) {
  EXPECT_EQ(below_first_folder("uploads/news/clip.mp4"), "news/clip.mp4");
  EXPECT_EQ(below_first_folder("clip.mp4"), "clip.mp4");
}

}  // namespace
}  // namespace filmgate
