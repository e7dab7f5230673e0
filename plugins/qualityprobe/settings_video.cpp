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
};

}  // namespace

std::span<const Measure> video_measures() {
  return kMeasures;
}
std::span<const Property> video_properties() {
  return kProperties;
}

}  // namespace filmgate::quality
