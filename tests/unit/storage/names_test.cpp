#include "host/storage/names.h"

#include <gtest/gtest.h>

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
