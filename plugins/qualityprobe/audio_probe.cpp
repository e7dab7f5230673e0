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
constexpr uint64_t kMomentaryWindow = 400'000'000;
constexpr uint64_t kShortTermWindow = 3 * kSecond;
constexpr int kReadingsPerSecond = 10;  // EBU Tech 3341: at least ten readings a second
constexpr Time kClippingBridge = 500'000'000;

// Full scale in the sample's own unit. 16-bit full scale counts whatever the sample type, because
// that is what most material was made at: 32767/32768 of the range.
template <typename T>
constexpr double unit() {
  if constexpr (std::is_floating_point_v<T>) return 1.0;
  return -static_cast<double>(std::numeric_limits<T>::min());
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

Error meter_error(const AudioFormat& format) {
  return {ErrorCode::kUnsupported, "loudness cannot be measured for " +
                                       std::to_string(format.channels.size()) + " channels at " +
                                       std::to_string(format.rate) +
                                       " Hz; leave loudness out of the measures"};
}

void set_channels(ebur128_state* meter, const AudioFormat& format) {
  for (size_t i = 0; i < format.channels.size(); ++i)
    ebur128_set_channel(meter, static_cast<unsigned>(i), format.channels[i]);
}

std::optional<double> reading(int (*read)(ebur128_state*, double*), ebur128_state* meter) {
  double value = 0;
  if (read(meter, &value) != EBUR128_SUCCESS || !std::isfinite(value)) return std::nullopt;
  return value;
}

void raise(std::optional<double>& greatest, const std::optional<double>& value) {
  if (value && (!greatest || *value > *greatest)) greatest = value;
}

void note(std::vector<Finding>& findings, const char* name,
          const std::optional<Interval>& interval) {
  if (interval) findings.push_back({name, Severity::kWarning, *interval});
}

}  // namespace

Result<std::unique_ptr<AudioProbe>> AudioProbe::create(const AudioFormat& format,
                                                       const AudioSettings& settings) {
  std::unique_ptr<AudioProbe> probe(new AudioProbe);
  probe->configure(settings);
  if (settings.loudness || settings.true_peak) {
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
    const int status =
        ebur128_change_parameters(meter_.get(), static_cast<unsigned>(format.channels.size()),
                                  static_cast<unsigned long>(format.rate));
    if (status != EBUR128_SUCCESS && status != EBUR128_ERROR_NO_CHANGE) {
      meter_.reset();
      return meter_error(format);
    }
    set_channels(meter_.get(), format);
  }
  format_ = format;
  clip_runs_.assign(format.channels.size(), 0);
  until_reading_ = static_cast<size_t>(std::max(1, format.rate / kReadingsPerSecond));
  return {};
}

void AudioProbe::configure(const AudioSettings& settings) {
  settings_ = settings;
  silence_track_.configure(settings.silence_duration);
  clipping_track_.configure(0, kClippingBridge);
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
  frames_ += frames;
  samples_ += frames * format_.channels.size();
  if (settings_.silence) find_silence(samples, frames, start, findings);
  if (settings_.clipping) find_clipping(samples, frames, start, findings);
  if (meter_) return add_loudness(samples, frames);
  return {};
}

// The meter is read each tenth of a second of its own input, wherever the buffers end, so that the
// maxima do not depend on how the stream was cut.
template <typename T>
Result<void> AudioProbe::add_loudness(const T* samples, size_t frames) {
  const auto rate = static_cast<uint64_t>(format_.rate);
  while (frames > 0) {
    const size_t part = std::min(frames, until_reading_);
    if (add_frames(meter_.get(), samples, part) != EBUR128_SUCCESS) {
      return Error{ErrorCode::kInternal, "the loudness meter ran out of memory"};
    }
    samples += part * format_.channels.size();
    frames -= part;
    until_reading_ -= part;
    heard_ns_ += part * kSecond / rate;
    if (until_reading_ > 0) continue;
    until_reading_ = std::max<uint64_t>(1, rate / kReadingsPerSecond);
    if (!settings_.loudness) continue;
    const LoudnessFigures now = loudness();
    raise(momentary_max_, now.momentary);
    raise(short_term_max_, now.short_term);
  }
  return {};
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
      else if (sample[c] <= low)
        run = run < 0 ? std::max(run - 1, -needed - 1) : -1;
      else
        run = 0;  // not a number
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
  std::fill(clip_runs_.begin(), clip_runs_.end(), 0);
}

void AudioProbe::interrupt(std::vector<Finding>& findings) {
  if (!in_run_) return;
  note(findings, "silence", silence_track_.close(run_end_));
  note(findings, "clipping", clipping_track_.close(run_end_));
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
  // A window that isn't full yet would read low. A few nanoseconds may be lost to rounding.
  if (heard_ns_ + 1000 >= kMomentaryWindow)
    figures.momentary = reading(ebur128_loudness_momentary, meter_.get());
  if (heard_ns_ + 1000 >= kShortTermWindow)
    figures.short_term = reading(ebur128_loudness_shortterm, meter_.get());
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
  return json;
}

}  // namespace filmgate::quality
