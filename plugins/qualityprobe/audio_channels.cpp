#include "plugins/qualityprobe/audio_channels.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace filmgate::quality {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr int kHopsPerSecond = 100;

// Left and right of what is heard as one stereo image.
constexpr std::pair<int, int> kPairs[] = {
    {EBUR128_Mp030, EBUR128_Mm030}, {EBUR128_MpSC, EBUR128_MmSC},   {EBUR128_Mp060, EBUR128_Mm060},
    {EBUR128_Mp090, EBUR128_Mm090}, {EBUR128_Mp110, EBUR128_Mm110}, {EBUR128_Mp135, EBUR128_Mm135},
    {EBUR128_Up045, EBUR128_Um045}, {EBUR128_Up090, EBUR128_Um090}, {EBUR128_Up135, EBUR128_Um135},
};

void note(std::vector<Finding>& findings, const char* name, size_t channel,
          const std::optional<Interval>& interval) {
  if (interval)
    findings.push_back({name, Severity::kWarning, *interval, static_cast<int>(channel)});
}

// Of what varies: a common offset is no likeness. None where either side stands still.
std::optional<double> correlation(double left_sum, double left_squares, double right_sum,
                                  double right_squares, double product, double count) {
  const double left = left_squares - left_sum * left_sum / count;
  const double right = right_squares - right_sum * right_sum / count;
  const double both = product - left_sum * right_sum / count;
  if (!(left > 0) || !(right > 0)) return std::nullopt;
  return std::clamp(both / std::sqrt(left * right), -1.0, 1.0);
}

// The intervals of all channels in order of time, each with its channel; "duration" is their sum
// and "ratio" the share of the worst channel.
Json detector_json(const std::vector<const IntervalTracker*>& tracks, Time decoded) {
  std::vector<std::pair<Interval, size_t>> all;
  Time longest = 0;
  Time total = 0;
  uint64_t count = 0;
  for (size_t c = 0; c < tracks.size(); ++c) {
    for (const Interval& interval : tracks[c]->listed()) all.emplace_back(interval, c);
    longest = std::max(longest, tracks[c]->total());
    total += tracks[c]->total();
    count += tracks[c]->count();
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& one, const auto& other) {
    return one.first.start < other.first.start;
  });
  if (all.size() > IntervalTracker::kMaxListed) all.resize(IntervalTracker::kMaxListed);
  Json intervals = Json::array();
  for (const auto& [interval, channel] : all) {
    intervals.push_back(Json::object({{"channel", static_cast<int64_t>(channel)},
                                      {"start", to_seconds(interval.start)},
                                      {"end", to_seconds(interval.end)}}));
  }
  Json json = Json::object();
  const double ratio =
      decoded > 0 ? static_cast<double>(longest) / static_cast<double>(decoded) : 0.0;
  json.set("ratio", std::min(ratio, 1.0));
  json.set("duration", to_seconds(total));
  json.set("intervals", std::move(intervals));
  if (count > all.size()) json.set("unlisted", Json::from_unsigned(count - all.size()));
  return json;
}

}  // namespace

void AudioChannels::set_format(const AudioFormat& format) {
  end_piece(pending_);
  if (format.channels != format_.channels) {
    for (size_t c = 0; c < channels_.size(); ++c) {
      note(pending_, "dc-offset", c, channels_[c].offset.close(now_));
      note(pending_, "channel-dropout", c, channels_[c].dropout.close(now_));
      note(pending_, "out-of-phase", c, phase_tracks_[c].close(now_));
      channels_[c].whole = {};
    }
    whole_frames_ = 0;
    const size_t count = std::max(channels_.size(), format.channels.size());
    channels_.resize(count);
    phase_tracks_.resize(count);
    pairs_.clear();
    for (const auto& [left, right] : kPairs) {
      const auto at = [&format](int place) {
        return static_cast<size_t>(
            std::find(format.channels.begin(), format.channels.end(), place) -
            format.channels.begin());
      };
      if (at(left) < format.channels.size() && at(right) < format.channels.size())
        pairs_.push_back({.left = at(left), .right = at(right)});
    }
  }
  format_ = format;
  hop_length_ = static_cast<size_t>(std::max(1, format.rate / kHopsPerSecond));
  block_length_ = hop_length_ * kHopsPerSecond;
  configure(settings_);
}

void AudioChannels::configure(const AudioSettings& settings) {
  settings_ = settings;
  for (Channel& channel : channels_) {
    channel.offset.configure(settings.dc_duration);
    channel.dropout.configure(settings.dropout_duration);
  }
  for (IntervalTracker& track : phase_tracks_) track.configure(settings.phase_duration);
}

template <typename T>
void AudioChannels::measure(const T* samples, size_t frames, Time start,
                            std::vector<Finding>& findings) {
  findings.insert(findings.end(), pending_.begin(), pending_.end());
  pending_.clear();
  if (!measures_any()) return;
  const size_t stride = format_.channels.size();
  const double scale = 1 / unit<T>();
  const auto rate = static_cast<uint64_t>(format_.rate);
  for (size_t done = 0; done < frames;) {
    const Time here = start + done * kSecond / rate;
    if (block_frames_ == 0) block_start_ = here;
    if (hop_frames_ == 0) hop_start_ = here;
    const size_t part = std::min(frames - done, hop_length_ - hop_frames_);
    const T* first = samples + done * stride;
    for (size_t c = 0; c < stride; ++c) {
      double sum = 0;
      double squares = 0;
      double peak = 0;
      for (size_t i = 0; i < part; ++i) {
        const auto value = static_cast<double>(first[i * stride + c]);
        sum += value;
        squares += value * value;
        peak = std::max(peak, std::abs(value));
      }
      Channel& channel = channels_[c];
      channel.peak = std::max(channel.peak, peak * scale);
      channel.block.sum += sum * scale;
      channel.block.squares += squares * scale * scale;
    }
    for (Pair& pair : pairs_) {
      double product = 0;
      for (size_t i = 0; i < part; ++i)
        product += static_cast<double>(first[i * stride + pair.left]) *
                   static_cast<double>(first[i * stride + pair.right]);
      pair.block_product += product * scale * scale;
    }
    done += part;
    hop_frames_ += part;
    block_frames_ += part;
    now_ = start + done * kSecond / rate;
    if (hop_frames_ == hop_length_) end_hop(findings);
    if (block_frames_ == block_length_) end_block(findings);
  }
}
template void AudioChannels::measure(const int16_t*, size_t, Time, std::vector<Finding>&);
template void AudioChannels::measure(const int32_t*, size_t, Time, std::vector<Finding>&);
template void AudioChannels::measure(const float*, size_t, Time, std::vector<Finding>&);

// Low-frequency effects are silent most of the time, so they neither drop out nor play.
void AudioChannels::end_hop(std::vector<Finding>& findings) {
  if (hop_frames_ == 0) return;
  hop_frames_ = 0;
  const double limit = std::pow(10.0, settings_.silence_threshold / 20);
  bool any_plays = false;
  for (size_t c = 0; c < format_.channels.size(); ++c)
    any_plays |= format_.channels[c] != EBUR128_UNUSED && channels_[c].peak >= limit;
  for (size_t c = 0; c < format_.channels.size(); ++c) {
    const double peak = std::exchange(channels_[c].peak, 0.0);
    if (!settings_.dropout || format_.channels[c] == EBUR128_UNUSED) continue;
    note(findings, "channel-dropout", c,
         channels_[c].dropout.update(any_plays && peak < limit, hop_start_, now_));
  }
}

void AudioChannels::end_block(std::vector<Finding>& findings) {
  if (block_frames_ == 0) return;
  const auto count = static_cast<double>(block_frames_);
  // A stretch too short to tell an offset from half a wave counts in the whole only.
  const bool telling = block_frames_ >= block_length_ / 2;
  const double quiet = std::pow(10.0, settings_.silence_threshold / 10) / 2 * count;
  for (Pair& pair : pairs_) {
    const Sums& left = channels_[pair.left].block;
    const Sums& right = channels_[pair.right].block;
    const double product = std::exchange(pair.block_product, 0.0);
    pair.whole_product += product;
    if (!telling || !settings_.phase) continue;
    std::optional<double> figure;
    if (left.squares >= quiet && right.squares >= quiet)
      figure = correlation(left.sum, left.squares, right.sum, right.squares, product, count);
    if (figure) {
      pair.least = std::min(pair.least, *figure);
      pair.known = true;
    }
    note(findings, "out-of-phase", pair.left,
         phase_tracks_[pair.left].update(figure && *figure < settings_.phase_threshold,
                                         block_start_, now_));
  }
  for (size_t c = 0; c < format_.channels.size(); ++c) {
    Channel& channel = channels_[c];
    const Sums block = std::exchange(channel.block, Sums{});
    channel.whole.sum += block.sum;
    channel.whole.squares += block.squares;
    if (!telling || !settings_.dc_offset) continue;
    note(findings, "dc-offset", c,
         channel.offset.update(std::abs(block.sum / count) > settings_.dc_threshold, block_start_,
                               now_));
  }
  whole_frames_ += block_frames_;
  block_frames_ = 0;
}

void AudioChannels::end_piece(std::vector<Finding>& findings) {
  end_hop(findings);
  end_block(findings);
}

void AudioChannels::gap(Time start, Time end, std::vector<Finding>& findings) {
  end_piece(findings);
  now_ = end;
  for (size_t c = 0; c < channels_.size(); ++c) {
    note(findings, "dc-offset", c, channels_[c].offset.update(false, start, end));
    note(findings, "channel-dropout", c, channels_[c].dropout.update(false, start, end));
    note(findings, "out-of-phase", c, phase_tracks_[c].update(false, start, end));
  }
}

void AudioChannels::interrupt(Time at, std::vector<Finding>& findings) {
  findings.insert(findings.end(), pending_.begin(), pending_.end());
  pending_.clear();
  end_piece(findings);
  for (size_t c = 0; c < channels_.size(); ++c) {
    note(findings, "dc-offset", c, channels_[c].offset.close(at));
    note(findings, "channel-dropout", c, channels_[c].dropout.close(at));
    note(findings, "out-of-phase", c, phase_tracks_[c].close(at));
  }
}

void AudioChannels::summarize(Json& audio, Time decoded) const {
  // What the unfinished block holds counts, too.
  const auto count = static_cast<double>(whole_frames_ + block_frames_);
  std::vector<const IntervalTracker*> tracks;
  if (settings_.dc_offset && count > 0) {
    for (const Channel& channel : channels_) tracks.push_back(&channel.offset);
    Json offset = detector_json(tracks, decoded);
    Json means = Json::array();
    double greatest = 0;
    for (size_t c = 0; c < format_.channels.size(); ++c) {
      const double mean = (channels_[c].whole.sum + channels_[c].block.sum) / count;
      means.push_back(mean);
      greatest = std::max(greatest, std::abs(mean));
    }
    offset.set("channels", std::move(means));
    offset.set("max", greatest);
    audio.set("dc_offset", std::move(offset));
  }
  if (settings_.phase && !pairs_.empty()) {
    tracks.clear();
    for (const IntervalTracker& track : phase_tracks_) tracks.push_back(&track);
    Json phase = detector_json(tracks, decoded);
    std::optional<double> whole;
    std::optional<double> least;
    for (const Pair& pair : pairs_) {
      const Channel& left = channels_[pair.left];
      const Channel& right = channels_[pair.right];
      const auto figure =
          correlation(left.whole.sum + left.block.sum, left.whole.squares + left.block.squares,
                      right.whole.sum + right.block.sum, right.whole.squares + right.block.squares,
                      pair.whole_product + pair.block_product, count);
      if (figure && (!whole || *figure < *whole)) whole = figure;
      if (pair.known && (!least || pair.least < *least)) least = pair.least;
    }
    if (whole) phase.set("correlation", *whole);
    if (least) phase.set("min", *least);
    audio.set("phase", std::move(phase));
  }
  if (settings_.dropout && format_.channels.size() > 1) {
    tracks.clear();
    for (const Channel& channel : channels_) tracks.push_back(&channel.dropout);
    audio.set("dropout", detector_json(tracks, decoded));
  }
}

}  // namespace filmgate::quality
