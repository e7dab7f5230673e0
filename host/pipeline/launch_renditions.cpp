// The gst-launch text of the ladder: one decode, each rung scaled from the next larger one where
// that gives the same size, one encoder of sound for all rungs that want the same.
#include <algorithm>
#include <cmath>
#include <map>

#include "host/pipeline/fragment.h"
#include "host/pipeline/launch_parts.h"
#include "host/pipeline/plan.h"
#include "host/pipeline/quirks.h"

namespace filmgate {
namespace {

using namespace launch_parts;

// Encoders keep what they look ahead at by themselves. Pictures that wait in longer queues have
// left the caches when their turn comes: four are quicker than ten, and take less memory.
constexpr double kQueueBytes = 32e6;
constexpr double kMostQueued = 4;
constexpr double kBytesOfPixel = 1.5;  // I420, 8 bit
constexpr double kGopSeconds = 2;
constexpr int kGopFramesUnknown = 60;  // 2 s at 30 frames a second

struct Item {
  const Rung* rung = nullptr;
  const RenditionSpec* spec = nullptr;
  int number = 0;  // of its muxer: m0, m1…

  PictureSize size() const { return {rung->width, rung->height}; }
  double pixels() const { return static_cast<double>(rung->width) * rung->height; }
};

// A picture of one size in the ladder: the encoders that take it and the sizes scaled from it.
struct Scaled {
  PictureSize size;
  std::string scaler;  // "renditionscale height=720"
  std::vector<const Item*> items;
  std::vector<Scaled*> children;
  int number = 0;
};

int gop_frames(const Json& facts) {
  const Json* rate = facts.find_path("media.video.framerate");
  const double fps = rate == nullptr ? 0 : rate->number_or(0);
  if (fps <= 0) return kGopFramesUnknown;
  return std::max(1, static_cast<int>(std::lround(fps * kGopSeconds)));
}

Picture exactly(PictureSize size) {
  return {static_cast<double>(size.width), static_cast<double>(size.height)};
}

class Ladder {
 public:
  Ladder(const Json& facts, const StageIo& io, std::vector<Item> items)
      : facts_(facts), io_(io), items_(std::move(items)) {
    for (const Item& item : items_) {
      if (!item.rung->video) continue;
      ++encoders_;
      pixels_ += item.pixels();
    }
  }

  std::string text() {
    std::string text = io_.source + " ! decodebin name=d";
    for (const Item& item : items_) text += "  " + muxer_text(item);
    if (std::any_of(items_.begin(), items_.end(),
                    [](const Item& item) { return item.rung->video; }))
      text += picture_text();
    if (std::any_of(items_.begin(), items_.end(),
                    [](const Item& item) { return item.rung->audio; }))
      text += sound_text();
    return text;
  }

 private:
  std::string muxer_text(const Item& item) const {
    LaunchStep mux = parse_chain(item.spec->mux)->front();
    const std::string* faststart = mux.property("faststart");
    const bool rewrites = faststart != nullptr && *faststart != "false" && *faststart != "0";
    std::string text = to_launch(mux) + " name=m" + std::to_string(item.number);
    // It would take the system's folder for temporary files otherwise, which may be small and is
    // closed to a sandbox.
    if (muxer_traits(mux.element).faststart && rewrites &&
        mux.property("faststart-file") == nullptr)
      text += " faststart-file=" + file_in(io_.folder, item.rung->file + ".faststart");
    return text + " ! filesink location=" + file_in(io_.folder, item.rung->file);
  }

  // Title and other tags of the metadata, for what all muxers of this stream write.
  std::string tags_text() const {
    if (io_.sidecar.empty()) return "";
    return " ! metadatagate inject-tags=true metadata=" + metadata_text(io_.sidecar);
  }

  // Largest first, so that each size finds the next larger one before it.
  void arrange() {
    std::vector<const Item*> order;
    for (const Item& item : items_)
      if (item.rung->video) order.push_back(&item);
    std::stable_sort(order.begin(), order.end(), [](const Item* a, const Item* b) {
      return a->size().width * int64_t{a->size().height} >
             b->size().width * int64_t{b->size().height};
    });
    pictures_.reserve(order.size());
    for (const Item* item : order) {
      const auto same = std::find_if(pictures_.begin(), pictures_.end(), [&](const Scaled& other) {
        return other.size == item->size();
      });
      if (same != pictures_.end()) {
        same->items.push_back(item);
        continue;
      }
      Scaled picture;
      picture.size = item->size();
      picture.number = static_cast<int>(pictures_.size());
      picture.items.push_back(item);
      LaunchStep scaler{.element = "renditionscale", .caps = {}, .properties = {}};
      const RenditionSpec& spec = *item->spec;
      if (spec.height > 0) scaler.properties.push_back({"height", std::to_string(spec.height)});
      if (spec.width > 0) scaler.properties.push_back({"width", std::to_string(spec.width)});
      picture.scaler = to_launch(scaler);
      pictures_.push_back(std::move(picture));
      Scaled& placed = pictures_.back();
      Scaled* parent = parent_of(placed, spec);
      (parent != nullptr ? parent->children : top_).push_back(&placed);
    }
  }

  Scaled* parent_of(const Scaled& picture, const RenditionSpec& spec) {
    for (auto it = pictures_.rbegin(); it != pictures_.rend(); ++it)
      if (&*it != &picture &&
          scaled_size(exactly(it->size), spec.height, spec.width) == picture.size)
        return &*it;
    return nullptr;
  }

  std::string picture_text() {
    arrange();
    const Json* interlaced = facts_.find_path("media.video.interlaced");
    std::string text = "  d. ! video/x-raw ! " + raw_queue(queue_buffers(picture_of(facts_)));
    if (interlaced != nullptr && interlaced->bool_or(false))
      text += " ! videoconvert ! deinterlace fields=top";  // one picture a frame, not a field
    text += " ! videoconvert" + tags_text();
    if (top_.size() == 1) return text + " ! " + scaled_text(*top_[0]);
    text += " ! tee name=d0";
    for (const Scaled* picture : top_)
      text +=
          "  d0. ! " + raw_queue(queue_buffers(picture_of(facts_))) + " ! " + scaled_text(*picture);
    return text;
  }

  std::string scaled_text(const Scaled& picture) const {
    const std::string queue = raw_queue(queue_buffers(exactly(picture.size)));
    if (picture.children.empty() && picture.items.size() == 1)
      return picture.scaler + " ! " + queue + " ! " + encoder_text(*picture.items[0]);
    const std::string tee = "v" + std::to_string(picture.number);
    std::string text = picture.scaler + " ! tee name=" + tee;
    for (const Item* item : picture.items)
      text += "  " + tee + ". ! " + queue + " ! " + encoder_text(*item);
    for (const Scaled* child : picture.children)
      text += "  " + tee + ". ! " + queue + " ! " + scaled_text(*child);
    return text;
  }

  // Rungs side by side share the machine by the size of their pictures: more threads than that
  // cost CPU and memory, fewer leave it idle while the largest rung is still at work. As many in
  // all as x264 takes by itself: one and a half per core.
  int threads(const Item& item) const {
    if (encoders_ < 2) return 0;
    return std::max(1, static_cast<int>(std::lround(1.5 * io_.cores * item.pixels() / pixels_)));
  }

  std::string encoder_text(const Item& item) const {
    std::string text;
    if (!item.spec->filter.empty())
      text += "videoconvert ! " + to_launch(*parse_chain(item.spec->filter)) +
              " ! videoconvert ! video/x-raw,format=I420 ! ";
    const LadderTraits traits{.threads = threads(item), .gop_frames = gop_frames(facts_)};
    text += to_launch(complete_video(item.spec->video, traits));
    return text + " ! " + kEncodedQueue + " ! m" + std::to_string(item.number) + ".";
  }

  std::string sound_text() const {
    std::vector<std::string> texts;  // of encoders, in the order of the ladder
    std::map<std::string, std::vector<int>> muxers;
    bool pictures = false;
    for (const Item& item : items_) {
      pictures = pictures || item.rung->video;
      if (!item.rung->audio) continue;
      auto& numbers = muxers[item.spec->audio];
      if (numbers.empty()) texts.push_back(item.spec->audio);
      numbers.push_back(item.number);
    }
    std::string text = "  d. ! audio/x-raw ! " + std::string(kSoundQueue) + " ! audioconvert";
    if (!pictures) text += tags_text();
    if (texts.size() == 1) return text + " ! " + sound_encoder_text(texts[0], muxers, 0);
    text += " ! tee name=s";
    for (size_t i = 0; i < texts.size(); ++i)
      text += "  s. ! " + std::string(kSoundQueue) + " ! audioconvert ! " +
              sound_encoder_text(texts[i], muxers, i);
    return text;
  }

  static std::string sound_encoder_text(const std::string& audio,
                                        const std::map<std::string, std::vector<int>>& muxers,
                                        size_t number) {
    std::string text = "audioresample ! " + to_launch(complete_audio(audio));
    const auto& numbers = muxers.at(audio);
    const std::string tee = "a" + std::to_string(number);
    if (numbers.size() > 1) text += " ! tee name=" + tee;
    for (const int muxer : numbers) {
      if (numbers.size() > 1) text += "  " + tee + ".";
      text += " ! " + std::string(kEncodedQueue) + " ! m" + std::to_string(muxer) + ".";
    }
    return text;
  }

  const Json& facts_;
  const StageIo& io_;
  std::vector<Item> items_;
  int encoders_ = 0;              // of picture
  double pixels_ = 0;             // of all rungs together
  std::vector<Scaled> pictures_;  // never moves after arrange()
  std::vector<Scaled*> top_;      // scaled from the source
};

}  // namespace

int launch_parts::queue_buffers(const Picture& picture) {
  const double bytes = std::max(1.0, picture.width * picture.height * kBytesOfPixel);
  return static_cast<int>(std::clamp(kQueueBytes / bytes, 2.0, kMostQueued));
}

std::string renditions_launch(const Description& description, const Plan& plan, const Json& facts,
                              const StageIo& io, const std::vector<std::string>& only) {
  std::vector<Item> items;
  for (const Rung& rung : plan.rungs) {
    const bool wanted =
        only.empty() || std::find(only.begin(), only.end(), rung.name) != only.end();
    if (!rung.chosen || !wanted) continue;
    const auto spec =
        std::find_if(description.renditions.begin(), description.renditions.end(),
                     [&](const RenditionSpec& rendition) { return rendition.name == rung.name; });
    if (spec == description.renditions.end()) continue;
    items.push_back({&rung, &*spec, static_cast<int>(items.size())});
  }
  return Ladder(facts, io, std::move(items)).text();
}

const std::vector<std::string>& launch_elements() {
  static const std::vector<std::string> names = {
      "metadatagate",   "qualityprobe", "thumbnailsink", "renditionscale",
      "parsebin",       "decodebin",    "queue",         "tee",
      "capsfilter",     "videoconvert", "audioconvert",  "audioresample",
      "audiofirfilter", "deinterlace",  "fakesink",      "filesink",
      "h264parse",      "h265parse",    "av1parse",      "aacparse",
      "mpegaudioparse"};
  return names;
}

}  // namespace filmgate
