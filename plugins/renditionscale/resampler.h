// Resamples one 8-bit component, wherever and however its samples lie: our kernels' part of the
// work. Free of zimg.
#pragma once

#include <optional>

#include "plugins/renditionscale/owned_picture.h"
#include "plugins/renditionscale/picture.h"
#include "plugins/renditionscale/polyphase.h"
#include "plugins/renditionscale/resample_kernels.h"

namespace filmgate::scaler {

class Resampler {
 public:
  // Nothing where more than 16 samples across go into one: others are quicker at that.
  static std::optional<Resampler> create(Method method, const Axis& across, const Axis& down);

  // Makes the rows [top, bottom) of the target, which isn't interleaved with anything. False where
  // there is no memory. `scratch` is for one thread at a time.
  bool run(const Component& source, const MutableComponent& target, int top, int bottom,
           Block& scratch) const;

 private:
  struct Work;

  Resampler() = default;
  void copy(const Component& source, const MutableComponent& target, int top, int bottom) const;
  void make_rows(const Component& source, int row, Work& work) const;

  Axis across_;
  Axis down_;
  bool copies_ = false;
  AcrossTable across_table_;
  DownTable down_table_;
  // The windows of the chunks from `edge_chunk_` on reach beyond the row: these are read from a
  // copy of its samples from `edge_start_` on, with room behind.
  int edge_chunk_ = 0;
  int edge_start_ = 0;
  int edge_size_ = 0;
};

}  // namespace filmgate::scaler
