// Times, durations, ids, hashes and codings.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "host/base/clock.h"
#include "host/base/disk_space.h"
#include "host/base/duration.h"
#include "host/base/hash.h"
#include "host/base/id.h"
#include "host/base/log.h"

namespace filmgate {
namespace {

class FixedClock final : public Clock {
 public:
  explicit FixedClock(int64_t ms) : ms_(ms) {}
  int64_t now_ms() const override { return ms_; }
  void set(int64_t ms) { ms_ = ms; }

 private:
  int64_t ms_;
};

TEST(Time, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(951'827'696'789), "2000-02-29T12:34:56.789Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Time, IsReadAsWritten) {
  for (const int64_t ms : {int64_t{0}, int64_t{951'827'696'789}, int64_t{1'795'253'400'250}}) {
    EXPECT_EQ(parse_time_ms(format_time(ms)).value(), ms);
  }
  EXPECT_EQ(parse_time_ms("1970-01-02").value(), 86'400'000);
  EXPECT_EQ(parse_time_ms("1970-01-02T00:00:01Z").value(), 86'401'000);
  EXPECT_EQ(parse_time_ms("1970-01-02T01:00:00+01:00").value(), 86'400'000);
  for (const char* text : {"", "yesterday", "2026-02-30", "2026-13-01T00:00:00Z", "2026-11-21T",
                           "2026-11-21T25:00:00Z", "2026-11-21 x", "12"}) {
    EXPECT_FALSE(parse_time_ms(text).ok()) << text;
  }
}

TEST(Time, TheSystemsClockIsInMilliseconds) {
  EXPECT_GT(system_clock().now_ms(), int64_t{1'600'000'000'000});
  EXPECT_LT(system_clock().now_ms(), int64_t{16'000'000'000'000});
}

TEST(Space, IsReadAsAPartOrASize) {
  const DiskSpace disk{0, int64_t{100} << 30};
  const std::pair<const char*, int64_t> cases[] = {{"5%", int64_t{5} << 30},
                                                   {"0.5%", int64_t{1} << 29},
                                                   {"10GB", int64_t{10} << 30},
                                                   {"512M", 512 << 20},
                                                   {"0", 0},
                                                   {"0%", 0}};
  for (const auto& [text, bytes] : cases) {
    const auto mark = parse_space_mark(text);
    ASSERT_TRUE(mark.ok()) << mark.error().message;
    EXPECT_EQ(mark->on(disk), bytes) << text;
  }
  for (const char* text : {"", "%", "-1%", "100%", "5 %x", "5%%", "much", "4X", "-3G", "nan%"}) {
    EXPECT_FALSE(parse_space_mark(text).ok()) << text;
  }
  EXPECT_EQ((SpaceMark{0.05, int64_t{2} << 30}.on(disk)), int64_t{2} << 30);
  EXPECT_EQ((SpaceMark{0.01, int64_t{2} << 30}.on(disk)), int64_t{1} << 30);
}

TEST(Space, IsToldInUnitsOfAThousand) {
  EXPECT_EQ(describe_size(0), "0 bytes");
  EXPECT_EQ(describe_size(1), "1 byte");
  EXPECT_EQ(describe_size(999'900), "1.0 MB");
  EXPECT_EQ(describe_size(12'345'678), "12.3 MB");
  EXPECT_EQ(describe_size(int64_t{3'000'000'000'000'000}), "3000 TB");
}

TEST(Id, NoneOfATimeIsSmallerThanItsFirst) {
  const int64_t now = system_clock().now_ms();
  EXPECT_LT(first_id_at(now), new_id(system_clock()));
  EXPECT_EQ(first_id_at(0x0193a5f01c2d), "0193a5f0-1c2d");
  EXPECT_LT(first_id_at(-5), first_id_at(1));
}

TEST(Duration, IsRead) {
  const std::pair<const char*, int64_t> cases[] = {{"0s", 0},
                                                   {"500ms", 500},
                                                   {"2s", 2000},
                                                   {"1m", 60'000},
                                                   {"1h30m", 5'400'000},
                                                   {"14d", 1'209'600'000},
                                                   {"1d2h3m4s5ms", 93'784'005},
                                                   {"90m", 5'400'000}};
  for (const auto& [text, ms] : cases) {
    const auto read = parse_duration_ms(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, ms) << text;
  }
}

TEST(Duration, IsRefusedWithTheText) {
  for (const char* text :
       {"", "5", "s", "-1s", "1.5s", "1 s", "1s ", "1S", "1w", "1m1h", "1s1s", "1ms1s",
        "99999999999999999999s", "9223372036854775807d", "s5", "0x1s"}) {
    const auto read = parse_duration_ms(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidInput);
    EXPECT_NE(read.error().message.find("'" + std::string(text) + "'"), std::string::npos);
    EXPECT_NE(read.error().message.find("1h30m"), std::string::npos);
  }
}

TEST(Duration, IsDescribedInTwoUnits) {
  EXPECT_EQ(describe_duration(0), "0 s");
  EXPECT_EQ(describe_duration(250), "250 ms");
  EXPECT_EQ(describe_duration(2000), "2 s");
  EXPECT_EQ(describe_duration(90'000), "1 min 30 s");
  EXPECT_EQ(describe_duration(86'400'000), "1 day");
  EXPECT_EQ(describe_duration(1'209'600'000), "14 days");
  EXPECT_EQ(describe_duration(93'784'005), "1 day 2 h");
  EXPECT_EQ(describe_duration(-2000), "-2 s");
}

TEST(Id, IsAUuidOfVersion7WithItsTime) {
  const std::string id = new_id(FixedClock(0x0193'0000'1234));
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef-"), std::string::npos);
  for (const size_t at : {8u, 13u, 18u, 23u}) EXPECT_EQ(id[at], '-');
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(Id, SortsByCreationAlsoWithinAMillisecondAndWhenTheClockStepsBack) {
  FixedClock clock(system_clock().now_ms() + 1000);
  std::string last = new_id(clock);
  EXPECT_EQ(last.substr(0, 13), [&] {
    char text[20];
    std::snprintf(text, sizeof text, "%012llx", static_cast<unsigned long long>(clock.now_ms()));
    return std::string(text, 8) + "-" + std::string(text + 8, 4);
  }());
  for (int i = 0; i < 20'000; ++i) {
    if (i == 10'000) clock.set(clock.now_ms() - 500);
    const std::string next = new_id(clock);
    ASSERT_LT(last, next) << i;
    last = next;
  }
}

TEST(Id, IsUniqueAcrossThreads) {
  constexpr int kEach = 2000;
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made) {
      threads.emplace_back([&ids] {
        for (int i = 0; i < kEach; ++i) ids.push_back(new_id(system_clock()));
      });
    }
  }
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), made.size() * kEach);
}

TEST(Token, HasTheBytesAskedForAndDiffers) {
  const std::string token = random_token(32);
  EXPECT_EQ(token.size(), 43u);
  EXPECT_EQ(from_base64url(token).value_or("").size(), 32u);
  EXPECT_NE(token, random_token(32));
}

TEST(Hash, Sha256OfKnownTexts) {
  // FIPS 180-4's examples.
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 parts;
  parts.update("a", 1);
  parts.update("bc", 2);
  EXPECT_EQ(parts.finish(), sha256("abc"));
}

TEST(Hash, HmacOfKnownTexts) {
  // RFC 4231, test cases 2 and 6 (a key longer than a block).
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Coding, Base64OfKnownTexts) {
  // RFC 4648 §10.
  EXPECT_EQ(to_base64(""), "");
  EXPECT_EQ(to_base64("f"), "Zg==");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
  for (const char* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(from_base64(to_base64(text)), text);
    EXPECT_EQ(from_base64url(to_base64url(text)), text);
  }
}

TEST(Coding, WhatIsNotBase64IsRefused) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z", "Zm9v ", "Zm9v\n", "-_8=", "Zm9v!", "Zh=="}) {
    EXPECT_FALSE(from_base64(text).has_value()) << text;
  }
  for (const char* text : {"-_8=", "+/8", "Z", "Zm9v.", "-_9"}) {
    EXPECT_FALSE(from_base64url(text).has_value()) << text;
  }
}

TEST(Coding, Hex) {
  const unsigned char bytes[] = {0x00, 0x7f, 0xff};
  EXPECT_EQ(to_hex(bytes, sizeof bytes), "007fff");
  EXPECT_EQ(to_hex(bytes, 0), "");
}

TEST(Secret, EqualityIsOfAllBytes) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "abcd"));
}

TEST(Log, IsOneLineWithItsFieldsWhateverIsInThem) {
  testing::internal::CaptureStderr();
  log(LogLevel::kWarning, "intake", "no sidecar for a\nforged line",
      {{"asset", "1"}, {"p", "x\x1b"}});
  log(LogLevel::kDebug, "intake", "not shown");
  set_log_level(LogLevel::kDebug);
  log(LogLevel::kDebug, "intake", "shown");
  set_log_level(LogLevel::kInfo);
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("Z warning intake: no sidecar for a\\x0aforged line [asset=1 p=x\\x1b]\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("not shown"), std::string::npos);
  EXPECT_NE(text.find("Z debug intake: shown\n"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

}  // namespace
}  // namespace filmgate
