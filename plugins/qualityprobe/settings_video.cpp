#include <limits>

#include "plugins/qualityprobe/settings_table.h"

namespace filmgate::quality {
namespace {

using S = ElementSettings;

constexpr Measure kMeasures[] = {
    {"siti", "Spatial and temporal information", [](S& s) -> bool& { return s.video.information; }},
    {"black", "Black pictures", [](S& s) -> bool& { return s.video.black; }},
    {"freeze", "Pictures that stand still", [](S& s) -> bool& { return s.video.freeze; }},
    {"blur", "Perceptual blur", [](S& s) -> bool& { return s.video.blur; }},
    {"levels", "Luma outside the legal range", [](S& s) -> bool& { return s.video.levels; }},
    {"luma", "Mean, least and greatest luma", [](S& s) -> bool& { return s.video.luma; }},
    {"blockiness", "Grid of a block coder", [](S& s) -> bool& { return s.video.blockiness; }},
    {"noise", "Noise", [](S& s) -> bool& { return s.video.noise; }},
    {"letterbox", "Bars around the picture", [](S& s) -> bool& { return s.video.letterbox; }},
    {"combing", "Fields of different moments", [](S& s) -> bool& { return s.video.combing; }},
    {"scenes", "Scene cuts", [](S& s) -> bool& { return s.video.scenes; }},
};

constexpr Property kProperties[] = {
    {"black-pixel-threshold", "Black pixel threshold",
     "A pixel is black up to this share of the luma range, 0 to 1",
     Number{[](S& s) -> double& { return s.video.black_pixel; }, 0, 1}},
    {"black-picture-ratio", "Black picture ratio",
     "A picture is black from this share of black pixels on, 0 to 1",
     Number{[](S& s) -> double& { return s.video.black_picture; }, 0, 1}},
    {"black-duration", "Black duration", "Black is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.black_duration; }}},
    {"freeze-noise", "Freeze noise",
     "A picture stands still up to this mean absolute difference, as a share of the sample range, "
     "0 to 1",
     Number{[](S& s) -> double& { return s.video.freeze_noise; }, 0, 1}},
    {"freeze-duration", "Freeze duration",
     "A frozen picture is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.freeze_duration; }}},
    {"blur-threshold", "Blur threshold",
     "A picture is blurred from this blur on, 0 (sharp) to 1 (fully blurred)",
     Number{[](S& s) -> double& { return s.video.blur_threshold; }, 0, 1}},
    {"blur-duration", "Blur duration", "Blur is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.blur_duration; }}},
    {"levels-minimum", "Levels minimum", "Least legal luma, in 8-bit code values of limited range",
     Number{[](S& s) -> double& { return s.video.level_min; }, 0, 255}},
    {"levels-maximum", "Levels maximum",
     "Greatest legal luma, in 8-bit code values of limited range",
     Number{[](S& s) -> double& { return s.video.level_max; }, 0, 255}},
    {"levels-ratio", "Levels ratio",
     "Share of a picture that may lie outside the legal luma, 0 to 1",
     Number{[](S& s) -> double& { return s.video.level_ratio; }, 0, 1}},
    {"levels-duration", "Levels duration", "Illegal levels are reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.level_duration; }}},
    {"blockiness-threshold", "Blockiness threshold",
     "A picture is blocky from this blockiness on; a clean one has about 1",
     Number{[](S& s) -> double& { return s.video.blockiness_threshold; }, 0, 1000}},
    {"blockiness-duration", "Blockiness duration",
     "Blockiness is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.blockiness_duration; }}},
    {"noise-threshold", "Noise threshold",
     "A picture is noisy from this standard deviation of the noise on, in 8-bit code values",
     Number{[](S& s) -> double& { return s.video.noise_threshold; }, 0, 255}},
    {"noise-duration", "Noise duration", "Noise is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.noise_duration; }}},
    {"crop-limit", "Crop limit",
     "A row or column belongs to a bar up to this mean luma, as a share of the sample range, 0 to "
     "1",
     Number{[](S& s) -> double& { return s.video.crop.limit; }, 0, 1}},
    {"crop-round", "Crop round",
     "Width and height of the crop rectangle are multiples of this, in pixels (0 or 1 = 16, odd "
     "ones are doubled)",
     Whole{[](S& s) -> int& { return s.video.crop.round; }, 0, 8192}},
    {"crop-reset", "Crop reset",
     "The crop rectangle is found anew after this many frames (0 = never)",
     Whole{[](S& s) -> int& { return s.video.crop.reset; }, 0, std::numeric_limits<int>::max()}},
    {"letterbox-ratio", "Letterbox ratio",
     "A picture is letterboxed when the bars above and below, or left and right, together take "
     "this share of it, 0 to 1",
     Number{[](S& s) -> double& { return s.video.letterbox_ratio; }, 0, 1}},
    {"letterbox-duration", "Letterbox duration",
     "Letterboxing is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.letterbox_duration; }}},
    {"combing-threshold", "Combing threshold",
     "A picture is combed when one order of its fields fits so many times worse than the other",
     Number{[](S& s) -> double& { return s.video.fields.interlaced; }, 1, 1000}},
    {"progressive-threshold", "Progressive threshold",
     "A picture is progressive when both orders of its fields fit so many times worse than its own "
     "rows",
     Number{[](S& s) -> double& { return s.video.fields.progressive; }, 0, 1000}},
    {"repeat-threshold", "Repeat threshold",
     "A field is a repeated one when the other changes so many times more",
     Number{[](S& s) -> double& { return s.video.fields.repeated; }, 1, 1000}},
    {"combing-duration", "Combing duration", "Combing is reported from this length on, in ns",
     Length{[](S& s) -> Time& { return s.video.combing_duration; }}},
    {"scene-threshold", "Scene threshold", "A scene is cut from this score on, 0 to 100",
     Number{[](S& s) -> double& { return s.video.scene_threshold; }, 0, 100}},
};

}  // namespace

std::span<const Measure> video_measures() {
  return kMeasures;
}
std::span<const Property> video_properties() {
  return kProperties;
}

}  // namespace filmgate::quality
