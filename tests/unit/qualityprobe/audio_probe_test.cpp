#include "plugins/qualityprobe/audio_probe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace filmgate::quality {
namespace {

constexpr int kRate = 48000;
constexpr Time kSecond = 1'000'000'000;

// One stretch of a tone: the level of each channel in dB of full scale (peak), and how long.
struct Stretch {
  std::vector<double> levels;
  double seconds;
};

std::vector<float> tones(const std::vector<Stretch>& stretches, double frequency = 1000,
                         double phase = 0) {
  std::vector<float> samples;
  size_t frame = 0;
  for (const Stretch& stretch : stretches) {
    const auto frames = static_cast<size_t>(stretch.seconds * kRate);
    for (size_t i = 0; i < frames; ++i, ++frame) {
      const double wave =
          std::sin(2 * std::numbers::pi * frequency * static_cast<double>(frame) / kRate + phase);
      for (const double level : stretch.levels)
        samples.push_back(static_cast<float>(std::pow(10, level / 20) * wave));
    }
  }
  return samples;
}

constexpr double kSilent = -std::numeric_limits<double>::infinity();
const std::vector<int> kStereo{EBUR128_LEFT, EBUR128_RIGHT};
const std::vector<int> kSurround{EBUR128_LEFT, EBUR128_RIGHT, EBUR128_CENTER, EBUR128_Mp110,
                                 EBUR128_Mm110};

struct Outcome {
  Json summary;
  std::vector<Finding> findings;
  double loudness(const char* key) const {
    const Json* value = summary.find_path(std::string("loudness.") + key);
    return value ? value->number_or(0) : std::nan("");
  }
};

template <typename T>
Outcome measure(const std::vector<T>& samples, SampleType type, const std::vector<int>& channels,
                size_t buffer_frames = 1024, const AudioSettings& settings = {}) {
  const AudioFormat format{type, kRate, channels};
  Outcome outcome;
  auto probe = AudioProbe::create(format, settings);
  EXPECT_TRUE(probe.ok());
  const size_t frames = samples.size() / channels.size();
  for (size_t at = 0; at < frames; at += buffer_frames) {
    const size_t count = std::min(buffer_frames, frames - at);
    const void* data = samples.data() + at * channels.size();
    EXPECT_TRUE((*probe)
                    ->measure(static_cast<const uint8_t*>(data), count, at * kSecond / kRate,
                              outcome.findings)
                    .ok());
  }
  (*probe)->interrupt(outcome.findings);
  outcome.summary = (*probe)->summary();
  return outcome;
}

// EBU Tech 3341, table 1, cases 1 to 6.
struct LoudnessCase {
  const char* name;
  std::vector<Stretch> stretches;
  std::vector<int> channels;
  double integrated;
};

class Loudness : public testing::TestWithParam<LoudnessCase> {};

TEST_P(Loudness, IsWithinATenthOfTheReference) {
  const LoudnessCase& test = GetParam();
  const Outcome outcome = measure(tones(test.stretches), SampleType::kF32, test.channels);
  EXPECT_NEAR(outcome.loudness("integrated"), test.integrated, 0.1);
}

INSTANTIATE_TEST_SUITE_P(
    Tech3341, Loudness,
    testing::Values(
        LoudnessCase{"case1", {{{-23, -23}, 20}}, kStereo, -23},
        LoudnessCase{"case2", {{{-33, -33}, 20}}, kStereo, -33},
        LoudnessCase{"case3", {{{-36, -36}, 10}, {{-23, -23}, 60}, {{-36, -36}, 10}}, kStereo, -23},
        LoudnessCase{"case4",
                     {{{-72, -72}, 10},
                      {{-36, -36}, 10},
                      {{-23, -23}, 60},
                      {{-36, -36}, 10},
                      {{-72, -72}, 10}},
                     kStereo,
                     -23},
        LoudnessCase{
            "case5", {{{-26, -26}, 20}, {{-20, -20}, 20.1}, {{-26, -26}, 20}}, kStereo, -23},
        LoudnessCase{"case6", {{{-28, -28, -24, -30, -30}, 20}}, kSurround, -23}),
    [](const auto& param) { return std::string(param.param.name); });

TEST(LoudnessMaxima, AreThoseOfASteadyTone) {
  const Outcome outcome = measure(tones({{{-23, -23}, 20}}), SampleType::kF32, kStereo);
  EXPECT_NEAR(outcome.loudness("momentary_max"), -23, 0.1);
  EXPECT_NEAR(outcome.loudness("short_term_max"), -23, 0.1);
}

// EBU Tech 3341, cases 9 and 12: levels in turn whose mean over any window is that of a steady
// tone.
TEST(LoudnessMaxima, AreThoseOfAWholeWindow) {
  std::vector<Stretch> slow, quick;
  for (int i = 0; i < 5; ++i) {
    slow.push_back({{-20, -20}, 1.34});
    slow.push_back({{-30, -30}, 1.66});
  }
  for (int i = 0; i < 25; ++i) {
    quick.push_back({{-20, -20}, 0.18});
    quick.push_back({{-30, -30}, 0.22});
  }
  EXPECT_NEAR(measure(tones(slow), SampleType::kF32, kStereo).loudness("short_term_max"), -23, 0.1);
  EXPECT_NEAR(measure(tones(quick), SampleType::kF32, kStereo).loudness("momentary_max"), -23, 0.1);
}

// EBU Tech 3341, cases 10, 11, 13 and 14: bursts as long as the window, wherever they begin.
TEST(LoudnessMaxima, OfABurstDoNotDependOnWhereItBegins) {
  AudioSettings settings;
  settings.true_peak = false;
  for (int n = 0; n < 20; ++n) {
    const double level = -38.0 + n;
    const auto slow =
        tones({{{kSilent, kSilent}, 0.15 * n}, {{level, level}, 3}, {{kSilent, kSilent}, 1}});
    EXPECT_NEAR(measure(slow, SampleType::kF32, kStereo, 1024, settings).loudness("short_term_max"),
                level, 0.1);
    const auto quick =
        tones({{{kSilent, kSilent}, 0.02 * n}, {{level, level}, 0.4}, {{kSilent, kSilent}, 1}});
    EXPECT_NEAR(measure(quick, SampleType::kF32, kStereo, 1024, settings).loudness("momentary_max"),
                level, 0.1);
  }
}

TEST(LoudnessMaxima, DoNotDependOnHowTheStreamIsCut) {
  const auto samples = tones({{{-40, -40}, 2.03}, {{-18, -18}, 0.5}, {{-40, -40}, 3}});
  const Outcome one = measure(samples, SampleType::kF32, kStereo, 1024);
  const Outcome other = measure(samples, SampleType::kF32, kStereo, 100'000);
  EXPECT_DOUBLE_EQ(one.loudness("momentary_max"), other.loudness("momentary_max"));
  EXPECT_DOUBLE_EQ(one.loudness("short_term_max"), other.loudness("short_term_max"));
}

TEST(LoudnessMaxima, AreAbsentBeforeTheWindowIsFull) {
  const Outcome brief = measure(tones({{{-20, -20}, 0.39}}), SampleType::kF32, kStereo);
  EXPECT_TRUE(std::isnan(brief.loudness("momentary_max")));
  const Outcome longer = measure(tones({{{-20, -20}, 2.9}}), SampleType::kF32, kStereo);
  EXPECT_FALSE(std::isnan(longer.loudness("momentary_max")));
  EXPECT_TRUE(std::isnan(longer.loudness("short_term_max")));
}

// EBU Tech 3342, table 1, cases 1 to 4.
TEST(LoudnessRange, IsWithinOneOfTheReference) {
  const auto range = [](const std::vector<double>& levels) {
    std::vector<Stretch> stretches;
    for (const double level : levels) stretches.push_back({{level, level}, 20});
    return measure(tones(stretches), SampleType::kF32, kStereo).loudness("range");
  };
  EXPECT_NEAR(range({-20, -30}), 10, 1);
  EXPECT_NEAR(range({-20, -15}), 5, 1);
  EXPECT_NEAR(range({-40, -20}), 20, 1);
  EXPECT_NEAR(range({-50, -35, -20, -35, -50}), 15, 1);
}

// EBU Tech 3341, cases 15 to 18: the samples of a quarter-rate tone miss its peaks.
TEST(TruePeak, FindsWhatLiesBetweenTheSamples) {
  const double level = 20 * std::log10(0.5);
  for (const double degrees : {0.0, 45.0, 60.0, 67.5}) {
    const double frequency = degrees == 0 || degrees == 45 ? kRate / 4.0
                             : degrees == 60               ? kRate / 6.0
                                                           : kRate / 8.0;
    auto samples = tones({{{level, level}, 2}}, frequency, degrees * std::numbers::pi / 180);
    for (size_t i = 0; i < 4800; ++i)  // a tone that begins at once rings above its level
      samples[i] *= static_cast<float>(i) / 4800;
    const double peak = measure(samples, SampleType::kF32, kStereo).loudness("true_peak");
    EXPECT_LE(peak, -6.0 + 0.2) << degrees;
    EXPECT_GE(peak, -6.0 - 0.4) << degrees;
  }
}

// EBU Tech 3341, case 19: above full scale, by no sample alone.
TEST(TruePeak, MayBeAboveFullScale) {
  auto samples = tones({{{2.98, 2.98}, 2}}, kRate / 4.0, std::numbers::pi / 4);
  for (size_t i = 0; i < 4800; ++i) samples[i] *= static_cast<float>(i) / 4800;
  const double peak = measure(samples, SampleType::kF32, kStereo).loudness("true_peak");
  EXPECT_LE(peak, 3.0 + 0.2);
  EXPECT_GE(peak, 3.0 - 0.4);
}

// As EBU Tech 3341 has it in cases 20 to 23: one louder wave within a tone, made at four times the
// rate and thinned out beginning at each of the four samples, so that its peak lies at every
// quarter between two of those that are left.
TEST(TruePeak, FindsAPeakAtEachQuarterOfASample) {
  constexpr int kTimes = 4;
  constexpr int kPeriod = 6 * kTimes;  // a sixth of the rate
  constexpr int kWaves = 400;
  constexpr int kTaps = 256;  // to either side
  std::vector<double> fine(kPeriod * kWaves);
  for (size_t i = 0; i < fine.size(); ++i) {
    const double level = i / kPeriod == kWaves / 2 ? 1.0 : 0.5;
    const double rise = std::min(1.0, static_cast<double>(i) / (20 * kPeriod));
    fine[i] = level * rise * std::sin(2 * std::numbers::pi * static_cast<double>(i) / kPeriod);
  }
  std::vector<double> limited(fine.size());  // to what the lower rate can hold
  double peak = 0;
  for (int i = 0; i < static_cast<int>(fine.size()); ++i) {
    for (int k = std::max(-kTaps, i + 1 - static_cast<int>(fine.size())); k <= std::min(kTaps, i);
         ++k) {
      const double x = std::numbers::pi * k / kTimes;
      const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * k / (kTaps + 1));
      limited[static_cast<size_t>(i)] +=
          fine[static_cast<size_t>(i - k)] * window * (k == 0 ? 1.0 : std::sin(x) / x) / kTimes;
    }
    peak = std::max(peak, std::abs(limited[static_cast<size_t>(i)]));
  }
  for (size_t offset = 0; offset < kTimes; ++offset) {
    std::vector<float> samples;
    for (size_t i = offset; i < limited.size(); i += kTimes)
      samples.insert(samples.end(), 2, static_cast<float>(limited[i]));
    const double found = measure(samples, SampleType::kF32, kStereo).loudness("true_peak");
    EXPECT_LE(found, 20 * std::log10(peak) + 0.2) << offset;
    EXPECT_GE(found, 20 * std::log10(peak) - 0.4) << offset;
  }
}

TEST(LoudnessOfSilence, IsAbsentNotInfinite) {
  const Outcome outcome = measure(tones({{{kSilent, kSilent}, 4}}), SampleType::kF32, kStereo);
  EXPECT_TRUE(outcome.summary.get("loudness").is_object());
  EXPECT_EQ(outcome.summary.get("loudness").size(), 0u);
}

TEST(SampleTypes, Agree) {
  const auto floats = tones({{{-12, -20}, 4}, {{-90, -90}, 3}});
  std::vector<int16_t> words(floats.size());
  std::vector<int32_t> longs(floats.size());
  for (size_t i = 0; i < floats.size(); ++i) {
    words[i] = static_cast<int16_t>(std::lround(floats[i] * 32768.0));
    longs[i] = static_cast<int32_t>(std::llround(floats[i] * 2147483648.0));
  }
  const Outcome f32 = measure(floats, SampleType::kF32, kStereo);
  const Outcome s16 = measure(words, SampleType::kS16, kStereo);
  const Outcome s32 = measure(longs, SampleType::kS32, kStereo);
  for (const char* key : {"integrated", "range", "momentary_max", "short_term_max", "true_peak"}) {
    EXPECT_NEAR(s16.loudness(key), f32.loudness(key), 0.01) << key;
    EXPECT_NEAR(s32.loudness(key), f32.loudness(key), 0.001) << key;
  }
  for (const Outcome* outcome : {&f32, &s16, &s32}) {
    ASSERT_EQ(outcome->findings.size(), 1u);
    EXPECT_EQ(outcome->findings[0].name, std::string("silence"));
  }
}

TEST(Silence, IsFoundToTheSample) {
  const auto samples = tones({{{-6, -6}, 1}, {{kSilent, kSilent}, 3}, {{-6, -6}, 1}});
  for (const size_t buffer : {size_t{480}, size_t{1000}, size_t{500'000}}) {
    const Outcome outcome = measure(samples, SampleType::kF32, kStereo, buffer);
    ASSERT_EQ(outcome.findings.size(), 1u);
    // The tone begins and ends in a zero crossing: a sample or so is silent on either side.
    EXPECT_NEAR(to_seconds(outcome.findings[0].interval.start), 1.0, 2.0 / kRate);
    EXPECT_NEAR(to_seconds(outcome.findings[0].interval.end), 4.0, 2.0 / kRate);
    EXPECT_NEAR(outcome.summary.find_path("silence.ratio")->number_or(0), 0.6, 1e-3);
  }
}

TEST(Silence, NeedsAllChannels) {
  const Outcome outcome = measure(tones({{{kSilent, -50}, 5}}), SampleType::kF32, kStereo);
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_EQ(outcome.findings[0].name, std::string("channel-dropout"));
}

TEST(Silence, NeedsItsDuration) {
  EXPECT_TRUE(measure(tones({{{-6, -6}, 1}, {{kSilent, kSilent}, 1.9}, {{-6, -6}, 1}}),
                      SampleType::kF32, kStereo)
                  .findings.empty());
}

// A tone crosses zero twice a wave; whoever asks for any silence means none of these.
TEST(Silence, IsNotBetweenTheWavesOfATone) {
  AudioSettings settings;
  settings.silence_duration = 0;
  const auto samples = tones({{{-59, -59}, 1}, {{kSilent, kSilent}, 0.02}, {{-59, -59}, 1}});
  EXPECT_EQ(measure(samples, SampleType::kF32, kStereo, 1024, settings).findings.size(), 1u);
}

TEST(Silence, AGapIsSilent) {
  auto probe = AudioProbe::create({SampleType::kF32, kRate, kStereo}, {});
  ASSERT_TRUE(probe.ok());
  std::vector<Finding> findings;
  (*probe)->gap(0, 3 * kSecond, findings);
  const auto tone = tones({{{-6, -6}, 1}}, 1000, 1.0);
  const void* data = tone.data();
  ASSERT_TRUE(
      (*probe)->measure(static_cast<const uint8_t*>(data), kRate, 3 * kSecond, findings).ok());
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].interval, (Interval{0, 3 * kSecond}));
  EXPECT_DOUBLE_EQ((*probe)->summary().get("duration").number_or(0), 4.0);
}

TEST(Clipping, CountsRunsAtFullScale) {
  std::vector<int16_t> samples(2 * kRate, 0);
  const auto put = [&samples](size_t frame, std::initializer_list<int16_t> values) {
    for (const int16_t value : values) samples[2 * frame++] = value;
  };
  put(4800, {32767, 32767});                 // a peak, no run
  put(9600, {32767, -32768, 32767});         // alternating: no run either
  put(24000, {32767, 32767, 32767, 32767});  // 4
  put(24100, {-32768, -32767, -32768});      // 3, across a buffer's end, in the same place
  const Outcome outcome = measure(samples, SampleType::kS16, kStereo, 24002);
  ASSERT_EQ(outcome.findings.size(), 1u);
  EXPECT_EQ(outcome.findings[0].name, std::string("clipping"));
  // Times of samples within a buffer are rounded down twice.
  EXPECT_NEAR(to_seconds(outcome.findings[0].interval.start), 0.5, 2e-9);
  EXPECT_NEAR(to_seconds(outcome.findings[0].interval.end), 24103.0 / kRate, 2e-9);
  EXPECT_EQ(outcome.summary.find_path("clipping.samples")->integer_or(0), 7);
  EXPECT_NEAR(outcome.summary.find_path("clipping.ratio")->number_or(0), 7.0 / (2 * kRate), 1e-12);
}

TEST(Clipping, IgnoresWhatIsNoNumber) {
  std::vector<float> samples(2 * kRate, std::nanf(""));
  const Outcome outcome = measure(samples, SampleType::kF32, kStereo);
  EXPECT_EQ(outcome.summary.find_path("clipping.samples")->integer_or(-1), 0);
  EXPECT_EQ(outcome.summary.get("loudness").size(), 0u);
}

TEST(FormatChange, IsStillOneProgramme) {
  auto probe = AudioProbe::create({SampleType::kF32, kRate, kStereo}, {});
  ASSERT_TRUE(probe.ok());
  std::vector<Finding> findings;
  const auto stereo = tones({{{-23, -23}, 10}});
  const void* data = stereo.data();
  ASSERT_TRUE((*probe)->measure(static_cast<const uint8_t*>(data), 10 * kRate, 0, findings).ok());
  ASSERT_TRUE((*probe)->set_format({SampleType::kF32, kRate, {EBUR128_CENTER}}).ok());
  const auto mono = tones({{{-30}, 10}});
  data = mono.data();
  ASSERT_TRUE((*probe)
                  ->measure(static_cast<const uint8_t*>(data), 10 * kRate, 10 * kSecond, findings)
                  .ok());
  const Json summary = (*probe)->summary();
  EXPECT_NEAR(summary.find_path("loudness.true_peak")->number_or(0), -23, 0.4);
  EXPECT_DOUBLE_EQ(summary.get("duration").number_or(0), 20);
}

}  // namespace
}  // namespace filmgate::quality
