#include "host/worker/process/sniff.h"

#include <gtest/gtest.h>

namespace filmgate::worker {
namespace {

using namespace std::literals;

Sniffed sniffed(std::string_view text) {
  return sniff({reinterpret_cast<const unsigned char*>(text.data()), text.size()});
}

std::string packets(size_t size, size_t offset) {
  std::string text(size * 5, '\xFF');
  for (size_t at = offset; at < text.size(); at += size) text[at] = 0x47;
  return text;
}

TEST(Sniff, KnowsTheContainers) {
  EXPECT_EQ(sniffed("\0\0\0\x18"
                    "ftypisom"sv)
                .container,
            Container::kIsoMedia);
  EXPECT_EQ(sniffed("\0\0\0\x08wide"sv).container, Container::kIsoMedia);
  EXPECT_EQ(sniffed("\x1A\x45\xDF\xA3\x01"sv).container, Container::kMatroska);
  EXPECT_EQ(sniffed("RIFF\1\2\3\4AVI LIST"sv).container, Container::kAvi);
  EXPECT_EQ(sniffed("FLV\x01\x05"sv).container, Container::kFlv);
  EXPECT_EQ(sniffed("OggS\0"sv).container, Container::kOgg);
  EXPECT_EQ(sniffed("\0\0\x01\xBA\x44"sv).container, Container::kProgram);
}

TEST(Sniff, KnowsTransportStreamsByTheirPackets) {
  EXPECT_EQ(sniffed(packets(188, 0)).container, Container::kTransport);
  EXPECT_EQ(sniffed(packets(192, 4)).container, Container::kTransport);
  EXPECT_EQ(sniffed("G is the first letter of this text").container, Container::kNone);
}

TEST(Sniff, IsoMediaNeedsAPlausibleFirstBox) {
  EXPECT_EQ(sniffed("\0\0\0\x02"
                    "ftypisom"sv)
                .container,
            Container::kNone);
  EXPECT_EQ(sniffed("\0\0\0\x18"
                    "what"sv)
                .container,
            Container::kNone);
}

TEST(Sniff, PlaylistsAreSeenThroughTheirDisguises) {
  EXPECT_EQ(sniffed("#EXTM3U\n").looks_like, "an HTTP playlist");
  EXPECT_EQ(sniffed("\xEF\xBB\xBF#EXTM3U\n").looks_like, "an HTTP playlist");
  EXPECT_EQ(sniffed("\r\n \t#extm3u\n").looks_like, "an HTTP playlist");
}

TEST(Sniff, NamesMarkup) {
  EXPECT_EQ(sniffed("<?xml version='1.0'?><MPD/>").looks_like, "a DASH manifest");
  EXPECT_EQ(sniffed("<svg/>").looks_like, "an SVG drawing");
  EXPECT_EQ(sniffed("<!DOCTYPE html><p>").looks_like, "a web page");
  EXPECT_EQ(sniffed("<?xml version='1.0'?><a/>").looks_like, "an XML document");
}

TEST(Sniff, HasNoNameForNoise) {
  EXPECT_EQ(sniffed("\x91\x02\x83\xF4\x85"sv).looks_like, "");
}

TEST(Sniff, ShortFilesAreNoVideo) {
  for (size_t size = 1; size < 8; ++size) {
    EXPECT_EQ(sniffed(std::string(size, '\x47')).container, Container::kNone) << size;
  }
}

}  // namespace
}  // namespace filmgate::worker
