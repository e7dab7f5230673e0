#include <gtest/gtest.h>

#include "host/store/text_codec.h"

namespace filmgate {
namespace {

TEST(TextCodec, ValidTextStaysAsItIs) {
  for (const char* text : {"", "clip.mp4", "Zoë 🎬 \n\t\x7f", "\xf4\x8f\xbb\xbf", "\uffff"}) {
    EXPECT_EQ(to_valid_text(text), text);
    EXPECT_EQ(from_valid_text(text), text);
  }
}

TEST(TextCodec, AnyBytesComeBack) {
  using namespace std::string_literals;
  const std::string samples[] = {"a\0b"s,
                                 "\xff\xfe",
                                 "cut off \xf0\x9f\x8e",
                                 "overlong \xc0\x80 \xe0\x80\x80 \xf0\x80\x80\x80",
                                 "surrogate \xed\xa0\x80",
                                 "too big \xf4\x90\x80\x80",
                                 "our own \xf4\x8f\xbc\x80\xf4\x8f\xbf\xbf",
                                 "\xf4\x8f",
                                 "\x80\xbf"};
  for (const std::string& bytes : samples) {
    const std::string text = to_valid_text(bytes);
    EXPECT_NE(text, bytes);
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_EQ(from_valid_text(text), bytes);
  }
}

// What comes out is UTF-8 to the strictest reader there is: every byte alone, every pair.
TEST(TextCodec, ThePairsOfAllBytesAreUnambiguous) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
      const std::string text = to_valid_text(bytes);
      ASSERT_EQ(from_valid_text(text), bytes) << first << " " << second;
      // Encoding what is valid already changes only our own characters.
      ASSERT_EQ(from_valid_text(from_valid_text(to_valid_text(text))), bytes);
    }
  }
}

}  // namespace
}  // namespace filmgate
