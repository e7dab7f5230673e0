#include "plugins/qualityprobe/audio_probe.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <type_traits>
#include <utility>

namespace filmgate::quality {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
// EBU Tech 3341 asks for ten readings a second; its shortest bursts are found by fifty.
constexpr unsigned long kReadingMs = 20;
constexpr uint64_t kMomentaryReadings = 400 / kReadingMs;
constexpr uint64_t kShortTermReadings = 3000 / kReadingMs;
constexpr double kLoudnessOfOne = -0.691;  // LUFS of weighted energy 1, ITU-R BS.1770
constexpr Time kClippingBridge = 500'000'000;
// Shorter silence is what lies between the waves of a quiet tone, a thousand times a second.
constexpr Time kLeastSilence = 10'000'000;

// Beyond this no sample is meant: a broken decoder's floats, which would blot out all others.
constexpr float kGreatestSample = 1e6f;

// Between these rates loudness is measured: libebur128 accepts fewer when it begins than when the
// rate changes, and keeps three seconds of all samples, which no file may make very many.
constexpr int kLeastRate = 16;
constexpr int kGreatestRate = 768'000;

bool valid(float sample) {
  return std::abs(sample) <= kGreatestSample;  // not for NaN, either
}

int add_frames(ebur128_state* meter, const int16_t* samples, size_t frames) {
  return ebur128_add_frames_short(meter, samples, frames);
}
int add_frames(ebur128_state* meter, const int32_t* samples, size_t frames) {
  return ebur128_add_frames_int(meter, samples, frames);
}
int add_frames(ebur128_state* meter, const float* samples, size_t frames) {
  return ebur128_add_frames_float(meter, samples, frames);
}

bool has_loudness(const AudioFormat& format) {
  return format.rate >= kLeastRate && format.rate <= kGreatestRate;
}

Error meter_error(const AudioFormat& format) {
  return {ErrorCode::kUnsupported, "loudness cannot be measured for " +
                                       std::to_string(format.channels.size()) + " channels at " +
                                       std::to_string(format.rate) +
                                       " Hz; leave loudness out of the measures"};
}

bool change(ebur128_state* meter, const AudioFormat& format) {
  const int status = ebur128_change_parameters(meter, static_cast<unsigned>(format.channels.size()),
                                               static_cast<unsigned long>(format.rate));
  return status == EBUR128_SUCCESS || status == EBUR128_ERROR_NO_CHANGE;
}

void set_channels(ebur128_state* meter, const AudioFormat& format) {
  for (size_t i = 0; i < format.channels.size(); ++i)
    ebur128_set_channel(meter, static_cast<unsigned>(i), format.channels[i]);
}

size_t frames_per_reading(const AudioFormat& format) {
  return std::max<size_t>(1, static_cast<size_t>(format.rate) * kReadingMs / 1000);
}

std::optional<double> reading(int (*read)(ebur128_state*, double*), ebur128_state* meter) {
  double value = 0;
  if (read(meter, &value) != EBUR128_SUCCESS || !std::isfinite(value)) return std::nullopt;
  return value;
}

void raise(std::optional<double>& greatest, const std::optional<double>& value) {
  if (value && (!greatest || *value > *greatest)) greatest = value;
}

void note(std::vector<Finding>& findings, const char* name, const std::optional<Interval>& interval,
          Severity severity = Severity::kWarning) {
  if (interval) findings.push_back({name, severity, *interval});
}

}  // namespace

Result<std::unique_ptr<AudioProbe>> AudioProbe::create(const AudioFormat& format,
                                                       const AudioSettings& settings) {
  std::unique_ptr<AudioProbe> probe(new AudioProbe);
  probe->configure(settings);
  if (settings.loudness || settings.true_peak) {
    if (!has_loudness(format)) return meter_error(format);
    const int mode = (settings.loudness ? EBUR128_MODE_I | EBUR128_MODE_LRA : 0) |
                     (settings.true_peak ? static_cast<int>(EBUR128_MODE_TRUE_PEAK) : 0);
    probe->meter_.reset(ebur128_init(static_cast<unsigned>(format.channels.size()),
                                     static_cast<unsigned long>(format.rate), mode));
    if (!probe->meter_) return meter_error(format);
  }
  FILMGATE_TRY(probe->set_format(format));
  return probe;
}

Result<void> AudioProbe::set_format(const AudioFormat& format) {
  if (format == format_) return {};
  if (meter_) {
    true_peak_ = std::max(true_peak_, meter_true_peak());  // a new channel count forgets it
    if (!has_loudness(format) || !change(meter_.get(), format)) {
      meter_.reset();
      return meter_error(format);
    }
    set_channels(meter_.get(), format);
  }
  format_ = format;
  channels_.set_format(format);
  clip_runs_.assign(format.channels.size(), 0);
  until_reading_ = frames_per_reading(format);
  return {};
}

void AudioProbe::configure(const AudioSettings& settings) {
  // What was counted of a run that goes on is not counted again by another measure.
  if (settings.clipping_run != settings_.clipping_run)
    std::fill(clip_runs_.begin(), clip_runs_.end(), 0);
  settings_ = settings;
  silence_track_.configure(std::max(settings.silence_duration, kLeastSilence));
  clipping_track_.configure(0, kClippingBridge);
  invalid_track_.configure(0, kClippingBridge);
  channels_.configure(settings);
}

Result<void> AudioProbe::measure(const uint8_t* data, size_t frames, Time start,
                                 std::vector<Finding>& findings) {
  const void* samples = data;
  switch (format_.type) {
    case SampleType::kS16:
      return measure_as(static_cast<const int16_t*>(samples), frames, start, findings);
    case SampleType::kS32:
      return measure_as(static_cast<const int32_t*>(samples), frames, start, findings);
    case SampleType::kF32:
      return measure_as(static_cast<const float*>(samples), frames, start, findings);
  }
  return {};
}

template <typename T>
Result<void> AudioProbe::measure_as(const T* samples, size_t frames, Time start,
                                    std::vector<Finding>& findings) {
  extend(start, at(start, static_cast<int64_t>(frames)));
  if constexpr (std::is_floating_point_v<T>)
    samples = without_invalid(samples, frames, start, findings);
  frames_ += frames;
  samples_ += frames * format_.channels.size();
  if (settings_.silence) find_silence(samples, frames, start, findings);
  if (settings_.clipping) find_clipping(samples, frames, start, findings);
  channels_.measure(samples, frames, start, findings);
  if (meter_) return add_loudness(samples, frames);
  return {};
}

// The samples, or a copy in which silence stands for those that are no number or far beyond full
// scale. A single one of them would make every later figure of the filters nonsense.
const float* AudioProbe::without_invalid(const float* samples, size_t frames, Time start,
                                         std::vector<Finding>& findings) {
  const size_t channels = format_.channels.size();
  const size_t count = frames * channels;
  size_t bad = 0;
  for (size_t i = 0; i < count; ++i) bad += valid(samples[i]) ? 0 : 1;
  const auto follow = [&](bool invalid, size_t from, size_t to) {
    note(findings, "invalid-samples",
         invalid_track_.update(invalid, at(start, static_cast<int64_t>(from)),
                               at(start, static_cast<int64_t>(to))),
         Severity::kMandatory);
  };
  if (bad == 0) {
    follow(false, 0, frames);
    return samples;
  }
  invalid_samples_ += bad;
  valid_.assign(samples, samples + count);
  for (size_t frame = 0; frame < frames; ++frame) {
    bool invalid = false;
    for (size_t c = 0; c < channels; ++c) {
      float& sample = valid_[frame * channels + c];
      if (valid(sample)) continue;
      sample = 0;
      invalid = true;
    }
    if (invalid || invalid_track_.open()) follow(invalid, frame, frame + 1);
  }
  return valid_.data();
}

// The meter is read each 20 ms of its own input, wherever the buffers end, so that the maxima do
// not depend on how the stream was cut. Only the energy of those 20 ms is asked of it; longer
// windows are means of these, which costs far less than to have it sum up 3 s each time.
template <typename T>
Result<void> AudioProbe::add_loudness(const T* samples, size_t frames) {
  while (frames > 0) {
    const size_t part = std::min(frames, until_reading_);
    if (add_frames(meter_.get(), samples, part) != EBUR128_SUCCESS) {
      return Error{ErrorCode::kInternal, "the loudness meter ran out of memory"};
    }
    samples += part * format_.channels.size();
    frames -= part;
    until_reading_ -= part;
    if (until_reading_ > 0) continue;
    until_reading_ = frames_per_reading(format_);
    if (settings_.loudness) read_energy();
  }
  return {};
}

void AudioProbe::read_energy() {
  double loudness = 0;
  const int status = ebur128_loudness_window(meter_.get(), kReadingMs, &loudness);
  const bool heard = status == EBUR128_SUCCESS && std::isfinite(loudness);
  energies_[readings_++ % energies_.size()] =
      heard ? std::pow(10.0, (loudness - kLoudnessOfOne) / 10) : 0.0;
  raise(momentary_max_, loudness_of_last(kMomentaryReadings));
  raise(short_term_max_, loudness_of_last(kShortTermReadings));
}

// Absent before so many have been read: a window that isn't full would read low.
std::optional<double> AudioProbe::loudness_of_last(uint64_t readings) const {
  if (readings_ < readings) return std::nullopt;
  double sum = 0;
  for (uint64_t i = 1; i <= readings; ++i) sum += energies_[(readings_ - i) % energies_.size()];
  if (sum <= 0) return std::nullopt;
  return kLoudnessOfOne + 10 * std::log10(sum / static_cast<double>(readings));
}

// FFmpeg's silencedetect: every sample of every channel is below the threshold.
template <typename T>
void AudioProbe::find_silence(const T* samples, size_t frames, Time start,
                              std::vector<Finding>& findings) {
  const size_t channels = format_.channels.size();
  const double limit = std::pow(10.0, settings_.silence_threshold / 20) * unit<T>();
  // In the sample's own type, so that the loop stays narrow: |x| < limit.
  T low, high;
  if constexpr (std::is_floating_point_v<T>) {
    high = static_cast<T>(limit);
    low = -high;
  } else {
    high = static_cast<T>(std::min<double>(std::ceil(limit), std::numeric_limits<T>::max()));
    low = static_cast<T>(-high);
  }
  const auto silent_at = [&](size_t frame) {
    const T* sample = samples + frame * channels;
    bool silent = true;
    for (size_t c = 0; c < channels; ++c) silent &= sample[c] > low && sample[c] < high;
    return silent;
  };
  for (size_t begin = 0; begin < frames;) {
    const bool silent = silent_at(begin);
    size_t end = begin + 1;
    while (end < frames && silent_at(end) == silent) ++end;
    note(findings, "silence",
         silence_track_.update(silent, at(start, static_cast<int64_t>(begin)),
                               at(start, static_cast<int64_t>(end))));
    begin = end;
  }
}

template <typename T>
void AudioProbe::find_clipping(const T* samples, size_t frames, Time start,
                               std::vector<Finding>& findings) {
  const size_t channels = format_.channels.size();
  const double full = unit<T>() * 32767.0 / 32768.0;
  const T high = static_cast<T>(full);
  const T low = static_cast<T>(-full);
  const int needed = settings_.clipping_run;
  for (size_t frame = 0; frame < frames; ++frame) {
    const T* sample = samples + frame * channels;
    bool clipped = false;
    for (size_t c = 0; c < channels; ++c) {
      int& run = clip_runs_[c];
      if (sample[c] < high && sample[c] > low) [[likely]] {
        run = 0;
        continue;
      }
      // Counting stops above any threshold, so that hours of full scale do not overflow.
      if (sample[c] >= high)
        run = run > 0 ? std::min(run + 1, needed + 1) : 1;
      else
        run = run < 0 ? std::max(run - 1, -needed - 1) : -1;
      if (std::abs(run) >= needed) {
        clipped = true;
        clipped_samples_ += std::abs(run) == needed ? static_cast<uint64_t>(needed) : 1;
      }
    }
    if (!clipped && !clipping_track_.open()) continue;
    const auto here = static_cast<int64_t>(frame);
    const int64_t from = clipped ? here - (needed - 1) : here;  // the run that is complete now
    note(findings, "clipping",
         clipping_track_.update(clipped, at(start, from), at(start, here + 1)));
  }
}

void AudioProbe::gap(Time start, Time end, std::vector<Finding>& findings) {
  extend(start, end);
  if (settings_.silence) note(findings, "silence", silence_track_.update(true, start, end));
  if (settings_.clipping) note(findings, "clipping", clipping_track_.update(false, start, end));
  note(findings, "invalid-samples", invalid_track_.update(false, start, end), Severity::kMandatory);
  channels_.gap(start, end, findings);
  std::fill(clip_runs_.begin(), clip_runs_.end(), 0);
}

void AudioProbe::interrupt(std::vector<Finding>& findings) {
  if (!in_run_) return;
  note(findings, "silence", silence_track_.close(run_end_));
  note(findings, "clipping", clipping_track_.close(run_end_));
  note(findings, "invalid-samples", invalid_track_.close(run_end_), Severity::kMandatory);
  channels_.interrupt(run_end_, findings);
  std::fill(clip_runs_.begin(), clip_runs_.end(), 0);
  decoded_ += run_end_ - run_start_;
  in_run_ = false;
}

void AudioProbe::extend(Time start, Time end) {
  if (!first_) first_ = start;
  if (!in_run_) run_start_ = run_end_ = start;
  in_run_ = true;
  run_end_ = std::max(run_end_, end);
}

Time AudioProbe::at(Time start, int64_t frame) const {
  const int64_t offset = frame * static_cast<int64_t>(kSecond) / format_.rate;
  return offset < 0 && start < static_cast<Time>(-offset) ? 0 : start + static_cast<Time>(offset);
}

double AudioProbe::meter_true_peak() const {
  double greatest = 0;
  for (unsigned c = 0; c < meter_->channels; ++c) {
    double peak = 0;
    if (ebur128_true_peak(meter_.get(), c, &peak) == EBUR128_SUCCESS)
      greatest = std::max(greatest, peak);
  }
  return greatest;
}

LoudnessFigures AudioProbe::loudness() const {
  LoudnessFigures figures;
  if (!meter_ || !settings_.loudness) return figures;
  figures.momentary = loudness_of_last(kMomentaryReadings);
  figures.short_term = loudness_of_last(kShortTermReadings);
  return figures;
}

Json AudioProbe::summary() const {
  const Time decoded = decoded_ + (in_run_ ? run_end_ - run_start_ : 0);
  Json json = Json::object();
  if (first_) json.set("first_timestamp", to_seconds(*first_));
  json.set("duration", to_seconds(decoded));
  if (meter_) {
    Json loudness = Json::object();
    const auto set = [&loudness](const char* key, const std::optional<double>& value) {
      if (value) loudness.set(key, *value);
    };
    if (settings_.loudness) {
      const auto integrated = reading(ebur128_loudness_global, meter_.get());
      set("integrated", integrated);
      if (integrated) set("range", reading(ebur128_loudness_range, meter_.get()));
      set("momentary_max", momentary_max_);
      set("short_term_max", short_term_max_);
    }
    if (settings_.true_peak) {
      const double peak = std::max(true_peak_, meter_true_peak());
      if (peak > 0 && std::isfinite(peak)) set("true_peak", 20 * std::log10(peak));
    }
    json.set("loudness", std::move(loudness));
  }
  if (settings_.silence) json.set("silence", silence_track_.to_json(decoded));
  if (settings_.clipping) {
    Json clipping = clipping_track_.to_json(decoded);
    clipping.erase("duration");
    clipping.set("samples", Json::from_unsigned(clipped_samples_));
    clipping.set(
        "ratio",
        samples_ > 0 ? static_cast<double>(clipped_samples_) / static_cast<double>(samples_) : 0.0);
    json.set("clipping", std::move(clipping));
  }
  channels_.summarize(json, decoded);
  Json invalid = invalid_track_.to_json(decoded);
  invalid.erase("duration");
  invalid.erase("ratio");
  invalid.set("samples", Json::from_unsigned(invalid_samples_));
  json.set("invalid", std::move(invalid));
  return json;
}

}  // namespace filmgate::quality
