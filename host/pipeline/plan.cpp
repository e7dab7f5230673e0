// Which rungs an upload gets, and why.
#include "host/pipeline/plan.h"

#include <algorithm>
#include <cmath>

#include "host/pipeline/fragment.h"
#include "host/pipeline/picture.h"
#include "host/pipeline/quirks.h"

namespace filmgate {
namespace {

std::string size_text(int width, int height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

std::string side_text(double side) {
  return to_text(Json(std::round(side * 10) / 10));
}

bool has_audio(const Json& facts) {
  return facts.find_path("media.audio") != nullptr &&
         (facts.find_path("media.tracks.audio") == nullptr ||
          facts.find_path("media.tracks.audio")->integer_or(1) > 0);
}

std::string container_of(const Json& facts) {
  const Json* container = facts.find_path("media.container");
  return container == nullptr ? "" : container->string_or("");
}

bool is_mp4(const Json& facts) {
  const std::string container = container_of(facts);
  return container.starts_with("Quicktime") || container.starts_with("ISO ") ||
         container.starts_with("3GP");
}

// Headers of other containers needn't name a track that begins late.
bool names_all_tracks(const Json& facts) {
  const std::string container = container_of(facts);
  return is_mp4(facts) || container == "Matroska" || container == "WebM";
}

void note_late_sound(const Description& description, const Json& facts, Plan& plan) {
  const bool wanted =
      std::any_of(description.renditions.begin(), description.renditions.end(),
                  [](const RenditionSpec& rendition) { return !rendition.audio.empty(); });
  if (!wanted || has_audio(facts) || facts.find("quality") != nullptr || names_all_tracks(facts))
    return;
  plan.notes.push_back(
      "its beginning shows no sound; where decoding does, the sound is probed and encoded too");
}

void note_tracks(const Json& facts, Plan& plan) {
  const Json* tracks = facts.find_path("media.tracks");
  const int64_t subtitles = tracks == nullptr ? 0 : tracks->get("subtitle").integer_or(0);
  if (subtitles > 0)
    plan.notes.push_back(std::to_string(subtitles) +
                         (subtitles == 1 ? " subtitle track is" : " subtitle tracks are") +
                         " left out");
}

// Which of several tracks a decoder hands over first is chance, so stages could take different
// ones.
Result<void> check_single(const Json& facts, const char* kind, const char* what) {
  const Json* value = facts.find_path(std::string("media.tracks.") + kind);
  const int64_t count = value == nullptr ? 0 : value->integer_or(0);
  if (count <= 1) return {};
  return Error{ErrorCode::kUnsupported, "it has " + std::to_string(count) + " " + kind +
                                            " tracks; files with several " + what +
                                            " tracks are not supported yet: keep one"};
}

double decoded_s(const Json& facts, const char* kind) {
  const Json* value = facts.find_path(std::string("quality.") + kind + ".duration");
  return value == nullptr ? 0 : value->number_or(0);
}

std::string seconds_text(double seconds) {
  return to_text(Json(std::round(seconds * 100) / 100)) + " s";
}

// Demuxers of MP4 take a picture track below a fifth of the file for a preview image, and leave it
// out.
Result<void> check_cover(const Json& facts, const Plan& plan) {
  const double picture = decoded_s(facts, "video");
  const double sound = decoded_s(facts, "audio");
  if (picture <= 0 || picture * 5 >= sound) return {};
  for (const Rung& rung : plan.rungs) {
    const bool mp4 = rung.media_type == "video/mp4" || rung.media_type == "video/quicktime";
    if (rung.chosen && rung.video && rung.audio && mp4)
      return Error{ErrorCode::kUnsupported,
                   "its picture lasts " + seconds_text(picture) + " and its sound " +
                       seconds_text(sound) +
                       ": players take so short a picture track of an MP4 for a preview image; "
                       "cut the sound"};
  }
  return {};
}

Result<std::string> file_of(const RenditionSpec& rendition, bool video, Json values) {
  const MuxerTraits& muxer = muxer_traits(parse_chain(rendition.mux)->front().element);
  values.set("name", rendition.name);
  const std::string text = rendition.output.empty()
                               ? "{name}" + std::string(video ? muxer.suffix : muxer.audio_suffix)
                               : rendition.output;
  auto file = expand_template(text, values);
  if (file.ok()) return file;
  return Error{file.error().code,
               "the rendition \"" + rendition.name + "\": " + file.error().message};
}

bool same_settings(const RenditionSpec& a, const RenditionSpec& b) {
  return a.video == b.video && a.audio == b.audio && a.mux == b.mux && a.filter == b.filter;
}

class Planner {
 public:
  Planner(const Description& description, const Json& facts, Json values)
      : description_(description),
        source_(picture_of(facts)),
        audio_(has_audio(facts)),
        values_(std::move(values)) {
    for (const char* key : {"owner", "project", "step"})
      if (values_.find(key) == nullptr && facts.get("metadata").find(key) != nullptr)
        values_.set(key, facts.get("metadata").get(key));
  }

  Result<Plan> run() {
    Plan plan;
    for (const auto& rendition : description_.renditions) {
      auto rung = consider(rendition);
      if (!rung.ok()) return rung.error();
      plan.rungs.push_back(*std::move(rung));
    }
    keep_lowest(plan);
    drop_doubles(plan);
    FILMGATE_TRY(check_files(plan));
    return plan;
  }

 private:
  Result<Rung> consider(const RenditionSpec& rendition) const {
    Rung rung;
    rung.name = rendition.name;
    rung.video = !rendition.video.empty();
    rung.audio = !rendition.audio.empty() && audio_;
    auto file = file_of(rendition, rung.video, values_);
    if (!file.ok()) return file.error();
    rung.file = *std::move(file);
    const MuxerTraits& muxer = muxer_traits(parse_chain(rendition.mux)->front().element);
    rung.media_type = rung.video ? muxer.media_type : muxer.audio_media_type;
    if (!rung.video) {
      rung.chosen = rung.audio;
      rung.reason = rung.audio ? "the sound alone" : "the source has no sound";
      return rung;
    }
    const PictureSize size = scaled_size(source_, rendition.height, rendition.width);
    rung.width = size.width;
    rung.height = size.height;
    if (rendition.height > 0 && rendition.height > short_side(source_)) {
      rung.reason = "skipped: the source's short side is " + side_text(short_side(source_)) +
                    ", below " + std::to_string(rendition.height);
      return rung;
    }
    rung.chosen = true;
    rung.reason = reason_of(size);
    if (!rung.audio && !rendition.audio.empty()) rung.reason += ", without sound as the source";
    return rung;
  }

  std::string reason_of(const PictureSize& size) const {
    const std::string from = size_text(static_cast<int>(std::lround(source_.width)),
                                       static_cast<int>(std::lround(source_.height)));
    const std::string to = size_text(size.width, size.height);
    return from == to ? to + " as the source" : to + " from " + from;
  }

  // The lowest rung always exists, at the size of the source if that is smaller.
  void keep_lowest(Plan& plan) const {
    Rung* lowest = nullptr;
    int least = 0;
    for (size_t i = 0; i < plan.rungs.size(); ++i) {
      Rung& rung = plan.rungs[i];
      if (!rung.video) continue;
      if (rung.chosen) return;
      const int height = description_.renditions[i].height;
      if (lowest == nullptr || height < least) {
        lowest = &rung;
        least = height;
      }
    }
    if (lowest == nullptr) return;
    lowest->chosen = true;
    lowest->reason =
        "the lowest rung, at the source's size: " + reason_of({lowest->width, lowest->height});
  }

  void drop_doubles(Plan& plan) const {
    for (size_t i = 0; i < plan.rungs.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        Rung& rung = plan.rungs[i];
        const Rung& other = plan.rungs[j];
        const bool same = rung.chosen && other.chosen && rung.video == other.video &&
                          rung.width == other.width && rung.height == other.height &&
                          same_settings(description_.renditions[i], description_.renditions[j]);
        if (!same) continue;
        rung.chosen = false;
        rung.reason = "skipped: it would be the same as " + other.name;
      }
    }
  }

  static Result<void> check_files(const Plan& plan) {
    for (size_t i = 0; i < plan.rungs.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (plan.rungs[i].file == plan.rungs[j].file)
          return Error{ErrorCode::kInvalidInput, "the renditions \"" + plan.rungs[j].name +
                                                     "\" and \"" + plan.rungs[i].name +
                                                     "\" would both write " + plan.rungs[i].file +
                                                     "; give one of them another \"output\""};
    return {};
  }

  const Description& description_;
  Picture source_;
  bool audio_;
  Json values_;
};

}  // namespace

Result<void> check_tracks(const Description& description, const Json& facts) {
  const Picture source = picture_of(facts);
  const bool wants_video =
      std::any_of(description.renditions.begin(), description.renditions.end(),
                  [](const RenditionSpec& rendition) { return !rendition.video.empty(); });
  if (wants_video && (source.width < 1 || source.height < 1))
    return Error{ErrorCode::kUnsupported,
                 std::string("it has no video track") +
                     (is_mp4(facts) ? " (a picture track below a fifth of an MP4's length counts "
                                      "as a preview image)"
                                    : "")};
  FILMGATE_TRY(check_single(facts, "video", "picture"));
  return check_single(facts, "audio", "sound");
}

Result<Plan> plan_renditions(const Description& description, const Json& facts,
                             const Json& values) {
  FILMGATE_TRY(check_tracks(description, facts));
  auto plan = Planner(description, facts, values.is_object() ? values : Json::object()).run();
  if (!plan.ok()) return plan.error();
  note_tracks(facts, *plan);
  note_late_sound(description, facts, *plan);
  FILMGATE_TRY(check_cover(facts, *plan));
  const bool any = std::any_of(plan->rungs.begin(), plan->rungs.end(),
                               [](const Rung& rung) { return rung.chosen; });
  if (!any) return Error{ErrorCode::kUnsupported, "no rendition can be made: it has no sound"};
  return plan;
}

}  // namespace filmgate
