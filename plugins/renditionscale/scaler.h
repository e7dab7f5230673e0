// Scales, converts, tone-maps and turns one picture after another of one format. 8 bits of one
// family are scaled by our own kernels, and their matrix and range are changed by ours; all else is
// zimg's, with what it leaves to its callers (any memory layout, odd sizes, rotation, threads).
// Free of GStreamer.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "plugins/core/result.h"
#include "plugins/renditionscale/gamut.h"
#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/hlg.h"
#include "plugins/renditionscale/matrix_change.h"
#include "plugins/renditionscale/owned_picture.h"
#include "plugins/renditionscale/picture.h"
#include "plugins/renditionscale/polyphase.h"
#include "plugins/renditionscale/resampler.h"
#include "plugins/renditionscale/team.h"
#include "plugins/renditionscale/tone_map.h"

namespace filmgate::scaler {

struct Options {
  Method method = Method::kBicubic;
  Orientation orientation = Orientation::kRotate0;
  int threads = 1;
  double source_peak = 1000;  // cd/m²; what the tone map bends to SDR white
};

class Scaler {
 public:
  // `region` is the part of `in` that is shown; `out` is upright, of even sides where its
  // chroma is subsampled, and planar where it has 8 bits (10 and 12 may be P010's layout). An HDR
  // `in` (PQ, HLG) with an SDR `out` is tone-mapped.
  // kUnsupported: a colour space or size that can't be converted.
  static Result<std::unique_ptr<Scaler>> create(const Format& in, const Region& region,
                                                const Format& out, const Options& options);
  ~Scaler();

  const Format& in() const { return in_; }
  const Region& region() const { return region_; }

  // Not for two threads at a time.
  Result<void> process(const Picture& picture, const MutablePicture& out);

 private:
  struct Slice;
  struct Scratch;

  Scaler(const Format& in, const Region& region, const Format& out, const Options& options);
  Result<void> build();
  std::vector<Resampler> resamplers() const;
  Result<void> build_slice(int top, int bottom, Slice& slice);
  bool in_light() const { return tone_mapped_ || gamut_; }
  Format light_strip(int rows) const;
  bool run_slice(const Slice& slice, Scratch& scratch, const Picture& in,
                 const MutablePicture& out) const;
  void turn(const MutablePicture& from, const MutablePicture& to);
  void change_colours(const Picture& from, const MutablePicture& to);

  Format in_;
  Format seen_;  // the part of `in_` that the graphs see, from (seen_left_, seen_top_)
  int seen_left_ = 0;
  int seen_top_ = 0;
  Region region_;
  Format out_;
  Format flat_;  // `out_` as it is made: before it is turned and its matrix changed
  Options options_;
  bool tone_mapped_ = false;
  std::optional<MatrixChange> change_;  // what is left to do after scaling and turning
  bool only_change_ = false;            // the source has all but the colours already
  std::optional<Hlg> hlg_;
  std::optional<Gamut> gamut_;
  ToneMap tone_map_;
  std::vector<Resampler> resamplers_;  // one for each component; none where zimg scales
  std::vector<Slice> slices_;
  std::vector<Scratch> scratch_;  // one for each worker
  OwnedPicture unturned_;
  Team team_;
};

}  // namespace filmgate::scaler
