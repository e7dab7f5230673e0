#include "plugins/core/formats.h"

#include <gtest/gtest.h>

namespace filmgate {
namespace {

void expect_all(TextFormat format, bool expected, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) EXPECT_EQ(matches(format, text), expected) << text;
}

TEST(Formats, Email) {
  expect_all(TextFormat::kEmail, true,
             {"a@b.co", "first.last+tag@sub.example.org", "o'neil@example.com", "1@2x.io",
              std::string(64, 'a') + "@example.org"});
  expect_all(TextFormat::kEmail, false,
             {"",
              "a",
              "@b.co",
              "a@",
              "a@b",
              "a b@c.de",
              "a@b..de",
              ".a@b.de",
              "a.@b.de",
              "a..b@c.de",
              "a@-b.de",
              "a@b-.de",
              "a@b.de.",
              "a@127.0.0.1",
              "a@b@c.de",
              "a@b.de\n",
              "<a@b.de>",
              "a@[1.2.3.4]",
              "a@b.de,c@d.de",
              "a\r\nBcc: x@y.de",
              std::string(65, 'a') + "@example.org",
              "a@" + std::string(64, 'b') + ".de"});
}

TEST(Formats, Date) {
  expect_all(TextFormat::kDate, true, {"2024-02-29", "2000-02-29", "1999-12-31", "0001-01-01"});
  expect_all(TextFormat::kDate, false,
             {"", "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-1-1",
              "2024-01-00", "24-01-01", "2024/01/01", "2024-01-01 ", "2024-01-01T00:00:00Z",
              "-024-01-01", "2024-+1-01"});
}

TEST(Formats, DateTime) {
  expect_all(TextFormat::kDateTime, true,
             {"2024-05-01T12:00:00Z", "2024-05-01t12:00:00z", "2024-05-01T12:00:00.123456+02:00",
              "1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "2024-05-01T12:00:00-00:00"});
  expect_all(TextFormat::kDateTime, false,
             {"2024-05-01", "2024-05-01T12:00:00", "2024-05-01T12:00Z", "2024-05-01 12:00:00Z",
              "2024-05-01T24:00:00Z", "2024-05-01T12:60:00Z", "2024-05-01T12:00:61Z",
              "2024-05-01T12:00:60Z", "2024-05-01T12:00:00.Z", "2024-05-01T12:00:00+2:00",
              "2024-05-01T12:00:00+24:00", "2024-05-01T12:00:00Z ", "2024-02-30T12:00:00Z",
              "2024-05-01T12:00:00+02:00x", "2024-05-01T12:00:00."});
}

TEST(Formats, Uri) {
  expect_all(TextFormat::kUri, true,
             {"https://example.org", "https://u:p@example.org:8443/a/b;c?d=e&f#g", "urn:isbn:123",
              "mailto:a@b.de", "file:///etc/passwd", "http://[2001:db8::1]:80/", "x-y+z.1:a",
              "https://example.org/%C3%A9"});
  expect_all(TextFormat::kUri, false,
             {"",
              "example.org",
              "/path",
              "//example.org/a",
              "http:",
              "https:/x",
              "https://",
              "https://:80/",
              "1http://a.de",
              "http://a b.de",
              "http://a.de/%zz",
              "http://a.de/%2",
              "http://a.de:99999/",
              "http://a.de:8x/",
              "http://[::1/",
              "http://a.de/é",
              "http://a.de/<b>",
              "http://a.de/\n",
              "http://a.de/a#b#c",
              "http://[::1]x/",
              "http://a.de:111111111111/"});
}

TEST(Formats, Uuid) {
  expect_all(TextFormat::kUuid, true,
             {"018f3c2a-7b1c-7def-8123-0123456789ab", "018F3C2A-7B1C-7DEF-8123-0123456789AB"});
  expect_all(TextFormat::kUuid, false,
             {"", "018f3c2a7b1c7def81230123456789ab", "018f3c2a-7b1c-7def-8123-0123456789a",
              "018f3c2a-7b1c-7def-8123-0123456789ag", "{18f3c2a-7b1c-7def-8123-0123456789ab}",
              "018f3c2a-7b1c-7def-81230-123456789ab"});
}

TEST(Formats, NamesGoBothWays) {
  for (const std::string& name : text_format_names())
    EXPECT_TRUE(text_format_from_name(name).has_value()) << name;
  EXPECT_EQ(text_format_from_name("date-time"), TextFormat::kDateTime);
  EXPECT_FALSE(text_format_from_name("datetime").has_value());
}

}  // namespace
}  // namespace filmgate
