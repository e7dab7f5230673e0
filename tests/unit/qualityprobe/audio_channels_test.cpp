// What single channels and pairs show: offset, opposite phase, dropout; and samples that are none.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "plugins/qualityprobe/audio_probe.h"

namespace filmgate::quality {
namespace {

constexpr int kRate = 8000;
constexpr Time kSecond = 1'000'000'000;
const std::vector<int> kStereo{EBUR128_LEFT, EBUR128_RIGHT};
const std::vector<int> kSurround{EBUR128_LEFT,   EBUR128_RIGHT, EBUR128_CENTER,
                                 EBUR128_UNUSED, EBUR128_Mp110, EBUR128_Mm110};

// A channel from `begin` to `end`: a tone of an amplitude (negative: upside down) and an offset.
struct Part {
  double begin, end;
  size_t channel;
  double amplitude;
  double offset = 0;
};

std::vector<float> sound(const std::vector<int>& channels, double seconds,
                         const std::vector<Part>& parts) {
  const auto frames = static_cast<size_t>(seconds * kRate);
  std::vector<float> samples(frames * channels.size());
  for (size_t i = 0; i < frames; ++i) {
    const double time = static_cast<double>(i) / kRate;
    for (const Part& part : parts) {
      if (time < part.begin || time >= part.end) continue;
      const double wave = std::sin(2 * std::numbers::pi * 440 * time + 1);
      samples[i * channels.size() + part.channel] +=
          static_cast<float>(part.amplitude * wave + part.offset);
    }
  }
  return samples;
}

struct Outcome {
  Json summary;
  std::vector<Finding> findings;

  std::vector<Finding> named(const std::string& name) const {
    std::vector<Finding> some;
    for (const Finding& finding : findings)
      if (name == finding.name) some.push_back(finding);
    return some;
  }
  double figure(const char* path) const {
    const Json* value = summary.find_path(path);
    return value ? value->number_or(0) : std::nan("");
  }
};

template <typename T>
Outcome measure(const std::vector<T>& samples, SampleType type, const std::vector<int>& channels,
                size_t buffer_frames = 1024) {
  Outcome outcome;
  auto probe = AudioProbe::create({type, kRate, channels}, {});
  EXPECT_TRUE(probe.ok());
  const size_t frames = samples.size() / channels.size();
  for (size_t at = 0; at < frames; at += buffer_frames) {
    const void* data = samples.data() + at * channels.size();
    EXPECT_TRUE((*probe)
                    ->measure(static_cast<const uint8_t*>(data),
                              std::min(buffer_frames, frames - at), at * kSecond / kRate,
                              outcome.findings)
                    .ok());
  }
  (*probe)->interrupt(outcome.findings);
  outcome.summary = (*probe)->summary();
  return outcome;
}

void expect_interval(const std::vector<Finding>& findings, int channel, double start, double end,
                     double tolerance) {
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].channel, channel);
  EXPECT_NEAR(to_seconds(findings[0].interval.start), start, tolerance);
  EXPECT_NEAR(to_seconds(findings[0].interval.end), end, tolerance);
}

TEST(DcOffset, IsTheMeanOfAChannel) {
  const auto samples = sound(kStereo, 10, {{0, 10, 0, 0.3}, {0, 10, 1, 0.3}, {3, 7, 1, 0, -0.05}});
  for (const size_t buffer : {size_t{160}, size_t{8000}, size_t{80'000}}) {
    const Outcome outcome = measure(samples, SampleType::kF32, kStereo, buffer);
    expect_interval(outcome.named("dc-offset"), 1, 3, 7, 0.011);
    EXPECT_NEAR(outcome.figure("dc_offset.max"), 0.05 * 4 / 10, 1e-4);
    EXPECT_NEAR(outcome.summary.find_path("dc_offset.channels")->if_array()->at(0).number_or(1), 0,
                1e-4);
    EXPECT_NEAR(outcome.summary.find_path("dc_offset.channels")->if_array()->at(1).number_or(1),
                -0.02, 1e-4);
    EXPECT_NEAR(outcome.figure("dc_offset.ratio"), 0.4, 0.01);
  }
}

TEST(DcOffset, IsNoLowTone) {
  std::vector<float> samples(10 * kRate * 2);
  for (const double frequency : {20.0, 20.5, 33.3, 50.0}) {
    for (size_t i = 0; i < samples.size(); ++i)
      samples[i] = static_cast<float>(
          0.5 * std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i / 2) / kRate));
    EXPECT_TRUE(measure(samples, SampleType::kF32, kStereo).named("dc-offset").empty())
        << frequency;
  }
}

TEST(Phase, OppositeChannelsAreFound) {
  const auto samples =
      sound(kStereo, 9, {{0, 9, 0, 0.3}, {0, 3, 1, 0.2}, {3, 6, 1, -0.2}, {6, 9, 1, 0.2}});
  const Outcome outcome = measure(samples, SampleType::kF32, kStereo);
  expect_interval(outcome.named("out-of-phase"), 0, 3, 6, 0.011);
  EXPECT_NEAR(outcome.figure("phase.min"), -1, 1e-3);
  EXPECT_NEAR(outcome.figure("phase.correlation"), 1.0 / 3, 1e-2);
  const Json* interval = &outcome.summary.find_path("phase.intervals")->if_array()->at(0);
  EXPECT_EQ(interval->get("channel").integer_or(-1), 0);
}

TEST(Phase, EqualChannelsCorrelateWhateverTheirOffset) {
  const auto samples = sound(kStereo, 4, {{0, 4, 0, 0.3, 0.2}, {0, 4, 1, 0.1, -0.2}});
  const Outcome outcome = measure(samples, SampleType::kF32, kStereo);
  EXPECT_NEAR(outcome.figure("phase.correlation"), 1, 1e-3);
  EXPECT_TRUE(outcome.named("out-of-phase").empty());
}

TEST(Phase, OfSilenceIsAbsent) {
  const Outcome outcome = measure(sound(kStereo, 4, {}), SampleType::kF32, kStereo);
  EXPECT_TRUE(std::isnan(outcome.figure("phase.correlation")));
  EXPECT_TRUE(std::isnan(outcome.figure("phase.min")));
}

TEST(Phase, LooksAtEveryPair) {
  const auto samples =
      sound(kSurround, 4, {{0, 4, 0, 0.3}, {0, 4, 1, 0.3}, {0, 4, 4, 0.3}, {0, 4, 5, -0.3}});
  const Outcome outcome = measure(samples, SampleType::kF32, kSurround);
  expect_interval(outcome.named("out-of-phase"), 4, 0, 4, 0.001);
}

TEST(Dropout, IsOneChannelWhileOthersPlay) {
  const auto samples = sound(kStereo, 12, {{0, 12, 0, 0.3}, {0, 4, 1, 0.3}, {7, 12, 1, 0.3}});
  for (const size_t buffer : {size_t{160}, size_t{1000}, size_t{96'000}}) {
    const Outcome outcome = measure(samples, SampleType::kF32, kStereo, buffer);
    expect_interval(outcome.named("channel-dropout"), 1, 4, 7, 0.011);
    EXPECT_NEAR(outcome.figure("dropout.ratio"), 0.25, 0.002);
  }
}

TEST(Dropout, IsNoSilenceOfAll) {
  const auto samples = sound(kStereo, 9, {{0, 3, 0, 0.3}, {0, 3, 1, 0.3}});
  EXPECT_TRUE(measure(samples, SampleType::kF32, kStereo).named("channel-dropout").empty());
}

TEST(Dropout, LeavesOutTheLowFrequencyEffects) {
  std::vector<Part> parts;
  for (const size_t c : {0, 1, 2, 4, 5}) parts.push_back({0, 4, c, 0.3});
  EXPECT_TRUE(measure(sound(kSurround, 4, parts), SampleType::kF32, kSurround)
                  .named("channel-dropout")
                  .empty());
  const Outcome alone = measure(sound(kSurround, 4, {{0, 4, 3, 0.3}}), SampleType::kF32, kSurround);
  EXPECT_TRUE(alone.named("channel-dropout").empty());
}

TEST(ChannelMeasures, SampleTypesAgree) {
  const auto floats = sound(kStereo, 9, {{0, 9, 0, 0.3, 0.05}, {0, 3, 1, 0.3}, {6, 9, 1, -0.3}});
  std::vector<int16_t> words(floats.size());
  std::vector<int32_t> longs(floats.size());
  for (size_t i = 0; i < floats.size(); ++i) {
    words[i] = static_cast<int16_t>(std::lround(floats[i] * 32768.0));
    longs[i] = static_cast<int32_t>(std::llround(floats[i] * 2147483648.0));
  }
  const Outcome f32 = measure(floats, SampleType::kF32, kStereo);
  EXPECT_EQ(f32.findings.size(), 3u);
  for (const Outcome& other :
       {measure(words, SampleType::kS16, kStereo), measure(longs, SampleType::kS32, kStereo)}) {
    ASSERT_EQ(other.findings.size(), f32.findings.size());
    for (size_t i = 0; i < f32.findings.size(); ++i) {
      EXPECT_STREQ(other.findings[i].name, f32.findings[i].name);
      EXPECT_EQ(other.findings[i].interval, f32.findings[i].interval);
      EXPECT_EQ(other.findings[i].channel, f32.findings[i].channel);
    }
    for (const char* path : {"dc_offset.max", "phase.correlation", "phase.min"})
      EXPECT_NEAR(other.figure(path), f32.figure(path), 1e-4) << path;
  }
}

TEST(InvalidSamples, SpoilNothing) {
  auto samples = sound(kStereo, 10, {{0, 10, 0, 0.3}, {0, 10, 1, 0.3}});
  const Outcome clean = measure(samples, SampleType::kF32, kStereo);
  const float bad[] = {std::numeric_limits<float>::quiet_NaN(),
                       std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity(), 1e30f};
  for (size_t i = 0; i < 4; ++i) samples[2 * (4 * kRate + 10 * i)] = bad[i];
  const Outcome outcome = measure(samples, SampleType::kF32, kStereo);
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_STREQ(outcome.findings[0].name, "invalid-samples");
  EXPECT_EQ(outcome.findings[0].severity, Severity::kMandatory);
  EXPECT_NEAR(to_seconds(outcome.findings[0].interval.start), 4, 1e-8);
  EXPECT_NEAR(to_seconds(outcome.findings[0].interval.end), 4 + 31.0 / kRate, 1e-8);
  EXPECT_EQ(outcome.figure("invalid.samples"), 4);
  EXPECT_EQ(clean.figure("invalid.samples"), 0);
  // Silence in the midst of a wave is itself a small click.
  EXPECT_NEAR(outcome.figure("loudness.true_peak"), clean.figure("loudness.true_peak"), 1.5);
  for (const char* path :
       {"loudness.integrated", "loudness.momentary_max", "phase.correlation", "dc_offset.max"})
    EXPECT_NEAR(outcome.figure(path), clean.figure(path), 0.05) << path;
}

// What a layout showed stays listed when the stream goes on in another.
TEST(ChannelMeasures, OutliveAChangeOfLayout) {
  auto probe = AudioProbe::create({SampleType::kF32, kRate, kStereo}, {});
  ASSERT_TRUE(probe.ok());
  std::vector<Finding> findings;
  const auto feed = [&](const std::vector<float>& samples, size_t channels, Time start) {
    const void* data = samples.data();
    ASSERT_TRUE(
        (*probe)
            ->measure(static_cast<const uint8_t*>(data), samples.size() / channels, start, findings)
            .ok());
  };
  feed(sound(kStereo, 3, {{0, 3, 0, 0.3}}), 2, 0);
  ASSERT_TRUE((*probe)->set_format({SampleType::kF32, kRate, kSurround}).ok());
  feed(sound(kSurround, 1, {{0, 1, 2, 0.3}}), 6, 3 * kSecond);
  ASSERT_TRUE((*probe)->set_format({SampleType::kF32, kRate, {EBUR128_CENTER}}).ok());
  feed(sound({EBUR128_CENTER}, 1, {{0, 1, 0, 0.3}}), 1, 4 * kSecond);
  (*probe)->interrupt(findings);
  std::vector<Finding> dropouts;
  for (const Finding& finding : findings)
    if (std::string(finding.name) == "channel-dropout") dropouts.push_back(finding);
  expect_interval(dropouts, 1, 0, 3, 1e-6);
}

}  // namespace
}  // namespace filmgate::quality
